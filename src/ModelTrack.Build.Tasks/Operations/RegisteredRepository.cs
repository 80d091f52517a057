using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Storage.Remote;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>Who this is at a remote: its garbage collection asks for every repository that pushed there, or whose pointers name what was pushed.</summary>
internal static class RegisteredRepository
{
    /// <summary>A request only the first time, and when the origin has moved.</summary>
    public static async Task TellAsync(OperationSession session, PackedRemote remote, TrackedArtifact artifact, bool hasSent, CancellationToken cancellationToken)
    {
        // The pointers of a submodule are in no commit of the repository around it.
        foreach (var root in new[] { session.Root, OwnerOf(session, artifact) }.Distinct())
        {
            await remote.RegisterRepositoryAsync(root, token => FindUrlAsync(session, root, token), hasSent, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string OwnerOf(OperationSession session, TrackedArtifact artifact) =>
        WorkspaceLayout.Find(Path.GetDirectoryName(artifact.FullPath)!, session.Options.IntermediateDirectory).RepositoryRoot ?? session.Root;

    private static async Task<string> FindUrlAsync(OperationSession session, string root, CancellationToken cancellationToken)
    {
        var git = root != session.Root ? GitOpener.Open(root, session.Log) : session.Git;
        try
        {
            if (git is not null && await git.FindOriginAsync(cancellationToken).ConfigureAwait(false) is { } origin) return OriginUrl.Normalize(origin);
        }
        catch (ModelTrackException exception) when (root != session.Root)
        {
            // Of a submodule that Git does not trust here, the folder is known: garbage collection then asks for that.
            session.Log.Detail($"Git says nothing of {root}: {exception.Message}");
        }

        return OriginUrl.OfFolder(root);
    }
}
