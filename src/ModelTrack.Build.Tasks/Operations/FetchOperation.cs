using System.Diagnostics;
using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Operations.Pins;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>Brings what the pointers name to the store and leaves the workspace alone.</summary>
public static class FetchOperation
{
    public static async Task<OperationResult> RunAsync(
        IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        await using var session = new OperationSession(options, log);
        var selected = ArtifactSelection.Select(artifacts, options);
        return await PinSet.ForEachAsync(session, artifacts, selected, FetchAsync, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<ArtifactResult> FetchAsync(OperationSession session, TrackedArtifact artifact, CancellationToken cancellationToken)
    {
        if (PointerFile.Read(PointerFile.PathFor(artifact.FullPath)) is not { } pointer)
        {
            return Results.Of(artifact, "none", StatusText.New, null, null);
        }

        return await FetchAsync(session, artifact, pointer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As the verb does, for a pointer that need not be in the workspace.</summary>
    internal static async Task<ArtifactResult> FetchAsync(
        OperationSession session, TrackedArtifact artifact, Pointer pointer, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        var identity = ArtifactIdentity.Of(pointer);
        var formerly = session.States.Load(artifact.FullPath)?.Base;
        var delivery = new ContentDelivery(session, store, artifact, identity, pointer.Files);
        if (identity.Kind == ArtifactKind.File)
        {
            PartSelection.Resolve(artifact, []);
            await delivery.FileAsync(formerly, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var listing = await delivery.ListingAsync(cancellationToken).ConfigureAwait(false);
            var known = formerly is { Kind: ArtifactKind.Directory } former
                ? await ListingReader.FindAsync(store, former.Sha256, cancellationToken).ConfigureAwait(false)
                : null;
            var asked = PartSelection.Resolve(artifact, [.. listing.Entries.Select(e => e.Path)]);
            var wanted = listing.Entries.Where(e => !e.IsEmptyDirectory && asked.Contains(e.Path)).Select(e => e.Content).Distinct().ToList();
            await delivery.FilesAsync(listing, wanted, known, cancellationToken).ConfigureAwait(false);
        }

        store.RecordArtifact(new ArtifactRecord(identity.Sha256, identity.Kind == ArtifactKind.Directory, identity.Size, pointer.Files, SavedHere: false));
        if (delivery.Source is null) return Results.Of(artifact, "none", StatusText.InStep, identity, pointer.Files);
        var what = artifact.Parts.Count == 0 ? artifact.DisplayName : $"{string.Join(" and ", artifact.Parts)} of {artifact.DisplayName}";
        session.Log.Report(
            $"fetched {what} ({HumanText.Extent(pointer.Size, pointer.Files)}, {HumanText.Size(delivery.BytesReceived)} received from {delivery.Source} in {HumanText.Duration(clock.Elapsed)})");
        return Results.Of(artifact, "fetched", StatusText.InStep, identity, pointer.Files, delivery.BytesReceived);
    }
}
