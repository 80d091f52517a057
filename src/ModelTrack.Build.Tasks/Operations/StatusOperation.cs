using System.Globalization;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Operations.Pins;
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
        options = options with { Locked = false, Force = false, Offline = true };
        await using var session = new OperationSession(options, log);
        var selected = ArtifactSelection.Select(artifacts, options);
        var head = await HeadStatus.ReadAsync(session, selected, cancellationToken).ConfigureAwait(false);
        var result = await session.ForEachAsync(
            selected,
            async (artifact, token) => (await StatusAsync(session, artifact, token).ConfigureAwait(false)) with { Head = head?.Of(artifact) },
            cancellationToken).ConfigureAwait(false);
        Report(log, result.Artifacts);
        return result;
    }

    private static async Task<ArtifactResult> StatusAsync(OperationSession session, TrackedArtifact artifact, CancellationToken cancellationToken)
    {
        if (artifact.IsPinned) return await PinStatus.OfAsync(session, artifact, cancellationToken).ConfigureAwait(false);
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
            if (look.State?.Partial is { } partial)
            {
                if (look.Scan.Directory is not null) words.Add(string.Create(CultureInfo.InvariantCulture, $"{StatusText.InPart}: {look.Scan.Files:N0} of {look.Pointer!.Value.Files:N0} files here"));
                else words[0] = StatusText.Missing;
            }
            else if (!await IsInStoreAsync(store, named, cancellationToken).ConfigureAwait(false)) words.Add(StatusText.NotInStore);
            if (!IsPushed(session, store, artifact, named.Sha256)) words.Add(StatusText.NotPushed);
        }

        // In step says nothing beside what is not.
        if (words.Count > 1 && words[0] == StatusText.InStep) words.RemoveAt(0);
        var shown = look.PointerIdentity ?? look.Content;
        return Results.Of(artifact, "none", string.Join(", ", words), shown, look.Pointer is { } pointer ? pointer.Files : look.Scan.Files);
    }

    /// <summary>Whether all of it is in this machine's store.</summary>
    internal static async Task<bool> IsInStoreAsync(LocalStore store, ArtifactIdentity identity, CancellationToken cancellationToken)
    {
        if (identity.Kind == ArtifactKind.File) return store.Contains(new ContentId(identity.Sha256, identity.Size));
        var listing = await ListingReader.FindAsync(store, identity.Sha256, cancellationToken).ConfigureAwait(false);
        return listing is not null && listing.ToArtifactContent().Blobs.All(store.Contains);
    }

    /// <summary>Whether the artifact's remote is known to have it; asks nobody.</summary>
    internal static bool IsPushed(OperationSession session, LocalStore store, TrackedArtifact artifact, Sha256Hash sha256) =>
        store.IsConfirmed(sha256, session.Remotes.PlaceOf(artifact)?.ToString());

    private static void Report(IOperationLog log, IReadOnlyList<ArtifactResult> artifacts)
    {
        if (artifacts.Count == 0)
        {
            log.Report("No artifacts are tracked here. Track one: <TrackedArtifact Include=\"models/x.onnx\" />, or dotnet build -t:ModelTrackSave \"-p:ModelTrackArtifacts=models/x.onnx\".");
            return;
        }

        var rows = artifacts.Select(a => new[]
        {
            a.DisplayName, a.Status, a.Head ?? "", a.Sha256 is null ? "" : HumanText.Extent(a.Size, a.Files), a.Sha256?[..10] ?? "",
        }).ToList();
        foreach (var line in TextTable.Lines(rows, 3))
        {
            log.Report(line);
        }
    }
}
