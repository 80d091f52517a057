using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Workspace;

namespace ModelTrack.UnitTests.Workspace;

/// <summary>Random directories, scanned, decided and carried out for real, held against what section 7 of the design promises.</summary>
[TestClass]
[DoNotParallelize]
public sealed class DirectoryRestoreTests : IDisposable
{
    private static readonly string[] s_paths = ["a", "b", "c/a", "c/b", "c/d/e", "f/g", "ü 1"];
    private static readonly string[] s_contents = ["", "1", "22", "333"];

    private readonly TempFolder _folder = new();
    private readonly Dictionary<ContentId, byte[]> _bytes = [];

    public DirectoryRestoreTests()
    {
        foreach (var content in s_contents.Append("mine").Append("also mine")) _bytes[Id(content)] = Encoding.UTF8.GetBytes(content);
    }

    public TestContext TestContext { get; set; } = null!;

    public void Dispose()
    {
        FailPoint.Handler = null;
        _folder.Dispose();
    }

    private static ContentId Id(string content) => new(Sha256Hash.Of(Encoding.UTF8.GetBytes(content)), Encoding.UTF8.GetByteCount(content));

    /// <summary>A random directory as entries by path; a directory is never also a file.</summary>
    private static Dictionary<string, ListingEntry> Draw(Random random, string[] contents)
    {
        var entries = new Dictionary<string, ListingEntry>();
        foreach (var path in s_paths)
        {
            switch (random.Next(6))
            {
                case 0 or 1:
                    break;
                case 2 when path == "c/d/e":
                    entries["c/d"] = ListingEntry.EmptyDirectory("c/d");
                    break;
                case 3 when path == "f/g":
                    entries["f"] = ListingEntry.File("f", Id(contents[random.Next(contents.Length)]));
                    break;
                default:
                    entries[path] = ListingEntry.File(path, Id(contents[random.Next(contents.Length)]), random.Next(5) == 0 && FileStat.HasExecutableBit);
                    break;
            }
        }

        return entries;
    }

    /// <summary>Another one that keeps most of the first.</summary>
    private static Dictionary<string, ListingEntry> Vary(Random random, Dictionary<string, ListingEntry> from, string[] contents)
    {
        var other = Draw(random, contents);
        var mixed = new Dictionary<string, ListingEntry>();
        foreach (var part in new[] { "a", "b", "c/a", "c/b", "c/d", "f", "ü 1" })
            foreach (var (path, entry) in random.Next(3) == 0 ? other : from)
                if (path == part || path.StartsWith(part + "/", StringComparison.Ordinal)) mixed[path] = entry;
        return mixed;
    }

