using System.Diagnostics;
using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;
using ModelTrack.Workspace.Ignore;

namespace ModelTrack.Operations;

/// <summary>
/// Records changed and new artifacts: contents into the store, all of them flushed, then pointers. A crash in between leaves contents that nothing
/// names yet, never a pointer without its content.
/// </summary>
public static class SaveOperation
{
    public static async Task<OperationResult> RunAsync(
        IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        // A save that was called by name is what a developer wants, in CI too.
        options = options with { Locked = options.Locked && !options.Explicit };
        // New content is stored in the pass that first reads it, so looking is a part of the time that a save takes.
        var clock = Stopwatch.StartNew();
        await using var session = new OperationSession(options, log);
        var selected = ArtifactSelection.SelectOrAdd(artifacts, options).Where(a => !a.IsPinned).ToList();
        var changed = new List<TrackedArtifact>();
        var looked = await session.ForEachAsync(selected, async (artifact, token) =>
        {
            var (result, save) = await LookAsync(session, artifact, token).ConfigureAwait(false);
            if (save) lock (changed) changed.Add(artifact);
            return result;
        }, cancellationToken).ConfigureAwait(false);
        if (changed.Count == 0) return looked;

        var saved = await SaveBatchAsync(session, changed, clock, cancellationToken).ConfigureAwait(false);
        var byPath = saved.Artifacts.ToDictionary(a => a.FullPath);
        return new OperationResult(
            looked.Succeeded && saved.Succeeded,
            looked.Artifacts.Select(a => byPath.GetValueOrDefault(a.FullPath, a)).ToList());
    }

    private static async Task<(ArtifactResult Result, bool Save)> LookAsync(OperationSession session, TrackedArtifact artifact, CancellationToken cancellationToken)
    {
        var look = await TakeAsync(session, artifact, cancellationToken).ConfigureAwait(false);
        var decision = await DecideAsync(session, look, cancellationToken).ConfigureAwait(false);
        var name = artifact.DisplayName;
        switch (decision.Action)
        {
            case WorkspaceAction.Save:
                // Under the lock it is looked at again, by what is remembered of it now.
                look.Remember(session.States);
                return (Results.Of(artifact, "none", StatusText.Of(decision), look.PointerIdentity, look.Pointer?.Files), true);
            case WorkspaceAction.Nothing when artifact.Listed:
                if (session.Options.Locked) session.Log.Warn(OperationErrors.StillMissingWhileLocked(name));
                else throw OperationErrors.NothingMadeIt(name);
                break;
            case WorkspaceAction.LockedChange when look.Pointer is null:
                throw OperationErrors.NewWhileLocked(name);
            case WorkspaceAction.LockedChange:
                throw OperationErrors.ChangedWhileLocked(name, RestoreOperation.Short(look.Content), RestoreOperation.Short(look.PointerIdentity));
            case WorkspaceAction.Conflict when look.State?.Restoring is not null:
                throw OperationErrors.RestoreInterrupted(name, name);
            case WorkspaceAction.Conflict when look.State?.Partial is not null:
                throw RestoreFirst(look);
            case WorkspaceAction.Conflict:
                throw OperationErrors.Conflict(name, RestoreOperation.Short(look.Content), RestoreOperation.Short(look.PointerIdentity));
            case WorkspaceAction.Restore when look.Scan.IsMissing && !artifact.RestoreOnBuild:
                ForgetParts(session, look);
                break;
            case WorkspaceAction.Untracked:
                SaveHints.SayUntracked(session, look);
                break;
            case WorkspaceAction.InStep:
                look.Remember(session.States);
                break;
        }

        return (Results.Of(artifact, "none", StatusText.Of(decision), look.PointerIdentity, look.Pointer?.Files), false);
    }

