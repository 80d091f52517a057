using System.Text;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Git;

/// <summary>What every implementation of <see cref="IGit"/> answers, asked of real repositories.</summary>
public abstract class GitContract
{
    public TestContext TestContext { get; set; } = null!;

    private protected CancellationToken Token => TestContext.CancellationToken;

    private protected abstract IGit Open(string root);

    [TestMethod]
    public async Task Ignored_paths_come_with_the_rule_and_its_place()
    {
        using var folder = Repository();
        folder.Write(".gitignore", "# rules\nartifacts/\n*.log\n!keep.log\n");

        var ignored = await Git(folder).FindIgnoredAsync(["artifacts/m.track", "a b.log", "keep.log", "fine.txt"], Token);

        CollectionAssert.AreEqual(new[] { "artifacts/m.track", "a b.log" }, ignored.Select(i => i.Path).ToArray());
        Assert.AreEqual(".gitignore:2", ignored[0].Source);
        Assert.AreEqual("artifacts/", ignored[0].Rule);
    }

    [TestMethod]
    public async Task A_path_outside_of_the_work_tree_is_not_there_whatever_is_asked_beside_it()
    {
        using var folder = Repository();
        folder.Write("in.track", "1");
        GitSandbox.CommitAll(folder.Path, "one");
        folder.Write(".gitignore", "*.log\n");
        var git = Git(folder);
        var commit = await CommitAsync(git, "HEAD", Token);
        foreach (var outside in (string[])["../out.track", Path.GetFullPath(Path.Combine(folder.Path, "../../out.track"))])
        {
            Assert.AreEqual("a.log", (await git.FindIgnoredAsync([outside, "a.log"], Token)).Single().Path);
            CollectionAssert.AreEqual(new[] { "in.track" }, (await git.ListTrackedAsync([outside, "in.track"], Token)).ToArray());
            Assert.IsEmpty(await git.ListTrackedAsync([outside], Token));
            Assert.IsNull(await git.FindLastChangeAsync(outside, Token));
            Assert.IsEmpty(await git.ReadHistoryAsync(outside, 5, Token));
            Assert.AreEqual("in.track", (await git.ReadAllVersionsAsync([outside, "in.track"], ".track", Token)).Single().Path);
            Assert.IsNull(await git.ReadFileAsync(commit, outside, Token));
            Assert.AreEqual("in.track", (await git.ReadFilesAsync(commit, [outside, "in.track"], Token)).Single().Path);
        }

        Assert.AreEqual("in.track", (await git.ReadVersionsAsync(commit, ["../out.track", "in.track"], Token)).Single().Path);
        Assert.AreEqual("in.track", (await git.ReadAtAsync([commit], ["../out.track", "in.track"], Token)).Single().Path);
    }

    [TestMethod]
    public async Task Tracked_files_are_found_under_a_folder_and_by_literal_name()
    {
        using var folder = Repository();
        folder.Write("data/[a].csv", "1");
        folder.Write("data/ü b/c.csv", "2");
        GitSandbox.CommitAll(folder.Path, "data");
        folder.Write("data/new.csv", "3");

        var git = Git(folder);
        CollectionAssert.AreEquivalent(new[] { "data/[a].csv", "data/ü b/c.csv" }, (await git.ListTrackedAsync(["data"], Token)).ToArray());
        CollectionAssert.AreEqual(new[] { "data/[a].csv" }, (await git.ListTrackedAsync(["data/[a].csv"], Token)).ToArray());
        Assert.IsEmpty(await git.ListTrackedAsync(["elsewhere"], Token));
    }

    [TestMethod]
    public async Task Files_are_read_at_many_commits_without_what_a_commit_has_not()
    {
        using var folder = Repository();
        folder.Write("ü b.track", "1");
        GitSandbox.CommitAll(folder.Path, "one");
        folder.Write("ü b.track", "2");
        folder.Write("dir/c.track", "c");
        GitSandbox.CommitAll(folder.Path, "two");
        var git = Git(folder);
        var (one, two) = (await CommitAsync(git, "HEAD~1", Token), await CommitAsync(git, "HEAD", Token));

        var files = await git.ReadAtAsync([one, two], ["ü b.track", "dir/c.track", "dir", "never.track"], Token);

        CollectionAssert.AreEquivalent(
            new[] { $"{one} ü b.track 1", $"{two} ü b.track 2", $"{two} dir/c.track c" },
            files.Select(f => $"{f.CommitId} {f.Path} {Encoding.UTF8.GetString(f.Bytes)}").ToArray());
        Assert.IsEmpty(await git.ReadAtAsync([], ["dir/c.track"], Token));
    }

