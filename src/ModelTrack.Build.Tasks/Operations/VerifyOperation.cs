using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Operations.Pins;
using ModelTrack.Storage;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>Hashes what workspace, store and remote hold of each artifact, says what is damaged, and heals it from whichever copy is good.</summary>
public static class VerifyOperation
{
    public static async Task<OperationResult> RunAsync(
        IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        await using var session = new OperationSession(options with { Locked = false, Force = false }, log);
        return await PinSet.ForEachAsync(
            session, artifacts, ArtifactSelection.Select(artifacts, options), VerifyAsync, cancellationToken, atSource: !options.Offline).ConfigureAwait(false);
    }

    private static async Task<ArtifactResult> VerifyAsync(OperationSession session, TrackedArtifact artifact, CancellationToken cancellationToken)
    {
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        using var held = await store.Locks.ArtifactAsync(artifact.FullPath, cancellationToken).ConfigureAwait(false);
        var look = await ArtifactLook.TakeAsync(session, artifact, cancellationToken, hashEverything: true).ConfigureAwait(false);
        if (look.Pointer is not { } pointer) return Results.Of(artifact, "none", StatusText.New, null, null);

        var findings = new List<string> { VerifyWorkspace(look) };
        var delivery = new ContentDelivery(session, store, artifact, pointer.Identity, pointer.Files);
        var content = await VerifyStoreAsync(session, store, look, delivery, findings, cancellationToken).ConfigureAwait(false);
        var remoteIsGood = await VerifyRemoteAsync(session, store, artifact, content, findings, cancellationToken).ConfigureAwait(false);
        session.Log.Report($"{artifact.DisplayName} ({look.PointerExtent}): {string.Join("; ", findings)}");
        if (!remoteIsGood) throw OperationErrors.DamagedNotHealed(artifact.DisplayName, findings[^1], "at the remote");
        return Results.Of(artifact, "verified", StatusText.InStep, look.PointerIdentity, pointer.Files);
    }

    private static string VerifyWorkspace(ArtifactLook look)
    {
        if (look.Scan.IsMissing) return "workspace has no content";
        if (look.IsInStep) return "workspace good";
        // The stat says that nobody wrote it, and yet its bytes are others: that is the disk's doing.
        var rotten = look.Scan.File is { } now && look.State?.File is { } known && known.Vouches(now.Stat) && known.Sha256 != now.Sha256;
        return rotten
            ? $"workspace DAMAGED (its bytes changed and its time did not): dotnet build -t:ModelTrackRestore -p:ModelTrackForce=true \"-p:ModelTrackArtifacts={look.Artifact.DisplayName}\""
            : $"workspace {StatusText.Modified}";
    }

