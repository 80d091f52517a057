using ModelTrack.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Operations;

[TestClass]
public sealed class HookFilesTests
{
    [TestMethod]
    public async Task A_switch_and_a_merge_run_the_restore_of_every_project_that_is_there_and_a_single_file_does_not()
    {
        using var bed = new Bed("App's/App.csproj", "Gone/Gone.csproj");
        File.Delete(bed.Folder["repo/Gone/Gone.csproj"]);
        await bed.InstallAsync();

        bed.Git("checkout", "-q", "-b", "side");
        Assert.AreEqual("build App's/App.csproj -t:ModelTrackRestore -nologo -v:m\n", bed.Calls());
        bed.Git("checkout", "-q", "HEAD", "--", "code.cs");
        Assert.AreEqual("", bed.Calls());
        bed.Folder.Write("repo/code.cs", "two");
        GitSandbox.CommitAll(bed.Root, "two");
        bed.Git("checkout", "-q", "main");
        bed.Calls();
        bed.Git("merge", "-q", "side");
        Assert.AreEqual("build App's/App.csproj -t:ModelTrackRestore -nologo -v:m\n", bed.Calls());
    }

    [TestMethod]
    public async Task The_users_hook_stays_and_the_configured_folder_is_used()
    {
        using var bed = new Bed("App/App.csproj");
        bed.Git("config", "core.hooksPath", "hooks");
        bed.Folder.Write("repo/hooks/post-checkout", "#!/bin/sh\n");

        var log = await bed.InstallAsync();

        Assert.AreEqual("#!/bin/sh\n", File.ReadAllText(bed.Folder["repo/hooks/post-checkout"]));
        StringAssert.Contains(log.ToString(), "add to it: dotnet build 'App/App.csproj' -t:ModelTrackRestore", StringComparison.Ordinal);
        Assert.IsTrue(File.Exists(bed.Folder["repo/hooks/post-merge"]));
        await HookFiles.RemoveAsync(bed.Root, CancellationToken.None);
        Assert.IsFalse(File.Exists(bed.Folder["repo/hooks/post-merge"]));
        Assert.IsTrue(File.Exists(bed.Folder["repo/hooks/post-checkout"]));
    }

    [TestMethod]
    public async Task A_push_asks_only_when_it_has_a_pointer_and_a_no_keeps_it_back()
    {
        using var bed = new Bed("App's/App.csproj");
        await bed.InstallAsync();
        bed.Folder.Write("server/.keep", "");
        GitSandbox.Run(bed.Folder["server"], "init", "-q", "--bare", "-b", "main");
        bed.Git("remote", "add", "origin", bed.Folder["server"]);
        bed.Git("push", "-q", "origin", "main");
        Assert.AreEqual("", bed.Calls());

        bed.Folder.Write("repo/m.bin.track", "a pointer");
        GitSandbox.CommitAll(bed.Root, "two");
        Assert.ThrowsExactly<AssertFailedException>(() => bed.Git("push", "-q", "origin", "main"));
        Assert.AreEqual("build App's/App.csproj -t:_ModelTrackCheckPush -nologo -v:m\n", bed.Calls());
        Assert.ThrowsExactly<AssertFailedException>(() => bed.Git("--literal-pathspecs", "push", "-q", "origin", "main"));
        Assert.AreEqual("build App's/App.csproj -t:_ModelTrackCheckPush -nologo -v:m\n", bed.Calls());
        bed.Git("push", "-q", "--no-verify", "origin", "main");
        Assert.AreEqual("", bed.Calls());
        // What the remote has by now is asked no more, nor is the removal of a branch.
        bed.Git("push", "-q", "origin", "main:other");
        bed.Git("push", "-q", "origin", "--delete", "other");
        Assert.AreEqual("", bed.Calls());
        Assert.IsEmpty(Directory.GetFiles(Path.Combine(bed.Root, ".git"), "modeltrack-push.*"));
    }

    /// <summary>A repository whose hooks find a dotnet that writes down how it was called.</summary>
    private sealed class Bed : IDisposable
    {
        private readonly string[] _projects;

        public Bed(params string[] projects)
        {
            _projects = projects;
            foreach (var project in projects) Folder.Write("repo/" + project, "<Project />");
            Folder.Write("repo/code.cs", "one");
            GitSandbox.Init(Root);
            GitSandbox.CommitAll(Root, "one");
            var dotnet = Folder.Write("bin/dotnet", $"#!/bin/sh\necho \"$@\" >> '{Folder["calls"]}'\nexit 1\n");
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(dotnet, (UnixFileMode)0b111_101_101);
        }

        public TempFolder Folder { get; } = new();

        public string Root => Folder["repo"];

        public async Task<CapturingLog> InstallAsync()
        {
            var log = new CapturingLog();
            await HookFiles.InstallAsync(Root, [.. _projects.Select(p => Path.Combine(Root, p))], log, CancellationToken.None);
            return log;
        }

        /// <summary>As the user would: with that dotnet on the PATH.</summary>
        public void Git(params string[] arguments) => GitSandbox.Run(Root, Folder["bin"], arguments);

        /// <summary>The calls since this was last asked.</summary>
        public string Calls()
        {
            var calls = File.Exists(Folder["calls"]) ? File.ReadAllText(Folder["calls"]) : "";
            File.Delete(Folder["calls"]);
            return calls;
        }

        public void Dispose() => Folder.Dispose();
    }
}