    [TestMethod]
    public async Task All_versions_of_the_history_are_read_also_what_a_merge_dropped_and_what_was_removed()
    {
        using var folder = Repository();
        folder.Write("app/ü m.track", "v1");
        folder.Write("app/gone.track", "gone");
        folder.Write("app/other.txt", "no pointer");
        folder.Write("elsewhere.track", "of another project");
        GitSandbox.CommitAll(folder.Path, "one");
        GitSandbox.Run(folder.Path, "checkout", "-q", "-b", "side");
        folder.Write("app/ü m.track", "side");
        GitSandbox.CommitAll(folder.Path, "side");
        GitSandbox.Run(folder.Path, "checkout", "-q", "main");
        folder.Write("app/ü m.track", "v2");
        File.Delete(folder["app", "gone.track"]);
        GitSandbox.CommitAll(folder.Path, "two");
        GitSandbox.Run(folder.Path, "merge", "-q", "-s", "ours", "--no-edit", "side");
        GitSandbox.Run(folder.Path, "branch", "-D", "side");

        var versions = await Git(folder).ReadAllVersionsAsync(["app"], ".track", Token);

        CollectionAssert.AreEquivalent(
            new[] { "app/gone.track gone", "app/ü m.track side", "app/ü m.track v1", "app/ü m.track v2" },
            versions.Select(v => $"{v.Path} {Encoding.UTF8.GetString(v.Text)}").ToArray());
        Assert.IsFalse(await Git(folder).IsShallowAsync(Token));
    }

    [TestMethod]
    public async Task The_last_change_names_commit_author_and_date()
    {
        using var folder = Repository();
        folder.Write("m.track", "v1");
        GitSandbox.CommitAll(folder.Path, "first model");
        folder.Write("other", "x");
        GitSandbox.CommitAll(folder.Path, "something else");

        var change = await Git(folder).FindLastChangeAsync("m.track", Token);

        Assert.IsNotNull(change);
        Assert.AreEqual(GitSandbox.Run(folder.Path, "rev-parse", "HEAD~1"), change.Id);
        Assert.AreEqual("Ada Tester", change.Author);
        Assert.AreEqual("first model", change.Subject);
        Assert.AreEqual(2026, change.Date.Year);
        Assert.IsNull(await Git(folder).FindLastChangeAsync("never", Token));
    }

    [TestMethod]
    public async Task History_gives_the_texts_newest_first_and_skips_commits_that_removed_the_file()
    {
        using var folder = Repository();
        var path = folder.Write("sub/m.track", "v1");
        GitSandbox.CommitAll(folder.Path, "1");
        File.Delete(path);
        GitSandbox.CommitAll(folder.Path, "2");
        folder.Write("sub/m.track", "v3");
        GitSandbox.CommitAll(folder.Path, "3");

        var texts = (await Git(folder).ReadHistoryAsync(path, 8, Token)).Select(Encoding.UTF8.GetString).ToArray();

        CollectionAssert.AreEqual(new[] { "v3", "v1" }, texts);
    }

    [TestMethod]
    public async Task A_repository_without_commits_has_no_history()
    {
        using var folder = Repository();
        Assert.IsNull(await Git(folder).FindLastChangeAsync("m.track", Token));
        Assert.IsEmpty(await Git(folder).ReadHistoryAsync("m.track", 8, Token));
        Assert.IsNull(await Git(folder).FindOriginAsync(Token));
    }

    [TestMethod]
    public async Task Origin_is_found_by_name_or_as_the_only_remote()
    {
        using var folder = Repository();
        GitSandbox.Run(folder.Path, "remote", "add", "upstream", "https://example.org/a.git");
        Assert.AreEqual("https://example.org/a.git", await Git(folder).FindOriginAsync(Token));
        GitSandbox.Run(folder.Path, "remote", "add", "origin", "https://example.org/b.git");
        Assert.AreEqual("https://example.org/b.git", await Git(folder).FindOriginAsync(Token));
    }

