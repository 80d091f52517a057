using ModelTrack.Operations;
using ModelTrack.Storage.Remote;
using ModelTrack.TestServers;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Operations;

/// <summary>A mirror near by and the team's remote: which is asked, what is said, and how the one gets what the other has.</summary>
[TestClass]
public sealed class SeveralRemotesTests : IDisposable
{
    private const string Model = "models/m.bin";
    private const string Data = "data/raw";

    private readonly Team _team = new();

    private string Mirror => _team.Remote + "-mirror";

    public void Dispose() => _team.Dispose();

    [TestMethod]
    public async Task The_mirror_serves_what_it_has_and_the_remote_is_not_needed()
    {
        var (ada, ben) = await PushedAsync();
        await ada.SucceedAsync(CopyAsync(ada));
        Directory.Move(_team.Remote, _team.Remote + "-gone");

        await ben.SucceedAsync(ben.RestoreAsync(Model, FromMirror));

        Assert.AreEqual(ada.Read(Model), ben.Read(Model));
        Assert.IsEmpty(ben.Log.Warnings);
        StringAssert.Contains(ben.Log.ToString(), $"fetched from {Mirror}", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("missing", "MT3601")]
    [DataRow("empty", "does not have it")]
    [DataRow("torn manifest", "MT3102")]
    [DataRow("missing pack", "MT3103")]
    [DataRow("wrong bytes", "MT3103")]
    public async Task Where_the_mirror_fails_the_remote_delivers_and_one_warning_says_why(string what, string why)
    {
        var (ada, ben) = await PushedAsync();
        await ada.SucceedAsync(CopyAsync(ada));
        Spoil(what);

        await ben.SucceedAsync(ben.RestoreAsync(Model, FromMirror));

        Assert.AreEqual(ada.Read(Model), ben.Read(Model));
        var warning = ben.Log.Warnings.Single();
        Assert.AreEqual("MT5525", warning.Code);
        StringAssert.Contains(warning.Text, why, StringComparison.Ordinal);
        StringAssert.Contains(warning.Text, _team.Remote, StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow(ServerFault.Status401, true)]
    [DataRow(ServerFault.Status403, false, DisplayName = "403 may be of one object alone, which the mirror does not have")]
    public async Task A_mirror_that_lets_nobody_in_is_not_asked_again_for_each_artifact(ServerFault answer, bool isOnce)
    {
        await using var mirror = await ObjectServer.StartAsync();
        mirror.Faults.On(answer, times: int.MaxValue);
        var (ada, ben) = (_team.NewMachine("ada"), _team.NewMachine("ben"));
        string[] models = [.. Enumerable.Range(0, 12).Select(i => $"models/{i}.bin")];
        foreach (var model in models)
        {
            ada.Write(model, model);
            await ada.BuildAsync(model);
            ben.TakePointer(model, ada);
        }

        Environment.SetEnvironmentVariable("MODELTRACK_TEST_MIRROR_TOKEN", "wrong");
        var options = ben.Options with
        {
            RestoreFrom = ["mirror"],
            Remotes = [new("mirror", mirror.Url, new RemoteSettings { TokenVariable = "MODELTRACK_TEST_MIRROR_TOKEN" })],
        };
        var result = await RestoreOperation.RunAsync([.. models.Select(ben.Item)], options, ben.Log, CancellationToken.None);

        Assert.IsTrue(result.Succeeded, ben.Log.ToString());
        StringAssert.Contains(ben.Log.Warnings[0].Text, isOnce ? "MT3804" : "MT3805", StringComparison.Ordinal);
        if (isOnce) Assert.IsLessThanOrEqualTo(4, mirror.Requests(), "as many as are worked on at once");
        else Assert.IsGreaterThanOrEqualTo(models.Length, mirror.Requests());
    }

    [TestMethod]
    public async Task A_directory_that_the_mirror_has_in_part_is_completed_from_the_remote()
    {
        var (ada, ben) = (_team.NewMachine("ada"), _team.NewMachine("ben"));
        ada.Write($"{Data}/large.bin", Noise(3_000_000, 1));
        ada.Write($"{Data}/small.txt", "small");
        await ada.BuildAsync(Data);
        await ada.SucceedAsync(CopyAsync(ada, Data));
        foreach (var pack in Directory.EnumerateFiles(Path.Combine(Mirror, "packs"), "*", SearchOption.AllDirectories).Order().Take(1)) File.Delete(pack);
        ben.TakePointer(Data, ada);

        await ben.SucceedAsync(ben.RestoreAsync(Data, FromMirror));

        Assert.AreEqual("small", ben.Read($"{Data}/small.txt"));
        CollectionAssert.AreEqual(Noise(3_000_000, 1), File.ReadAllBytes(ben.PathOf($"{Data}/large.bin")));
    }

    [TestMethod]
    public async Task Where_none_delivers_one_error_lists_all_that_were_asked()
    {
        var (_, ben) = await PushedAsync();
        Directory.Delete(_team.Remote, recursive: true);

        Assert.AreEqual("MT5510", await ben.FailAsync(ben.RestoreAsync(Model, FromMirror)));

        var text = ben.Log.Errors.Single().Text;
        StringAssert.Contains(text, $"{Mirror}: MT3601", StringComparison.Ordinal);
        StringAssert.Contains(text, $"{_team.Remote}: MT3601", StringComparison.Ordinal);
        Assert.IsEmpty(ben.Log.Warnings);
    }

    [TestMethod]
    public async Task Status_is_judged_by_the_remote_that_is_pushed_to()
    {
        var ada = _team.NewMachine("ada");
        ada.Write(Model, "v1");
        await ada.SucceedAsync(ada.SaveAsync(Model));
        await ada.SucceedAsync(ada.PushAsync(Model, o => o with { DefaultRemote = Mirror }));
        Assert.AreEqual("not pushed", await ada.StatusAsync(Model));
        await ada.SucceedAsync(ada.PushAsync(Model));
        Assert.AreEqual("in step", await ada.StatusAsync(Model));
    }

    [TestMethod]
    public async Task A_named_remote_is_pushed_to_and_an_unknown_name_lists_the_known()
    {
        var ada = _team.NewMachine("ada");
        ada.Write(Model, "v1");
        await ada.SucceedAsync(ada.SaveAsync(Model));
        OperationOptions Named(OperationOptions o, string name) => o with { DefaultRemote = name, Remotes = [new("archive", Mirror, RemoteSettings.None)] };

        await ada.SucceedAsync(ada.PushAsync(Model, o => Named(o, "archive")));
        Assert.IsTrue(Directory.Exists(Path.Combine(Mirror, "manifests")));
        Assert.IsFalse(Directory.Exists(_team.Remote));

        Assert.AreEqual("MT5503", await ada.FailAsync(ada.PushAsync(Model, o => Named(o, "achive"))));
        StringAssert.Contains(ada.Log.Errors.Single().Text, "archive", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task A_copy_fills_no_store_and_a_second_one_sends_nothing()
    {
        var (ada, ben) = await PushedAsync();

        await ben.SucceedAsync(CopyAsync(ben));
        StringAssert.Contains(ben.Log.ToString(), "copied 1 version of artifacts", StringComparison.Ordinal);
        Assert.IsFalse(File.Exists(ben.PathOf(Model)));
        Assert.IsEmpty(FilesUnder(Path.Combine(ben.Store, "files")));
        Assert.IsEmpty(FilesUnder(Path.Combine(ben.Store, "packs")));

        var again = await ben.SucceedAsync(CopyAsync(ben));
        Assert.AreEqual("none", again.Artifacts.Single().Action);
        Assert.AreEqual(0, again.Artifacts.Single().BytesMoved);
        await ben.SucceedAsync(ben.RestoreAsync(Model, o => o with { DefaultRemote = Mirror }));
        Assert.AreEqual(ada.Read(Model), ben.Read(Model));
    }

    [TestMethod]
    public async Task A_wrong_byte_is_not_copied()
    {
        var (ada, ben) = await PushedAsync();
        SpoilPack(_team.Remote);

        Assert.AreEqual("MT5526", await ben.FailAsync(CopyAsync(ben)));

        StringAssert.Contains(ben.Log.Errors.Single().Text, "has wrong bytes", StringComparison.Ordinal);
        Assert.IsEmpty(FilesUnder(Path.Combine(Mirror, "packs")));
        Assert.IsEmpty(FilesUnder(Path.Combine(Mirror, "manifests")));
        Assert.AreEqual("MT5526", await ada.FailAsync(CopyAsync(ada)), "having it in the store makes no difference");
    }

    [TestMethod]
    public async Task All_versions_of_the_history_are_copied_when_asked_for()
    {
        var ada = _team.NewMachine("ada");
        foreach (var text in (string[])["v1", "v2"])
        {
            ada.Write(Model, text);
            await ada.BuildAsync(Model);
            GitSandbox.CommitAll(ada.Project, text);
        }

        ada.Write(Model, "never pushed");
        await ada.SucceedAsync(ada.SaveAsync(Model));
        GitSandbox.CommitAll(ada.Project, "never pushed");
        ada.Write(Model, "v3");
        await ada.BuildAsync(Model);

        await ada.SucceedAsync(CopyAsync(ada, with: o => o with { AllVersions = true }));

        StringAssert.Contains(ada.Log.ToString(), "copied 3 versions", StringComparison.Ordinal);
        StringAssert.Contains(ada.Log.ToString(), "left out: models/m.bin (earlier version", StringComparison.Ordinal);
        Assert.HasCount(3, FilesUnder(Path.Combine(Mirror, "manifests")));
    }

    [TestMethod]
    public async Task What_its_item_keeps_elsewhere_is_left_out_and_a_copy_onto_itself_is_refused()
    {
        var (ada, _) = await PushedAsync();
        var log = new CapturingLog();
        var own = ada.Item(Model) with { Remote = _team.Remote + "-own" };
        var result = await MirrorOperation.RunAsync([own], Copying(ada.Options), log, CancellationToken.None);
        Assert.IsEmpty(result.Artifacts);
        StringAssert.Contains(log.ToString(), "left out", StringComparison.Ordinal);
        Assert.IsFalse(Directory.Exists(Mirror));
        var error = await Assert.ThrowsExactlyAsync<Diagnostics.ModelTrackException>(() => CopyAsync(ada, with: o => o with { DefaultRemote = _team.Remote }));
        Assert.AreEqual("MT5527", error.Code);
    }

    private async Task<(Machine Ada, Machine Ben)> PushedAsync()
    {
        var (ada, ben) = (_team.NewMachine("ada"), _team.NewMachine("ben"));
        ada.Write(Model, Noise(200_000, 7));
        await ada.BuildAsync(Model);
        ben.TakePointer(Model, ada);
        return (ada, ben);
    }

    private Task<OperationResult> CopyAsync(Machine machine, string name = Model, Func<OperationOptions, OperationOptions>? with = null) =>
        machine.RunAsync(MirrorOperation.RunAsync, name, o => with?.Invoke(Copying(o)) ?? Copying(o));

    private OperationOptions Copying(OperationOptions options) => options with { FromRemote = _team.Remote, DefaultRemote = Mirror, Explicit = true };

    private OperationOptions FromMirror(OperationOptions options) => options with { RestoreFrom = [Mirror] };

    private void Spoil(string what)
    {
        switch (what)
        {
            case "missing":
                Directory.Delete(Mirror, recursive: true);
                break;
            case "empty":
                Directory.Delete(Mirror, recursive: true);
                Directory.CreateDirectory(Mirror);
                break;
            case "torn manifest":
                var manifest = FilesUnder(Path.Combine(Mirror, "manifests")).Single();
                File.WriteAllBytes(manifest, File.ReadAllBytes(manifest)[..^5]);
                break;
            case "missing pack":
                FilesUnder(Path.Combine(Mirror, "packs")).ForEach(File.Delete);
                break;
            default:
                SpoilPack(Mirror);
                break;
        }
    }

    private static void SpoilPack(string remote)
    {
        foreach (var pack in FilesUnder(Path.Combine(remote, "packs")))
        {
            var bytes = File.ReadAllBytes(pack);
            bytes[bytes.Length / 2] ^= 1;
            File.WriteAllBytes(pack, bytes);
        }
    }

    private static List<string> FilesUnder(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)] : [];

    private static byte[] Noise(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
