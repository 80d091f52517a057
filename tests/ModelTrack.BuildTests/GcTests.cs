using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>ModelTrackGc as people call it.</summary>
[TestClass]
public sealed class GcTests : BuildTest
{
    [TestMethod]
    public void A_dry_run_tells_and_only_what_nothing_names_is_removed_when_told_to()
    {
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="m.onnx" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""", $"<ModelTrackRemote>{Folder["remote"]}</ModelTrackRemote>");
        Folder.Write(".gitignore", "bin/\nobj/\n.data/\n*.binlog\nremote/\n").Git(".", "init", "-q");
        var branch = Version("on a branch");
        Folder.Git(".", "checkout", "-qb", "side");
        Folder.Git(".", "add", "-A");
        Folder.Git(".", "commit", "-qm", "a branch");
        var worktree = Version("in a worktree");
        Folder.Git(".", "worktree", "add", "-q", "--detach", Folder["remote/tree"]);
        File.Copy(Folder["App/m.onnx.track"], Folder["remote/tree/w.track"]);
        var stash = Version("in a stash");
        Folder.Git(".", "stash", "-q");
        Folder.Git(".", "stash", "apply", "-q");
        var reset = Version("in the reflog");
        Folder.Git(".", "commit", "-qam", "reset away");
        Folder.Git(".", "reset", "-q", "--soft", "HEAD~1");
        var garbage = Version("named by nothing");
        var present = Version("present");
        Age();

        Folder.Build("-t:ModelTrackGc", $"-p:ModelTrackReport={Folder["gc.json"]}").Succeeds().Says("would be removed: 1 content").Says("-p:ModelTrackGcApply=true");
        using (var report = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Folder["gc.json"])))
        {
            var row = report.RootElement.GetProperty("rows").EnumerateArray().Single(one => one.GetProperty("path").GetString() == "contents" && one.GetProperty("fate").GetString() == "goes");
            Assert.AreEqual(("garbage", "1", "16"), (row.GetProperty("reason").GetString(), row.GetProperty("count").GetString(), row.GetProperty("size").GetString()));
        }

        Assert.IsTrue(Stored(garbage));
        var apply = Folder.Build("-t:ModelTrackGc", "-p:ModelTrackGcApply=true").Succeeds().Says("removed: 1 content").Says("freed");
        Assert.IsFalse(Stored(garbage), apply.Text);
        foreach (var kept in new[] { branch, worktree, stash, reset, present }) Assert.IsTrue(Stored(kept), apply.Text);
        Folder.Build("-t:ModelTrackGc").Succeeds().Says("nothing to remove");

        // The remote, with a remote's name, in one run and the other.
        string[] named = ["-p:ModelTrackRemote=team", "-p:ModelTrackGcGraceDays=0", "-p:ModelTrackForce=true"];
        Folder.Write("App/Directory.Build.props", $"""<Project><ItemGroup><TrackedRemote Include="team" Url="{Folder["remote"]}" /></ItemGroup></Project>""");
        Folder.Build(["-t:ModelTrackGc", "-p:ModelTrackGcRemote=mark", .. named]).Succeeds().Says("would be condemned: 1 artifact");
        Folder.Build(["-t:ModelTrackGc", "-p:ModelTrackGcRemote=mark", "-p:ModelTrackGcApply=true", .. named]).Succeeds().Says("condemned: 1 artifact").Says("sweep");
        Folder.Build(["-t:ModelTrackGc", "-p:ModelTrackGcRemote=sweep", "-p:ModelTrackGcApply=true", .. named]).Succeeds().Says("deleted: 1 artifact");
        Assert.IsFalse(AtRemote(garbage));
        foreach (var kept in new[] { branch, worktree, stash, reset, present }) Assert.IsTrue(AtRemote(kept), kept);
    }

    [TestMethod]
    public void Wrong_words_are_told()
    {
        Folder.WithApp();
        Folder.Build("-t:ModelTrackGc", "-p:ModelTrackGcRemote=sweeep").FailsWith("MT5003").Says("mark or sweep");
        Folder.Build("-t:ModelTrackGc", "-p:ModelTrackGcApply=yes").FailsWith("MT5002").Says("ModelTrackGcApply");
        Folder.Build("-t:ModelTrackGc", "-p:ModelTrackGcRemote=mark").FailsWith("MT5504");
    }

    /// <returns>Its SHA-256.</returns>
    private string Version(string text)
    {
        Folder.Write("App/m.onnx", text).Build("-p:ModelTrackPushOnBuild=true").Succeeds();
        return Folder.Sha256("App/m.onnx");
    }

    private bool Stored(string sha256) => Folder.Exists($".data/ModelTrack/store/files/{sha256[..2]}/{sha256}");

    private bool AtRemote(string sha256) => Folder.Exists($"remote/manifests/{sha256[..2]}/{sha256}");

    /// <summary>Nothing in the store was used for two days.</summary>
    private void Age()
    {
        foreach (var folder in new[] { "records", "packs", "artifacts", "manifests" }.Select(name => Folder[$".data/ModelTrack/store/{name}"]).Where(Directory.Exists))
        {
            foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)) File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(-2));
        }
    }
}
