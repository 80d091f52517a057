using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>What somebody new runs into, and what is said then: what happened, where, and the next command.</summary>
[TestClass]
public sealed class FirstTenMinutesTests : BuildTest
{
    private const string Model = """<ItemGroup><TrackedArtifact Include="models/m.onnx" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""";

    private BuildFolder WithModel(string content = Model)
    {
        Folder.WithApp(content).Write("App/models/m.onnx", "version 1").Write(".gitignore", "bin/\nobj/\n.data/\n*.binlog\n");
        Folder.Git(".", "init", "-q");
        return Folder;
    }

    [TestMethod]
    public void Saved_on_this_machine_only_is_said_once()
    {
        WithModel().Build().Succeeds().Says("on this machine only").Says("ModelTrackRemote").Says("-t:ModelTrackPush");
        Folder.Write("App/models/m.onnx", "version 2");
        Folder.Build().Succeeds().Says("commit models/m.onnx.track").DoesNotSay("on this machine only");
    }

    [TestMethod]
    public void A_clone_whose_content_is_nowhere_names_the_commit_and_its_author()
    {
        WithModel().Build().Succeeds();
        Folder.Git(".", "add", "-A");
        Folder.Git(".", "commit", "-qm", "a model");
        File.Delete(Folder["App/models/m.onnx"]);

        Folder.Dotnet("App", ["build", "--no-restore"], new() { ["XDG_DATA_HOME"] = Folder["elsewhere"] })
            .FailsWith("MT5510").Says("Ada").Says("-t:ModelTrackPush");
    }

    [TestMethod]
    public void A_pointer_that_Git_ignores_is_a_warning_with_the_rule()
    {
        WithModel().Write(".gitignore", "bin/\nobj/\n.data/\nmodels/\n");

        var build = Folder.Build().Succeeds();

        Assert.AreEqual("MT5513", build.WarningCodes);
        build.Says("models/").Says(".gitignore");
    }

    [TestMethod]
    public void Content_that_Git_still_tracks_is_a_warning_with_the_command()
    {
        WithModel();
        Folder.Git(".", "add", "-A");
        Folder.Git(".", "commit", "-qm", "the model itself");

        var build = Folder.Build().Succeeds().Says("git rm --cached");

        Assert.AreEqual("MT5514", build.WarningCodes);
    }

    [TestMethod]
    public void An_unknown_remote_lists_the_known_ones()
    {
        WithModel(Model + """<ItemGroup><TrackedRemote Include="team" Url="/tmp/team" /></ItemGroup>""").Build().Succeeds();

        Folder.Build("-t:ModelTrackPush", "-p:ModelTrackRemote=taem").FailsWith("MT5503").Says("taem").Says("team");
    }

    [TestMethod]
    public void A_push_without_a_remote_says_where_to_set_one()
    {
        WithModel().Build().Succeeds();

        Folder.Build("-t:ModelTrackPush").FailsWith("MT5504").Says("ModelTrack.props");
    }

    [TestMethod]
    public void An_unresolved_pointer_is_an_error_at_its_line()
    {
        var build = WithModel().Write("App/models/m.onnx.track", "{\n<<<<<<< HEAD\n\"modeltrack\": 1\n=======\n>>>>>>> other\n}\n").Build().FailsWith("MT1003");

        Assert.AreEqual(2, build.Errors[0].LineNumber);
        StringAssert.EndsWith(build.Errors[0].File, "m.onnx.track", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Without_a_Git_repository_everything_else_works()
    {
        Folder.WithApp(Model).Write("App/models/m.onnx", "version 1").Build().Succeeds().Says("saved models/m.onnx");
        File.Delete(Folder["App/models/m.onnx"]);

        Folder.Build().Succeeds().Says("restored models/m.onnx");
    }

    [TestMethod]
    public void Changed_here_and_in_Git_is_an_error_with_both_ways_out()
    {
        WithModel().Build().Succeeds();
        Folder.Write("App/models/m.onnx", "mine").WritePointer("App/models/m.onnx.track", "theirs");

        Folder.Build().FailsWith("MT5507").Says("-t:ModelTrackSave").Says("-p:ModelTrackForce=true");
        Assert.AreEqual("mine", Folder.Read("App/models/m.onnx"));

        Folder.Build("-t:ModelTrackSave", "-p:ModelTrackArtifacts=models/m.onnx").Succeeds();
        Folder.Build().Succeeds();
        Assert.AreEqual("mine", Folder.Read("App/bin/Debug/net10.0/models/m.onnx"));
    }

    [TestMethod]
    public void Status_tells_new_in_step_and_modified()
    {
        WithModel().Build("-t:ModelTrackStatus").Succeeds().Says("new");
        Folder.Build().Succeeds();
        Folder.Build("-t:ModelTrackStatus").Succeeds().Says("not pushed");
        Folder.Write("App/models/m.onnx", "version 2!!");
        Folder.Build("-t:ModelTrackStatus").Succeeds().Says("modified");
    }

    [TestMethod]
    public void Init_and_Destroy_run_once_for_all_projects()
    {
        Folder.WithApp(Model, folder: "A", name: "A").WithApp(folder: "B", name: "B").Write("A/models/m.onnx", "1")
            .Write("All.slnx", """<Solution><Project Path="A/A.csproj" /><Project Path="B/B.csproj" /></Solution>""");
        Folder.Git(".", "init", "-q");

        Folder.Dotnet("A", "build", "--no-restore", "-t:ModelTrackInit").Succeeds().Says("wrote ModelTrack.props");
        Assert.IsTrue(Folder.Exists("ModelTrack.props"));

        // Init has taught the solution the verbs.
        var again = Folder.Dotnet(".", "build", "All.slnx", "-m:1", "-t:ModelTrackInit").Succeeds();
        Folder.Dotnet(".", "build", "All.slnx", "-t:ModelTrackImport", "-p:ModelTrackFrom=https://example.com/m.bin").FailsWith("MT5924").Says("All.slnx");
        Assert.HasCount(1, again.Tasks("InitializeRepository"));

        Folder.Dotnet("A", "build", "--no-restore").Succeeds();
        var destroy = Folder.Dotnet(".", "build", "All.slnx", "-m:1", "-t:ModelTrackDestroy").Succeeds();
        Assert.HasCount(1, destroy.Tasks("DestroyTracking"));
        Assert.AreEqual("1", Folder.Read("A/models/m.onnx"));
        Assert.IsFalse(Folder.Exists("A/models/m.onnx.track"));
        Assert.IsFalse(Folder.Exists("ModelTrack.props"));
    }
}
