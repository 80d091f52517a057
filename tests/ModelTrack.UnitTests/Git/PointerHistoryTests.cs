using System.Diagnostics;
using System.Globalization;
using System.Text;
using ModelTrack.Git;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Git;

/// <summary>Every text that a pointer ever had and that somebody can get back to is found; the real git says what that is.</summary>
[TestClass]
public sealed class PointerHistoryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Repository => _folder["r"];

    [TestInitialize]
    public void Init()
    {
        Directory.CreateDirectory(Repository);
        GitSandbox.Init(Repository);
        Commit("first");
    }

    public void Dispose()
    {
        foreach (var path in Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories)) File.SetAttributes(path, FileAttributes.Normal);
        _folder.Dispose();
    }

    [TestMethod]
    public async Task A_branch_a_tag_a_stash_a_worktree_and_a_reflog_entry_each_keep_theirs()
    {
        Git("checkout", "-qb", "side");
        Commit("on a branch");
        Git("checkout", "-q", "main");
        Git("checkout", "-q", "--detach");
        Commit("tagged");
        Git("tag", "-a", "v1", "-m", "v1");
        Git("checkout", "-q", "main");
        Write("stashed first");
        Git("stash", "-q");
        Write("stashed last");
        Git("stash", "-q");
        Git("worktree", "add", "-q", "--detach", _folder["w"]);
        File.WriteAllText(Path.Combine(_folder["w"], "models", "m.onnx.track"), "in a worktree");
        GitSandbox.CommitAll(_folder["w"], "w");
        Commit("amended away");
        Write("amended");
        Git("commit", "-qa", "--amend", "-m", "again");
        Write("reset away");
        Git("commit", "-qam", "x");
        Git("reset", "-q", "--hard", "HEAD~1");

        await FindsAsync("first", "on a branch", "tagged", "stashed first", "stashed last", "in a worktree", "amended away", "amended", "reset away");
        Git("reflog", "expire", "--expire=now", "--all");

        // ORIG_HEAD still leads to what was reset away.
        await FindsAsync("first", "on a branch", "tagged", "stashed last", "in a worktree", "amended", "reset away");
    }

    [TestMethod]
    public async Task What_is_staged_what_a_merge_discards_and_both_sides_of_a_conflict_count()
    {
        Git("checkout", "-qb", "theirs");
        Commit("theirs");
        Commit("theirs later");
        Git("checkout", "-q", "main");
        Commit("ours");
        Git("merge", "-q", "-s", "ours", "theirs", "-m", "discards");
        Git("branch", "-D", "theirs");
        Git("reflog", "expire", "--expire=now", "--all");
        Write("staged");
        Git("add", "-A");
        await FindsAsync("first", "theirs", "theirs later", "ours", "staged");

        Git("reset", "-q", "--hard");
        Git("checkout", "-qb", "other", "HEAD~1");
        Commit("left");
        Git("checkout", "-q", "main");
        Commit("right");
        RunAnyway("merge", "other");
        await FindsAsync("first", "theirs", "theirs later", "ours", "left", "right");
    }

    [TestMethod]
    public async Task A_pointer_that_moved_or_was_removed_and_one_with_a_strange_name_are_found()
    {
        Directory.CreateDirectory(Path.Combine(Repository, "ä b"));
        File.WriteAllText(Path.Combine(Repository, "ä b", "\"q\".track"), "strange");
        GitSandbox.CommitAll(Repository, "s");
        Git("mv", "models/m.onnx.track", "models/m.onnx.track.bak");
        Git("commit", "-qm", "moved");
        Git("rm", "-rq", "ä b", "models");
        Git("commit", "-qm", "removed");
        await FindsAsync("first", "strange");
    }

    [TestMethod]
    public async Task A_version_that_nothing_reaches_any_more_is_not_found()
    {
        Git("checkout", "-qb", "gone");
        Commit("of a deleted branch");
        Git("checkout", "-q", "main");
        Git("branch", "-D", "gone");
        await FindsAsync("first", "of a deleted branch");
        Git("reflog", "expire", "--expire=now", "--all");
        await FindsAsync("first");
    }

    [TestMethod]
    public async Task A_repository_without_a_commit_and_a_bare_one_are_read()
    {
        Directory.CreateDirectory(_folder["empty"]);
        GitSandbox.Init(_folder["empty"]);
        Assert.IsEmpty((await new PointerHistory(_folder["empty"]).ReadAsync(["*.track"], default)).Texts);
        Git("clone", "-q", "--mirror", Repository, _folder["bare"]);
        Assert.HasCount(1, (await new PointerHistory(_folder["bare"]).ReadAsync(["*.track"], default)).Texts);
        Assert.IsEmpty(await new PointerHistory(_folder["bare"]).WorktreesAsync(default));
    }

    [TestMethod]
    public async Task A_repository_of_which_an_object_is_missing_is_an_error()
    {
        var blob = Git("rev-parse", "HEAD:models/m.onnx.track");
        File.SetAttributes(Path.Combine(Repository, ".git", "objects", blob[..2], blob[2..]), FileAttributes.Normal);
        File.Delete(Path.Combine(Repository, ".git", "objects", blob[..2], blob[2..]));
        await Assert.ThrowsAsync<Diagnostics.ModelTrackException>(() => new PointerHistory(Repository).ReadAsync(["*.track"], default));
    }

    [TestMethod]
    public async Task A_thousand_commits_of_five_pointers_take_seconds()
    {
        var commands = new StringBuilder();
        for (var commit = 0; commit < 1000; commit++)
        {
            commands.Append(CultureInfo.InvariantCulture, $"commit refs/heads/many\ncommitter A <a@b> {1_700_000_000 + commit} +0000\ndata 1\nx\n");
            for (var pointer = 0; pointer < 5; pointer++)
            {
                var text = string.Create(CultureInfo.InvariantCulture, $"version {commit} of {pointer}");
                commands.Append(CultureInfo.InvariantCulture, $"M 100644 inline models/m{pointer}.track\ndata {text.Length}\n{text}\n");
            }
        }

        using (var import = Process.Start(new ProcessStartInfo("git", ["fast-import", "--quiet"]) { WorkingDirectory = Repository, RedirectStandardInput = true })!)
        {
            await import.StandardInput.WriteAsync(commands.ToString());
            import.StandardInput.Close();
            await import.WaitForExitAsync();
            Assert.AreEqual(0, import.ExitCode);
        }

        var clock = Stopwatch.StartNew();
        var texts = await new PointerHistory(Repository).ReadAsync(["*.track"], default);
        Assert.AreEqual((1001, 5001), (texts.Commits, texts.Texts.Count));
        Assert.IsLessThan(60, clock.Elapsed.TotalSeconds, "a generous multiple of the half second that it takes");
    }

    [TestMethod]
    [DataRow("https://ada:secret@github.com/a/b.git", "https://github.com/a/b")]
    [DataRow("https://p%40ss:x@host:8443/a/b/", "https://host:8443/a/b")]
    [DataRow("https://ada:p@ss@host/a", "https://host/a")]
    [DataRow("https://host/a?token=secret", "https://host/a")]
    [DataRow("git@github.com:a/b.git", "github.com:a/b")]
    [DataRow("ssh://git@host/a/b.git", "ssh://host/a/b")]
    [DataRow("/srv/git/a@b/c.git", "/srv/git/a@b/c")]
    [DataRow("C:\\git\\a", "C:\\git\\a")]
    [DataRow("/srv/repo/.git", "/srv/repo/.git")]
    public void An_origin_is_named_without_credentials(string url, string name) => Assert.AreEqual(name, OriginUrl.Normalize(url));

    private async Task FindsAsync(params string[] expected)
    {
        var texts = await new PointerHistory(Repository).ReadAsync(["*.track"], default);
        CollectionAssert.AreEquivalent(expected, texts.Texts.Select(Encoding.UTF8.GetString).ToArray());
    }

    private void Write(string text)
    {
        Directory.CreateDirectory(Path.Combine(Repository, "models"));
        File.WriteAllText(Path.Combine(Repository, "models", "m.onnx.track"), text);
    }

    private void Commit(string text)
    {
        Write(text);
        GitSandbox.CommitAll(Repository, text);
    }

    private string Git(params string[] arguments) => GitSandbox.Run(Repository, arguments);

    private void RunAnyway(params string[] arguments)
    {
        try
        {
            GitSandbox.Run(Repository, ["-c", "user.name=A", "-c", "user.email=a@b", .. arguments]);
        }
        catch (AssertFailedException)
        {
            // A merge with a conflict fails.
        }
    }
}
