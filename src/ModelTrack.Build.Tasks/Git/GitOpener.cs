using System.Runtime.CompilerServices;
using ModelTrack.Diagnostics;

namespace ModelTrack.Git;

/// <summary>
/// Chooses who answers questions about a repository: libgit2 in this process where it can, else the git executable. Nothing but the log shows which.
/// </summary>
internal static class GitOpener
{
    /// <summary>An environment variable; `executable` leaves libgit2 alone.</summary>
    private const string Choice = "MODELTRACK_GIT";

    /// <param name="root">The work tree's root, full.</param>
    public static IGit Open(string root, IOperationLog log) =>
        Environment.GetEnvironmentVariable(Choice) == "executable" ? new GitExecutable(root) : OpenInProcess(root, log);

    /// <summary>Apart, so that LibGit2Sharp is loaded only when this is called; and where it cannot be loaded at all, the executable serves.</summary>
    /// <param name="libraryFault">Why there is no libgit2 at all; for tests.</param>
    internal static IGit OpenInProcess(string root, IOperationLog log, Func<string?>? libraryFault = null)
    {
        string? fault;
        try
        {
            fault = libraryFault?.Invoke();
            if (fault is null && TryLibGit2(root, out fault) is { } repository) return repository;
        }
        catch (Exception exception) when (exception is FileNotFoundException or FileLoadException or BadImageFormatException)
        {
            fault = exception.Message;
        }

        log.Detail($"Git: the executable answers, since libgit2 cannot: {fault}");
        return new GitExecutable(root);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static LibGit2Repository? TryLibGit2(string root, out string? fault) => LibGit2Repository.TryOpen(root, out fault);
}
