using System.Diagnostics;
using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Operations.Pins;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>Makes the workspace match the pointers, fetching what the store lacks. Never overwrites what is stored nowhere else.</summary>
public static class RestoreOperation
{
    /// <summary>How often a restore begins again when something else writes in its place.</summary>
    private const int Attempts = 20;

    /// <summary>How often a content that proved damaged in the store is fetched again.</summary>
    internal const int DeliveryRounds = 2;

    public static async Task<OperationResult> RunAsync(
        IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        await using var session = new OperationSession(options, log);
        var selected = ArtifactSelection.Select(artifacts, options).Where(a => a.RestoreOnBuild || options.Explicit).ToList();
        return await PinSet.ForEachAsync(session, artifacts, selected, RestoreAsync, cancellationToken, remember: !options.Explicit).ConfigureAwait(false);
    }

    internal static async Task<ArtifactResult> RestoreAsync(OperationSession session, TrackedArtifact artifact, CancellationToken cancellationToken)
    {
        var look = await ArtifactLook.TakeAsync(session, artifact, cancellationToken).ConfigureAwait(false);
        var decision = Decision.Decide(look.Input(session.Options));
        // What is here in parts may lack what is asked for now; its listing tells.
        if (decision.Action is WorkspaceAction.Restore or WorkspaceAction.Conflict or WorkspaceAction.LockedChange
            || (look.Pointer is not null && (look.State?.Partial is not null || (artifact.Parts.Count > 0 && session.Options.Force))))
        {
            return await RestoreLockedAsync(session, artifact, cancellationToken).ConfigureAwait(false);
        }

        RefuseNothingInside(look);
        look.Remember(session.States);
        if (decision.Action == WorkspaceAction.Save && session.Options.Explicit && look.Pointer is not null)
        {
            session.Log.Report($"{artifact.DisplayName} has changes of its own and was left alone; -p:ModelTrackForce=true takes the pointer's.");
        }

        return Results.Of(artifact, "none", StatusText.Of(decision), look.PointerIdentity, look.Pointer?.Files);
    }

