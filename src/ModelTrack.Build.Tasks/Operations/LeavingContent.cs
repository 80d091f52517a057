using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>
/// Content that HEAD tracks and the revision to go to does not. As Git takes away the files that a revision has not, it goes too, when it is as its pointer
/// says and the store has all of it; else it stays.
/// </summary>
internal sealed class LeavingContent
{
    /// <param name="IsSafe">As the pointer says, and in the store.</param>
    /// <param name="IsInTheWay">The revision has a file of Git's own there, with which Git would overwrite it.</param>
    private sealed record Leaving(OperationOptions Project, TrackedArtifact Artifact, ArtifactIdentity? Content, string Extent, bool IsSafe, bool IsInTheWay);

    private readonly List<Leaving> _all = [];

    /// <param name="pointers">Those of the revision.</param>
    public static async Task<LeavingContent> FindAsync(
        IGit git, CommitInfo target, IReadOnlyList<RevisionPointer> pointers, RepositoryOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        var found = new LeavingContent();
        if (await git.ResolveAsync("HEAD", cancellationToken).ConfigureAwait(false) is not { } head) return found;
        var there = pointers.Select(p => p.ContentPath).ToHashSet(StringComparer.Ordinal);
        var leaving = (await git.ListFilesAsync(head.Id, null, cancellationToken).ConfigureAwait(false))
            .Where(RevisionPointers.IsPointer).Select(p => p[..^PointerFile.Extension.Length]).Where(p => !there.Contains(p)).ToList();
        if (leaving.Count == 0) return found;
        var files = await git.ListFilesAsync(target.Id, null, cancellationToken).ConfigureAwait(false);
        var projects = KnownProject.FindAll(options);
        foreach (var path in leaving)
        {
            var isInTheWay = files.Any(f => f == path || f.StartsWith(path + "/", StringComparison.Ordinal));
            var full = Path.GetFullPath(path, git.Root);
            var (project, item) = KnownProject.FindOwner(projects, full);
            var artifact = item ?? new TrackedArtifact { FullPath = full, DisplayName = "" };
            await found.AddAsync(project.Options with { Locked = false, Force = options.Force }, artifact with { DisplayName = path }, isInTheWay, log, cancellationToken).ConfigureAwait(false);
        }

        return found;
    }

    /// <summary>Git says nothing when it overwrites a file that it ignores. With force it is in the store by now.</summary>
    /// <exception cref="ModelTrackException">It names what is saved nowhere.</exception>
    public void RefuseToLose(string revision)
    {
        var lost = _all.Where(l => l.IsInTheWay && !l.IsSafe).Select(l => $"{l.Artifact.DisplayName} ({l.Extent})").ToList();
        if (lost.Count > 0) throw VersionErrors.WouldLose(string.Join(", ", lost), revision);
    }

    /// <summary>After Git has taken the pointers away.</summary>
    public async Task RemoveAsync(string revision, IOperationLog log, CancellationToken cancellationToken)
    {
        var removed = new List<string>();
        var stayed = new List<string>();
        foreach (var leaving in _all.Where(l => !l.IsInTheWay))
        {
            (leaving.IsSafe && await TryRemoveAsync(leaving, log, cancellationToken).ConfigureAwait(false) ? removed : stayed).Add(leaving.Artifact.DisplayName);
        }

        if (removed.Count > 0) log.Report($"removed {HumanText.Names(removed)}: {revision} does not track {(removed.Count == 1 ? "it" : "them")}, and the store keeps the content");
        if (stayed.Count > 0) log.Report($"left in place, though {revision} does not track {(stayed.Count == 1 ? "it" : "them")}, since the store does not have what is there: {HumanText.Names(stayed)}");
    }

    private async Task AddAsync(OperationOptions project, TrackedArtifact artifact, bool isInTheWay, IOperationLog log, CancellationToken cancellationToken)
    {
        await using var session = new OperationSession(project, log);
        try
        {
            var look = await ArtifactLook.TakeAsync(session, artifact, cancellationToken).ConfigureAwait(false);
            if (look.Scan.IsMissing) return;
            var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
            var isWhole = look.IsInStep && look.State?.Partial is null && look.State?.Restoring is null;
            var isSafe = isWhole && await StatusOperation.IsInStoreAsync(store, look.Content!.Value, cancellationToken).ConfigureAwait(false);
            if (isInTheWay && !isSafe && project.Force)
            {
                await RestoreOperation.KeepForcedAsync(session, store, look, cancellationToken).ConfigureAwait(false);
                isSafe = true;
            }

            _all.Add(new Leaving(project, artifact, look.Content, HumanText.Extent(look.Scan.Identity!.Value.Size, look.Scan.Files), isSafe, isInTheWay));
        }
        catch (ModelTrackException exception)
        {
            // A pointer that cannot be read, a link in its place: not ours to take away.
            log.Detail($"{exception.Code}: {exception.Message}");
        }
    }

    private static async Task<bool> TryRemoveAsync(Leaving leaving, IOperationLog log, CancellationToken cancellationToken)
    {
        await using var session = new OperationSession(leaving.Project, log);
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        using var held = await store.Locks.ArtifactAsync(leaving.Artifact.FullPath, cancellationToken).ConfigureAwait(false);
        try
        {
            // A hook of the user's, or another build, may have been at it.
            var look = await ArtifactLook.TakeAsync(session, leaving.Artifact, cancellationToken).ConfigureAwait(false);
            if (look.Pointer is not null || look.Content != leaving.Content) return false;
            Remove(session, look);
            session.States.Delete(leaving.Artifact.FullPath);
            return true;
        }
        catch (ModelTrackException exception)
        {
            log.Detail($"{exception.Code}: {exception.Message}");
            return false;
        }
    }

    /// <summary>The artifact's own files: what .trackignore leaves to others stays, and so do the folders with it.</summary>
    private static void Remove(OperationSession session, ArtifactLook look)
    {
        using (var placement = RestoreOperation.Placer(session, look.Artifact).Begin(look.Artifact.FullPath, isDirectory: look.Scan.Directory is not null))
        {
            if (look.Scan.File is { } file) placement.Remove("", file.Stat);
            foreach (var (path, observed) in look.Scan.Directory?.Files ?? []) placement.Remove(path, observed.Stat);
            foreach (var entry in look.Scan.Directory?.ToListing().Entries.Where(e => e.IsEmptyDirectory) ?? []) placement.Remove(entry.Path, null);
        }

        if (look.Scan.Directory is not null && !Directory.EnumerateFileSystemEntries(look.Artifact.FullPath).Any()) Directory.Delete(look.Artifact.FullPath);
    }
}
