using ModelTrack.Git;

namespace ModelTrack.UnitTests.Git;

[TestClass]
public sealed class GitExecutableTests : GitContract
{
    private protected override IGit Open(string root) => new GitExecutable(root);
}