    /// <summary>Named by the user, an unresolved pointer is what this save settles: mine is kept.</summary>
    private static async Task<ArtifactLook> TakeAsync(OperationSession session, TrackedArtifact artifact, CancellationToken cancellationToken)
    {
        try
        {
            // Where nothing is known of content beside a pointer, whether the store has it decides: a look that put it there would answer itself.
            var decidesBySafety = session.States.Load(artifact.FullPath)?.Base is null && File.Exists(PointerFile.PathFor(artifact.FullPath));
            ReadContent? read = session.Options.Locked || decidesBySafety ? null : (path, stat, token) => ContentSaving.StoreWhileReadingAsync(session, artifact, path, stat, token);
            var look = await ArtifactLook.TakeAsync(session, artifact, cancellationToken, read: read).ConfigureAwait(false);
            look = await AssumeAddedAsync(session, look, cancellationToken).ConfigureAwait(false);
            return artifact.Parts.Count == 0 ? look : await NarrowAsync(session, look, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelTrackException exception) when (exception.Code == ArtifactErrors.UnresolvedMergeCode && IsNamed(session.Options) && artifact.Parts.Count == 0)
        {
            var state = session.States.Load(artifact.FullPath);
            var scan = await ArtifactLook.ScanAsync(session, artifact, state, hashEverything: false, cancellationToken).ConfigureAwait(false);
            var look = new ArtifactLook { Artifact = artifact, Scan = scan, Pointer = null, State = state, Content = scan.Identity };
            if (state is { Partial: { } partial, Base: { } known } && scan.Directory is not null)
            {
                look = await look.WithWholeAsync(session, known, partial, PathParts.All, cancellationToken).ConfigureAwait(false);
            }

            return look with { State = state is null ? null : state with { Base = null } };
        }
    }

    /// <summary>
    /// Files beside a pointer whose directory was never restored here, as far as is known, are additions to it: nothing that is absent was removed.
    /// In a build only where the project says that it need not be restored, and where no file stands against another version of it.
    /// </summary>
    private static async Task<ArtifactLook> AssumeAddedAsync(OperationSession session, ArtifactLook look, CancellationToken cancellationToken)
    {
        if (look.IsInStep || look.State is { Base: not null } or { Restoring: not null } || look.PointerIdentity is not { Kind: ArtifactKind.Directory } pointer
            || look.Scan.Directory is not { } present || !(IsNamed(session.Options) || !look.Artifact.RestoreOnBuild))
        {
            return look;
        }

        var partial = new PartialContent(PathParts.None, pointer.Sha256);
        var state = (look.State ?? new ArtifactState { FullPath = look.Artifact.FullPath }) with { Base = pointer, Partial = partial };
        var added = await (look with { State = state, StateIsAssumed = true }).WithWholeAsync(session, pointer, partial, PathParts.All, cancellationToken).ConfigureAwait(false);
        if (IsNamed(session.Options)) return added;
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        var listing = await ListingReader.FindAsync(store, pointer.Sha256, cancellationToken).ConfigureAwait(false);
        var isOnlyAdded = listing is not null && present.Files.All(f => !listing.TryGet(f.Key, out var before) || before.Content == f.Value.Id);
        return isOnlyAdded ? added : look;
    }

    /// <summary>Only the part that was named is recorded; all else stays as the pointer has it, whatever is in place.</summary>
    private static async Task<ArtifactLook> NarrowAsync(OperationSession session, ArtifactLook look, CancellationToken cancellationToken)
    {
        if (look.Scan.Directory is not { } present)
        {
            PartSelection.Resolve(look.Artifact, []);
            return look;
        }

        var known = look.PointerIdentity ?? new ArtifactIdentity(ArtifactKind.Directory, Listing.Empty.Id, 0);
        if (look.State?.Base is { } last && last != known) throw RestoreFirst(look);
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        var listing = look.Pointer is null ? Listing.Empty
            : await new ContentDelivery(session, store, look.Artifact, known, look.Pointer.Value.Files).ListingAsync(cancellationToken).ConfigureAwait(false);
        var only = PartSelection.Resolve(look.Artifact, [.. listing.Entries.Select(e => e.Path), .. present.Files.Select(f => f.Key)]);
        var parts = look.State?.Partial?.Parts ?? PathParts.All;
        Task<Listing> ComposeAsync(ObservedDirectory seen, CancellationToken token) => Task.FromResult(PartialContent.Compose(listing, seen, parts, only));
        var whole = await ComposeAsync(present, cancellationToken).ConfigureAwait(false);
        return look with { Content = new ArtifactIdentity(ArtifactKind.Directory, whole.Id, whole.TotalSize), Whole = ComposeAsync };
    }

    /// <summary>A folder that was taken away as a whole is one that is not here, and not one whose files were removed.</summary>
    private static void ForgetParts(OperationSession session, ArtifactLook look)
    {
        if (look.State is not { Base: { Kind: ArtifactKind.Directory } known, Restoring: null } state || state.Partial is { Parts.IsNone: true }) return;
        session.States.Save(state with { Directory = null, Partial = new PartialContent(PathParts.None, state.Partial?.Origin ?? known.Sha256) });
    }

    private static ModelTrackException RestoreFirst(ArtifactLook look)
    {
        var name = look.Artifact.DisplayName;
        var part = look.State?.Partial?.Parts.Paths.FirstOrDefault();
        return OperationErrors.RestoreFirst(name, part is null ? name : $"{name}/{part}");
    }

    private static async Task<WorkspaceDecision> DecideAsync(OperationSession session, ArtifactLook look, CancellationToken cancellationToken)
    {
        var input = look.Input(session.Options) with { Force = false };
        var decision = Decision.Decide(input);
        if (decision.Action == WorkspaceAction.Conflict && look.Scan.File is { } file && decision.Reason == DecisionReason.NoBase)
        {
            var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
            decision = Decision.Decide(input with { ContentIsSafe = store.Contains(file.Id) });
        }

        // Naming the artifact is the way out that keeps mine; a mixture is never mine.
        // Of a directory that is here in parts nobody can say what the rest is to be.
        var settles = IsNamed(session.Options) && look.State?.Restoring is null && !look.Scan.IsMissing && (look.State?.Partial is null || look.Pointer is null || decision.Reason != DecisionReason.BothChanged);
        var isOpen = decision.Action is WorkspaceAction.Conflict or WorkspaceAction.Untracked || decision.Reason == DecisionReason.NoBaseButSafe;
        return settles && isOpen
            ? new WorkspaceDecision(WorkspaceAction.Save, decision.Reason)
            : decision;
    }

    private static bool IsNamed(OperationOptions options) => options.Explicit && options.Artifacts.Count > 0;

    /// <summary>All contents, then one flush, then all pointers; every artifact's lock is held throughout, taken in one order everywhere.</summary>
    private static async Task<OperationResult> SaveBatchAsync(
        OperationSession session, List<TrackedArtifact> artifacts, Stopwatch clock, CancellationToken cancellationToken)
    {
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        var locks = new List<IDisposable>();
        try
        {
            foreach (var artifact in artifacts.OrderBy(a => a.FullPath, StringComparer.Ordinal))
            {
                locks.Add(await store.Locks.ArtifactAsync(artifact.FullPath, cancellationToken).ConfigureAwait(false));
            }

            var pending = new List<PendingSave>();
            var stored = await session.ForEachAsync(artifacts, async (artifact, token) =>
            {
                var (result, save) = await StoreAsync(session, store, artifact, token).ConfigureAwait(false);
                if (save is not null) lock (pending) pending.Add(save);
                return result;
            }, cancellationToken).ConfigureAwait(false);
            FailPoint.Hit("save.stored");
            await store.FlushAsync(cancellationToken).ConfigureAwait(false);
            FailPoint.Hit("save.flushed");
            var saves = pending.ToDictionary(p => p.Look.Artifact);
            var written = await session.ForEachAsync(
                [.. saves.Keys], (artifact, _) => Task.FromResult(WritePointer(session, saves[artifact], clock)), cancellationToken).ConfigureAwait(false);
            await SaveHints.SayAsync(session, [.. pending.Select(p => p.Look.Artifact)], cancellationToken).ConfigureAwait(false);
            var byPath = written.Artifacts.ToDictionary(a => a.FullPath);
            return new OperationResult(
                stored.Succeeded && written.Succeeded,
                stored.Artifacts.Select(a => byPath.GetValueOrDefault(a.FullPath, a)).ToList());
        }
        finally
        {
            locks.ForEach(l => l.Dispose());
        }
    }

    private sealed record PendingSave(ArtifactLook Look, SavedContent Content, Pointer Pointer);

    private static async Task<(ArtifactResult Result, PendingSave? Save)> StoreAsync(
        OperationSession session, LocalStore store, TrackedArtifact artifact, CancellationToken cancellationToken)
    {
        // Under the lock, again: another build may have saved it.
        var look = await TakeAsync(session, artifact, cancellationToken).ConfigureAwait(false);
        var decision = await DecideAsync(session, look, cancellationToken).ConfigureAwait(false);
        if (decision.Action != WorkspaceAction.Save)
        {
            if (decision.Action == WorkspaceAction.InStep) look.Remember(session.States);
            return (Results.Of(artifact, "none", StatusText.Of(decision), look.PointerIdentity, look.Pointer?.Files), null);
        }

        var metrics = MetricsFile.Read(artifact);
        var content = await ContentSaving.StoreAsync(session, store, look, cancellationToken).ConfigureAwait(false);
        var identity = content.Identity;
        var former = look.Pointer is null ? null : PointerFile.Read(look.PointerPath);
        var pointer = new Pointer(identity.Kind, identity.Sha256, identity.Size, content.Files, identity.Executable)
        {
            Metrics = metrics,
            Meta = former?.Meta,
        };
        return (Results.Of(artifact, "saved", StatusText.InStep, identity, content.Files, content.BytesStored), new PendingSave(look, content, pointer));
    }

    private static ArtifactResult WritePointer(OperationSession session, PendingSave save, Stopwatch clock)
    {
        var artifact = save.Look.Artifact;
        var rules = save.Pointer.Kind == ArtifactKind.Directory ? TrackIgnore.Find(artifact.FullPath, session.Root) : null;
        GitIgnoreFile.Add(artifact.FullPath, rules, session.Layout.RepositoryRoot);
        var observedAt = PointerStamp.Now();
        PointerFile.Write(save.Look.PointerPath, save.Pointer);
        FailPoint.Hit("save.pointer.written");
        var identity = save.Content.Identity;
        Content.FileStat.TryGet(save.Look.PointerPath, out var stat);
        var state = session.States.Load(artifact.FullPath) ?? new ArtifactState { FullPath = artifact.FullPath };
        session.States.Save(state with
        {
            Base = identity,
            Restoring = null,
            Pointer = new PointerStamp(stat, identity, save.Content.Files, observedAt),
            File = save.Content.Scan.File,
            Directory = save.Content.Scan.Directory,
            Partial = PartialAfter(save),
            Told = state.Told & ~ToldOnce.Untracked,
        });
        var extent = HumanText.Extent(identity.Size, save.Content.Files);
        var absent = save.Look.State?.Partial is null ? 0 : (save.Content.Files ?? 0) - save.Content.Here.Count;
        var notHere = absent > 0 ? $"; {HumanText.Count(absent, "file")} of it not restored here, kept as the pointer had them" : "";
        session.Log.Report($"saved {artifact.DisplayName} ({extent} in {HumanText.Duration(clock.Elapsed)}{notHere}); commit {artifact.DisplayName}{PointerFile.Extension}");
        return Results.Of(artifact, "saved", StatusText.InStep, identity, save.Content.Files, save.Content.BytesStored);
    }

    /// <summary>What was recorded is here from now on, and when it is removed, it is removed.</summary>
    private static PartialContent? PartialAfter(PendingSave save)
    {
        if (save.Look.State?.Partial is not { } partial || save.Content.Scan.Directory is not { } present) return null;
        var isWhole = save.Look.Artifact.Parts.Count == 0;
        return partial with
        {
            Parts = partial.Parts.With(save.Content.Here),
            Seen = isWhole ? present.Identity : null,
            Whole = isWhole ? save.Content.Identity : null,
        };
    }
}
