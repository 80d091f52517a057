using ModelTrack.Diagnostics;

namespace ModelTrack.Git;

/// <summary>Chooses who answers questions about a repository.</summary>
internal static class GitOpener
{
    /// <param name="root">The work tree's root, full.</param>
    public static IGit Open(string root, IOperationLog log) => new GitExecutable(root);
}
