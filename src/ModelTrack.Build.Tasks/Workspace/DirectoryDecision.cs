using ModelTrack.Artifacts;
using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>The three-way decision for a directory, file by file.</summary>
/// <remarks>
/// For each path that any side has: equal to the target, nothing. Missing, as in the base, or (after an interruption) as in what that restore was
/// bringing: the target's side is taken. Changed or appeared where the pointer did not move: it stays, as the user's change. Both moved: a conflict.
/// Without a base, what the store has may be replaced and what it has not may not. Of a directory that is here in parts, what is absent and was never
/// brought is nobody's removal, and it comes only when it is wanted.
/// </remarks>
public static class DirectoryDecision
{
    /// <param name="present">What is in place, as scanned; null for nothing.</param>
    /// <param name="target">The pointer's listing.</param>
    /// <param name="baseListing">The base's listing; null when there is no base or its listing is in no store.</param>
    /// <param name="restoring">The listing of an interrupted restore's target; null when none stands.</param>
    /// <param name="isSafe">Whether the store has a content; asked only where it decides.</param>
    /// <param name="force">Take the target's side wherever <paramref name="scope"/> asks. What is only in place has been put in the store before (then <paramref name="isSafe"/> says so).</param>
    /// <param name="scope">Which parts it is about; null for the whole directory.</param>
    public static DirectoryPlan Decide(
        ObservedDirectory? present, Listing target, Listing? baseListing, Listing? restoring, Func<ContentId, bool> isSafe, bool force,
        DirectoryScope? scope = null)
    {
        var planner = new Planner(present is null, baseListing is not null, restoring is not null, force, isSafe, scope ?? DirectoryScope.Whole);
        var sides = new Sides(present, target, baseListing, restoring);
        while (sides.Next(out var path)) planner.Add(path, sides);
        return planner.Finish();
    }

    /// <summary>Walks the sides together, path by path, in the listing's order.</summary>
    private sealed class Sides
    {
        private readonly ObservedDirectory? _directory;
        private readonly ListingEntry[] _present;

        // Which entries of the directory they are, where they are spelled otherwise than there.
        private readonly int[]? _places;
        private readonly IReadOnlyList<ListingEntry> _target, _base, _restoring;
        private int _presentAt, _targetAt, _baseAt, _restoringAt;

        public Sides(ObservedDirectory? present, Listing target, Listing? baseListing, Listing? restoring)
        {
            _directory = present;
            _present = present?.Entries() ?? [];
            (_target, _base, _restoring) = (target.Entries, baseListing?.Entries ?? [], restoring?.Entries ?? []);
            if (present is not { MayBeRespelled: true }) return;

            // A name in another Unicode form is the same name: all sides spell it as the target does, or else the base.
            if (baseListing is not null) WrittenForms.Keep(_present, baseListing);
            WrittenForms.Keep(_present, target);
            _places = [.. Enumerable.Range(0, _present.Length)];
            Array.Sort(_present, _places, Comparer<ListingEntry>.Create(static (a, b) => RelativePaths.Compare(a.Path, b.Path)));
        }

        public ListingEntry? Present { get; private set; }

        public FileStat? PresentStat { get; private set; }

        /// <summary>The name on the disk, where it is of another Unicode form than the path.</summary>
        public string? PresentName { get; private set; }

        public ListingEntry? Target { get; private set; }

        public ListingEntry? Base { get; private set; }

        public ListingEntry? Restoring { get; private set; }

        public bool Next(out string path)
        {
            string? least = null;
            Least(_present, _presentAt, ref least);
            Least(_target, _targetAt, ref least);
            Least(_base, _baseAt, ref least);
            Least(_restoring, _restoringAt, ref least);
            path = least ?? "";
            if (least is null) return false;

            (PresentStat, PresentName) = (null, null);
            if (_presentAt < _present.Length && _present[_presentAt].Path == least)
            {
                var place = _places?[_presentAt] ?? _presentAt;
                if (!_present[_presentAt].IsEmptyDirectory) PresentStat = _directory!.Stat(place);
                if (_places is not null && _directory!.PathText(place) is var name && name != least) PresentName = name;
            }

            Present = Take(_present, ref _presentAt, least);
            Target = Take(_target, ref _targetAt, least);
            Base = Take(_base, ref _baseAt, least);
            Restoring = Take(_restoring, ref _restoringAt, least);
            return true;
        }

