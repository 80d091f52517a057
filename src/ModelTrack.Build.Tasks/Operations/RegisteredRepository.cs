using ModelTrack.Git;
using ModelTrack.Storage.Remote;

namespace ModelTrack.Operations;

/// <summary>Who this is at a remote: its garbage collection asks for every repository that pushed there.</summary>
internal static class RegisteredRepository
{
    /// <summary>A request only the first time, and when the origin has moved.</summary>
    public static Task TellAsync(OperationSession session, PackedRemote remote, bool hasSent, CancellationToken cancellationToken) =>
        remote.RegisterRepositoryAsync(session.Root, token => FindUrlAsync(session, token), hasSent, cancellationToken);

    private static async Task<string> FindUrlAsync(OperationSession session, CancellationToken cancellationToken) =>
        session.Git is { } git && await git.FindOriginAsync(cancellationToken).ConfigureAwait(false) is { } origin
            ? OriginUrl.Normalize(origin)
            : OriginUrl.OfFolder(session.Root);
}
