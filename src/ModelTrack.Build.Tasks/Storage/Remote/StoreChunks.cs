using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Remote;

/// <summary>The store's contents by chunk, for healing.</summary>
internal sealed class StoreChunks
{
    private readonly LocalStore _store;
    private readonly Dictionary<Sha256Hash, (ContentId Content, long Offset)> _places = [];

    private StoreChunks(LocalStore store) => _store = store;

    public static async Task<StoreChunks> FindAsync(LocalStore store, IEnumerable<ArtifactContent> artifacts, CancellationToken cancellationToken)
    {
        var chunks = new StoreChunks(store);
        foreach (var id in artifacts.SelectMany(artifact => artifact.Blobs).Distinct())
        {
            if (id.Size == 0 || !store.Contains(id)) continue;
            if (id.Size < ChunkCutter.Contents.WholeBelow)
            {
                chunks._places.TryAdd(id.Sha256, (id, 0));
                continue;
            }

            try
            {
                var offset = 0L;
                foreach (var chunk in await store.ClaimedChunksOfAsync(id, cancellationToken).ConfigureAwait(false))
                {
                    chunks._places.TryAdd(chunk.Hash, (id, offset));
                    offset += chunk.Length;
                }
            }
            catch (ModelTrackException)
            {
                // It left the store meanwhile; what is then missing is told as not healed.
            }
        }

        return chunks;
    }

    /// <summary>The chunk's bytes, proved by its hash; null when the store has it not.</summary>
    public async Task<byte[]?> ReadAsync(Sha256Hash hash, int length, CancellationToken cancellationToken)
    {
        // A small content of an artifact whose listing is not known is still found by its name.
        var (content, offset) = _places.TryGetValue(hash, out var place) ? place : (new ContentId(hash, length), 0L);
        if (!_store.Contains(content)) return null;

        var bytes = new byte[length];
        try
        {
            await _store.ReadAsync(content, offset, bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelTrackException)
        {
            return null;
        }

        return Sha256Hash.Of(bytes) == hash ? bytes : null;
    }
}
