using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Remote;

/// <summary>
/// Pull: contents come to the store, each proved as a whole before it is there. What was wrong is asked for once more, past all caches, by a manifest
/// that was read anew, every chunk then checked by its own hash; after that it is an error.
/// </summary>
internal sealed class Fetcher(RemoteSession session, RemoteManifests manifests)
{
    private const int Tries = 2;

    /// <summary>Contents that are under way at once: each holds a file open.</summary>
    private const int WaveFiles = 256;

    private const long WaveBytes = 1L << 30;

    public async Task<FetchResult> FetchAsync(
        RemoteManifest manifest, ArtifactContent content, IReadOnlyCollection<ContentId> wanted, IReadOnlyList<ArtifactContent> bases, CancellationToken cancellationToken)
    {
        var missing = new HashSet<ContentId>();
        foreach (var id in wanted.Distinct())
        {
            if (!await HasAsync(content, id, cancellationToken).ConfigureAwait(false)) missing.Add(id);
        }

        if (missing.Count == 0) return new FetchResult(0, 0);

        var total = missing.Count;
        var received = 0L;
        session.Log.Progress.Expect(missing.Sum(id => id.Size));
        ReadProblem? problem = null;
        for (var attempt = 0; attempt < Tries && missing.Count > 0; attempt++)
        {
            var isRepeat = attempt > 0;
            (manifest, var body) = await ReadBodyAsync(manifest, isRepeat, cancellationToken).ConfigureAwait(false);
            var map = ContentMap.Of(session.Identity, manifest, body, content);
            var pass = new FetchPass(session, manifest, body, isRepeat);
            try
            {
                await pass.SmallAsync(SmallOf(map, missing), cancellationToken).ConfigureAwait(false);
                foreach (var wave in Waves(map, missing))
                {
                    await pass.LargeAsync(wave, isRepeat ? [] : bases, cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                received += pass.BytesReceived;
            }

            missing.ExceptWith(pass.Arrived);
            problem = pass.Problem;
        }

        if (missing.Count == 0) return new FetchResult(total, received);
        throw StorageErrors.RemoteContentDamaged(
            session.Identity, manifest.Artifact, problem?.Key ?? manifest.Key, problem?.Text ?? "names chunks that do not make the content");
    }

    /// <summary>The listing's bytes, proved by the artifact's own hash.</summary>
    public async Task<byte[]> ReadListingAsync(RemoteManifest manifest, CancellationToken cancellationToken)
    {
        var info = manifest.Root.Info;
        if (!info.IsDirectory) throw StorageErrors.ManifestDisagrees(session.Identity, manifest.Artifact, manifest.Key, "it is of a file, not of a directory");
        if (info.ListingSize > MaxListing) throw StorageErrors.ListingTooLarge(manifest.Artifact, info.ListingSize, MaxListing);
        if (await session.Store.ReadListingAsync(manifest.Artifact, MaxListing, cancellationToken).ConfigureAwait(false) is { } here) return here;

        ReadProblem? problem = null;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            (manifest, var body) = await ReadBodyAsync(manifest, attempt > 0, cancellationToken).ConfigureAwait(false);
            var count = CountOf(manifest, body);
            var parts = new ReadOnlyMemory<byte>[count];
            var problems = await new ChunkReads(session).RunAsync(
                body,
                [.. Enumerable.Range(0, count)],
                verify: true,
                (index, bytes, _) =>
                {
                    parts[index] = bytes.ToArray();
                    return ValueTask.CompletedTask;
                },
                cancellationToken).ConfigureAwait(false);
            problem = problems.Count > 0 ? problems[0] : null;
            if (problem is not null) continue;

            var listing = RemoteManifests.Join(parts).ToArray();
            if (Sha256Hash.Of(listing) != manifest.Artifact) continue;

            await session.Store.AddListingAsync(listing, with: null, cancellationToken).ConfigureAwait(false);
            return listing;
        }

        throw StorageErrors.RemoteContentDamaged(
            session.Identity, manifest.Artifact, problem?.Key ?? manifest.Key, problem?.Text ?? "names chunks that do not make the listing");
    }

    /// <summary>The largest listing that is taken into memory; the same as what a listing's reader takes.</summary>
    private const long MaxListing = 512L * 1024 * 1024;

    /// <summary>How many of the body's first chunks are the listing.</summary>
    private int CountOf(RemoteManifest manifest, ManifestBody body)
    {
        var size = manifest.Root.Info.ListingSize;
        var count = 0;
        for (; count < body.Count && size > 0; count++) size -= body[count].Length;
        return size == 0 ? count : throw StorageErrors.ManifestDisagrees(session.Identity, manifest.Artifact, manifest.Key, "its chunks do not end where the listing does");
    }

    /// <summary>The chunks, by a manifest that is read anew where this is a repeat, or where its own pieces are not what it says.</summary>
    private async Task<(RemoteManifest Manifest, ManifestBody Body)> ReadBodyAsync(RemoteManifest manifest, bool isRepeat, CancellationToken cancellationToken)
    {
        if (!isRepeat)
        {
            try
            {
                return (manifest, await manifests.ReadBodyAsync(manifest, cancellationToken).ConfigureAwait(false));
            }
            catch (ModelTrackException e) when (StorageErrors.IsRemoteDamage(e))
            {
                // Wrong on the way only, or the manifest has been replaced and its packs are gone.
            }
        }

        var again = await AgainAsync(manifest.Artifact, cancellationToken).ConfigureAwait(false);
        return (again, await manifests.ReadBodyAsync(again, cancellationToken).ConfigureAwait(false));
    }

    private async Task<RemoteManifest> AgainAsync(Sha256Hash artifact, CancellationToken cancellationToken)
    {
        session.Transport.DistrustCaches();
        return await manifests.FindAsync(artifact, trustCache: false, cancellationToken).ConfigureAwait(false)
            ?? throw StorageErrors.RemoteContentDamaged(session.Identity, artifact, RemoteKeys.Manifest(artifact), session.NotGiven);
    }

    /// <summary>Whether the content is in the store in the form that its artifact needs; a file's is made from a packed one.</summary>
    private async Task<bool> HasAsync(ArtifactContent content, ContentId id, CancellationToken cancellationToken)
    {
        var store = session.Store;
        if (content.IsDirectory) return store.Contains(id);
        if (await store.FindFileAsync(id, cancellationToken).ConfigureAwait(false) is not null) return true;
        if (!store.Contains(id) || id.Size >= LocalStore.SmallLimit) return false;

        var bytes = new byte[id.Size];
        try
        {
            await store.ReadAsync(id, 0, bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelTrackException)
        {
            return false;
        }

        await using var incoming = store.BeginIncoming(id);
        await incoming.WriteAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        var isGood = await incoming.CompleteAsync(null, cancellationToken).ConfigureAwait(false) is not null;
        if (!isGood) incoming.Discard();
        return isGood;
    }

    private static List<MappedContent> SmallOf(ContentMap map, HashSet<ContentId> missing) => [.. map.Find(missing).Where(content => map.IsSmall(content))];

    private static IEnumerable<List<MappedContent>> Waves(ContentMap map, HashSet<ContentId> missing)
    {
        var wave = new List<MappedContent>();
        var bytes = 0L;
        foreach (var content in map.Find(missing).Where(content => !map.IsSmall(content)))
        {
            if (wave.Count > 0 && (wave.Count >= WaveFiles || bytes + content.Id.Size > WaveBytes))
            {
                yield return wave;
                wave = [];
                bytes = 0;
            }

            wave.Add(content);
            bytes += content.Id.Size;
        }

        if (wave.Count > 0) yield return wave;
    }
}
