using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>Restores a directory artifact, decided file by file.</summary>
internal static class DirectoryRestore
{
    /// <returns>What was placed; null when nothing was to be placed, since all differences are the user's own.</returns>
    public static async Task<DirectoryRestored?> RunAsync(
        OperationSession session, LocalStore store, ArtifactLook look, ContentDelivery delivery, CancellationToken cancellationToken)
    {
        var artifact = look.Artifact;
        if (look.Scan.File is not null) throw OperationErrors.KindMismatch(artifact.DisplayName, "directory", "file");
        var target = look.Pointer!.Value.Identity;
        var listing = await delivery.ListingAsync(cancellationToken).ConfigureAwait(false);
        var baseListing = await BaseListingAsync(store, look, cancellationToken).ConfigureAwait(false);
        var restoring = await KnownListingAsync(store, look.State?.Restoring, cancellationToken).ConfigureAwait(false);
        var scope = ScopeOf(look, listing);
        var plan = DirectoryDecision.Decide(look.Scan.Directory, listing, baseListing, restoring, store.Contains, session.Options.Force, scope);
        Refuse(session.Options, look, plan);
        if (plan.IsEmpty && !look.Scan.IsMissing)
        {
            // The content is the user's own change of what the pointer names, or all that was asked for is in place.
            session.States.Save(Adopted(session, look, target) with { Partial = PartialAfter(scope, look.Scan.Directory, target, plan) });
            return plan.LeadsToTarget ? new DirectoryRestored(0, 0, 0) : null;
        }

        var files = plan.Place.Where(p => !p.Entry.IsEmptyDirectory && !p.OnlyMode).ToList();
        var wanted = files.Select(p => p.Entry.Content).Distinct().ToList();
        await delivery.FilesAsync(listing, wanted, baseListing, cancellationToken).ConfigureAwait(false);
        if (TakesAway(plan)) await ContentSaving.KeepAsync(session, store, look, cancellationToken).ConfigureAwait(false);
        var state = RestoreOperation.BeginRestore(session, look, target, scope.Wanted.IsAll && look.State?.Partial is null ? null : PartialBefore(look, scope));
        session.Log.Progress.Expect(files.Sum(p => p.Entry.Size));
        var placed = await PlaceAsync(session, store, look, plan, files, listing, delivery, cancellationToken).ConfigureAwait(false);

        var hint = state with { Base = target, Directory = ObservedDirectory.Hint(look.Scan.Directory, placed), File = null };
        var after = await ArtifactLook.ScanAsync(session, artifact, hint, hashEverything: false, cancellationToken).ConfigureAwait(false);
        FailPoint.Hit("restore.directory.placed");
        session.States.Save(hint with { Restoring = null, Directory = after.Directory, Partial = PartialAfter(scope, after.Directory, target, plan) });
        return new DirectoryRestored(files.Sum(p => p.Entry.Size), files.Count, plan.Remove.Count + plan.Place.Count - files.Count);
    }

    /// <summary>Of what is here in parts, those and what is asked for; else all.</summary>
    private static DirectoryScope ScopeOf(ArtifactLook look, Listing listing)
    {
        List<string> known = [.. listing.Entries.Select(e => e.Path), .. look.Scan.Directory?.Files.Select(f => f.Key) ?? []];
        var asked = PartSelection.Resolve(look.Artifact, known);
        var present = look.State?.Partial?.Parts
            ?? (look.Scan.IsMissing || (look.State?.Base is null && !asked.IsAll) ? PathParts.None : PathParts.All);
        return new DirectoryScope(present, asked.IsAll || present.IsAll ? PathParts.All : present.With(asked.Paths), asked);
    }

    private static PartialContent PartialBefore(ArtifactLook look, DirectoryScope scope) =>
        look.State?.Partial ?? new PartialContent(scope.Present, look.State?.Base?.Sha256);