    private void Write(string root, Dictionary<string, ListingEntry> entries)
    {
        if (Directory.Exists(root)) Directory.Delete(root, true);
        Directory.CreateDirectory(root);
        foreach (var entry in entries.Values)
        {
            var path = Path.Combine(root, entry.Path);
            if (entry.IsEmptyDirectory)
            {
                Directory.CreateDirectory(path);
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, _bytes[entry.Content]);
            if (entry.Executable && !OperatingSystem.IsWindows()) File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute);
        }
    }

    private async Task<ObservedDirectory?> ScanAsync(string root, ObservedDirectory? known = null)
    {
        var state = known is null ? null : new ArtifactState { FullPath = root, Directory = known };
        return (await WorkspaceScanner.ScanAsync(root, state, new ScanOptions { Root = _folder.Path }, TestContext.CancellationTokenSource.Token)).Directory;
    }

    private List<KeyValuePair<string, ObservedFile>> Apply(string root, DirectoryPlan plan, ObservedDirectory? present)
    {
        var placed = new List<KeyValuePair<string, ObservedFile>>();
        using var placement = new FilePlacer(new PlacementOptions { Root = _folder.Path }).Begin(root, isDirectory: true);
        foreach (var removal in plan.Remove) placement.Remove(removal.Path, removal.Present);
        foreach (var (entry, stat, onlyMode) in plan.Place)
        {
            if (entry.IsEmptyDirectory)
            {
                placement.PlaceEmptyDirectory(entry.Path);
                continue;
            }

            ObservedFile known = default;
            var observed = onlyMode && present!.TryGetFile(entry.Path, out known)
                ? placement.SetExecutable(entry.Path, entry.Executable, known)
                : placement.Place(entry.Path, _bytes[entry.Content], entry.Content, entry.Executable, stat);
            placed.Add(new(entry.Path, observed));
        }

        placement.Complete();
        return placed;
    }

    [TestMethod]
    public async Task Whatever_three_sides_there_are_the_plan_loses_nothing_and_does_what_it_says()
    {
        var seed = 20_261_121;
        var random = new Random(seed);
        var root = _folder.At("d");
        for (var round = 0; round < 400; round++)
        {
            var told = $"seed {seed}, round {round}";
            var before = Draw(random, s_contents);
            var target = Vary(random, before, s_contents);
            var restoring = random.Next(3) == 0 ? Vary(random, before, s_contents) : null;
            var mine = random.Next(10) == 0 ? null : Vary(random, random.Next(2) == 0 ? before : restoring ?? before, [.. s_contents, "mine", "also mine"]);
            if (mine is null) Directory.Delete(root, Directory.Exists(root) || Directory.CreateDirectory(root).Exists);
            else Write(root, mine);
            var hasBase = random.Next(4) != 0;
            var force = random.Next(6) == 0;

            // Under force all that is in place was stored before.
            var store = s_contents.Concat(force ? ["mine", "also mine"] : Array.Empty<string>()).Select(Id).ToHashSet();
            var targetListing = Listing.Create(target.Values);
            var present = await ScanAsync(root);
            var plan = DirectoryDecision.Decide(
                present, targetListing, hasBase ? Listing.Create(before.Values) : null, restoring is null ? null : Listing.Create(restoring.Values), store.Contains, force);
            if (plan.Conflicts.Count > 0)
            {
                Assert.IsTrue(present is not null, told);
                continue;
            }

            var placed = Apply(root, plan, present);
            var after = await ScanAsync(root, ObservedDirectory.Hint(present, placed));
            CheckPromises(told, mine ?? [], target, hasBase ? before : null, restoring, store, plan, after);
            if (plan.LeadsToTarget) Assert.AreEqual(targetListing.Id, (after ?? await ScanAsync(root))?.Identity.Sha256 ?? Listing.Empty.Id, told);
            Assert.IsFalse(Directory.Exists(_folder.At(".modeltrack")), told);
        }
    }

    private static void CheckPromises(
        string told,
        Dictionary<string, ListingEntry> mine,
        Dictionary<string, ListingEntry> target,
        Dictionary<string, ListingEntry>? before,
        Dictionary<string, ListingEntry>? restoring,
        HashSet<ContentId> store,
        DirectoryPlan plan,
        ObservedDirectory? after)
    {
        var now = (after?.ToListing().Entries ?? []).ToDictionary(e => e.Path);
        var changed = plan.Changed.ToHashSet();
        foreach (var path in mine.Keys.Union(target.Keys).Union(now.Keys))
        {
            var (was, wanted, is_) = (mine.GetValueOrDefault(path), target.GetValueOrDefault(path), now.GetValueOrDefault(path));
            var where = $"{told}: {path} was {was}, wanted {wanted}, is {is_}";

            // Never overwritten or deleted unless it is the base, the interrupted target, or stored.
            if (was is { IsEmptyDirectory: false } && is_?.Content != was.Content)
            {
                var ours = was == before?.GetValueOrDefault(path) || was == restoring?.GetValueOrDefault(path);
                Assert.IsTrue(ours || store.Contains(was.Content), where);
            }

            // Each path is now the user's where the plan says so, else the target's.
            if (changed.Contains(path)) Assert.IsTrue(is_ == was || (was?.IsEmptyDirectory ?? true), where);
            else if (wanted is null or { IsEmptyDirectory: false }) Assert.IsTrue(is_ == wanted || plan.Changed.Count > 0 && (is_?.IsEmptyDirectory ?? false), where);
        }
    }

    [TestMethod]
    public async Task A_restore_stopped_at_any_step_is_completed_by_the_next_and_keeps_what_the_user_did()
    {
        var random = new Random(99);
        var root = _folder.At("d");
        for (var round = 0; round < 60; round++)
        {
            var before = Draw(random, s_contents);
            var target = Vary(random, before, s_contents);
            before["keep"] = target["keep"] = ListingEntry.File("keep", Id("1"));
            Write(root, before);
            var (baseListing, targetListing) = (Listing.Create(before.Values), Listing.Create(target.Values));
            var stopAt = random.Next(1, 12);
            var hits = 0;
            FailPoint.Handler = name =>
            {
                if (++hits == stopAt) throw new InvalidOperationException(name);
            };
            var present = await ScanAsync(root);
            try
            {
                Apply(root, DirectoryDecision.Decide(present, targetListing, baseListing, null, _ => false, false), present);
            }
            catch (InvalidOperationException)
            {
                // Killed here.
            }

            FailPoint.Handler = null;
            File.WriteAllText(Path.Combine(root, "appeared"), "mine");
            present = await ScanAsync(root);
            var plan = DirectoryDecision.Decide(present, targetListing, baseListing, targetListing, _ => false, false);
            Assert.AreEqual(0, plan.Conflicts.Count, $"round {round}");
            CollectionAssert.AreEqual(new[] { "appeared" }, plan.Changed.ToArray(), $"round {round}");
            Apply(root, plan, present);

            target["appeared"] = ListingEntry.File("appeared", Id("mine"));
            Assert.AreEqual(Listing.Create(target.Values).Id, (await ScanAsync(root))!.Identity.Sha256, $"round {round}");
        }
    }

    [TestMethod]
    public async Task What_was_placed_is_known_without_being_read()
    {
        var target = Listing.Create(Enumerable.Range(0, 200).Select(i => ListingEntry.File($"s{i % 3}/{i}", Id("22"))));
        var root = _folder.At("d");
        var placed = Apply(root, DirectoryDecision.Decide(null, target, null, null, _ => false, false), null);
        var state = new ArtifactState { FullPath = root, Directory = ObservedDirectory.Hint(null, placed) };

        var scan = await WorkspaceScanner.ScanAsync(root, state, new ScanOptions(), TestContext.CancellationTokenSource.Token);

        Assert.AreEqual(target.Id, scan.Identity!.Value.Sha256);
        Assert.AreEqual(0, scan.BytesRead);
    }

    [TestMethod]
    public async Task Ignored_files_outlive_every_restore()
    {
        var root = _folder.At("d");
        _folder.Write("d/a/x", "1");
        _folder.Write("d/a/notes.md", "mine");
        var rules = new NotesAreIgnored();
        var scan = await WorkspaceScanner.ScanAsync(root, null, new ScanOptions { Ignore = rules }, TestContext.CancellationTokenSource.Token);
        var plan = DirectoryDecision.Decide(scan.Directory, Listing.Empty, scan.Directory!.ToListing(), null, _ => false, false);

        Apply(root, plan, scan.Directory);

        CollectionAssert.AreEqual(new[] { _folder.At("d/a/notes.md") }, Directory.GetFiles(root, "*", SearchOption.AllDirectories));
    }

    private sealed class NotesAreIgnored : IIgnoreRules
    {
        public bool AppliesIn(string relativeFolder) => true;

        public bool IsIgnored(string relativePath, bool isDirectory) => relativePath.EndsWith(".md", StringComparison.Ordinal);
    }
}
