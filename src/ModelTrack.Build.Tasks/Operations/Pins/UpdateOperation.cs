using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations.Pins;

/// <summary>
/// Moves pins and imported artifacts to what their revisions name now, and brings that. The one verb that does; named by `ModelTrackArtifacts`, or all.
/// </summary>
public static class UpdateOperation
{
    public static async Task<OperationResult> RunAsync(
        IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        options = options with { Locked = false };
        await using var session = new OperationSession(options, log);
        var selected = ArtifactSelection.Select(artifacts, options);
        var imports = selected.Where(a => !a.IsPinned && SourceOf(a) is not null).ToList();
        var pins = selected.Where(a => a.IsPinned).ToList();
        if (options.Artifacts.Count > 0)
        {
            if (selected.FirstOrDefault(a => !a.IsPinned && !imports.Contains(a)) is { } neither && pins.Count == 0) throw PinErrors.NotUpdatable(neither.DisplayName);
            if (options.Revision is not null && imports.Count == 0) throw PinErrors.RevisionStandsInProject(pins[0].DisplayName);
        }

        // Another revision is an import's affair: a pin's stands in the project.
        if (options.Revision is not null) pins = [];
        if (pins.Count == 0 && imports.Count == 0) log.Report("nothing here is pinned or imported");
        var moved = await MovePinsAsync(session, artifacts, pins, cancellationToken).ConfigureAwait(false);
        var restored = await PinSet.ForEachAsync(session, artifacts, moved, RestoreOperation.RestoreAsync, cancellationToken).ConfigureAwait(false);
        var updated = await session.ForEachAsync(imports, (artifact, token) => UpdateAsync(session, artifact, token), cancellationToken).ConfigureAwait(false);
        return new OperationResult(moved.Count == pins.Count && restored.Succeeded && updated.Succeeded, [.. restored.Artifacts, .. updated.Artifacts]);
    }

    /// <summary>Resolves all pins anew, brings what they name, and writes the lock file once: a pin whose new content cannot be had stays where it is.</summary>
    /// <returns>Those that moved, or stand where they should.</returns>
    private static async Task<IReadOnlyList<TrackedArtifact>> MovePinsAsync(
        OperationSession session, IReadOnlyList<TrackedArtifact> all, List<TrackedArtifact> pins, CancellationToken cancellationToken)
    {
        var directory = session.Options.ProjectDirectory;
        if (pins.Count == 0 && !File.Exists(PinLock.PathFor(directory))) return [];
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        using var held = await store.Locks.ArtifactAsync(PinLock.PathFor(directory), cancellationToken).ConfigureAwait(false);
        var pinLock = PinLock.Read(directory);
        var resolver = new PinResolver(session);
        var resolved = new List<TrackedArtifact>(pins.Count);
        foreach (var artifact in pins)
        {
            var pin = PinPlaces.KeyOf(artifact, directory);
            try
            {
                var entry = await resolver.ResolveAsync(pin, fresh: true, cancellationToken).ConfigureAwait(false);
                await BringAsync(session, store, artifact, entry, cancellationToken).ConfigureAwait(false);
                Say(session, pin.ToString(), pinLock.Find(pin) is { } former ? (former.Commit, former.Sha256.ToShortString()) : null, (entry.Commit, entry.Sha256.ToShortString()), PinLock.FileName);
                pinLock.Set(entry);
                resolved.Add(artifact);
            }
            catch (ModelTrackException exception)
            {
                session.Log.Error(exception.Diagnostic);
            }
        }

        var known = all.Where(a => a.IsPinned).Select(a => PinPlaces.KeyOf(a, directory)).ToHashSet();
        if (session.Options.SeesAllItems && pinLock.KeepOnly(known)) session.Log.Report($"removed pins that the project has no more from {PinLock.FileName}; commit it");
        pinLock.Write();
        return resolved;
    }

    private static async Task BringAsync(OperationSession session, LocalStore store, TrackedArtifact artifact, PinEntry entry, CancellationToken cancellationToken)
    {
        if (await StoredContent.HasAsync(store, entry.Identity, cancellationToken).ConfigureAwait(false)) return;
        var isElsewhere = artifact.Repository is not null && artifact.Remote is null;
        var options = isElsewhere ? await RepositoryRemotes.ApplyAsync(session, session.Options, entry, cancellationToken).ConfigureAwait(false) : session.Options;
        await using var there = session.Derive(options);
        await StoredContent.BringAsync(there, store, artifact, entry.Identity, entry.Files, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<ArtifactResult> UpdateAsync(OperationSession session, TrackedArtifact artifact, CancellationToken cancellationToken)
    {
        var file = PointerFile.PathFor(artifact.FullPath);
        var former = PointerFile.Read(file)!;
        var source = PointerSource.Of(former, file)!;
        var look = await ArtifactLook.TakeAsync(session, artifact, cancellationToken).ConfigureAwait(false);
        if (!look.Scan.IsMissing && !look.IsInStep && look.Scan.Identity != look.State?.Base && !session.Options.Force) throw PinErrors.ChangedHere(artifact.DisplayName);
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        var (pointer, now) = await ImportOperation.ResolveAsync(
            session, store, source.Url, source.Commit is null ? null : source.Path, session.Options.Revision ?? source.Revision, cancellationToken).ConfigureAwait(false);
        pointer = pointer with { Meta = former.Meta };
        if (pointer != former) await ImportedContent.BringFromAsync(session, store, artifact, now, ArtifactIdentity.Of(pointer), pointer.Files, cancellationToken).ConfigureAwait(false);
        Say(session, artifact.DisplayName, (source.Commit, former.Sha256.ToShortString()), (now.Commit, pointer.Sha256.ToShortString()), artifact.DisplayName + PointerFile.Extension);
        PointerFile.Write(file, pointer);
        return await RestoreOperation.RestoreAsync(session, artifact, cancellationToken).ConfigureAwait(false);
    }

    private static PointerSource? SourceOf(TrackedArtifact artifact)
    {
        var file = PointerFile.PathFor(artifact.FullPath);
        return PointerFile.Read(file) is { Source: not null } pointer ? PointerSource.Of(pointer, file) : null;
    }

    private static void Say(OperationSession session, string name, (string? Commit, string Sha256)? from, (string? Commit, string Sha256) to, string file)
    {
        if (from == to) session.Log.Report($"{name} is at {Text(to)} already");
        else if (from is { } former) session.Log.Report($"moved {name} from {Text(former)} to {Text(to)}; commit {file}");
        else session.Log.Report($"pinned {name} to {Text(to)}; commit {file}");
    }

    private static string Text((string? Commit, string Sha256) place) => place.Commit is { } commit ? $"commit {commit[..10]} ({place.Sha256})" : place.Sha256;
}
