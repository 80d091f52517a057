using ModelTrack.FaultTests.Support;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests;

/// <summary>Symbolic links on an artifact's way or in it: nothing is read or written through them.</summary>
[TestClass]
public sealed class LinkTests
{
    private static readonly ModelVersion s_one = ModelVersion.Of(1);
    private static readonly ModelVersion s_two = ModelVersion.Of(2);

    [TestMethod]
    [DataRow("models")]
    [DataRow("models/m.bin")]
    [DataRow("data")]
    [DataRow("data/raw")]
    [DataRow("data/raw/small")]
    [DataRow("data/raw/small/0")]
    [DataRow("data/raw/large/a.bin")]
    [DataRow("data/raw/empty.txt")]
    public async Task What_was_replaced_by_a_link_stops_restore_and_save_and_its_target_is_not_touched(string path)
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        s_one.WriteTo(ada);
        await Scene.BuildAsync(ada);
        Scene.TakePointers(ben, ada);
        await Scene.RunAsync(ben, "restore");
        s_two.WriteTo(ada);
        await Scene.BuildAsync(ada);
        Scene.TakePointers(ben, ada);

        var outside = Path.Combine(Path.GetDirectoryName(team.Remote)!, "outside");
        Directory.Move(ben.PathOf(path), outside);
        File.CreateSymbolicLink(ben.PathOf(path), outside);
        var before = Contents(outside);

        foreach (var verb in new[] { "restore", "save", "build", "push" })
        {
            var outcome = await HostProcess.RunAsync(ben, verb);
            if (verb != "push")
            {
                Assert.AreEqual(1, outcome.ExitCode, $"{verb} {path}: {outcome}");
                CollectionAssert.Contains(outcome.ErrorCodes.ToList(), "MT2001", $"{verb} {path}: {outcome}");
            }

            Assert.AreEqual(before, Contents(outside), $"{verb} {path}");
            Assert.IsNotNull(new FileInfo(ben.PathOf(path)).LinkTarget, $"{verb} {path}: the link stays");
        }

        foreach (var verb in new[] { "restore", "save" })
        {
            await Scene.TryAsync(ben, verb, o => o with { Force = true, Explicit = true, Artifacts = ModelVersion.Artifacts });
            Assert.AreEqual(before, Contents(outside), $"forced {verb} {path}");
        }
    }

    [TestMethod]
    public async Task A_link_that_leads_to_the_project_is_the_user_s_own_affair()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        s_one.WriteTo(ada);
        var link = Path.Combine(Path.GetDirectoryName(team.Remote)!, "shortcut");
        File.CreateSymbolicLink(link, ada.Project);
        var outcome = await HostProcess.RunAsync(ada, "build", more: ["--project", link]);
        Assert.AreEqual(0, outcome.ExitCode, outcome.ToString());
        File.Delete(ada.PathOf(ModelVersion.Model));
        Assert.AreEqual(0, (await HostProcess.RunAsync(ada, "restore", more: ["--project", link])).ExitCode);
        Invariants.WorkspaceIs(ada, "through a link", s_one);
    }

    [TestMethod]
    [DataRow("loop", "loop")]
    [DataRow("nowhere", "/nowhere/at/all")]
    [DataRow("out", "/etc/passwd")]
    public async Task A_link_inside_a_directory_is_refused_by_a_save(string name, string target)
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        s_one.WriteTo(ada);
        File.CreateSymbolicLink(ada.PathOf($"{ModelVersion.Data}/{name}"), target);
        Assert.AreEqual("MT2001", await ada.FailAsync(ada.SaveAsync(ModelVersion.Data)));
        Assert.IsFalse(File.Exists(ada.PathOf(ModelVersion.Data) + ".track"));
    }

    private static string Contents(string path) => File.Exists(path)
        ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))
        : string.Join('\n', Invariants.FilesUnder(path).Order(StringComparer.Ordinal).Select(f => $"{f} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))} {File.GetLastWriteTimeUtc(f):O}"));
}
