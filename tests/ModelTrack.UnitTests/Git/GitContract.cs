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
