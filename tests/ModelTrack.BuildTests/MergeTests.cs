using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>Git's merges of pointers through the driver that ModelTrackInit sets up, from two machines with a store each, in a folder whose name has a space.</summary>
[TestClass]
public sealed class MergeTests : BuildTest
{
    private const string Ada = "a da";
    private const string Bob = "bob";
    private const string Items = """
        <ItemGroup>
          <TrackedArtifact Include="data;100%25 of &apos;it&apos;" />
          <TrackedArtifact Include="m.onnx" Metrics="m.json" />
        </ItemGroup>
        """;

    private CommandResult Dotnet(string who, params string[] arguments) =>
        Folder.Dotnet($"{who}/App", arguments, new() { ["XDG_DATA_HOME"] = Folder[$"store of {who}"] });

    private CommandResult Build(string who) => Dotnet(who, ["build", "--no-restore", "-p:ModelTrackPushOnBuild=true", .. Scratch.FastCompilation]);

    private CommandResult Git(string who, params string[] arguments) =>
        Command.Run("git", arguments, Folder[who], new Dictionary<string, string?>(Scratch.Environment(Folder.Path)) { ["XDG_DATA_HOME"] = Folder[$"store of {who}"] });

    private void Clone(string who)
    {
        Folder.Git(".", "clone", "-q", Ada, who);
        BuildFolder.Copy(Scratch.RestoredObj, Folder[$"{who}/App/obj"]);
    }

    /// <summary>A version that is saved, pushed and committed.</summary>
    private void Version(string who, params (string Name, string Text)[] contents)
    {
        foreach (var (name, text) in contents) Folder.Write($"{who}/App/{name}", text);
        Dotnet(who, "msbuild", "-t:ModelTrackSave;ModelTrackPush", "-nologo", "-v:m").Succeeds();
        Git(who, "add", "-A").Succeeds();
        Git(who, "commit", "-q", "-m", $"{who}: {contents[^1].Text}").Succeeds();
    }

    private void Start()
    {
        Folder.WithApp(Items, folder: $"{Ada}/App").Write($"{Ada}/.gitignore", "bin/\nobj/\n*.binlog\n");
        Folder.Write($"{Ada}/App/100% of 'it'/x", "odd").Write($"{Ada}/App/m.json", """{"accuracy":0.90}""");
        Git(Ada, "init", "-q").Succeeds();
        Dotnet(Ada, "msbuild", "-t:ModelTrackInit", "-p:ModelTrackRemote=../remote", "-nologo", "-v:m").Succeeds().Says("set up this clone to merge pointers");
        Version(Ada, ("data/a", "one"), ("m.onnx", "model one"));
        Clone(Bob);
        Build(Bob).Succeeds();
    }

    private void Has(string who, params (string Name, string Text)[] contents)
    {
        foreach (var (name, text) in contents) Assert.AreEqual(text, Folder.Read($"{who}/App/{name}"), name);
    }

    [TestMethod]
    public void Two_sides_that_change_different_files_of_a_directory_go_together()
    {
        Start();
        Version(Bob, ("100% of 'it'/y", "bob's"), ("data/b", "bob's"));
        Version(Ada, ("100% of 'it'/z", "ada's"), ("data/c", "ada's"));
        Git(Ada, "fetch", "-q", $"../{Bob}", "main:bob").Succeeds();

        Git(Ada, "merge", "-q", "--no-edit", "bob").Succeeds().Says("merged App/data file by file (3 files").Says("merged App/100% of 'it' file by file (3 files");
        Build(Ada).Succeeds().Says("restored data (").Says("pushed data (");
        Has(Ada, ("data/a", "one"), ("data/b", "bob's"), ("data/c", "ada's"), ("100% of 'it'/y", "bob's"), ("100% of 'it'/z", "ada's"));
        Assert.AreEqual("", Git(Ada, "status", "--porcelain").Output);

        Clone("carol");
        Build("carol").Succeeds();
        foreach (var name in (string[])["data/a", "data/b", "data/c", "100% of 'it'/x", "100% of 'it'/y", "100% of 'it'/z"])
        {
            Assert.AreEqual(Folder.Sha256($"{Ada}/App/{name}"), Folder.Sha256($"carol/App/{name}"));
        }

        // The same by a rebase and by a cherry-pick, in a clone that never built since.
        Version(Bob, ("data/d", "more"));
        Git(Ada, "fetch", "-q", $"../{Bob}", "main:bob2").Succeeds();
        Git(Ada, "cherry-pick", "bob2").Succeeds().Says("merged App/data file by file (4 files");
        Git(Ada, "switch", "-q", "bob2").Succeeds();
        Git(Ada, "rebase", "main~1").Succeeds().Says("merged App/data file by file (4 files");
        Build(Ada).Succeeds();
        Has(Ada, ("data/a", "one"), ("data/b", "bob's"), ("data/c", "ada's"), ("data/d", "more"));
    }

