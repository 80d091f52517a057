using System.Globalization;
using System.Text;
using ModelTrack.Content;
using ModelTrack.FaultTests.Support;
using ModelTrack.Storage;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Store;
using ModelTrack.UnitTests.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.FaultTests;

/// <summary>Listings with paths that lead out, or that no file system can hold side by side: refused before anything is placed, whoever serves them.</summary>
[TestClass]
public sealed class BadListingTests
{
    private static readonly byte[] s_evil = "evil\n"u8.ToArray();

    [TestMethod]
    [Rule("Directory listing 3")]
    [Rule("Directory listing 4")]
    [DataRow("../evil")]
    [DataRow("a/../../evil")]
    [DataRow("a/..")]
    [DataRow("./evil")]
    [DataRow("a//evil")]
    [DataRow("/evil")]
    [DataRow("/etc/evil")]
    [DataRow("C:/evil")]
    [DataRow("C:evil")]
    [DataRow("//server/share/evil")]
    [DataRow("..\\evil")]
    [DataRow("evil:stream")]
    [DataRow("CON")]
    [DataRow("a/nul.txt")]
    [DataRow("COM1.bin")]
    [DataRow("evil ")]
    [DataRow("evil.")]
    [DataRow("e\u0007vil")]
    [DataRow(".git/hooks/post-checkout")]
    [DataRow(".GIT/config")]
    [DataRow("a/.git/config")]
    [DataRow("evil.txt|EVIL.txt")]
    [DataRow("evil-\u00e9|evil-e\u0301")]
    [DataRow("evil|evil/x")]
    [DataRow("evil|evil")]
    public async Task It_is_refused_and_nothing_is_placed(string paths)
    {
        using var team = new Team();
        var (mallory, ben) = (team.NewMachine("mallory"), team.NewMachine("ben"));
        var listing = ListingOf(paths.Split('|'));
        await ServeAsync(mallory, listing, paths.Split('|').Length);
        ben.Write(ModelVersion.Data + ".track", PointerTo(listing, paths.Split('|').Length));

        // From the remote, from a store that has it already, and by force.
        foreach (var verb in new[] { ben.RestoreAsync, ben.FetchAsync, ben.RestoreAsync, Forced(ben) })
        {
            var code = await ben.FailAsync(verb(ModelVersion.Data, null));
            StringAssert.StartsWith(code, "MT", StringComparison.Ordinal, $"{paths}: {ben.Log}");
            StringAssert.Contains(ben.Log.ToString(), "MT1", StringComparison.Ordinal, $"{paths}: {ben.Log}");
            NothingIsPlaced(team, ben, paths);
        }

        using var store = LocalStore.Open(ben.Store, new CapturingLog());
        await store.AddListingAsync(listing, null, CancellationToken.None);
        StringAssert.StartsWith(await ben.FailAsync(ben.RestoreAsync(ModelVersion.Data)), "MT1", StringComparison.Ordinal, ben.Log.ToString());
        NothingIsPlaced(team, ben, paths);
    }

    [TestMethod]
    public async Task One_that_names_folders_of_the_build_is_refused()
    {
        using var team = new Team();
        var (mallory, ben) = (team.NewMachine("mallory"), team.NewMachine("ben"));
        foreach (var folder in new[] { "obj", "bin", "OBJ" })
        {
            var listing = ListingOf([$"{folder}/evil"]);
            await ServeAsync(mallory, listing, 1);
            ben.Write(ModelVersion.Data + ".track", PointerTo(listing, 1));
            await ben.FailAsync(ben.RestoreAsync(ModelVersion.Data));
            NothingIsPlaced(team, ben, folder);
        }
    }

    [TestMethod]
    [Rule("Directory listing 2")]
    [Rule("Directory listing 3")]
    [DataRow("modeltrack-listing 2\n")]
    [DataRow("nonsense\n")]
    [DataRow("modeltrack-listing 1\nnonsense\n")]
    [DataRow("modeltrack-listing 1\n9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 99999999999999999999 - a\n")]
    [DataRow("")]
    public async Task One_of_another_version_or_none_at_all_is_refused(string text)
    {
        using var team = new Team();
        var (mallory, ben) = (team.NewMachine("mallory"), team.NewMachine("ben"));
        var listing = Encoding.UTF8.GetBytes(text);
        await ServeAsync(mallory, listing, 0);
        ben.Write(ModelVersion.Data + ".track", PointerTo(listing, 0));
        var code = await ben.FailAsync(ben.RestoreAsync(ModelVersion.Data));
        StringAssert.StartsWith(code, "MT", StringComparison.Ordinal);
        Assert.IsFalse(Path.Exists(ben.PathOf(ModelVersion.Data)));
    }

    private static Func<string, Func<Operations.OperationOptions, Operations.OperationOptions>?, Task<Operations.OperationResult>> Forced(Machine machine) =>
        (name, _) => machine.RestoreAsync(name, o => o with { Force = true, Explicit = true });

    private static void NothingIsPlaced(Team team, Machine machine, string paths)
    {
        Assert.IsFalse(Path.Exists(machine.PathOf(ModelVersion.Data)), paths);
        var placed = Invariants.FilesUnder(Path.GetDirectoryName(team.Remote)!)
            .Where(f => !f.StartsWith(machine.Store, StringComparison.Ordinal) && !f.Contains("mallory", StringComparison.Ordinal))
            .Where(f => new FileInfo(f).Length == s_evil.Length && File.ReadAllBytes(f).AsSpan().SequenceEqual(s_evil));
        Assert.IsEmpty(placed, paths);
        Assert.IsFalse(File.Exists("/evil") || File.Exists("/etc/evil"), paths);
    }

    /// <summary>In the canonical form but for the paths, which no client of ours would write.</summary>
    private static byte[] ListingOf(string[] paths)
    {
        var text = new StringBuilder("modeltrack-listing 1\n");
        foreach (var path in paths.OrderBy(p => Convert.ToHexString(Encoding.UTF8.GetBytes(p)), StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Sha256Hash.Of(s_evil)} {s_evil.Length} - {path}\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string PointerTo(byte[] listing, int files) =>
        $$"""{ "modeltrack": 1, "kind": "directory", "sha256": "{{Sha256Hash.Of(listing)}}", "size": {{files * s_evil.Length}}, "files": {{files}} }""";

    /// <summary>Pushes a directory whose listing is hostile, as a client without scruples would.</summary>
    private static async Task ServeAsync(Machine mallory, byte[] listing, int files)
    {
        var log = new CapturingLog();
        using var store = LocalStore.Open(mallory.Store, log);
        using var writer = store.BeginSmall();
        var id = await store.AddListingAsync(listing, writer, CancellationToken.None);
        var content = writer.Add(s_evil);
        await writer.CompleteAsync(CancellationToken.None);
        await using var remote = new PackedRemote(Remotes.Open(RemoteAddress.Parse(mallory.Team.Remote, mallory.Project), RemoteSettings.None), store, log);
        await remote.PushAsync(new ArtifactContent(id.Sha256, IsDirectory: true, [id, .. Enumerable.Repeat(content, files)]), [], null, CancellationToken.None);
    }
}
