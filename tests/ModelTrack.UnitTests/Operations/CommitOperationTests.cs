using System.Globalization;
using ModelTrack.Diagnostics;
using ModelTrack.Operations;

namespace ModelTrack.UnitTests.Operations;

[TestClass]
public sealed class CommitOperationTests
{
    [TestMethod]
    public async Task Only_pointers_and_their_ignore_lines_are_committed_whatever_is_staged()
    {
        using var history = new History();
        history.Machine.Write("code.cs", "one");
        history.Machine.Write("sub/.gitignore", "*.log\n");
        history.Git("add", "-A");
        history.Git("commit", "-q", "-m", "code");
        history.Machine.Write("code.cs", "staged, and not to be committed");
        history.Git("add", "code.cs");
        history.Machine.Write("m.bin", "model");
        history.Machine.Write("sub/n.bin", "model");
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("m.bin"));
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("sub/n.bin"));

        Assert.IsTrue((await history.CommitAsync("models, two; and more", "v1.0")).Succeeded, history.Log.ToString());

        Assert.AreEqual(".gitignore m.bin.track sub/.gitignore sub/n.bin.track", history.Git("show", "--name-only", "--format=", "HEAD").ReplaceLineEndings(" "));
        Assert.AreEqual("M  code.cs", history.Git("status", "--porcelain"));
        Assert.AreEqual("models, two; and more", history.Git("log", "-1", "--format=%s"));
        Assert.AreEqual("tag", history.Git("cat-file", "-t", "v1.0"));
        Assert.AreEqual(history.Git("rev-parse", "HEAD"), history.Git("rev-parse", "v1.0^{commit}"));
    }

    [TestMethod]
    public async Task An_ignore_file_with_other_changes_stays_out_and_is_named()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        history.Machine.Write("n.bin", "model");
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("n.bin"));
        File.AppendAllText(history.Machine.PathOf(".gitignore"), "secret.txt\n");

        await history.CommitAsync("new model");

        Assert.AreEqual("M .gitignore", history.Git("status", "--porcelain").Trim());
        StringAssert.Contains(history.Log.ToString(), ".gitignore has changes of yours", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task The_next_step_is_a_push_only_where_none_was_and_a_changed_file_of_metrics_is_named()
    {
        using var history = new History();
        history.Machine.Write("p.csproj", "<Project />");
        history.Machine.Write("metrics.json", """{"accuracy": 0.8}""");
        await history.VersionAsync("v1", ("m.bin", "one"));
        KnownProject.Remember([history.Machine.Item("m.bin") with { MetricsFile = history.Machine.PathOf("metrics.json") }], history.Machine.Options);
        history.Machine.Write("m.bin", "two");
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("m.bin"));
        await history.CommitAsync("two");
        StringAssert.Contains(history.Log.ToString(), "next: dotnet build -t:ModelTrackPush; git push", StringComparison.Ordinal);
        Assert.DoesNotContain("metrics.json", history.Log.ToString());

        history.Machine.Write("metrics.json", """{"accuracy": 0.9}""");
        history.Machine.Write("m.bin", "three");
        await history.Machine.BuildAsync("m.bin");
        await history.CommitAsync("three");
        StringAssert.Contains(history.Log.ToString(), "next: git push", StringComparison.Ordinal);
        StringAssert.Contains(history.Log.ToString(), "not in this commit: metrics.json", StringComparison.Ordinal);
        Assert.AreEqual("M metrics.json", history.Git("status", "--porcelain").Trim());
    }

    [TestMethod]
    public async Task A_remote_that_cannot_be_named_does_not_fail_a_commit_that_is_made()
    {
        using var history = new History(remote: false);
        history.Machine.Write("p.csproj", "<Project />");
        await history.VersionAsync("v1", ("m.bin", "one"));
        KnownProject.Remember([history.Machine.Item("m.bin") with { Remote = "nobody-named-it" }], history.Machine.Options);
        history.Machine.Write("m.bin", "two");
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("m.bin"));

        Assert.IsTrue((await history.CommitAsync("two")).Succeeded);
        StringAssert.Contains(history.Log.ToString(), "next: dotnet build -t:ModelTrackPush; git push", StringComparison.Ordinal);
        Assert.AreEqual("two", history.Git("log", "-1", "--format=%s"));
    }

    [TestMethod]
    public async Task A_removed_pointer_is_committed_as_removed()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        File.Delete(history.Machine.PathOf("m.bin.track"));

        var result = await history.CommitAsync("no model");

        Assert.AreEqual("m.bin removed", string.Join(' ', result.Artifacts.Select(a => $"{a.DisplayName} {a.Status}")));
        Assert.AreEqual("", history.Git("ls-files", "m.bin.track"));
    }

    [TestMethod]
    public async Task The_user_s_hook_finds_files_by_their_patterns()
    {
        using var history = new History();
        history.Machine.Write("m[1].bin", "model");
        history.Machine.Write("m1.bin", "not saved yet");
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("m[1].bin"));
        history.Machine.Write(".git/hooks/pre-commit", "#!/bin/sh\ngit diff --cached --name-only -- '*.track' > seen\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(history.Machine.PathOf(".git/hooks/pre-commit"), (UnixFileMode)0b111_101_101);

        Assert.IsTrue((await history.CommitAsync("one")).Succeeded, history.Log.ToString());

        Assert.AreEqual("m[1].bin.track", history.Machine.Read("seen").Trim());
        Assert.AreEqual(".gitignore m[1].bin.track", history.Git("show", "--name-only", "--format=", "HEAD").ReplaceLineEndings(" "));
    }

    [TestMethod]
    public async Task Refusals_come_before_anything_is_committed()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        history.Machine.Write("m.bin", "two");
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("m.bin"));
        var head = history.Git("rev-parse", "HEAD");

        await FailsAsync("MT5807", () => history.CommitAsync("x", "v1"));
        await FailsAsync("MT5808", () => history.CommitAsync("x", "a b"));
        await FailsAsync("MT5808", () => history.CommitAsync("x", "-f"));
        await FailsAsync("MT5805", () => history.CommitAsync(" "));
        await FailsAsync("MT5806", () => CommitOperation.RunAsync(history.Options with { MessageFile = history.Machine.PathOf("none") }, history.Log, CancellationToken.None));
        history.Git("config", "user.useConfigOnly", "true");
        history.Git("config", "user.name", "");
        await FailsAsync("MT4105", () => history.CommitAsync("x"));

        Assert.AreEqual(head, history.Git("rev-parse", "HEAD"));
        Assert.AreEqual("M m.bin.track", history.Git("status", "--porcelain").Trim());
    }

    [TestMethod]
    public async Task A_hook_that_says_no_is_heard_and_the_index_is_as_before()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        history.Machine.Write("new.bin", "two");
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("new.bin"));
        history.Machine.Write(".git/hooks/pre-commit", "#!/bin/sh\necho no models on fridays >&2\nexit 1\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(history.Machine.PathOf(".git/hooks/pre-commit"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => history.CommitAsync("x", "v2"));

        Assert.AreEqual("MT4103", error.Code);
        StringAssert.Contains(error.Message, "no models on fridays", StringComparison.Ordinal);
        StringAssert.Contains(history.Git("status", "--porcelain"), "?? new.bin.track", StringComparison.Ordinal);
        Assert.AreEqual("v1", history.Git("tag"));
    }

    [TestMethod]
    public async Task A_hook_that_is_stopped_after_the_commit_leaves_the_index_as_the_commit_has_it()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        history.Machine.Write("new.bin", "two");
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("new.bin"));
        Script(history, ".git/hooks/post-commit", "touch .git/in-hook\nexec sleep 60\n");

        await StopInHookAsync(history, "new");

        Assert.AreEqual("new", history.Git("log", "-1", "--format=%s"));
        Assert.AreEqual("", history.Git("status", "--porcelain"));
    }

    [TestMethod]
    public async Task A_commit_that_is_stopped_leaves_no_lock_of_Git_s()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        history.Machine.Write("m.bin", "two");
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("m.bin"));
        Script(history, ".git/hooks/pre-commit", "echo $$ > .git/hook-pid\ntouch .git/in-hook\nsleep 60\ntouch .git/after\n");

        await StopInHookAsync(history, "two");

        Assert.IsEmpty(Directory.GetFiles(history.Machine.PathOf(".git"), "*.lock"));
        var hook = int.Parse(File.ReadAllText(history.Machine.PathOf(".git/hook-pid")), CultureInfo.InvariantCulture);
        for (var i = 0; i < 100 && IsAlive(hook); i++) await Task.Delay(20);
        Assert.IsFalse(IsAlive(hook), "a hook without its Git goes on at the work tree");
        File.Delete(history.Machine.PathOf(".git/hooks/pre-commit"));
        Assert.IsTrue((await history.CommitAsync("two")).Succeeded, history.Log.ToString());
    }

    [TestMethod]
    [DataRow("commit-msg")]
    [DataRow("prepare-commit-msg")]
    public async Task Whatever_hook_says_no_what_was_staged_stays_staged(string hook)
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        history.Machine.Write("code.cs", "staged");
        history.Git("add", "code.cs");
        history.Machine.Write("m.bin", "two");
        history.Machine.Write("new.bin", "two");
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("m.bin"));
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("new.bin"));
        var before = history.Git("status", "--porcelain");
        Script(history, $".git/hooks/{hook}", "echo the message names no ticket >&2\nexit 1\n");

        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => history.CommitAsync("x", "v2"));

        Assert.AreEqual("MT4103", error.Code);
        StringAssert.Contains(error.Message, "the message names no ticket", StringComparison.Ordinal);
        Assert.AreEqual(before, history.Git("status", "--porcelain"));
        Assert.AreEqual("v1", history.Git("tag"));
    }

    [TestMethod]
    public async Task Commit_and_tag_are_signed_where_the_users_git_does_and_a_key_that_fails_leaves_all_as_it_was()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        history.Machine.Write("m.bin", "two");
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("m.bin"));
        Script(history, ".git/fake-gpg", "cat > /dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\nprintf -- '-----BEGIN PGP SIGNATURE-----\\n\\nnot a real one\\n-----END PGP SIGNATURE-----\\n'\n");
        Script(history, ".git/no-gpg", "cat > /dev/null\necho 'gpg: signing failed: No pinentry' >&2\nexit 2\n");
        history.Git("config", "commit.gpgSign", "true");
        history.Git("config", "tag.gpgSign", "true");
        history.Git("config", "user.signingKey", "ada");
        history.Git("config", "gpg.program", history.Machine.PathOf(".git/no-gpg"));
        var head = history.Git("rev-parse", "HEAD");

        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => history.CommitAsync("x", "v2"));
        Assert.AreEqual("MT4103", error.Code);
        StringAssert.Contains(error.Message, "gpg failed to sign", StringComparison.Ordinal);
        Assert.AreEqual($"{head} M m.bin.track v1", $"{history.Git("rev-parse", "HEAD")} {history.Git("status", "--porcelain").Trim()} {history.Git("tag")}");

        history.Git("config", "gpg.program", history.Machine.PathOf(".git/fake-gpg"));
        Assert.IsTrue((await history.CommitAsync("x", "v2")).Succeeded, history.Log.ToString());
        StringAssert.Contains(history.Git("cat-file", "commit", "HEAD"), "not a real one", StringComparison.Ordinal);
        StringAssert.Contains(history.Git("cat-file", "tag", "v2"), "not a real one", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task In_a_linked_worktree_its_own_branch_gets_the_commit()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        var tree = history.Machine.PathOf("../tree");
        history.Git("worktree", "add", "-q", "-b", "side", tree);
        await SaveAsync(history, tree, "m.bin", "of the side");

        Assert.IsTrue((await CommitOperation.RunAsync(history.Options with { Root = tree, Message = "side" }, history.Log, CancellationToken.None)).Succeeded, history.Log.ToString());

        Assert.AreEqual("side", history.Git("log", "-1", "--format=%s", "side"));
        Assert.AreEqual("version v1", history.Git("log", "-1", "--format=%s", "main"));
        Assert.AreEqual("", history.Git("status", "--porcelain"));
        Assert.AreEqual("", history.Git("-C", tree, "status", "--porcelain"));
    }

    [TestMethod]
    public async Task In_a_submodule_the_submodule_gets_the_commit_and_the_repository_above_sees_it()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        var above = history.Machine.PathOf("../above");
        Directory.CreateDirectory(above);
        Support.GitSandbox.Init(above);
        history.Git("-C", above, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", history.Machine.Project, "data");
        history.Git("-C", above, "commit", "-q", "-m", "data");
        var data = Path.Combine(above, "data");
        history.Git("-C", data, "config", "user.name", "Ada");
        history.Git("-C", data, "config", "user.email", "ada@example.org");
        await SaveAsync(history, data, "m.bin", "two");

        Assert.IsTrue((await CommitOperation.RunAsync(history.Options with { Root = data, Message = "two" }, history.Log, CancellationToken.None)).Succeeded, history.Log.ToString());

        Assert.AreEqual("two", history.Git("-C", data, "log", "-1", "--format=%s"));
        Assert.AreEqual("M data", history.Git("-C", above, "status", "--porcelain").Trim());
        Assert.IsTrue((await CommitOperation.RunAsync(history.Options with { Root = above, Message = "x" }, history.Log, CancellationToken.None)).Succeeded);
        StringAssert.Contains(history.Log.ToString(), "nothing to commit", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Nothing_to_commit_is_told_and_a_tag_goes_on_head()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        await history.CommitAsync(null);
        StringAssert.Contains(history.Log.ToString(), "nothing to commit", StringComparison.Ordinal);
        await history.CommitAsync(null, "v1.0");
        Assert.AreEqual(history.Git("rev-parse", "HEAD"), history.Git("rev-parse", "v1.0^{commit}"));
    }

    [TestMethod]
    public async Task What_was_changed_and_not_saved_is_named()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        history.Machine.Write("m.bin", "trained after the save");
        await history.CommitAsync(null);
        StringAssert.Contains(history.Log.ToString(), "not saved, and so not in this commit: m.bin", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task An_unresolved_pointer_stops_it()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        history.Git("checkout", "-q", "-b", "side");
        await history.VersionAsync("side", ("m.bin", "two"));
        await history.CheckoutAsync("main");
        await history.VersionAsync("v2", ("m.bin", "three"));
        Assert.ThrowsExactly<AssertFailedException>(() => history.Git("merge", "-q", "side"));

        await FailsAsync("MT5809", () => history.CommitAsync("x"));
    }

    private static async Task SaveAsync(History history, string root, string name, string text)
    {
        root = Path.GetFullPath(root);
        var options = history.Machine.Options with { ProjectDirectory = root, ProjectFile = Path.Combine(root, "p.csproj"), IntermediateDirectory = Path.Combine(root, "obj") };
        var item = new TrackedArtifact { FullPath = Path.Combine(root, name), DisplayName = name, Listed = true };
        Assert.IsTrue((await RestoreOperation.RunAsync([item], options, history.Log, CancellationToken.None)).Succeeded, history.Log.ToString());
        File.WriteAllText(item.FullPath, text);
        Assert.IsTrue((await SaveOperation.RunAsync([item], options, history.Log, CancellationToken.None)).Succeeded, history.Log.ToString());
    }

    /// <summary>Begins a commit and stops it when its hook has made `.git/in-hook`.</summary>
    private static async Task StopInHookAsync(History history, string message)
    {
        using var stop = new CancellationTokenSource();
        var commit = CommitOperation.RunAsync(history.Options with { Message = message }, history.Log, stop.Token);
        while (!File.Exists(history.Machine.PathOf(".git/in-hook")) && !commit.IsCompleted) await Task.Delay(20);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => commit);
    }

    private static bool IsAlive(int process)
    {
        try
        {
            return !File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat")).Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void Script(History history, string path, string body)
    {
        history.Machine.Write(path, "#!/bin/sh\n" + body);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(history.Machine.PathOf(path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static async Task FailsAsync(string code, Func<Task> verb) =>
        Assert.AreEqual(code, (await Assert.ThrowsExactlyAsync<ModelTrackException>(verb)).Code);
}