        private static void Least(IReadOnlyList<ListingEntry> side, int at, ref string? least)
        {
            if (at < side.Count && (least is null || RelativePaths.Compare(side[at].Path, least) < 0)) least = side[at].Path;
        }

        private static ListingEntry? Take(IReadOnlyList<ListingEntry> side, ref int at, string path) =>
            at < side.Count && side[at].Path == path ? side[at++] : null;
    }

    private sealed class Planner(bool nothingThere, bool hasBase, bool interrupted, bool force, Func<ContentId, bool> isSafe, DirectoryScope scope)
    {
        private readonly List<PlannedEntry> _place = [];
        private readonly List<PlannedRemoval> _remove = [];
        private readonly List<string> _changed = [];
        private readonly List<FileConflict> _conflicts = [];
        private readonly Dictionary<string, ListingEntry> _kept = new(StringComparer.Ordinal);

        public void Add(string path, Sides sides)
        {
            var (mine, theirs, before) = (sides.Present, sides.Target, sides.Base);
            if (mine == theirs) return;
            if (!scope.Wanted.Contains(path) && (mine is null || !interrupted))
            {
                // What is not asked for neither comes nor goes.
                if (mine is not null) Keep(path, mine);
                return;
            }

            if (mine is null && !scope.Present.Contains(path)) before = null;

            var forced = force && scope.Asked.Contains(path);
            if (mine is null ? TakesTargetWhenMissing(before, forced) : TakesTarget(mine, theirs, before, sides.Restoring, forced))
                Apply(mine, sides, theirs);
            else if (hasBase ? theirs == before : theirs is null)
                Keep(path, mine);
            else
                _conflicts.Add(new FileConflict(path, IdOf(mine), IdOf(theirs)));
        }

        public DirectoryPlan Finish()
        {
            FindObstacles();
            return new DirectoryPlan { Place = _place, Remove = _remove, Changed = _changed, Conflicts = _conflicts };
        }

        private bool TakesTargetWhenMissing(ListingEntry? before, bool forced) =>
            nothingThere || interrupted || forced || !hasBase || before is null;

        private bool TakesTarget(ListingEntry mine, ListingEntry? theirs, ListingEntry? before, ListingEntry? restoring, bool forced)
        {
            // What was killed may have left folders empty, or made them and not come to their files.
            if (mine == before || (interrupted && (mine == restoring || mine.IsEmptyDirectory))) return true;
            if (forced) return IsSafe(mine);

            // Without a base nobody knows whose change it is; then all that counts is that nothing is lost.
            return !hasBase && (IsSafe(mine) || SameBytes(mine, theirs));
        }

        private bool IsSafe(ListingEntry entry) => entry.IsEmptyDirectory || isSafe(new ContentId(entry.Sha256, entry.Size));

        private void Apply(ListingEntry? mine, Sides sides, ListingEntry? theirs)
        {
            // What is on the disk under another form goes, or where forms differ there would be two of it.
            if (theirs is null || sides.PresentName is not null) _remove.Add(new PlannedRemoval(sides.PresentName ?? mine!.Path, sides.PresentStat));
            if (theirs is null) return;
            _place.Add(sides.PresentName is null ? new PlannedEntry(theirs, sides.PresentStat, SameBytes(mine, theirs)) : new PlannedEntry(theirs, null, OnlyMode: false));
        }

        private void Keep(string path, ListingEntry? mine)
        {
            _changed.Add(path);
            if (mine is not null) _kept[path] = mine;
        }

