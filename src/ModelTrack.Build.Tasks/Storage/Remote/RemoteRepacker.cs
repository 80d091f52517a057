using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Remote;

/// <summary>
/// Packs anew what is used of packs of which little is: new packs first, then every manifest that names an old one is overwritten. The old
/// packs are then garbage like any other.
/// </summary>
internal sealed class RemoteRepacker(RemoteSession session, RemoteManifests manifests)
{
    /// <summary>The same share at which a push leaves a pack behind.</summary>
    private const int LeastUse = 4;

    private static readonly HashSet<Sha256Hash> s_none = [];

    /// <returns>The packs that were, or would be, left behind.</returns>
    public async Task<StoreShare> RunAsync(RemoteGcRequest request, IReadOnlySet<Sha256Hash> roots, CancellationToken cancellationToken)
    {
        var listing = new RemoteListing(session, manifests);
        var now = request.Apply ? await session.Gc.AskClockAsync(cancellationToken).ConfigureAwait(false) : session.Time.GetUtcNow();
        if (now is null) throw StorageErrors.NoTimes(session.Identity);
        var all = await listing.ManifestsAsync(cancellationToken).ConfigureAwait(false);
        var packs = await listing.PacksAsync(cancellationToken).ConfigureAwait(false);
        var kept = all.Where(one => !GcDecisions.Condemns(roots.Contains(one.Key), one.Value.Written, now.Value, request.Grace)).Select(one => one.Key);
        var named = await listing.ReadAsync(kept, cancellationToken).ConfigureAwait(false);
        if (named.Damaged.Count > 0) return default;

        var old = packs.Where(one => now - one.Value.Written >= request.Grace).ToDictionary(one => one.Key, one => one.Value.Size);
        Dictionary<Sha256Hash, HashSet<ChunkLocation>> used;
        try
        {
            used = await UsedAsync([.. named.Manifests.Values], old, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelTrackException e)
        {
            session.Log.Detail($"Nothing is packed anew: {e.Message}");
            return default;
        }

        var sparse = used.Where(one => IsSparse(one.Value, old[one.Key])).Select(one => one.Key).ToHashSet();
        if (sparse.Count > 0 && request.Apply)
        {
            using var moved = new MovedChunks(session, manifests);
            sparse = await MoveAsync(moved, sparse, used, cancellationToken).ConfigureAwait(false);
            foreach (var manifest in named.Manifests.Values.Where(manifest => manifest.Root.Packs.Any(pack => sparse.Contains(pack.Id))))
            {
                var body = await manifests.ReadBodyAsync(manifest, cancellationToken).ConfigureAwait(false);
                await moved.RewriteAsync(manifest, body, sparse, s_none, cancellationToken).ConfigureAwait(false);
            }
        }

        return RemoteListing.Sum(sparse.Select(id => packs[id]));
    }

    public static bool IsSparse(IEnumerable<ChunkLocation> used, long packSize) =>
        used.Sum(location => (long)location.Frame.StoredLength * location.Length / Math.Max(1, location.Frame.RawLength)) * LeastUse < packSize;

    /// <summary>
    /// Which chunks manifests use, their own pieces included, of the packs that may be sparse. A pack of which a single manifest uses enough is not, and
    /// such are nearly all: so what is in memory is one manifest's chunks, and those of the few other packs.
    /// </summary>
    private async Task<Dictionary<Sha256Hash, HashSet<ChunkLocation>>> UsedAsync(
        IReadOnlyCollection<RemoteManifest> read, Dictionary<Sha256Hash, long> packs, CancellationToken cancellationToken)
    {
        var candidates = read.SelectMany(manifest => manifest.Root.Packs).Select(pack => pack.Id).Where(packs.ContainsKey).ToHashSet();
        foreach (var manifest in read)
        {
            var own = new Dictionary<Sha256Hash, HashSet<ChunkLocation>>();
            await AddUsedAsync(own, manifest, candidates, cancellationToken).ConfigureAwait(false);
            candidates.ExceptWith(own.Where(one => !IsSparse(one.Value, packs[one.Key])).Select(one => one.Key));
        }

        var used = new Dictionary<Sha256Hash, HashSet<ChunkLocation>>();
        if (candidates.Count == 0) return used;
        foreach (var manifest in read) await AddUsedAsync(used, manifest, candidates, cancellationToken).ConfigureAwait(false);
        return used;
    }

    private async Task AddUsedAsync(
        Dictionary<Sha256Hash, HashSet<ChunkLocation>> used, RemoteManifest manifest, HashSet<Sha256Hash> of, CancellationToken cancellationToken)
    {
        if (!manifest.Root.Packs.Any(pack => of.Contains(pack.Id))) return;
        foreach (var location in (await manifests.ReadBodyAsync(manifest, cancellationToken).ConfigureAwait(false)).Concat(manifest.Root.Pieces))
        {
            if (!of.Contains(location.Pack)) continue;
            if (!used.TryGetValue(location.Pack, out var chunks)) used.Add(location.Pack, chunks = []);
            chunks.Add(location);
        }
    }

    /// <returns>The packs whose every used chunk is in a new one.</returns>
    private async Task<HashSet<Sha256Hash>> MoveAsync(
        MovedChunks moved, HashSet<Sha256Hash> sparse, Dictionary<Sha256Hash, HashSet<ChunkLocation>> used, CancellationToken cancellationToken)
    {
        var done = new HashSet<Sha256Hash>();
        foreach (var pack in sparse.Order())
        {
            var chunks = used[pack].OrderBy(chunk => chunk.Frame.Offset).ThenBy(chunk => chunk.Offset).ToArray();
            var bytes = new byte[chunks.Length][];
            var problems = await new ChunkReads(session).RunAsync(
                chunks,
                [.. Enumerable.Range(0, chunks.Length)],
                verify: true,
                (index, found, _) =>
                {
                    bytes[index] = found.ToArray();
                    return ValueTask.CompletedTask;
                },
                cancellationToken).ConfigureAwait(false);
            if (problems.Count > 0) continue;

            for (var i = 0; i < chunks.Length; i++) await moved.AddAsync(chunks[i].Hash, bytes[i], cancellationToken).ConfigureAwait(false);
            done.Add(pack);
        }

        await moved.FlushAsync(cancellationToken).ConfigureAwait(false);
        return done;
    }
}
