using ModelTrack.Workspace;

namespace ModelTrack.UnitTests.Workspace;

[TestClass]
public sealed class WorkspaceLayoutTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void A_repository_is_found_from_below_and_keeps_the_state_in_its_git_folder()
    {
        _folder.Write("repo/.git/HEAD", "ref: refs/heads/main\n");
        Directory.CreateDirectory(_folder.At("repo/src/App"));

        var layout = WorkspaceLayout.Find(_folder.At("repo/src/App") + Path.DirectorySeparatorChar, _folder.At("repo/src/App/obj"));

        Assert.AreEqual(_folder.At("repo"), layout.RepositoryRoot);
        Assert.AreEqual(_folder.At("repo/.git"), layout.GitDirectory);
        Assert.AreEqual(_folder.At("repo/.git/modeltrack/state"), layout.StateRoot);
    }

    [TestMethod]
    [DataRow("gitdir: ../main/.git/worktrees/w\n")]
    [DataRow("gitdir: ../main/.git/worktrees/w")]
    public void A_worktree_or_submodule_has_a_git_folder_of_its_own(string gitFile)
    {
        _folder.Write("main/.git/worktrees/w/HEAD", "x");
        _folder.Write("w/.git", gitFile);
        Directory.CreateDirectory(_folder.At("w/a/b"));

        var layout = WorkspaceLayout.Find(_folder.At("w/a/b"), _folder.At("w/a/b/obj"));

        Assert.AreEqual(_folder.At("w"), layout.RepositoryRoot);
        Assert.AreEqual(_folder.At("main/.git/worktrees/w/modeltrack/state"), layout.StateRoot);
    }

    [TestMethod]
    public void Without_git_the_state_is_under_obj()
    {
        // Neither an empty folder nor a file that names nothing makes a repository.
        Directory.CreateDirectory(_folder.At("p/a/.git"));
        _folder.Write("p/a/b/.git", "gitdir: /nowhere/at/all");
        _folder.Write("p/a/b/c/.git", "\0\0\0");

        var layout = WorkspaceLayout.Find(_folder.At("p/a/b/c"), _folder.At("p/a/b/c/obj"));

        Assert.IsNull(layout.GitDirectory);
        Assert.IsNull(layout.RepositoryRoot);
        Assert.AreEqual(_folder.At("p/a/b/c/obj/modeltrack/state"), layout.StateRoot);
    }
}