    private static PartialContent? PartialAfter(DirectoryScope scope, ObservedDirectory? present, ArtifactIdentity target, DirectoryPlan plan)
    {
        if (scope.Wanted.IsAll) return null;
        var parts = scope.Wanted.With(present?.Files.Select(f => f.Key) ?? []);
        return new PartialContent(parts, target.Sha256) { Seen = present?.Identity, Whole = plan.LeadsToTarget ? target : null };
    }

    /// <summary>What cannot be decided is said before anything is touched.</summary>
    private static void Refuse(OperationOptions options, ArtifactLook look, DirectoryPlan plan)
    {
        var name = look.Artifact.DisplayName;
        if (plan.Conflicts.Count > 0)
        {
            var files = Names(plan.Conflicts.Select(c => c.Mine is { } mine ? $"{c.Path} (content {mine.Sha256.ToShortString()})" : $"{c.Path} (removed)"), plan.Conflicts.Count);
            throw look.State?.Restoring is not null
                ? OperationErrors.RestoreInterrupted(name, files)
                : OperationErrors.DirectoryConflict(name, files, RestoreOperation.Short(look.PointerIdentity));
        }

        if (plan.Changed.Count > 0 && options.Locked && !options.Force)
        {
            throw OperationErrors.ChangedWhileLocked(
                $"{name} ({Names(plan.Changed, plan.Changed.Count)})", RestoreOperation.Short(look.Content), RestoreOperation.Short(look.PointerIdentity));
        }
    }

    private static async Task<List<KeyValuePair<string, ObservedFile>>> PlaceAsync(
        OperationSession session,
        LocalStore store,
        ArtifactLook look,
        DirectoryPlan plan,
        List<PlannedEntry> files,
        Listing listing,
        ContentDelivery delivery,
        CancellationToken cancellationToken)
    {
        using var placement = RestoreOperation.Placer(session, look.Artifact).Begin(look.Artifact.FullPath, isDirectory: true);
        // Removals first: a file may stand where a folder is to come.
        foreach (var removal in plan.Remove)
        {
            placement.Remove(removal.Path, removal.Present);
        }

        FailPoint.Hit("restore.directory.removed");
        var placed = new List<KeyValuePair<string, ObservedFile>>(files.Count);
        var open = files;
        for (var round = 0; open.Count > 0; round++)
        {
            if (round > 0)
            {
                // What the store had was damaged and is set aside by now: once more from the remote.
                await delivery.FilesAsync(listing, open.Select(p => p.Entry.Content).Distinct().ToList(), null, cancellationToken).ConfigureAwait(false);
            }

            open = await PlaceFilesAsync(session, store, placement, open, placed, cancellationToken).ConfigureAwait(false);
            if (open.Count > 0 && round == RestoreOperation.DeliveryRounds)
            {
                throw OperationErrors.DamagedNotHealed(look.Artifact.DisplayName, Names(open.Select(p => p.Entry.Path), open.Count), "in the store");
            }
        }

        foreach (var entry in plan.Place)
        {
            if (entry.Entry.IsEmptyDirectory) placement.PlaceEmptyDirectory(entry.Entry.Path);
            else if (entry.OnlyMode) placed.Add(new(entry.Entry.Path, SetMode(placement, look, entry)));
        }

        placement.Complete();
        return placed;
    }

    private static ObservedFile SetMode(Placement placement, ArtifactLook look, PlannedEntry entry) =>
        look.Scan.Directory!.TryGetFile(entry.Entry.Path, out var present)
            ? placement.SetExecutable(entry.Entry.Path, entry.Entry.Executable, present)
            : throw new InvalidOperationException($"{entry.Entry.Path} was planned and not seen.");

