using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations.Pins;

/// <summary>Whether the store has all of an artifact, so that nobody has to be asked for it.</summary>
internal static class StoredContent
{
    public static async Task<bool> HasAsync(LocalStore store, ArtifactIdentity identity, CancellationToken cancellationToken)
    {
        if (identity.Kind == ArtifactKind.File) return await store.FindFileAsync(new ContentId(identity.Sha256, identity.Size), cancellationToken).ConfigureAwait(false) is not null;
        var listing = await ListingReader.FindAsync(store, identity.Sha256, cancellationToken).ConfigureAwait(false);
        return listing is not null && listing.ToArtifactContent().Blobs.All(store.Contains);
    }

    /// <summary>Brings all of it from the session's remotes.</summary>
    public static async Task BringAsync(
        OperationSession session, LocalStore store, TrackedArtifact artifact, ArtifactIdentity identity, int? files, CancellationToken cancellationToken)
    {
        var delivery = new ContentDelivery(session, store, artifact, identity, files);
        if (identity.Kind == ArtifactKind.File)
        {
            await delivery.FileAsync(null, cancellationToken).ConfigureAwait(false);
            return;
        }

        var listing = await delivery.ListingAsync(cancellationToken).ConfigureAwait(false);
        await delivery.FilesAsync(listing, [.. listing.Entries.Where(e => !e.IsEmptyDirectory).Select(e => e.Content).Distinct()], null, cancellationToken).ConfigureAwait(false);
    }
}
