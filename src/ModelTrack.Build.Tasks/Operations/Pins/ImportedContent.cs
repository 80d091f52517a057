using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations.Pins;

/// <summary>The content of imported artifacts, where only its source has it.</summary>
internal static class ImportedContent
{
    /// <summary>
    /// Brings to the store what an imported pointer names: from the project's own remotes, which are nearer, else from where it was imported from.
    /// Nothing for any other pointer; what the source has not any more is left for the restore to say.
    /// </summary>
    public static async Task BringAsync(OperationSession session, LocalStore store, TrackedArtifact artifact, CancellationToken cancellationToken)
    {
        if (artifact.IsPinned || session.Options.Offline) return;
        var file = PointerFile.PathFor(artifact.FullPath);
        if (PointerFile.Read(file) is not { Source: not null } pointer || PointerSource.Of(pointer, file) is not { } source) return;
        var identity = ArtifactIdentity.Of(pointer);
        if (await StoredContent.HasAsync(store, identity, cancellationToken).ConfigureAwait(false)) return;
        try
        {
            await StoredContent.BringAsync(session, store, artifact, identity, pointer.Files, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelTrackException exception) when (exception.Code == OperationErrors.CannotDeliverCode)
        {
            session.Log.Detail($"{artifact.DisplayName}: {exception.Message} It was imported from {source.Url}, which is asked now.");
            await BringFromAsync(session, store, artifact, source, identity, pointer.Files, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Brings content that a source is known to have.</summary>
    public static async Task BringFromAsync(
        OperationSession session, LocalStore store, TrackedArtifact artifact, PointerSource source, ArtifactIdentity identity, int? files, CancellationToken cancellationToken)
    {
        if (await StoredContent.HasAsync(store, identity, cancellationToken).ConfigureAwait(false)) return;
        if (source.Commit is null)
        {
            var (found, _) = await PlainSource.BringAsync(session, store, source.Url, cancellationToken).ConfigureAwait(false);
            if (found.Sha256 != identity.Sha256) throw PinErrors.SourceChanged(artifact.DisplayName, source.Url, identity.Sha256.ToShortString(), found.Sha256.ToShortString());
            return;
        }

        var repository = SourceRepository.Open(session, source.Url);
        var options = await RepositoryRemotes.ApplyAsync(session, session.Options, artifact.DisplayName, repository, source.Commit, source.Path!, cancellationToken).ConfigureAwait(false);
        await using var there = session.Derive(options);
        await StoredContent.BringAsync(there, store, artifact with { Remote = null, RestoreFrom = null }, identity, files, cancellationToken).ConfigureAwait(false);
    }
}
