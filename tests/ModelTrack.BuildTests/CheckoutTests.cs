using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>Going back and forth: by plain Git, whose next build has the right models, and by ModelTrackCheckout.</summary>
[TestClass]
public sealed class CheckoutTests : BuildTest
{
    private const string Model = """<ItemGroup><TrackedArtifact Include="models/m.onnx" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""";

    private void Version(string tag, string text)
    {
        Folder.Write("App/models/m.onnx", text);
        Folder.Dotnet("App", "msbuild", "-t:ModelTrackSave", "-nologo", "-v:q").Succeeds();
        Folder.Git(".", "add", "-A");
        Folder.Git(".", "commit", "-q", "-m", $"version {tag}");
        Folder.Git(".", "tag", tag);
    }

    private void WithThreeVersions()
    {
        Folder.WithApp(Model).Write(".gitignore", "bin/\nobj/\n.data/\n*.binlog\n");
        Folder.Git(".", "init", "-q");
        Version("v1", "one");
        Version("v2", "two");
        Version("v3", "three");
    }

    private void BuildHas(string text, string after)
    {
        Folder.Build().Succeeds();
        Assert.AreEqual(text, Folder.Read("App/models/m.onnx"), after);
        Assert.AreEqual(text, Folder.Read("App/bin/Debug/net10.0/models/m.onnx"), after);
    }

    [TestMethod]
    public void After_plain_git_commands_the_next_build_has_the_right_model()
    {
        WithThreeVersions();
        Folder.Git(".", "checkout", "-q", "v1");
        BuildHas("one", "checkout of a tag");
        Folder.Git(".", "switch", "-q", "-c", "prod", "v2");
        BuildHas("two", "switch to a new branch");
        Folder.Git(".", "merge", "-q", "main");
        BuildHas("three", "merge");
        Folder.Git(".", "bisect", "start", "v3", "v1");
        BuildHas("two", "bisect");
        Folder.Git(".", "bisect", "reset");
        BuildHas("three", "bisect reset");
        Folder.Write("App/models/m.onnx", "four");
        Folder.Build().Succeeds();
        Folder.Git(".", "stash", "-q");
        BuildHas("three", "stash");
        Folder.Git(".", "stash", "pop", "-q");
        BuildHas("four", "stash pop");
        Folder.Git(".", "checkout", "-q", "v1", "--", "App/models/m.onnx.track");
        BuildHas("one", "checkout of one pointer");
    }

    [TestMethod]
    public void A_linked_worktree_and_a_shallow_clone_build_with_their_own_version()
    {
        WithThreeVersions();
        Folder.Git(".", "worktree", "add", "-q", "tree", "v1");
        BuildFolder.Copy(Scratch.RestoredObj, Folder["tree/App/obj"]);
        Folder.Dotnet("tree/App", ["build", "--no-restore", .. Scratch.FastCompilation]).Succeeds();
        Assert.AreEqual("one three", $"{Folder.Read("tree/App/models/m.onnx")} {Folder.Read("App/models/m.onnx")}");
        Folder.Dotnet("tree/App", "msbuild", "-t:ModelTrackCheckout", "-p:ModelTrackRevision=v2", "-nologo", "-v:m").Succeeds();
        Assert.AreEqual("two three", $"{Folder.Read("tree/App/models/m.onnx")} {Folder.Read("App/models/m.onnx")}");

        Folder.Git(".", "clone", "-q", "--depth=1", $"file://{Folder.Path}", "shallow");
        BuildFolder.Copy(Scratch.RestoredObj, Folder["shallow/App/obj"]);
        Folder.Dotnet("shallow/App", ["build", "--no-restore", .. Scratch.FastCompilation]).Succeeds();
        Assert.AreEqual("three", Folder.Read("shallow/App/models/m.onnx"));
        Folder.Dotnet("shallow/App", "msbuild", "-t:ModelTrackCheckout", "-p:ModelTrackRevision=v1").FailsWith("MT5802");
        Folder.Dotnet("shallow/App", "msbuild", "-t:ModelTrackLog", "-nologo", "-v:m").Succeeds().Says("models/m.onnx, 1 version:");
    }