    /// <returns>Those whose content the store could not deliver.</returns>
    private static async Task<List<PlannedEntry>> PlaceFilesAsync(
        OperationSession session,
        LocalStore store,
        Placement placement,
        List<PlannedEntry> files,
        List<KeyValuePair<string, ObservedFile>> placed,
        CancellationToken cancellationToken)
    {
        var small = files.Where(p => p.Entry.Size < LocalStore.SmallLimit).ToLookup(p => p.Entry.Content);
        var undelivered = await store.ReadSmallAsync([.. small.Select(g => g.Key)], (id, bytes, _) =>
        {
            foreach (var entry in small[id])
            {
                var observed = placement.Place(entry.Entry.Path, bytes.Span, id, entry.Entry.Executable, entry.Present);
                session.Log.Progress.Advance(id.Size);
                lock (placed) placed.Add(new(entry.Entry.Path, observed));
            }

            return ValueTask.CompletedTask;
        }, cancellationToken).ConfigureAwait(false);

        // What no pack had may still be a whole file: large contents are, and small ones that are an artifact of their own too.
        var left = new List<PlannedEntry>();
        var whole = files.Where(p => p.Entry.Size >= LocalStore.SmallLimit).Concat(undelivered.SelectMany(id => small[id]));
        await Parallel.ForEachAsync(whole, cancellationToken, async (entry, token) =>
        {
            var stored = await store.FindFileAsync(entry.Entry.Content, token).ConfigureAwait(false);
            if (stored is null)
            {
                lock (left) left.Add(entry);
                return;
            }

            try
            {
                var observed = placement.Place(entry.Entry.Path, stored, entry.Entry.Executable, entry.Present, session.Log.Progress, token);
                lock (placed) placed.Add(new(entry.Entry.Path, observed));
            }
            catch (ModelTrackException exception) when (exception.Code == WorkspaceErrors.StoreFileChangedCode)
            {
                // Other bytes under the stat that its record vouches for, as a bad sector has them.
                await store.CheckFileAsync(stored.Id, token).ConfigureAwait(false);
                lock (left) left.Add(entry);
            }
        }).ConfigureAwait(false);
        return left;
    }

    private static ArtifactState Adopted(OperationSession session, ArtifactLook look, ArtifactIdentity target) =>
        (look.State ?? session.States.Load(look.Artifact.FullPath) ?? new ArtifactState { FullPath = look.Artifact.FullPath }) with
        {
            Base = target,
            Restoring = null,
            Pointer = look.Pointer,
            Directory = look.Scan.Directory,
            File = null,
        };

    private static bool TakesAway(DirectoryPlan plan) =>
        plan.Place.Any(p => p.Present is not null && !p.OnlyMode) || plan.Remove.Any(r => r.Present is not null);

    /// <summary>Where the store has lost the base's listing, content that equals the base still tells it.</summary>
    private static async Task<Listing?> BaseListingAsync(LocalStore store, ArtifactLook look, CancellationToken cancellationToken) =>
        look.Whole is not null || look.Scan.Directory is not { } present || look.Scan.Identity != look.State?.Base
            ? await KnownListingAsync(store, look.State?.Base, cancellationToken).ConfigureAwait(false)
            : (present.MayBeRespelled ? await KnownListingAsync(store, look.State?.Base, cancellationToken).ConfigureAwait(false) : null) ?? present.ToListing();

    private static async Task<Listing?> KnownListingAsync(LocalStore store, ArtifactIdentity? identity, CancellationToken cancellationToken) =>
        identity is { Kind: ArtifactKind.Directory } known
            ? await ListingReader.FindAsync(store, known.Sha256, cancellationToken).ConfigureAwait(false)
            : null;

    private static string Names(IEnumerable<string> paths, int count) =>
        string.Join(", ", paths.Take(10)) + (count > 10 ? $" and {count - 10} more" : "");
}

/// <summary>What a restore did to a directory.</summary>
/// <param name="Bytes">Of the files that were placed.</param>
/// <param name="Others">Files and empty folders that were removed, and changes of bits.</param>
internal sealed record DirectoryRestored(long Bytes, int Files, int Others)
{
    public bool IsNothing => Files == 0 && Others == 0;
}
