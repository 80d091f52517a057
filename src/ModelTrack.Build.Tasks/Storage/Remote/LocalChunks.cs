using System.Buffers;
using ModelTrack.Content;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Remote;

/// <summary>
/// Copies chunks that contents in the store share with those that are on their way. What a base turns out not to have is fetched; that what
/// was copied is right shows when the whole content is hashed.
/// </summary>
internal sealed class LocalChunks(LocalStore store)
{
    private const int MaxRun = 4 * 1024 * 1024;
    private const int Copiers = 3;

    public async Task CopyAsync(IReadOnlyList<FetchTarget> targets, ManifestBody body, IReadOnlyList<ArtifactContent> bases, CancellationToken cancellationToken)
    {
        var needed = new HashSet<Sha256Hash>();
        foreach (var target in targets)
        {
            foreach (var record in target.MissingChunks()) needed.Add(body[record].Hash);
        }

        if (needed.Count == 0) return;

        var places = await FindAsync(needed, bases, cancellationToken).ConfigureAwait(false);
        if (places.Count == 0) return;

        // One reads and writes while another hashes what is at the frontier. More would only wait for the disk.
        var options = new ParallelOptions { MaxDegreeOfParallelism = Copiers, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(targets.SelectMany(target => Runs(target, body, places)), options, CopyAsync).ConfigureAwait(false);
    }

    /// <summary>Where the store has needed chunks, by the recipes of the bases' large contents.</summary>
    private async Task<Dictionary<Sha256Hash, Place>> FindAsync(
        HashSet<Sha256Hash> needed, IReadOnlyList<ArtifactContent> bases, CancellationToken cancellationToken)
    {
        var places = new Dictionary<Sha256Hash, Place>();
        var seen = new HashSet<ContentId>();
        foreach (var content in bases)
        {
            foreach (var id in content.Blobs)
            {
                // A directory's small contents are whole chunks: one that is needed would be in the store as itself.
                if (id.Size == 0 || (content.IsDirectory && id.Size < LocalStore.SmallLimit) || !seen.Add(id)) continue;
                if (places.Count == needed.Count) return places;
                if (await store.FindFileAsync(id, cancellationToken).ConfigureAwait(false) is not { } file) continue;

                var offset = 0L;
                foreach (var chunk in await store.ClaimedChunksOfAsync(id, cancellationToken).ConfigureAwait(false))
                {
                    if (needed.Contains(chunk.Hash)) places.TryAdd(chunk.Hash, new Place(file, offset, chunk.Length));
                    offset += chunk.Length;
                }
            }
        }

        return places;
    }

    /// <summary>What of a target the bases have; neighbours that are neighbours in the base too in one.</summary>
    private static IEnumerable<Run> Runs(FetchTarget target, ManifestBody body, Dictionary<Sha256Hash, Place> places)
    {
        var missing = target.MissingChunks().ToArray();
        for (var i = 0; i < missing.Length;)
        {
            if (!TryFind(body[missing[i]], places, out var place))
            {
                i++;
                continue;
            }

            var length = place.Length;
            var next = i + 1;
            for (; next < missing.Length && missing[next] == missing[next - 1] + 1; next++)
            {
                if (!TryFind(body[missing[next]], places, out var other)
                    || other.File != place.File || other.Offset != place.Offset + length || length + other.Length > MaxRun) break;
                length += other.Length;
            }

            yield return new Run(target, missing[i], place.File, place.Offset, length);
            i = next;
        }
    }

    private static async ValueTask CopyAsync(Run run, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(run.Length);
        try
        {
            var bytes = buffer.AsMemory(0, run.Length);
            if (await TryReadAsync(run.From, run.Offset, bytes, cancellationToken).ConfigureAwait(false))
            {
                await run.Target.WriteAsync(run.First, bytes, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<bool> TryReadAsync(StoredFile file, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            using var handle = File.OpenHandle(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            while (destination.Length > 0)
            {
                var read = await RandomAccess.ReadAsync(handle, destination, offset, cancellationToken).ConfigureAwait(false);
                if (read == 0) return false;
                destination = destination[read..];
                offset += read;
            }

            return true;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            return false;
        }
    }

    private static bool TryFind(in ChunkLocation chunk, Dictionary<Sha256Hash, Place> places, out Place place) =>
        places.TryGetValue(chunk.Hash, out place) && place.Length == chunk.Length;

    private readonly record struct Place(StoredFile File, long Offset, int Length);

    private readonly record struct Run(FetchTarget Target, int First, StoredFile From, long Offset, int Length);
}