    [TestMethod]
    public async Task A_revision_is_a_commit_a_tag_a_branch_or_a_way_from_one()
    {
        using var folder = Repository();
        folder.Write("m.track", "v1");
        GitSandbox.CommitAll(folder.Path, "first model");
        GitSandbox.Run(folder.Path, "tag", "-a", "v1.0", "-m", "annotated");
        GitSandbox.Run(folder.Path, "branch", "pröd/eu");
        folder.Write("m.track", "v2");
        GitSandbox.CommitAll(folder.Path, "second model");
        var first = GitSandbox.Run(folder.Path, "rev-parse", "HEAD~1");
        var blob = GitSandbox.Run(folder.Path, "rev-parse", "HEAD:m.track");

        var git = Git(folder);
        foreach (var name in (string[])[first, first[..8], "v1.0", "pröd/eu", "refs/heads/pröd/eu", "HEAD~1", "HEAD^"])
        {
            Assert.AreEqual(first, (await git.ResolveAsync(name, Token))?.Id, name);
        }

        var head = await git.ResolveAsync("HEAD", Token);
        Assert.AreEqual("second model", head!.Subject);
        Assert.AreEqual("Ada Tester", head.Author);
        foreach (var name in (string[])["v9", "", "--all", "HEAD~7", "HEAD..v1.0", blob, "m.track", new string('a', 40), "a b", "v1.0:"])
        {
            Assert.IsNull(await git.ResolveAsync(name, Token), $"'{name}'");
        }
    }

