using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>The story of one model from save to restore, through real builds.</summary>
[TestClass]
public sealed class SaveAndRestoreTests : BuildTest
{
    private const string Model = """<ItemGroup><TrackedArtifact Include="models/m.onnx" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""";
    private const string Output = "App/bin/Debug/net10.0/models/m.onnx";

    [TestMethod]
    public void A_model_is_saved_by_a_build_and_restored_by_another()
    {
        Folder.WithApp(Model).Write("App/models/m.onnx", "version 1");
        Folder.Git(".", "init", "-q");

        Folder.Build().Succeeds().Says("saved models/m.onnx").Says("commit models/m.onnx.track");

        StringAssert.Contains(Folder.Read("App/models/m.onnx.track"), Folder.Sha256("App/models/m.onnx"), StringComparison.Ordinal);
        Assert.AreEqual("version 1", Folder.Read(Output));
        StringAssert.Contains(Folder.Read("App/models/.gitignore"), "/m.onnx", StringComparison.Ordinal);

        File.Delete(Folder["App/models/m.onnx"]);
        File.Delete(Folder[Output]);
        Folder.Build().Succeeds().Says("restored models/m.onnx");

        Assert.AreEqual("version 1", Folder.Read("App/models/m.onnx"));
        Assert.AreEqual("version 1", Folder.Read(Output));

        Folder.Build().Succeeds().DoesNotSay("models/m.onnx");
    }

    [TestMethod]
    public void The_output_follows_the_pointer_from_version_to_version_and_back()
    {
        Folder.WithApp(Model).Write("App/models/m.onnx", "version 1").Write(".gitignore", "obj/\nbin/\n.data/\n*.binlog\n");
        Folder.Git(".", "init", "-q");
        Folder.Build().Succeeds();
        Folder.Git(".", "add", "-A");
        Folder.Git(".", "commit", "-qm", "v1");
        Folder.Write("App/models/m.onnx", "version 2");
        Folder.Build().Succeeds();
        Assert.AreEqual("version 2", Folder.Read(Output));
        Folder.Git(".", "commit", "-qam", "v2");

        Folder.Git(".", "checkout", "-q", "HEAD~1");
        Folder.Build().Succeeds().Says("restored");
        Assert.AreEqual("version 1", Folder.Read(Output));

        Folder.Git(".", "checkout", "-q", "main");
        Folder.Build().Succeeds().Says("restored");
        Assert.AreEqual("version 2", Folder.Read(Output));
    }

    [TestMethod]
    public void A_clone_restores_from_the_remote_what_was_pushed()
    {
        Folder.WithApp(Model, folder: "one/App").Write("one/App/models/m.onnx", "version 1").Write("one/.gitignore", "obj/\nbin/\n");
        Folder.Git("one", "init", "-q");
        var remote = $"-p:ModelTrackRemote={Folder["remote"]}";
        Folder.Dotnet("one/App", "build", "--no-restore", remote, "-p:ModelTrackPushOnBuild=true").Succeeds().Says("pushed models/m.onnx");
        Folder.Git("one", "add", "-A");
        Folder.Git("one", "commit", "-qm", "v1");

        Folder.Git(".", "clone", "-q", "one", "two");
        BuildFolder.Copy(Scratch.RestoredObj, Folder["two/App/obj"]);
        // Another machine: it has another store.
        Folder.Dotnet("two/App", ["build", "--no-restore", remote], new() { ["XDG_DATA_HOME"] = Folder["data2"] }).Succeeds().Says("restored models/m.onnx");

        Assert.AreEqual("version 1", Folder.Read("two/" + Output));
    }

    [TestMethod]
    public void What_cannot_be_restored_is_one_list_of_errors()
    {
        Folder.WithApp().WritePointer("App/a.bin.track", "aaaa").WritePointer("App/b.bin.track", "bb");

        var build = Folder.Build().FailsWith("MT5510");

        Assert.HasCount(2, build.Errors);
        build.Says("a.bin").Says("b.bin");
        Assert.IsEmpty(build.Targets("CoreCompile"));
    }

    [TestMethod]
    public void A_locked_build_refuses_a_changed_model_and_one_without_a_pointer()
    {
        Folder.WithApp(Model).Write("App/models/m.onnx", "version 1");
        Folder.Build("-p:ModelTrackLocked=true").FailsWith("MT5506");
        Assert.IsFalse(Folder.Exists("App/models/m.onnx.track"));

        Folder.Build("-t:ModelTrackSave", "-p:ModelTrackLocked=true").Succeeds();
        Folder.Build("-p:ModelTrackLocked=true").Succeeds();
        var pointer = Folder.Read("App/models/m.onnx.track");

        Folder.Write("App/models/m.onnx", "version 2!");
        Folder.Build("-p:CI=true").FailsWith("MT5505");
        Assert.AreEqual(pointer, Folder.Read("App/models/m.onnx.track"));
        Assert.AreEqual("version 2!", Folder.Read("App/models/m.onnx"));
    }

    [TestMethod]
    public void An_unlocked_build_on_a_build_server_warns_that_its_pointers_are_its_own()
    {
        Folder.WithApp(Model).Write("App/models/m.onnx", "version 1");

        Assert.AreEqual("MT5011", Folder.Build("-p:CI=true", "-p:ModelTrackLocked=false").Succeeds().WarningCodes);
    }

    [TestMethod]
    public void Clean_deletes_no_model()
    {
        Folder.WithApp(Model).Write("App/models/m.onnx", "version 1");
        Folder.Build().Succeeds();

        Folder.Dotnet("App", "clean").Succeeds();

        Assert.AreEqual("version 1", Folder.Read("App/models/m.onnx"));
        Assert.IsFalse(Folder.Exists(Output));
        Folder.Build().Succeeds();
        Assert.AreEqual("version 1", Folder.Read(Output));
    }

    [TestMethod]
    public void A_verb_returns_its_result_as_items_and_as_JSON()
    {
        Folder.WithApp(Model).Write("App/models/m.onnx", "version 1");

        var save = Folder.Dotnet("App", "build", "--no-restore", "-t:ModelTrackSave", "-getTargetResult:ModelTrackSave", $"-p:ModelTrackReport={Folder["report.json"]}").Succeeds();

        using var json = System.Text.Json.JsonDocument.Parse(save.Output);
        var item = json.RootElement.GetProperty("TargetResults").GetProperty("ModelTrackSave").GetProperty("Items")[0];
        Assert.AreEqual("models/m.onnx", item.GetProperty("Identity").GetString());
        Assert.AreEqual("saved", item.GetProperty("Action").GetString());
        Assert.AreEqual(Folder.Sha256("App/models/m.onnx"), item.GetProperty("Sha256").GetString());
        using var report = System.Text.Json.JsonDocument.Parse(Folder.Read("report.json"));
        Assert.AreEqual("save", report.RootElement.GetProperty("verb").GetString());
        Assert.IsTrue(report.RootElement.GetProperty("succeeded").GetBoolean());
        Assert.AreEqual("saved", report.RootElement.GetProperty("artifacts")[0].GetProperty("action").GetString());
    }

    [TestMethod]
    public void A_tracked_file_that_no_output_gets_is_mentioned_once()
    {
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="m.onnx" /></ItemGroup>""").Write("App/m.onnx", "1");

        Folder.Build().Succeeds().Says("no output gets it").Says("CopyToOutputDirectory=\"PreserveNewest\"");
        Folder.Write("App/m.onnx", "22");
        Folder.Build().Succeeds().Says("saved m.onnx").DoesNotSay("no output gets it");
    }
}