    /// <returns>All of the artifact, now in the store.</returns>
    private static async Task<ArtifactContent> VerifyStoreAsync(
        OperationSession session, LocalStore store, ArtifactLook look, ContentDelivery delivery, List<string> findings, CancellationToken cancellationToken)
    {
        var identity = look.Pointer!.Value.Identity;
        var had = store.FindArtifact(identity.Sha256) is not null || await HasAnyAsync(store, identity, cancellationToken).ConfigureAwait(false);
        Listing? listing = null;
        if (identity.Kind == ArtifactKind.Directory)
        {
            // A good workspace is the nearest copy of a lost listing.
            if (look.IsInStep) await ContentSaving.StoreAsync(session, store, look, cancellationToken).ConfigureAwait(false);
            listing = await delivery.ListingAsync(cancellationToken).ConfigureAwait(false);
        }

        var content = listing?.ToArtifactContent() ?? ArtifactContent.OfFile(new ContentId(identity.Sha256, identity.Size));
        // Of a directory that is here in part, the rest is the remote's to have.
        var here = look.State?.Partial is null ? PathParts.All : PathParts.None.With(look.Scan.Directory?.Files.Select(f => f.Key) ?? []);
        List<ContentId> blobs = listing is null ? [.. content.Blobs]
            : [content.Blobs[0], .. listing.Entries.Where(e => !e.IsEmptyDirectory && here.Contains(e.Path)).Select(e => e.Content)];
        blobs = [.. blobs.Distinct()];
        var report = await store.VerifyAsync(blobs, session.Options.Percent, cancellationToken).ConfigureAwait(false);
        var bad = report.Damaged.Concat(report.Missing).Distinct().ToList();
        if (bad.Count == 0)
        {
            findings.Add("store good");
            return content;
        }

        if (look.IsInStep)
        {
            await ContentSaving.StoreAsync(session, store, look, cancellationToken).ConfigureAwait(false);
            await store.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        if (listing is null) await delivery.FileAsync(null, cancellationToken).ConfigureAwait(false);
        else await delivery.FilesAsync(listing, [.. blobs.Skip(1)], null, cancellationToken).ConfigureAwait(false);
        var from = delivery.Source ?? "the workspace";
        findings.Add(report.Damaged.Count > 0 ? $"store had {report.Damaged.Count} damaged, HEALED from {from}"
            : had ? $"store lacked {report.Missing.Count}, brought from {from}" : $"store filled from {from}");
        return content;
    }

    private static async Task<bool> HasAnyAsync(LocalStore store, ArtifactIdentity identity, CancellationToken cancellationToken) =>
        identity.Kind == ArtifactKind.File
            ? store.Contains(new ContentId(identity.Sha256, identity.Size))
            : await ListingReader.FindAsync(store, identity.Sha256, cancellationToken).ConfigureAwait(false) is not null;

    /// <returns>False when damage stays.</returns>
    private static async Task<bool> VerifyRemoteAsync(
        OperationSession session, LocalStore store, TrackedArtifact artifact, ArtifactContent content, List<string> findings, CancellationToken cancellationToken)
    {
        if (session.Remotes.PlaceOf(artifact) is not { } place)
        {
            findings.Add("no remote is set");
            return true;
        }

        if (session.Options.Offline)
        {
            findings.Add($"{place} was not asked (ModelTrackOffline)");
            return true;
        }

        var remote = session.Remotes.Open(place, store);
        try
        {
            return await VerifyRemoteAsync(session, store, artifact, remote, content, findings, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelTrackException exception)
        {
            throw OperationErrors.RemoteFailed(exception, artifact.DisplayName, remote.Identity);
        }
    }

    private static async Task<bool> VerifyRemoteAsync(
        OperationSession session, LocalStore store, TrackedArtifact artifact, PackedRemote remote, ArtifactContent content, List<string> findings,
        CancellationToken cancellationToken)
    {
        if (!await IsAtRemoteAsync(remote, content, cancellationToken).ConfigureAwait(false) && !store.IsConfirmed(content.Id, remote.Identity))
        {
            findings.Add($"{remote.Identity} does not have it: dotnet build -t:ModelTrackPush{(artifact.Repository is { } source ? $" in {source}" : "")}");
            return true;
        }

        var report = await remote.VerifyAsync([content], session.Options.Percent, heal: true, cancellationToken).ConfigureAwait(false);
        findings.Add(report.Damage.Count == 0
            ? $"{remote.Identity} good ({HumanText.Size(report.BytesChecked)} hashed)"
            : $"{remote.Identity}: " + string.Join(", ", report.Damage.Take(10).Select(d => $"{d.Key} {d.Problem}, {(d.Healed ? "HEALED" : "NOT healed")}")));
        return report.IsGood;
    }

    private static async Task<bool> IsAtRemoteAsync(PackedRemote remote, ArtifactContent content, CancellationToken cancellationToken)
    {
        try
        {
            return await remote.FindAsync(content.Id, cancellationToken).ConfigureAwait(false) is not null;
        }
        catch (ModelTrackException)
        {
            // A damaged manifest is there, and Verify is what says and heals it.
            return true;
        }
    }
}
