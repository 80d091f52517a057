using System.Collections.Concurrent;
using ModelTrack.Content;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Store;

/// <summary>Remembers which packs were seen on the disk with the size that the index has for them.</summary>
internal sealed class PresentPacks(PackFiles packs)
{
    private readonly ConcurrentDictionary<Sha256Hash, bool> _seen = new();
    private readonly ConcurrentDictionary<Sha256Hash, bool> _told = new();
    private readonly ConcurrentQueue<Sha256Hash> _suspects = new();

    public bool Has(PackEntry pack) => _seen.TryGetValue(pack.Id, out var has) ? has : Look(pack);

    /// <summary>The next pack whose size is wrong, each told once.</summary>
    public bool TryTakeSuspect(out Sha256Hash pack) => _suspects.TryDequeue(out pack);

    public void Forget(Sha256Hash pack) => _seen.TryRemove(pack, out _);

    public void Clear() => _seen.Clear();

    private bool Look(PackEntry pack)
    {
        var size = packs.SizeOf(pack.Id);
        var has = size == pack.Size;
        _seen[pack.Id] = has;
        if (size is not null && !has && _told.TryAdd(pack.Id, true)) _suspects.Enqueue(pack.Id);
        return has;
    }
}
