namespace ModelTrack.Artifacts;

/// <summary>What two changes of one directory give together.</summary>
/// <param name="Merged">Null when there are conflicts.</param>
/// <param name="Conflicts">Paths that both sides changed, each otherwise, or that cannot stand side by side; sorted.</param>
public sealed record ListingMergeResult(Listing? Merged, IReadOnlyList<string> Conflicts);

/// <summary>Merges two versions of a directory that come from a third, file by file, as Git merges trees: without looking into files and without renames.</summary>
public static class ListingMerge
{
    /// <param name="origin">What both sides come from; empty when each made the directory anew.</param>
    public static ListingMergeResult Merge(Listing origin, Listing ours, Listing theirs)
    {
        var merged = new List<ListingEntry>(Math.Max(ours.Entries.Count, theirs.Entries.Count));
        var conflicts = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var path in Paths(origin, ours, theirs))
        {
            var (before, mine, other) = (Find(origin, path), Find(ours, path), Find(theirs, path));
            if (AreAlike(mine, other) || AreAlike(before, other)) Keep(mine);
            else if (AreAlike(before, mine)) Keep(other);
            else if (CanStepBack(mine, other)) Keep(mine is { IsEmptyDirectory: false } ? mine : other);
            else conflicts.Add(path);
        }

        DropFilledDirectories(merged);
        AddClashes(merged, conflicts);
        return conflicts.Count > 0 ? new ListingMergeResult(null, [.. conflicts]) : new ListingMergeResult(Listing.Create(merged, ours), []);

        void Keep(ListingEntry? entry)
        {
            if (entry is not null) merged.Add(entry);
        }
    }

    /// <summary>An empty directory is nothing that a change could lose: it gives way to what the other side made of it, but not to a file of its name.</summary>
    private static bool CanStepBack(ListingEntry? mine, ListingEntry? other) =>
        mine is null && other is { IsEmptyDirectory: true } || other is null && mine is { IsEmptyDirectory: true };

    private static IEnumerable<string> Paths(params Listing[] listings)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var listing in listings)
        {
            foreach (var entry in listing.Entries)
            {
                if (seen.Add(RelativePaths.ToComparable(entry.Path))) yield return entry.Path;
            }
        }
    }

    private static ListingEntry? Find(Listing listing, string path) => listing.TryGet(path, out var entry) ? entry : null;

    private static bool AreAlike(ListingEntry? one, ListingEntry? other) => one is null || other is null
        ? one is null && other is null
        : one.IsEmptyDirectory == other.IsEmptyDirectory && one.Sha256 == other.Sha256 && one.Size == other.Size && one.Executable == other.Executable;

    /// <summary>A directory is listed by itself only while nothing is in it.</summary>
    private static void DropFilledDirectories(List<ListingEntry> entries)
    {
        var filled = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            for (var at = entry.Path.LastIndexOf('/'); at > 0 && filled.Add(RelativePaths.ToComparable(entry.Path[..at])); at = entry.Path.LastIndexOf('/', at - 1))
            {
            }
        }

        entries.RemoveAll(entry => entry.IsEmptyDirectory && filled.Contains(RelativePaths.ToComparable(entry.Path)));
    }

    /// <summary>One side's file where the other has a folder, or names that differ in case only: each fine, and not both.</summary>
    private static void AddClashes(List<ListingEntry> entries, SortedSet<string> conflicts)
    {
        entries.Sort(static (a, b) => RelativePaths.Compare(a.Path, b.Path));
        if (!RelativePaths.Collide(entries.Select(e => e.Path), out var first, out var second)) return;
        conflicts.Add(first);
        conflicts.Add(second);
    }
}
