namespace ModelTrack.Workspace;

/// <summary>The folders of a directory artifact that were entered lately, so that a file costs no walk from the top.</summary>
internal sealed class FolderCache(PlaceFolder top) : IDisposable
{
    private const int Most = 64;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _clock;

    private sealed class Entry(PlaceFolder folder)
    {
        public PlaceFolder Folder { get; } = folder;

        public int Users { get; set; }

        public long LastUse { get; set; }

        public bool Dropped { get; set; }
    }

    /// <summary>A folder in use; disposing ends the use.</summary>
    public readonly struct Lease(FolderCache cache, PlaceFolder folder, object? entry) : IDisposable
    {
        public PlaceFolder Folder { get; } = folder;

        public void Dispose()
        {
            if (entry is not null) cache.EndUse((Entry)entry);
        }
    }

    /// <param name="relative">With `/`; empty for the top.</param>
    /// <returns>Null when it is missing and not to be made.</returns>
    public Lease? Enter(string relative, bool create)
    {
        if (relative.Length == 0) return new Lease(this, top, null);
        lock (_entries)
        {
            if (_entries.TryGetValue(relative, out var known)) return Use(known);
            var slash = relative.LastIndexOf('/');
            if (Enter(slash < 0 ? "" : relative[..slash], create) is not { } parent) return null;
            using (parent)
            {
                if (parent.Folder.Enter(relative[(slash + 1)..], create) is not { } folder) return null;
                MakeRoom();
                var entry = _entries[relative] = new Entry(folder);
                return Use(entry);
            }
        }
    }

    /// <summary>Forgets a folder that is to be removed.</summary>
    public void Forget(string relative)
    {
        lock (_entries)
        {
            if (_entries.Remove(relative, out var entry)) Drop(entry);
        }
    }

    public void Dispose()
    {
        lock (_entries)
        {
            foreach (var entry in _entries.Values) entry.Folder.Dispose();
            _entries.Clear();
        }
    }

    private Lease Use(Entry entry)
    {
        entry.Users++;
        entry.LastUse = ++_clock;
        return new Lease(this, entry.Folder, entry);
    }

    private void EndUse(Entry entry)
    {
        lock (_entries)
        {
            if (--entry.Users == 0 && entry.Dropped) entry.Folder.Dispose();
        }
    }

    private void MakeRoom()
    {
        if (_entries.Count < Most) return;
        var oldest = _entries.Where(e => e.Value.Users == 0).MinBy(e => e.Value.LastUse);
        if (oldest.Key is null) return;
        _entries.Remove(oldest.Key);
        Drop(oldest.Value);
    }

    private static void Drop(Entry entry)
    {
        if (entry.Users == 0) entry.Folder.Dispose();
        else entry.Dropped = true;
    }
}
