using System.Security.Cryptography;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Store;

/// <summary>
/// Which content is where in which pack: sorted segments, one more with each batch of packs, merged now and then. It is only a cache of the
/// packs' trailers. Segments appear by rename and are never changed, so that processes that add at once do not disturb each other.
/// </summary>
internal sealed class PackIndex(StoreContext context, PackFiles packs)
{
    private const string Extension = ".idx";
    private static readonly TimeSpan s_clockGrain = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly PresentPacks _present = new(packs);
    private volatile Segments? _segments;

    public ChunkLocation? Find(Sha256Hash hash)
    {
        if (FindIn(Load(), hash) is { } found) return found;

        // Another process may have added it since.
        return Refresh() is { } newer ? FindIn(newer, hash) : null;
    }

    /// <summary>As <see cref="Find"/> without asking the disk for what is new: a save that misses stores a content twice, which does no harm.</summary>
    public ChunkLocation? FindKnown(Sha256Hash hash) => FindIn(Load(), hash);

    /// <summary>Everything in packs that are there.</summary>
    public List<ChunkLocation> All()
    {
        var segments = Load();
        var here = segments.Packs.Values.Where(_present.Has).Select(pack => pack.Id).ToHashSet();
        return [.. segments.List.SelectMany(segment => segment.Table.All()).Where(location => here.Contains(location.Pack)).DistinctBy(location => location.Hash)];
    }

    public List<ChunkLocation> InPack(Sha256Hash pack) =>
    [
        .. Load().List
            .Where(segment => segment.Table.Packs.Any(known => known.Id == pack))
            .SelectMany(segment => segment.Table.All())
            .Where(location => location.Pack == pack)
            .DistinctBy(location => location.Hash),
    ];

    /// <inheritdoc cref="PresentPacks.TryTakeSuspect"/>
    public bool TryTakeSuspect(out Sha256Hash pack) => _present.TryTakeSuspect(out pack);

    /// <summary>Adds packs that stand in the store already.</summary>
    public void Add(IReadOnlyList<(PackEntry Pack, IReadOnlyList<ChunkLocation> Chunks)> added)
    {
        if (added.Count == 0) return;

        var segment = WriteSegment([.. added.Select(pack => pack.Pack)], [.. added.SelectMany(pack => pack.Chunks)]);
        lock (_lock)
        {
            foreach (var (pack, _) in added) _present.Forget(pack.Id);
            _segments = new Segments([.. Load().List, segment], Load().FolderTime);
        }

        Merge();
    }

    /// <summary>A pack that was set aside is not there any more, whatever the segments say.</summary>
    public void Forget(Sha256Hash pack) => _present.Forget(pack);

    private ChunkLocation? FindIn(Segments segments, Sha256Hash hash)
    {
        foreach (var segment in segments.List)
        {
            if (segment.Table.TryFind(hash, out var location) && segments.Packs.TryGetValue(location.Pack, out var pack) && _present.Has(pack)) return location;
        }

        return null;
    }

    private Segments Load()
    {
        if (_segments is { } loaded) return loaded;

        lock (_lock)
        {
            return _segments ??= ReadAll();
        }
    }

    /// <summary>Takes in what other processes added; null when nothing is new.</summary>
    public Segments? Refresh()
    {
        lock (_lock)
        {
            var current = Load();
            if (FolderTime() is var time and not -1 && time == current.FolderTime) return null;

            _present.Clear();
            return _segments = ReadAll(current);
        }
    }

    /// <summary>Reads the segments, and the trailers of packs that no segment names.</summary>
    private Segments ReadAll(Segments? known = null)
    {
        // A merge may remove what was just listed: then its result is there, and another look finds it.
        for (var attempt = 1; ; attempt++)
        {
            var time = FolderTime();
            var list = new List<Segment>();
            var isWhole = true;
            foreach (var path in ListSegments())
            {
                var segment = known?.List.FirstOrDefault(segment => segment.Path == path) ?? TryRead(path, out isWhole);
                if (segment is not null) list.Add(segment);
                if (!isWhole) break;
            }

            if (!isWhole && attempt < 10) continue;

            var indexed = list.SelectMany(segment => segment.Table.Packs).Select(pack => pack.Id).ToHashSet();
            var lost = packs.List().Where(pack => !indexed.Contains(pack)).ToList();
            if (lost.Count > 0 && Rebuild(lost) is { } rebuilt)
            {
                list.Add(rebuilt);
                time = FolderTime();
            }

            return new Segments(list, time);
        }
    }

