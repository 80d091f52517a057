using ModelTrack.Git;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Git;

/// <summary>Needs libgit2 on the machine: tests/run.sh installs it.</summary>
[TestClass]
public sealed class LibGit2RepositoryTests : GitContract
{
    private protected override IGit Open(string root)
    {
        var git = GitOpener.Open(root, new CapturingLog());
        if (Path.Exists(Path.Combine(root, ".git"))) Assert.IsInstanceOfType<LibGit2Repository>(git, LibGit2.Fault);
        return git;
    }
}
