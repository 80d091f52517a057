using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>Says how each artifact stands between workspace, pointer, store and remote. Changes nothing and asks no network.</summary>
public static class StatusOperation
{
    public static async Task<OperationResult> RunAsync(
        IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        // What a build would refuse is what a status tells.
        options = options with { Locked = false, Force = false };
        await using var session = new OperationSession(options, log);
        var selected = ArtifactSelection.Select(artifacts, options);
        var result = await session.ForEachAsync(selected, (artifact, token) => StatusAsync(session, artifact, token), cancellationToken).ConfigureAwait(false);
        Report(log, result.Artifacts);
        return result;
    }

    private static async Task<ArtifactResult> StatusAsync(OperationSession session, TrackedArtifact artifact, CancellationToken cancellationToken)
    {
        if (artifact.IsPinned) throw OperationErrors.PinnedNotBuilt(artifact.DisplayName);
        var look = await ArtifactLook.TakeAsync(session, artifact, cancellationToken).ConfigureAwait(false);
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        var input = look.Input(session.Options);
        var decision = Decision.Decide(input);
        if (decision.Reason == DecisionReason.NoBase && look.Scan.File is { } file)
        {
            decision = Decision.Decide(input with { ContentIsSafe = store.Contains(file.Id) });
        }

        var words = new List<string> { StatusText.Of(decision) };
        if (look.PointerIdentity is { } named)
        {
            if (!await IsInStoreAsync(store, named, cancellationToken).ConfigureAwait(false)) words.Add(StatusText.NotInStore);
            if (!IsPushed(session, store, artifact, named)) words.Add(StatusText.NotPushed);
        }

        // In step says nothing beside what is not.
        if (words.Count > 1 && words[0] == StatusText.InStep) words.RemoveAt(0);
        var shown = look.PointerIdentity ?? look.Scan.Identity;
        return Results.Of(artifact, "none", string.Join(", ", words), shown, look.Pointer is { } pointer ? pointer.Files : look.Scan.Files);
    }

    private static async Task<bool> IsInStoreAsync(LocalStore store, ArtifactIdentity identity, CancellationToken cancellationToken)
    {
        if (identity.Kind == ArtifactKind.File) return store.Contains(new ContentId(identity.Sha256, identity.Size));
        var listing = await ListingReader.FindAsync(store, identity.Sha256, cancellationToken).ConfigureAwait(false);
        return listing is not null && listing.ToArtifactContent().Blobs.All(store.Contains);
    }

    private static bool IsPushed(OperationSession session, LocalStore store, TrackedArtifact artifact, ArtifactIdentity identity) =>
        store.IsConfirmed(identity.Sha256, session.Remotes.PlaceOf(artifact)?.ToString());

    private static void Report(IOperationLog log, IReadOnlyList<ArtifactResult> artifacts)
    {
        if (artifacts.Count == 0)
        {
            log.Report("No artifacts are tracked here. Track one: <TrackedArtifact Include=\"models/x.onnx\" />, or dotnet build -t:ModelTrackSave \"-p:ModelTrackArtifacts=models/x.onnx\".");
            return;
        }

        var nameWidth = artifacts.Max(a => a.DisplayName.Length);
        var statusWidth = artifacts.Max(a => a.Status.Length);
        foreach (var artifact in artifacts)
        {
            var extent = artifact.Sha256 is null ? "" : $"  {HumanText.Extent(artifact.Size, artifact.Files)}  {artifact.Sha256[..10]}";
            log.Report($"{artifact.DisplayName.PadRight(nameWidth)}  {artifact.Status.PadRight(statusWidth)}{extent}".TrimEnd());
        }
    }
}
