using System.Text;
using ModelTrack.Git;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Git;

/// <summary>Repositories of every shape: libgit2 where it can, the executable where it cannot, the same answers.</summary>
[TestClass]
public sealed class GitOpenerTests
{
    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public async Task A_usual_repository_is_read_in_process() => await ReadsAsync(Make("usual"), inProcess: true);

    [TestMethod]
    public async Task A_repository_of_sha256_objects_is_left_to_git() => await ReadsAsync(Make("sha256", "--object-format=sha256"), inProcess: false);

    [TestMethod]
    public async Task A_linked_worktree_is_read_in_process()
    {
        using var folder = Make("main");
        GitSandbox.Run(folder["main"], "worktree", "add", "-q", folder["tree"], "-b", "side");
        await ReadsAsync(folder["tree"], inProcess: true);
    }

    [TestMethod]
    public async Task A_shallow_clone_is_left_to_git()
    {
        using var folder = Make("main");
        GitSandbox.Run(folder.Path, "clone", "-q", "--depth=1", new Uri(folder["main"]).AbsoluteUri, folder["clone"]);
        await ReadsAsync(folder["clone"], inProcess: false, versions: 1);
    }

    [TestMethod]
    public async Task What_a_partial_clone_left_out_is_fetched_by_git()
    {
        using var folder = Make("main");
        GitSandbox.Run(folder["main"], "config", "uploadpack.allowFilter", "true");
        GitSandbox.Run(folder["main"], "config", "uploadpack.allowAnySHA1InWant", "true");
        GitSandbox.Run(folder.Path, "clone", "-q", "--no-checkout", "--filter=blob:none", new Uri(folder["main"]).AbsoluteUri, folder["clone"]);
        await ReadsAsync(folder["clone"], inProcess: null);
    }

    [TestMethod]
    public async Task A_detached_head_and_a_submodule_are_read_in_process()
    {
        using var folder = Make("main");
        GitSandbox.Run(folder["main"], "checkout", "-q", "--detach");
        await ReadsAsync(folder["main"], inProcess: true);
        Directory.CreateDirectory(folder["super"]);
        GitSandbox.Init(folder["super"]);
        GitSandbox.Run(folder["super"], "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", folder["main"], "data");
        await ReadsAsync(Path.Combine(folder["super"], "data"), inProcess: true);
    }

    [TestMethod]
    public async Task Where_libgit2_is_missing_the_executable_answers_and_the_log_says_why()
    {
        using var folder = Make("usual");
        var log = new CapturingLog();

        var git = GitOpener.OpenInProcess(folder["usual"], log, () => LibGit2.FaultOf(() => System.Runtime.InteropServices.NativeLibrary.Load("libgit2-of-no-machine")));

        Assert.IsInstanceOfType<GitExecutable>(git);
        StringAssert.Contains(log.Details.Single(), "libgit2-of-no-machine", StringComparison.Ordinal);
        await ReadsAsync(git, 2);
    }

    [TestMethod]
    [DataRow("extensions.refstorage", "reftable")]
    [DataRow("extensions.ofTheFuture", "true")]
    public async Task A_format_that_libgit2_does_not_know_is_left_to_git_which_says_when_it_is_too_old_itself(string key, string value)
    {
        using var folder = Make("new");
        GitSandbox.Run(folder["new"], "config", "core.repositoryformatversion", "1");
        GitSandbox.Run(folder["new"], "config", key, value);

        var git = GitOpener.Open(folder["new"], new CapturingLog());

        Assert.IsInstanceOfType<GitExecutable>(git);
        // No Git can read these: the references are where they were.
        var error = await Assert.ThrowsExactlyAsync<Diagnostics.ModelTrackException>(() => git.ListTagsAsync(Token));
        Assert.AreEqual("MT4002", error.Code);
    }

    private async Task ReadsAsync(TempFolder folder, bool inProcess)
    {
        using (folder) await ReadsAsync(Directory.GetDirectories(folder.Path).Single(), inProcess);
    }

    private async Task ReadsAsync(string root, bool? inProcess, int versions = 2)
    {
        var git = GitOpener.Open(root, new CapturingLog());
        if (inProcess is { } expected) Assert.AreEqual(expected, git is LibGit2Repository, $"{git.GetType().Name}: {LibGit2.Fault}");
        await ReadsAsync(git, versions);
    }

    private async Task ReadsAsync(IGit git, int versions)
    {
        var head = await git.ResolveAsync("HEAD", Token);
        Assert.AreEqual("two", head?.Subject);
        Assert.AreEqual("2", Encoding.UTF8.GetString((await git.ReadFileAsync(head!.Id, "m.track", Token))!));
        Assert.HasCount(versions, await git.ReadVersionsAsync(head.Id, ["m.track"], Token));
        CollectionAssert.AreEqual(new[] { "m.track" }, (await git.ListFilesAsync(head.Id, null, Token)).ToArray());
        Assert.AreEqual(head, await git.FindLastChangeAsync("m.track", Token));
    }

    /// <summary>A folder with a repository of two versions in it.</summary>
    private static TempFolder Make(string name, params string[] options)
    {
        var folder = new TempFolder();
        Directory.CreateDirectory(folder[name]);
        GitSandbox.Run(folder[name], ["init", "-q", "-b", "main", .. options]);
        foreach (var (text, message) in (ReadOnlySpan<(string, string)>)[("1", "one"), ("2", "two")])
        {
            folder.Write($"{name}/m.track", text);
            GitSandbox.CommitAll(folder[name], message);
        }

        return folder;
    }
}