    [TestMethod]
    public void Two_sides_that_change_one_file_stop_the_build_until_one_of_two_commands_settles_it()
    {
        Start();
        Version(Bob, ("m.json", """{"accuracy":0.93}"""), ("m.onnx", "bob's model"));
        Version(Ada, ("m.json", """{"accuracy":0.91}"""), ("m.onnx", "ada's model"));
        Git(Ada, "fetch", "-q", $"../{Bob}", "main:bob").Succeeds();
        var (ada, bob) = (Git(Ada, "rev-parse", "--short=10", "main").Output.Trim(), Git(Ada, "rev-parse", "--short=10", "bob").Output.Trim());

        foreach (var (side, expected) in (ReadOnlySpan<(string, string)>)[("--theirs", "bob's model"), ("--ours", "ada's model")])
        {
            var merge = Git(Ada, "merge", "bob");
            Assert.AreEqual(1, merge.ExitCode, merge.Text);
            merge.Says("MT5401").Says($"{ada} by Ada on ").Says($"{bob} by Ada on ").Says("accuracy 0.91").Says("accuracy 0.93").Says($"git checkout {side} -- :/App/m.onnx.track");
            // The metrics file is Git's own business.
            Git(Ada, "checkout", side, "--", ":/App/m.json").Succeeds();
            Git(Ada, "add", ":/App/m.json").Succeeds();
            var build = Build(Ada).FailsWith("MT1003");
            StringAssert.Contains(build.Errors[0].Text, $"{bob} by Ada on ", StringComparison.Ordinal);
            StringAssert.Contains(build.Errors[0].Text, "accuracy 0.93", StringComparison.Ordinal);
            Has(Ada, ("m.onnx", "ada's model"));

            Git(Ada, "checkout", side, "--", ":/App/m.onnx.track").Succeeds();
            Git(Ada, "add", ":/App/m.onnx.track").Succeeds();
            Build(Ada).Succeeds();
            Has(Ada, ("m.onnx", expected));
            Assert.AreEqual("", Git(Ada, "diff", "--name-only").Output, "the build left the chosen pointer as it was");
            Git(Ada, "reset", "-q", "--hard", "main").Succeeds();
            Build(Ada).Succeeds();
        }

        // In a rebase the other side is one's own, and the text says whose is which.
        var rebase = Git(Ada, "rebase", "bob");
        Assert.AreEqual(1, rebase.ExitCode, rebase.Text);
        rebase.Says($"ours:   {bob} by Ada on ").Says($"theirs: {ada} by Ada on ");
        Git(Ada, "checkout", "--theirs", "--", ":/App/m.onnx.track", ":/App/m.json").Succeeds();
        Git(Ada, "add", "-A").Succeeds();
        Git(Ada, "-c", "core.editor=true", "rebase", "--continue").Succeeds();
        Build(Ada).Succeeds();
        Has(Ada, ("m.onnx", "ada's model"));

        // A clone without the driver gets Git's own conflict, and the same way out.
        Git(Bob, "fetch", "-q", $"../{Ada}", "HEAD").Succeeds();
        Git(Bob, "reset", "-q", "--hard", "HEAD~1").Succeeds();
        Build(Bob).Succeeds();
        Version(Bob, ("m.json", """{"accuracy":0.94}"""), ("m.onnx", "bob's second model"));
        Assert.AreEqual(1, Git(Bob, "merge", "FETCH_HEAD").ExitCode);
        StringAssert.Contains(Build(Bob).FailsWith("MT1003").Errors[0].Text, "accuracy 0.94", StringComparison.Ordinal);
        Git(Bob, "checkout", "--theirs", "--", ":/App/m.onnx.track", ":/App/m.json").Succeeds();
        Git(Bob, "add", "-A").Succeeds();
        Build(Bob).Succeeds();
        Has(Bob, ("m.onnx", "ada's model"));

        // What the driver cannot read, of a later version say, is Git's to merge as well.
        Git(Ada, "switch", "-q", "-c", "later").Succeeds();
        foreach (var branch in (string[])["later", "other"])
        {
            if (branch == "other") Git(Ada, "switch", "-q", "-c", "other", "later~1").Succeeds();
            Folder.Write($"{Ada}/App/new.track", $"{{ \"modeltrack\": 2, \"{branch}\": 1 }}\n");
            Git(Ada, "add", "-A").Succeeds();
            Git(Ada, "commit", "-q", "-m", branch).Succeeds();
        }

        var unknown = Git(Ada, "merge", "later");
        Assert.AreEqual(1, unknown.ExitCode, unknown.Text);
        unknown.Says("could not merge App/new.track");
        StringAssert.Contains(Folder.Read($"{Ada}/App/new.track"), "<<<<<<< ours", StringComparison.Ordinal);
    }
}
