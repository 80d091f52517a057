using System.Text;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Git;

[TestClass]
public sealed class GitExecutableTests
{
    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

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
    public async Task What_git_refuses_is_a_coded_error_with_its_words()
    {
        using var folder = new TempFolder();
        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => Git(folder).ListTrackedAsync(["x"], Token));
        Assert.AreEqual("MT4002", error.Code);
        StringAssert.Contains(error.Message, "not a git repository", StringComparison.Ordinal);
    }

    private static TempFolder Repository()
    {
        var folder = new TempFolder();
        GitSandbox.Init(folder.Path);
        return folder;
    }

    private static GitExecutable Git(TempFolder folder) => new(folder.Path);
}