    private static async Task<ArtifactResult> RestoreLockedAsync(OperationSession session, TrackedArtifact artifact, CancellationToken cancellationToken)
    {
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        using var held = await store.Locks.ArtifactAsync(artifact.FullPath, cancellationToken).ConfigureAwait(false);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await RestoreUnderLockAsync(session, store, artifact, cancellationToken).ConfigureAwait(false);
            }
            catch (ModelTrackException exception) when (exception.Code == WorkspaceErrors.ChangedMeanwhileCode && attempt < Attempts)
            {
                // Where nothing can be locked another build places the same at this moment. What stands there now is decided anew, so a user's change is safe.
                await Task.Delay(Random.Shared.Next(10, 50 * attempt), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task<ArtifactResult> RestoreUnderLockAsync(
        OperationSession session, LocalStore store, TrackedArtifact artifact, CancellationToken cancellationToken)
    {
        // Another build may have done it while this one waited.
        var look = await ArtifactLook.TakeAsync(session, artifact, cancellationToken).ConfigureAwait(false);
        if (look.Pointer is not { } pointer)
        {
            throw OperationErrors.NewWhileLocked(artifact.DisplayName);
        }

        if (look.IsInStep && look.State?.Partial is null)
        {
            RefuseNothingInside(look);
            look.Remember(session.States);
            return Results.Of(artifact, "none", StatusText.InStep, look.PointerIdentity, pointer.Files);
        }

        var clock = Stopwatch.StartNew();
        if (session.Options.Force && !look.IsInStep) await KeepForcedAsync(session, store, look, cancellationToken).ConfigureAwait(false);
        await ImportedContent.BringAsync(session, store, artifact, cancellationToken).ConfigureAwait(false);
        var delivery = new ContentDelivery(session, store, artifact, pointer.Identity, pointer.Files);
        if (pointer.Identity.Kind == ArtifactKind.Directory)
        {
            var restored = await DirectoryRestore.RunAsync(session, store, look, delivery, cancellationToken).ConfigureAwait(false);
            if (restored is null || restored.IsNothing)
            {
                return Results.Of(artifact, "none", restored is null ? StatusText.Modified : StatusText.InStep, look.PointerIdentity, pointer.Files);
            }

            var isPart = session.States.Load(artifact.FullPath)?.Partial is not null;
            Report(isPart ? $"{HumanText.Extent(restored.Bytes, restored.Files)} of {artifact.DisplayName}" : artifact.DisplayName, isPart ? $"{look.PointerExtent} in all, " : $"{look.PointerExtent} in ");
            return Results.Of(artifact, "restored", isPart ? StatusText.InPart : StatusText.InStep, look.PointerIdentity, pointer.Files, restored.Bytes);
        }

        RefuseNothingInside(look);
        var placed = await RestoreFileAsync(session, store, look, delivery, cancellationToken).ConfigureAwait(false);
        if (placed is null) return Results.Of(artifact, "none", StatusText.Modified, look.PointerIdentity, pointer.Files);
        Report(artifact.DisplayName, $"{look.PointerExtent} in ");
        return Results.Of(artifact, "restored", StatusText.InStep, look.PointerIdentity, pointer.Files, placed.Value);

        void Report(string what, string extent)
        {
            var from = delivery.Source is { } source ? $", {HumanText.Size(delivery.BytesReceived)} fetched from {source}" : "";
            session.Log.Report($"restored {what} ({extent}{HumanText.Duration(clock.Elapsed)}{from})");
        }
    }

    /// <summary>A part was named of what is here as a whole, or is no directory: it has to be there.</summary>
    private static void RefuseNothingInside(ArtifactLook look)
    {
        if (look.Artifact.Parts.Count > 0) PartSelection.Resolve(look.Artifact, [.. look.Scan.Directory?.Files.Select(f => f.Key) ?? []]);
    }

    /// <returns>The bytes placed; null when the present content is the user's own and stays.</returns>
    private static async Task<long?> RestoreFileAsync(
        OperationSession session, LocalStore store, ArtifactLook look, ContentDelivery delivery, CancellationToken cancellationToken)
    {
        var input = look.Input(session.Options) with { ContentIsSafe = look.Scan.File is { } file && store.Contains(file.Id) };
        switch (Decision.Decide(input).Action)
        {
            case WorkspaceAction.Restore:
                break;
            case WorkspaceAction.LockedChange:
                throw OperationErrors.ChangedWhileLocked(look.Artifact.DisplayName, Short(look.Content), Short(look.PointerIdentity));
            case WorkspaceAction.Conflict when look.State?.Restoring is not null:
                throw OperationErrors.RestoreInterrupted(look.Artifact.DisplayName, look.Artifact.DisplayName);
            case WorkspaceAction.Conflict:
                throw OperationErrors.Conflict(look.Artifact.DisplayName, Short(look.Content), Short(look.PointerIdentity));
            default:
                look.Remember(session.States);
                return null;
        }

        if (look.Scan.Directory is not null) throw OperationErrors.KindMismatch(look.Artifact.DisplayName, "file", "folder");
        var target = look.Pointer!.Value.Identity;
        var stored = await delivery.FileAsync(look.State?.Base, cancellationToken).ConfigureAwait(false);
        await ContentSaving.KeepAsync(session, store, look, cancellationToken).ConfigureAwait(false);
        var state = BeginRestore(session, look, target);
        session.Log.Progress.Expect(target.Size);
        var placed = await PlaceAsync(session, store, look, delivery, stored, cancellationToken).ConfigureAwait(false);
        FailPoint.Hit("restore.file.placed");
        session.States.Save(state with { Base = target, Restoring = null, File = placed, Directory = null });
        return target.Size;
    }

    /// <summary>Places the file; where the entry proves to have other bytes than its record says, it is set aside and the content delivered anew.</summary>
    private static async Task<ObservedFile> PlaceAsync(
        OperationSession session, LocalStore store, ArtifactLook look, ContentDelivery delivery, StoredFile stored, CancellationToken cancellationToken)
    {
        var executable = look.Pointer!.Value.Identity.Executable;
        for (var round = 0; ; round++)
        {
            try
            {
                using var placement = Placer(session, look.Artifact).Begin(look.Artifact.FullPath, isDirectory: false);
                var placed = placement.Place("", stored, executable, look.Scan.File?.Stat, session.Log.Progress, cancellationToken);
                placement.Complete();
                return placed;
            }
            catch (ModelTrackException exception) when (exception.Code == WorkspaceErrors.StoreFileChangedCode)
            {
                if (round == DeliveryRounds) throw OperationErrors.DamagedNotHealed(look.Artifact.DisplayName, stored.Path, "in the store");
            }

            await store.CheckFileAsync(stored.Id, cancellationToken).ConfigureAwait(false);
            stored = await delivery.FileAsync(look.State?.Base, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>From here on a crash leaves a mixture that is known to be one.</summary>
    internal static ArtifactState BeginRestore(OperationSession session, ArtifactLook look, ArtifactIdentity target, PartialContent? partial = null)
    {
        var state = (look.State ?? new ArtifactState { FullPath = look.Artifact.FullPath }) with
        {
            Pointer = look.Pointer,
            Restoring = target,
            Partial = partial,
            File = look.Scan.File,
            Directory = look.Scan.Directory,
        };
        state = state with { Told = state.Told & ~ToldOnce.Untracked };
        session.States.Save(state);
        FailPoint.Hit("restore.begun");
        return state;
    }

    internal static FilePlacer Placer(OperationSession session, TrackedArtifact artifact) =>
        new(new PlacementOptions { Root = session.Root, LinkMode = artifact.LinkMode, PinsRoot = session.PinsRootOf(artifact) });

    internal static string Short(ArtifactIdentity? identity) => identity?.Sha256.ToShortString() ?? "none";

    /// <summary>With force the pointer's content takes the place of the user's, which is made safe and named before.</summary>
    internal static async Task KeepForcedAsync(OperationSession session, LocalStore store, ArtifactLook look, CancellationToken cancellationToken)
    {
        if (look.Scan.IsMissing) return;
        var kept = await ContentSaving.StoreAsync(session, store, look, cancellationToken).ConfigureAwait(false);
        await store.FlushAsync(cancellationToken).ConfigureAwait(false);
        session.Log.Report($"kept the present {look.Artifact.DisplayName} in the store as {kept.Identity.Sha256} ({HumanText.Extent(kept.Identity.Size, kept.Files)})");
    }
}