        /// <summary>A file that stays can be in the way of one that comes: where a folder is to be, or in a folder where a file is to be.</summary>
        private void FindObstacles()
        {
            if (_kept.Count == 0 || _place.Count == 0) return;

            var foldersOfKept = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var path in _kept.Keys)
                foreach (var folder in FoldersOf(path)) foldersOfKept.TryAdd(folder, path);
            foreach (var planned in _place)
            {
                var path = planned.Entry.Path;
                if (!planned.Entry.IsEmptyDirectory && foldersOfKept.TryGetValue(path, out var inside))
                    _conflicts.Add(new FileConflict(inside, IdOf(_kept[inside]), IdOf(planned.Entry)));
                foreach (var folder in FoldersOf(path))
                    if (_kept.TryGetValue(folder, out var file) && !file.IsEmptyDirectory)
                        _conflicts.Add(new FileConflict(folder, IdOf(file), IdOf(planned.Entry)));
            }
        }

        private static IEnumerable<string> FoldersOf(string path)
        {
            for (var at = path.LastIndexOf('/'); at > 0; at = path.LastIndexOf('/', at - 1)) yield return path[..at];
        }

        private static bool SameBytes(ListingEntry? a, ListingEntry? b) =>
            a is { IsEmptyDirectory: false } && b is { IsEmptyDirectory: false } && a.Sha256 == b.Sha256 && a.Size == b.Size;

        private static ContentId? IdOf(ListingEntry? entry) =>
            entry is null || entry.IsEmptyDirectory ? null : new ContentId(entry.Sha256, entry.Size);
    }
}

/// <summary>Which parts of a directory a restore is about.</summary>
/// <param name="Present">What was brought here before: in it, what is absent was removed.</param>
/// <param name="Wanted">What is to be here afterwards; holds <paramref name="Present"/>.</param>
/// <param name="Asked">What this restore was asked for: force counts there alone.</param>
public sealed record DirectoryScope(PathParts Present, PathParts Wanted, PathParts Asked)
{
    public static DirectoryScope Whole { get; } = new(PathParts.All, PathParts.All, PathParts.All);
}

/// <summary>
/// What makes a directory match its pointer: first the removals, then the placings. Nothing in it overwrites or deletes what is stored nowhere else.
/// </summary>
public sealed record DirectoryPlan
{
    /// <summary>Files to place, and empty directories to make, in the listing's order.</summary>
    public required IReadOnlyList<PlannedEntry> Place { get; init; }

    /// <summary>Files and empty directories to remove, in the listing's order.</summary>
    public required IReadOnlyList<PlannedRemoval> Remove { get; init; }

    /// <summary>Paths that are the user's own change and stay: changed, appeared, or removed. With any of them the result is not what the pointer names.</summary>
    public required IReadOnlyList<string> Changed { get; init; }

    /// <summary>Changed here and in the pointer, differently. With any of them nothing may be touched.</summary>
    public required IReadOnlyList<FileConflict> Conflicts { get; init; }

    /// <summary>Nothing is to be done.</summary>
    public bool IsEmpty => Place.Count == 0 && Remove.Count == 0;

    /// <summary>Once carried out, the directory is what the pointer names.</summary>
    public bool LeadsToTarget => Changed.Count == 0 && Conflicts.Count == 0;
}

/// <param name="Present">The stat of what is replaced, checked again at the moment of replacing; null when nothing is there.</param>
/// <param name="OnlyMode">The bytes are right already: only the executable bit changes.</param>
public readonly record struct PlannedEntry(ListingEntry Entry, FileStat? Present, bool OnlyMode);

/// <param name="Present">The stat of what is removed, checked again at that moment; null for an empty directory.</param>
public readonly record struct PlannedRemoval(string Path, FileStat? Present);

/// <param name="Mine">What is in place; null when it was removed or is an empty directory.</param>
/// <param name="Theirs">What the pointer's listing has; null when it has no such file.</param>
public readonly record struct FileConflict(string Path, ContentId? Mine, ContentId? Theirs);
