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

    private readonly Dictionary<Sha256Hash, ChunkLocation> _moved = [];
    private readonly List<PackEntry> _newPacks = [];

    /// <returns>The packs that were, or would be, left behind.</returns>
    public async Task<StoreShare> RunAsync(RemoteGcRequest request, CancellationToken cancellationToken)
    {
        var listing = new RemoteListing(session, manifests);
        var now = request.Apply ? await session.Gc.AskClockAsync(cancellationToken).ConfigureAwait(false) : session.Time.GetUtcNow();
        if (now is null) throw StorageErrors.NoTimes(session.Identity);
        var all = await listing.ManifestsAsync(cancellationToken).ConfigureAwait(false);
        var packs = await listing.PacksAsync(cancellationToken).ConfigureAwait(false);
        var roots = await request.FindRoots(cancellationToken).ConfigureAwait(false);
        var kept = all.Where(one => !GcDecisions.Condemns(roots.Contains(one.Key), one.Value.Written, now.Value, request.Grace)).Select(one => one.Key);
        var named = await listing.ReadAsync(kept, cancellationToken).ConfigureAwait(false);
        if (named.Damaged.Count > 0) return default;

        var used = await UsedAsync(named.Manifests.Values, cancellationToken).ConfigureAwait(false);
        if (used is null) return default;
        var sparse = used.Where(one => packs.TryGetValue(one.Key, out var pack) && now - pack.Written >= request.Grace && IsSparse(one.Value, pack.Size)).Select(one => one.Key).ToHashSet();
        if (sparse.Count > 0 && request.Apply)
        {
            sparse = await MoveAsync(sparse, used, cancellationToken).ConfigureAwait(false);
            foreach (var manifest in named.Manifests.Values.Where(manifest => manifest.Root.Packs.Any(pack => sparse.Contains(pack.Id))))
            {
                await RewriteAsync(manifest, sparse, cancellationToken).ConfigureAwait(false);
            }
        }

        return RemoteListing.Sum(sparse.Select(id => packs[id]));
    }

    public static bool IsSparse(IEnumerable<ChunkLocation> used, long packSize) =>
        used.Sum(location => (long)location.Frame.StoredLength * location.Length / Math.Max(1, location.Frame.RawLength)) * LeastUse < packSize;

    /// <summary>Which chunks of each pack any manifest uses, its own pieces included; null when a body cannot be read.</summary>
    private async Task<Dictionary<Sha256Hash, HashSet<ChunkLocation>>?> UsedAsync(IEnumerable<RemoteManifest> read, CancellationToken cancellationToken)
    {
        var used = new Dictionary<Sha256Hash, HashSet<ChunkLocation>>();
        foreach (var manifest in read)
        {
            try
            {
                foreach (var location in (await manifests.ReadBodyAsync(manifest, cancellationToken).ConfigureAwait(false)).Concat(manifest.Root.Pieces))
                {
                    if (!used.TryGetValue(location.Pack, out var chunks)) used.Add(location.Pack, chunks = []);
                    chunks.Add(location);
                }
            }
            catch (ModelTrackException e)
            {
                session.Log.Detail($"Nothing is packed anew: {e.Message}");
                return null;
            }
        }

        return used;
    }

    /// <returns>The packs whose every used chunk is in a new one.</returns>
    private async Task<HashSet<Sha256Hash>> MoveAsync(HashSet<Sha256Hash> sparse, Dictionary<Sha256Hash, HashSet<ChunkLocation>> used, CancellationToken cancellationToken)
    {
        var done = new HashSet<Sha256Hash>();
        var open = new OpenPack(session.Buffers, PackFormat.MaxSize);
        try
        {
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

                for (var i = 0; i < chunks.Length; i++)
                {
                    if (open.Writer.TryAdd(chunks[i].Hash, bytes[i])) continue;
                    await PutAsync(open.Writer, cancellationToken).ConfigureAwait(false);
                    open.Dispose();
                    open = new OpenPack(session.Buffers, PackFormat.MaxSize);
                    open.Writer.TryAdd(chunks[i].Hash, bytes[i]);
                }

                done.Add(pack);
            }

            if (open.Writer.ChunkCount > 0) await PutAsync(open.Writer, cancellationToken).ConfigureAwait(false);
            return done;
        }
        finally
        {
            open.Dispose();
        }
    }

    private async Task PutAsync(PackWriter writer, CancellationToken cancellationToken)
    {
        var pack = writer.Finish();
        await session.Transport.PutAsync(RemoteKeys.Pack(pack.Id), pack.Bytes, onlyIfAbsent: false, cancellationToken).ConfigureAwait(false);
        FailPoint.Hit("remote.gc.packed");
        _newPacks.Add(pack.Entry);
        foreach (var location in pack.Chunks) _moved[location.Hash] = location;
    }

    private async Task RewriteAsync(RemoteManifest manifest, HashSet<Sha256Hash> gone, CancellationToken cancellationToken)
    {
        var root = manifest.Root;
        var body = await manifests.ReadBodyAsync(manifest, cancellationToken).ConfigureAwait(false);
        var writer = new ManifestWriter(root.Info, [.. root.Packs.Select(pack => gone.Contains(pack.Id) ? default : pack)]);
        for (var i = 0; i < body.Count; i++) writer.Add(gone.Contains(body[i].Pack) ? _moved[body[i].Hash] : body[i]);

        var known = new Dictionary<Sha256Hash, ChunkLocation>();
        foreach (var piece in root.Pieces)
        {
            if (!gone.Contains(piece.Pack)) known.TryAdd(piece.Hash, piece);
        }

        var sender = new ManifestSender(session, new PackSender(session, new HashSet<Sha256Hash>()));
        var packs = root.Packs.Where(pack => !pack.IsTombstone && !gone.Contains(pack.Id)).Concat(_newPacks);
        var sent = await sender.SendAsync(root.Info.Artifact, writer, known, packs, null, cancellationToken).ConfigureAwait(false);
        FailPoint.Hit("remote.gc.rewrote");
        manifests.Keep(sent.Manifest, sent.Body);
    }
}
