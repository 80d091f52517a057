using System.Collections.Concurrent;
using System.Text;
using ModelTrack.Content;
using ModelTrack.Storage.Store;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <param name="Written">By the remote's own clock; null where it tells none.</param>
internal readonly record struct ListedObject(long Size, DateTimeOffset? Written);

/// <summary>What packs a set of manifests names.</summary>
/// <param name="Damaged">Manifests that cannot be read: what they name is not known.</param>
internal sealed record NamedPacks(IReadOnlyDictionary<Sha256Hash, RemoteManifest> Manifests, HashSet<Sha256Hash> Packs, IReadOnlyList<Sha256Hash> Damaged);

/// <summary>Looks at all that a remote holds.</summary>
internal sealed class RemoteListing(RemoteSession session, RemoteManifests manifests)
{
    private delegate bool TryParse(string key, out Sha256Hash id);

    public Task<Dictionary<Sha256Hash, ListedObject>> ManifestsAsync(CancellationToken cancellationToken) =>
        ListAsync(RemoteKeys.Manifests, RemoteKeys.TryParseManifest, cancellationToken);

    public Task<Dictionary<Sha256Hash, ListedObject>> PacksAsync(CancellationToken cancellationToken) => ListAsync(RemoteKeys.Packs, RemoteKeys.TryParsePack, cancellationToken);

    public async Task<IReadOnlyList<KnownRepository>> RepositoriesAsync(CancellationToken cancellationToken)
    {
        if (!session.Transport.Traits.CanList) throw StorageErrors.CannotList(session.Identity);
        var found = new List<KnownRepository>();
        var buffer = new byte[16 * 1024];
        await foreach (var item in session.Transport.ListAsync(RemoteKeys.Repositories, cancellationToken).ConfigureAwait(false))
        {
            if (!Sha256Hash.TryParse(item.Key.AsSpan(RemoteKeys.Repositories.Length), out var name)) continue;
            var read = await session.Transport.ReadAsync(item.Key, 0, buffer, null, cancellationToken).ConfigureAwait(false);
            var url = read.Status == ReadStatus.Found ? Encoding.UTF8.GetString(buffer, 0, read.Count).TrimEnd('\n') : null;
            found.Add(new KnownRepository(name, url is not null && RemoteKeys.Repository(url) == item.Key ? url : null));
        }

        return [.. found.OrderBy(one => one.Url, StringComparer.Ordinal)];
    }

    /// <summary>Reads manifests that are listed, as they are now; one that is gone meanwhile names nothing.</summary>
    public async Task<NamedPacks> ReadAsync(IEnumerable<Sha256Hash> artifacts, CancellationToken cancellationToken)
    {
        var read = new ConcurrentDictionary<Sha256Hash, RemoteManifest>();
        var damaged = new ConcurrentBag<Sha256Hash>();
        var absent = new ConcurrentBag<Sha256Hash>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = session.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(artifacts, options, async (artifact, token) =>
        {
            var look = await manifests.LookAsync(artifact, trustCache: true, token).ConfigureAwait(false);
            if (look.Manifest is not null) read[artifact] = look.Manifest;
            else (look.IsTorn ? damaged : absent).Add(artifact);
        }).ConfigureAwait(false);

        // What is listed and reads as absent may only be forbidden to this reader, and does name its packs.
        if (!absent.IsEmpty)
        {
            var listed = await ManifestsAsync(cancellationToken).ConfigureAwait(false);
            foreach (var artifact in absent.Where(listed.ContainsKey)) damaged.Add(artifact);
        }

        var packs = read.Values.SelectMany(manifest => manifest.Root.Packs).Where(pack => !pack.IsTombstone).Select(pack => pack.Id).ToHashSet();
        return new NamedPacks(read, packs, [.. damaged.Order()]);
    }

    public static StoreShare Sum(IEnumerable<ListedObject> objects)
    {
        var share = new StoreShare();
        foreach (var one in objects) share = share.With(one.Size);
        return share;
    }

    private async Task<Dictionary<Sha256Hash, ListedObject>> ListAsync(string prefix, TryParse parse, CancellationToken cancellationToken)
    {
        if (!session.Transport.Traits.CanList) throw StorageErrors.CannotList(session.Identity);
        var found = new Dictionary<Sha256Hash, ListedObject>();
        await foreach (var item in session.Transport.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            if (parse(item.Key, out var id)) found[id] = new ListedObject(item.Size, item.LastModified);
        }

        return found;
    }
}