    private Segment? Rebuild(List<Sha256Hash> lost)
    {
        var found = new List<(PackEntry Pack, IReadOnlyList<ChunkLocation> Chunks)>();
        foreach (var id in lost)
        {
            if (packs.SizeOf(id) is null) continue;

            try
            {
                if (packs.ReadTrailer(id) is { } contents) found.Add((new PackEntry(id, contents.Size), contents.Chunks));
                else context.Log.Warn(StorageErrors.PackDamaged(id, packs.SetAside(id), 0, 0));
            }
            catch (ModelTrackException e)
            {
                // That it cannot be read now says nothing of what it is; another look may find it.
                context.Log.Detail($"A pack is not indexed: {e.Message}");
            }
        }

        context.Log.Detail($"Indexed {found.Count} packs anew.");
        return found.Count == 0 ? null : WriteSegment([.. found.Select(pack => pack.Pack)], [.. found.SelectMany(pack => pack.Chunks)]);
    }

    private Segment WriteSegment(IReadOnlyList<PackEntry> table, IReadOnlyList<ChunkLocation> chunks)
    {
        var bytes = LocationTable.Write(table, chunks);
        var path = Path.Combine(context.Layout.Index, RandomNumberGenerator.GetHexString(32, lowercase: true) + Extension);

        // Where the store cannot be written the index is kept in memory alone.
        context.TryNote(() => context.WriteWhole(path, bytes, "store.index"));
        return new Segment(path, LocationTable.Parse(bytes, path), bytes.Length);
    }

    private Segment? TryRead(string path, out bool isThere)
    {
        isThere = true;
        try
        {
            var bytes = File.ReadAllBytes(path);
            return new Segment(path, LocationTable.Parse(bytes, path), bytes.Length);
        }
        catch (Exception e) when (StoreIo.IsAbsent(e))
        {
            isThere = false;
        }
        catch (ModelTrackException e) when (StorageErrors.IsNewerFormat(e))
        {
            // A newer version's, which goes on using it.
            context.Log.Detail($"A part of the index was left alone: {e.Message}");
        }
        catch (ModelTrackException e)
        {
            context.Log.Detail($"An unreadable part of the index was dropped; it is made again from the packs. {e.Message}");
            StoreIo.TryDelete(path);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, path);
        }

        return null;
    }

    /// <summary>Keeps the segments few: small ones become one, so that each entry is rewritten only as often as the index doubles.</summary>
    private void Merge()
    {
        var chosen = Choose(Load().List);
        if (chosen.Count < 2) return;

        using var alone = context.Locks.TryIndex();
        if (alone is null) return;

        var present = packs.List().ToHashSet();
        var table = chosen.SelectMany(segment => segment.Table.Packs).Where(pack => present.Contains(pack.Id)).DistinctBy(pack => pack.Id).ToList();
        var chunks = chosen.SelectMany(segment => segment.Table.All()).Where(location => present.Contains(location.Pack)).ToList();
        var merged = WriteSegment(table, chunks);
        FailPoint.Hit("store.index.merged");

        // Without the merged file on the disk the parts must stay.
        if (!File.Exists(merged.Path)) return;

        lock (_lock)
        {
            _segments = new Segments([.. Load().List.Except(chosen), merged], FolderTime());
        }

        foreach (var segment in chosen) StoreIo.TryDelete(segment.Path);
        FailPoint.Hit("store.index.swept");
    }

    internal const int MostSegments = 8;

    private static List<Segment> Choose(IReadOnlyList<Segment> segments)
    {
        if (segments.Count <= MostSegments) return [];

        var ordered = segments.OrderBy(segment => segment.Length).ToList();
        var count = 0;
        var sum = 0L;
        while (count < ordered.Count && (count < MostSegments || ordered[count].Length <= sum))
        {
            sum += ordered[count++].Length;
        }

        return ordered[..count];
    }

    private string[] ListSegments()
    {
        try
        {
            return Directory.GetFiles(context.Layout.Index, "*" + Extension);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, context.Layout.Index);
        }
    }

    /// <summary>0 when there is no folder, -1 when it changed so lately that another change might not show in its time.</summary>
    private long FolderTime()
    {
        if (!FileStat.TryGet(context.Layout.Index, out var stat)) return 0;

        var age = DateTime.UtcNow - DateTime.UnixEpoch - TimeSpan.FromTicks(stat.MTimeNs / 100);
        return age < s_clockGrain ? -1 : stat.MTimeNs;
    }

    internal sealed record Segment(string Path, LocationTable Table, long Length);

    /// <summary>One state of the index; a change makes another.</summary>
    /// <param name="folderTime">Of the index folder, from before it was listed.</param>
    internal sealed class Segments(IReadOnlyList<Segment> list, long folderTime)
    {
        public IReadOnlyList<Segment> List { get; } = list;

        public long FolderTime { get; } = folderTime;

        public Dictionary<Sha256Hash, PackEntry> Packs { get; } =
            list.SelectMany(segment => segment.Table.Packs).DistinctBy(pack => pack.Id).ToDictionary(pack => pack.Id);
    }
}