    [TestMethod]
    public void In_a_solution_of_three_projects_a_checkout_runs_once_and_brings_the_models_of_all()
    {
        string[] projects = ["App", "Two", "Three"];
        foreach (var name in projects) Folder.WithApp(Model, folder: name, name: name);
        Folder.Write(".gitignore", "bin/\nobj/\n.data/\n*.binlog\n");
        Folder.Write("all.slnx", $"<Solution>{string.Concat(projects.Select(p => $"<Project Path=\"{p}/{p}.csproj\" />"))}</Solution>");
        Folder.Git(".", "init", "-q");
        Folder.Dotnet("App", "msbuild", "-t:ModelTrackInit", "-p:ModelTrackRemote=../remote", "-nologo", "-v:q").Succeeds();
        Folder.Git(".", "add", "-A");
        foreach (var tag in (string[])["v1", "v2", "v3"])
        {
            foreach (var name in projects) Folder.Write($"{name}/models/m.onnx", $"{name} {tag}");
            Folder.Dotnet(".", "msbuild", "all.slnx", "-t:ModelTrackSave", "-m", "-nologo", "-v:q").Succeeds();
            var commit = Folder.Dotnet(".", "msbuild", "all.slnx", "-t:ModelTrackCommit", $"-p:ModelTrackMessage=version {tag}", $"-p:ModelTrackTag={tag}", "-m", "-nologo", "-v:m").Succeeds();
            Assert.HasCount(1, commit.Messages("committed 3 pointers"), commit.Text);
        }

        Assert.AreEqual("3", Folder.Git(".", "rev-list", "--count", "HEAD").Output.Trim());
        // Twice would be two steps back.
        var checkout = Folder.Dotnet(".", "msbuild", "all.slnx", "-t:ModelTrackCheckout", "-p:ModelTrackRevision=HEAD~1", "-m", "-nologo", "-v:m").Succeeds();

        Assert.HasCount(1, checkout.Tasks("CheckoutRevision"), checkout.Text);
        Assert.AreEqual(Folder.Git(".", "rev-parse", "v2^{commit}").Output, Folder.Git(".", "rev-parse", "HEAD").Output);
        foreach (var name in projects) Assert.AreEqual($"{name} v2", Folder.Read($"{name}/models/m.onnx"));
    }

    [TestMethod]
    public void The_first_verb_ever_knows_the_remotes_of_all_projects()
    {
        string[] projects = ["App", "Two", "Three"];
        foreach (var name in projects) Folder.WithApp(Model, $"<ModelTrackRemote>remotes/{name}</ModelTrackRemote>", folder: name, name: name).Write($"remotes/{name}/.keep", "");
        Folder.Write(".gitignore", "bin/\nobj/\n.data/\nremotes/\n*.binlog\n");
        Folder.Write("all.slnx", $"<Solution>{string.Concat(projects.Select(p => $"<Project Path=\"{p}/{p}.csproj\" />"))}</Solution>");
        Folder.Git(".", "init", "-q");
        Folder.Dotnet("App", "msbuild", "-t:ModelTrackInit", "-nologo", "-v:q").Succeeds();
        foreach (var tag in (string[])["v1", "v2"])
        {
            foreach (var name in projects) Folder.Write($"{name}/models/m.onnx", $"{name} {tag}");
            Folder.Dotnet(".", "msbuild", "all.slnx", "-t:ModelTrackSave;ModelTrackPush", "-m", "-nologo", "-v:q").Succeeds();
            Folder.Git(".", "add", "-A");
            Folder.Git(".", "commit", "-q", "-m", tag);
            Folder.Git(".", "tag", tag);
        }

        // As in a fresh clone: nobody has told anything, and nothing is in the store.
        Directory.Delete(Folder[".git/modeltrack/projects"], recursive: true);
        BuildFolder.DeleteTree(Folder[".data"]);
        Folder.Dotnet(".", "msbuild", "all.slnx", "-t:ModelTrackCheckout", "-p:ModelTrackRevision=v1", "-m", "-nologo", "-v:m").Succeeds();

        foreach (var name in projects) Assert.AreEqual($"{name} v1", Folder.Read($"{name}/models/m.onnx"));
    }

    [TestMethod]
    public void A_push_of_commits_before_their_content_is_kept_back_by_the_hook()
    {
        Folder.WithApp(Model).Write(".gitignore", "bin/\nobj/\n.data/\nremote/\nserver/\n*.binlog\n");
        Directory.CreateDirectory(Folder["remote"]);
        Folder.Git(".", "init", "-q");
        Folder.Git(".", "init", "-q", "--bare", "server");
        Folder.Git(".", "remote", "add", "origin", Folder["server"]);
        Folder.Dotnet("App", "msbuild", "-t:ModelTrackInit", "-p:ModelTrackRemote=./remote", "-p:ModelTrackInstallHooks=true", "-nologo", "-v:q").Succeeds();
        Version("v1", "one");
        Version("v2", "two");

        var refused = Push();
        Assert.AreNotEqual(0, refused.ExitCode, refused.Text);
        StringAssert.Contains(refused.Text, "error MT5811", StringComparison.Ordinal);
        StringAssert.Contains(refused.Text, "dotnet build App/App.csproj -t:ModelTrackPush -p:ModelTrackAllVersions=true", StringComparison.Ordinal);
        Assert.AreEqual("", Folder.Git("server", "branch").Output);

        Folder.Dotnet(".", "msbuild", "App/App.csproj", "-t:ModelTrackPush", "-p:ModelTrackAllVersions=true", "-nologo", "-v:m").Succeeds();
        var pushed = Push();
        Assert.AreEqual(0, pushed.ExitCode, pushed.Text);
        Assert.AreEqual(Folder.Git(".", "rev-parse", "HEAD").Output, Folder.Git("server", "rev-parse", "main").Output);

        CommandResult Push() => Command.Run("git", ["push", "-q", "origin", "HEAD:main"], Folder.Path, Scratch.Environment(Folder.Path));
    }

    [TestMethod]
    public void A_repository_that_belongs_to_somebody_else_gets_a_plain_error_and_the_build_restores()
    {
        WithThreeVersions();
        // Git's own switch for its tests: as if another user owned the folder.
        var other = new Dictionary<string, string?> { ["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1", ["MODELTRACK_GIT"] = "executable" };
        Folder.Dotnet("App", ["msbuild", "-t:ModelTrackLog", "-nologo"], other).FailsWith("MT4101");
        File.Delete(Folder["App/models/m.onnx"]);
        Folder.Dotnet("App", ["build", "--no-restore", .. Scratch.FastCompilation], other).Succeeds();
        Assert.AreEqual("three", Folder.Read("App/models/m.onnx"));
    }

    [TestMethod]
    public void A_source_archive_without_git_restores_and_history_says_that_it_needs_git()
    {
        WithThreeVersions();
        Directory.Delete(Folder[".git"], recursive: true);
        File.Delete(Folder["App/models/m.onnx"]);
        BuildHas("three", "no Git");
        foreach (var verb in (string[])["ModelTrackLog", "ModelTrackDiff", "ModelTrackCommit"])
        {
            Folder.Dotnet("App", "msbuild", $"-t:{verb}", "-nologo").FailsWith("MT5521");
        }
    }
}