    [TestMethod]
    public async Task A_commit_without_a_subject_resolves()
    {
        using var folder = Repository();
        GitSandbox.Run(folder.Path, "commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "");
        Assert.AreEqual("", (await Git(folder).ResolveAsync("HEAD", Token))?.Subject);
    }

    [TestMethod]
    public async Task Nothing_resolves_before_the_first_commit()
    {
        using var folder = Repository();
        Assert.IsNull(await Git(folder).ResolveAsync("HEAD", Token));
        Assert.IsNull(await Git(folder).ResolveAsync("main", Token));
    }

    [TestMethod]
    public async Task A_file_at_a_commit_comes_byte_for_byte_or_not_at_all()
    {
        using var folder = Repository();
        byte[] bytes = [0, 13, 10, 255, 10];
        folder.Write(".gitattributes", "*.track text eol=lf\n");
        File.WriteAllBytes(folder.Write("data/[ü] b.bin", ""), bytes);
        folder.Write("-dash", "dash");
        File.CreateSymbolicLink(Path.Combine(folder.Path, "link.track"), "-dash");
        GitSandbox.CommitAll(folder.Path, "1");
        folder.Write("data/[ü] b.bin", "later");
        folder.Write("new", "x");
        GitSandbox.CommitAll(folder.Path, "2");

        var git = Git(folder);
        var first = await CommitAsync(git, "HEAD~1", Token);
        CollectionAssert.AreEqual(bytes, await git.ReadFileAsync(first, "data/[ü] b.bin", Token));
        CollectionAssert.AreEqual(bytes, await git.ReadFileAsync(first, Path.Combine(folder.Path, "data", "[ü] b.bin"), Token));
        Assert.AreEqual("dash", Encoding.UTF8.GetString((await git.ReadFileAsync(first, "-dash", Token))!));
        foreach (var path in (string[])["new", "data", "data/b", "link.track", "-dash/x", "elsewhere/x"])
        {
            Assert.IsNull(await git.ReadFileAsync(first, path, Token), path);
        }
    }

    [TestMethod]
    public async Task Files_of_a_commit_are_listed_at_any_depth_without_links_and_submodules()
    {
        using var folder = Repository();
        folder.Write("a.track", "1");
        folder.Write("data/deep/ü b.track", "2");
        folder.Write("data2/c.track", "3");
        File.CreateSymbolicLink(Path.Combine(folder.Path, "data", "link.track"), "../a.track");
        GitSandbox.CommitAll(folder.Path, "1");
        var first = GitSandbox.Run(folder.Path, "rev-parse", "HEAD");
        GitSandbox.Run(folder.Path, "update-index", "--add", "--cacheinfo", $"160000,{first},data/sub");
        GitSandbox.Run(folder.Path, "commit", "-q", "-m", "submodule");

        var git = Git(folder);
        var head = await CommitAsync(git, "HEAD", Token);
        CollectionAssert.AreEquivalent(new[] { "a.track", "data/deep/ü b.track", "data2/c.track" }, (await git.ListFilesAsync(head, null, Token)).ToArray());
        CollectionAssert.AreEqual(new[] { "data/deep/ü b.track" }, (await git.ListFilesAsync(head, "data", Token)).ToArray());
        CollectionAssert.AreEqual(new[] { "data/deep/ü b.track" }, (await git.ListFilesAsync(head, Path.Combine(folder.Path, "data"), Token)).ToArray());
        Assert.IsEmpty(await git.ListFilesAsync(head, "dat", Token));
        Assert.IsEmpty(await git.ListFilesAsync(head, "a.track", Token));
    }

    [TestMethod]
    public async Task Many_files_of_a_commit_come_in_one_go_and_missing_ones_not()
    {
        using var folder = Repository();
        folder.Write("a.track", "1");
        folder.Write("data/ü b.track", "");
        GitSandbox.CommitAll(folder.Path, "1");

        var git = Git(folder);
        var files = await git.ReadFilesAsync(await CommitAsync(git, "HEAD", Token), ["a.track", "data/ü b.track", "data", "x/y"], Token);

        Assert.AreEqual("a.track=1 data/ü b.track=", string.Join(' ', files.OrderBy(f => f.Path, StringComparer.Ordinal).Select(f => $"{f.Path}={Encoding.UTF8.GetString(f.Bytes)}")));
        Assert.IsEmpty(await git.ReadFilesAsync(await CommitAsync(git, "HEAD", Token), [], Token));
    }

    [TestMethod]
    public async Task Versions_are_the_commits_that_made_something_new_of_a_file()
    {
        using var folder = Repository();
        folder.Write("a.track", "1");
        folder.Write("other", "x");
        GitSandbox.CommitAll(folder.Path, "one");
        folder.Write("sub/ü b.track", "2");
        GitSandbox.CommitAll(folder.Path, "two");
        GitSandbox.Run(folder.Path, "checkout", "-q", "-b", "side");
        folder.Write("a.track", "side");
        GitSandbox.CommitAll(folder.Path, "side");
        GitSandbox.Run(folder.Path, "checkout", "-q", "main");
        folder.Write("a.track", "main");
        GitSandbox.CommitAll(folder.Path, "main");
        GitSandbox.Run(folder.Path, "merge", "-q", "--no-commit", "-s", "ours", "side");
        folder.Write("a.track", "both");
        GitSandbox.CommitAll(folder.Path, "merge makes a third");
        File.Delete(folder["sub/ü b.track"]);
        folder.Write("other", "y");
        GitSandbox.CommitAll(folder.Path, "gone");

        var git = Git(folder);
        var versions = await git.ReadVersionsAsync(await CommitAsync(git, "HEAD", Token), ["a.track", "sub/ü b.track", "never.track"], Token);

        var lines = versions.Select(v => $"{v.Commit.Subject}: {v.Path} {(v.Bytes is null ? "-" : Encoding.UTF8.GetString(v.Bytes))}").ToArray();
        Assert.AreEqual("gone: sub/ü b.track -", lines[0]);
        Assert.AreEqual("merge makes a third: a.track both", lines[1]);
        // Made in the same second, the two sides have no order.
        CollectionAssert.AreEquivalent(new[] { "main: a.track main", "side: a.track side" }, lines[2..4]);
        CollectionAssert.AreEqual(new[] { "two: sub/ü b.track 2", "one: a.track 1" }, lines[4..]);
        Assert.AreEqual("Ada Tester", versions[0].Commit.Author);
        Assert.IsEmpty(await git.ReadVersionsAsync(versions[0].Commit.Id, ["never.track"], Token));
    }

    [TestMethod]
    public async Task A_merge_that_takes_one_side_makes_no_version()
    {
        using var folder = Repository();
        folder.Write("a.track", "1");
        GitSandbox.CommitAll(folder.Path, "one");
        GitSandbox.Run(folder.Path, "checkout", "-q", "-b", "side");
        folder.Write("a.track", "side");
        GitSandbox.CommitAll(folder.Path, "side");
        GitSandbox.Run(folder.Path, "checkout", "-q", "main");
        folder.Write("b", "2");
        GitSandbox.CommitAll(folder.Path, "main");
        GitSandbox.Run(folder.Path, "merge", "-q", "-m", "promote", "side");

        var git = Git(folder);
        var versions = await git.ReadVersionsAsync(await CommitAsync(git, "HEAD", Token), ["a.track"], Token);
        Assert.AreEqual("side one", string.Join(' ', versions.Select(v => v.Commit.Subject)));
    }

    [TestMethod]
    public async Task Tags_are_listed_with_the_commit_that_they_lead_to()
    {
        using var folder = Repository();
        folder.Write("a", "1");
        GitSandbox.CommitAll(folder.Path, "one");
        GitSandbox.Run(folder.Path, "tag", "v2");
        GitSandbox.Run(folder.Path, "tag", "-a", "v1", "-m", "annotated");
        GitSandbox.Run(folder.Path, "tag", "a/b ö".Replace(' ', '-'));
        GitSandbox.Run(folder.Path, "tag", "blob", "HEAD:a");
        var head = GitSandbox.Run(folder.Path, "rev-parse", "HEAD");

        var tags = await Git(folder).ListTagsAsync(Token);

        Assert.AreEqual("a/b-ö v1 v2", string.Join(' ', tags.Select(t => t.Name)));
        Assert.IsTrue(tags.All(t => t.CommitId == head));
    }

    [TestMethod]
    public async Task Changes_are_what_differs_from_head_in_index_or_work_tree()
    {
        using var folder = Repository();
        folder.Write(".gitignore", "ignored/\n");
        foreach (var name in (string[])["same", "changed", "staged", "deleted", "removed", "mode"]) folder.Write(name, "1");
        GitSandbox.CommitAll(folder.Path, "one");
        folder.Write("changed", "22");
        folder.Write("staged", "22");
        folder.Write("new/ü 1", "1");
        folder.Write("added", "1");
        folder.Write("ignored/x", "1");
        File.Delete(folder["deleted"]);
        GitSandbox.Run(folder.Path, "add", "staged", "added");
        GitSandbox.Run(folder.Path, "rm", "-q", "removed");

        var changes = await Git(folder).FindChangesAsync(Token);

        Assert.AreEqual(
            "added Added, changed Modified, deleted Deleted, new/ü 1 Untracked, removed Deleted, staged Modified",
            string.Join(", ", changes.Select(c => $"{c.Path} {c.Kind}")));
    }

    [TestMethod]
    public async Task An_unfinished_merge_shows_what_is_unmerged()
    {
        using var folder = Repository();
        folder.Write("a", "1");
        GitSandbox.CommitAll(folder.Path, "one");
        GitSandbox.Run(folder.Path, "checkout", "-q", "-b", "side");
        folder.Write("a", "side");
        GitSandbox.CommitAll(folder.Path, "side");
        GitSandbox.Run(folder.Path, "checkout", "-q", "main");
        folder.Write("a", "main");
        GitSandbox.CommitAll(folder.Path, "main");
        Assert.ThrowsExactly<AssertFailedException>(() => GitSandbox.Run(folder.Path, "merge", "-q", "side"));

        Assert.AreEqual("a Unmerged", string.Join(", ", (await Git(folder).FindChangesAsync(Token)).Select(c => $"{c.Path} {c.Kind}")));
    }

    [TestMethod]
    public async Task What_git_refuses_is_a_coded_error_with_its_words()
    {
        using var folder = new TempFolder();
        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => Git(folder).ListTrackedAsync(["x"], Token));
        Assert.AreEqual("MT4002", error.Code);
        StringAssert.Contains(error.Message, "not a git repository", StringComparison.Ordinal);
    }

    private protected static TempFolder Repository()
    {
        var folder = new TempFolder();
        GitSandbox.Init(folder.Path);
        return folder;
    }

    private protected static async Task<string> CommitAsync(IGit git, string revision, CancellationToken token) =>
        (await git.ResolveAsync(revision, token))?.Id ?? throw new AssertFailedException($"{revision} names no commit.");

    private IGit Git(TempFolder folder) => Open(folder.Path);
}
