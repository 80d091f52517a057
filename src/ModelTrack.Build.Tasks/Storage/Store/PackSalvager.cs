using System.Collections.Concurrent;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Store;

/// <summary>Deals with bad packs: their good contents, which may exist nowhere else, go into a new pack, then the bad one out of the way.</summary>
internal sealed class PackSalvager(StoreContext context, PackFiles files, PackIndex index)
{
    private readonly ConcurrentDictionary<(Sha256Hash Hash, Sha256Hash Pack), bool> _withheld = new();
    private readonly Lock _lock = new();

    /// <summary>Whether the content proved bad in a pack that could not be moved.</summary>
    public bool IsWithheld(in ChunkLocation location) => !_withheld.IsEmpty && _withheld.ContainsKey((location.Hash, location.Pack));

    public void Salvage(IEnumerable<(ContentId Id, ChunkLocation Location)> failures)
    {
        foreach (var pack in failures.GroupBy(failure => failure.Location.Pack))
        {
            foreach (var (_, location) in pack) _withheld[(location.Hash, location.Pack)] = true;
            Salvage(pack.Key);
        }
    }

    /// <summary>A pack of that name comes anew.</summary>
    /// <returns>Whether one proved bad before.</returns>
    public bool Forgive(Sha256Hash pack)
    {
        var any = false;
        foreach (var place in _withheld.Keys.Where(place => place.Pack == pack)) any |= _withheld.TryRemove(place, out _);
        return any;
    }

    /// <summary>Packs whose size is wrong. False when there are none.</summary>
    public bool SalvageSuspects()
    {
        var any = false;
        while (index.TryTakeSuspect(out var pack))
        {
            any = true;
            Salvage(pack);
        }

        return any;
    }

    private void Salvage(Sha256Hash id)
    {
        lock (_lock)
        {
            index.Forget(id);
            if (files.SizeOf(id) is null) return;

            var chunks = index.InPack(id);
            List<PackFile> rescued = [];
            var movedTo = context.Layout.Pack(id);
            try
            {
                rescued = Rescue(id, chunks);

                // A pack with bad bytes only around its frames comes out as itself: the good one takes the place of the bad.
                var isHealed = rescued.Any(pack => pack.Id == id);
                if (isHealed) movedTo = files.CopyAside(id);
                foreach (var pack in rescued) files.Write(pack.Id, pack.Bytes.Span, isSaved: true);
                FailPoint.Hit("store.salvage.kept");
                index.Add([.. rescued.Select(pack => (pack.Entry, pack.Chunks))]);
                if (!isHealed) movedTo = files.SetAside(id);
            }
            catch (ModelTrackException e)
            {
                // It cannot be opened, or nothing can be written here, so the pack stays, and only its bad contents are withheld.
                context.Log.Detail($"Pack {id.ToShortString()} could not be salvaged: {e.Message}");
            }

            context.Log.Warn(StorageErrors.PackDamaged(id, movedTo, chunks.Count, rescued.Sum(pack => pack.Chunks.Count)));
            index.Forget(id);
        }
    }

    private List<PackFile> Rescue(Sha256Hash id, List<ChunkLocation> chunks)
    {
        var rescued = new List<PackFile>();
        using var handle = files.TryOpen(id);
        if (handle is null) return rescued;

        var writer = new PackWriter();
        try
        {
            foreach (var (chunk, bytes) in PackReading.ReadGood(handle, chunks))
            {
                if (writer.TryAdd(chunk.Hash, bytes.Span)) continue;

                rescued.Add(writer.Finish());
                writer.Dispose();
                writer = new PackWriter();
                writer.TryAdd(chunk.Hash, bytes.Span);
            }

            if (writer.ChunkCount > 0) rescued.Add(writer.Finish());
            return rescued;
        }
        finally
        {
            writer.Dispose();
        }
    }
}
