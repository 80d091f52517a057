using System.Text.Json;
using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>What status, diff, log and commit say to a person, and give to a program.</summary>
[TestClass]
public sealed class HistoryTests : BuildTest
{
    private const string Model = """<ItemGroup><TrackedArtifact Include="models/m.onnx" Metrics="metrics.json" /></ItemGroup>""";

    [TestMethod]
    public void A_version_is_committed_compared_and_listed()
    {
        Folder.WithApp(Model).Write(".gitignore", "bin/\nobj/\n.data/\n*.binlog\n");
        Folder.Git(".", "init", "-q");
        Folder.Write("App/models/m.onnx", "one").Write("App/metrics.json", """{"accuracy":0.90}""").Write("message.txt", "first, with a comma; and more\n");
        Folder.Build().Succeeds();
        Folder.Dotnet("App", "msbuild", "-t:ModelTrackStatus", "-nologo", "-v:m").Succeeds().Says("not committed");
        // The path is relative to where the build was started.
        Folder.Dotnet(".", "msbuild", "App/App.csproj", "-t:ModelTrackCommit", "-p:ModelTrackMessageFile=message.txt", "-p:ModelTrackTag=v1", "-nologo", "-v:m").Succeeds().Says("tagged v1");
        Folder.Write("App/models/m.onnx", "two!").Write("App/metrics.json", """{"accuracy":0.95}""");
        Folder.Build().Succeeds();
        Folder.Dotnet("App", "msbuild", "-t:ModelTrackCommit", "-p:ModelTrackMessage=second", "-nologo", "-v:m").Succeeds();

        Assert.AreEqual("second\nfirst, with a comma; and more\n", Folder.Git(".", "log", "--format=%s").Output);
        Assert.AreEqual("App/models/.gitignore\nApp/models/m.onnx.track\n", Folder.Git(".", "show", "--format=", "--name-only", "v1^{commit}").Output);
        Folder.Dotnet("App", "msbuild", "-t:ModelTrackDiff", "-p:ModelTrackRevision=v1", "-nologo", "-v:m").Succeeds().Says("accuracy 0.90 → 0.95 (+0.05)");

        var rows = Items("ModelTrackLog");
        Assert.AreEqual("second first, with a comma; and more", string.Join(' ', rows.Select(r => Text(r, "Subject"))));
        Assert.AreEqual(" v1", string.Join(' ', rows.Select(r => Text(r, "Tags"))));
        Assert.AreEqual("""{"accuracy":0.95}""", JsonDocument.Parse(Text(rows[0], "Metrics")).RootElement.GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        Assert.AreEqual("changed", Text(Items("ModelTrackDiff", "-p:ModelTrackRevision=v1..HEAD").Single(), "Change"));
        Assert.AreEqual("committed", Text(Items("ModelTrackStatus").Single(), "Head"));
    }

    [TestMethod]
    public void A_message_is_committed_as_it_was_typed()
    {
        Folder.WithApp(Model).Write(".gitignore", "bin/\nobj/\n.data/\n*.binlog\n").Git(".", "init", "-q");
        Folder.Write("App/models/m.onnx", "one").Write("App/metrics.json", """{"accuracy":0.90}""");
        Folder.Build().Succeeds();

        Folder.Dotnet("App", "msbuild", "-t:ModelTrackCommit", @"-p:ModelTrackMessage=C:\data\new %3B 100%25 \d+ * 'it' (a=b) ü", "-nologo", "-v:m").Succeeds();

        Assert.AreEqual(@"C:\data\new ; 100% \d+ * 'it' (a=b) ü", Folder.Git(".", "log", "-1", "--format=%B").Output.Trim());
    }

    [TestMethod]
    public void A_build_that_has_nothing_to_do_loads_no_git_library_and_a_log_does()
    {
        Folder.WithApp().WithStoredModel("App/m.onnx.track").Write(".gitignore", "bin/\nobj/\n");
        Folder.Git(".", "init", "-q");
        Folder.Git(".", "add", "App");
        Folder.Git(".", "commit", "-q", "-m", "one");
        Folder.Build().Succeeds();

        Assert.IsEmpty(Folder.Build().Succeeds().Messages("LibGit2Sharp"));
        var log = Folder.Dotnet("App", "msbuild", "-t:ModelTrackLog", "-nologo").Succeeds();
        Assert.IsNotEmpty(log.Messages("LibGit2Sharp"));
        // It says so where libgit2 could not serve.
        Assert.IsEmpty(log.Messages("the executable answers"));
    }

    private JsonElement[] Items(string target, params string[] arguments)
    {
        var result = Folder.Dotnet("App", ["msbuild", $"-t:{target}", $"-getTargetResult:{target}", .. arguments]).Succeeds();
        using var json = JsonDocument.Parse(result.Output);
        return [.. json.RootElement.GetProperty("TargetResults").GetProperty(target).GetProperty("Items").EnumerateArray().Select(i => i.Clone())];
    }

    private static string Text(JsonElement item, string name) => item.GetProperty(name).GetString()!;
}
