using System.Runtime.CompilerServices;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <summary>
/// Replaces bad packs by new ones, out of the store and of what is still good in them, and overwrites every manifest that names a bad pack.
/// A manifest that is of no use is pushed anew where the store has the artifact.
/// </summary>
internal sealed class RemoteHealer(RemoteSession session, RemoteManifests manifests, Pusher pusher) : IDisposable
{
    // A chunk of a bad pack that is in none of these is lost.
    private readonly MovedChunks _moved = new(session, manifests);

    // Packs that were written over, byte by byte as their name says: manifests that name them are right again.
    private readonly HashSet<Sha256Hash> _restored = [];

    public async Task<IReadOnlyList<RemoteDamage>> HealAsync(
        List<VerifiedManifest> asked, Dictionary<Sha256Hash, string> badPacks, CancellationToken cancellationToken)
    {
        var bad = badPacks.Keys.ToHashSet();
        var all = asked.Where(one => one.Problem is not null || one.Names(bad)).ToList();
        if (bad.Count > 0) all.AddRange(await OthersAsync(asked, bad, cancellationToken).ConfigureAwait(false));

        var damage = RemoteVerifier.Tell(all, badPacks).ToList();
        var source = await StoreChunks.FindAsync(session.Store, all.Select(one => one.Content), cancellationToken).ConfigureAwait(false);
        foreach (var pack in bad.Order()) await ReplaceAsync(pack, all, source, cancellationToken).ConfigureAwait(false);

        var healed = new HashSet<Sha256Hash>();
        foreach (var one in all)
        {
            if (await HealAsync(one, all, bad, cancellationToken).ConfigureAwait(false)) healed.Add(one.Content.Id);
        }

        return [.. damage.Select(one => one with { Healed = healed.Contains(one.Artifact) })];
    }

    public void Dispose() => _moved.Dispose();

    /// <summary>Manifests that nobody asked for and that name a bad pack too.</summary>
    private async Task<List<VerifiedManifest>> OthersAsync(List<VerifiedManifest> asked, HashSet<Sha256Hash> bad, CancellationToken cancellationToken)
    {
        var others = new List<VerifiedManifest>();
        if (!session.Transport.Traits.CanList) return others;

        var known = asked.Select(one => one.Content.Id).ToHashSet();
        await foreach (var item in ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!RemoteKeys.TryParseManifest(item.Key, out var id) || known.Contains(id)) continue;
            try
            {
                if ((await manifests.LookAsync(id, trustCache: true, cancellationToken).ConfigureAwait(false)).Manifest is not { } manifest) continue;

                var info = manifest.Root.Info;
                var other = new VerifiedManifest(new ArtifactContent(id, info.IsDirectory, info.IsDirectory ? [] : [new ContentId(id, info.TotalSize)])) { Manifest = manifest };
                if (!other.Names(bad)) continue;
                others.Add(other);
                other.Body = await manifests.ReadBodyAsync(manifest, cancellationToken).ConfigureAwait(false);
            }
            catch (ModelTrackException e)
            {
                session.Log.Detail($"{item.Key} was not looked into: {e.Message}");
            }
        }

        return others;
    }

    /// <summary>All manifests; none where it turns out only now that the remote does not list.</summary>
    private async IAsyncEnumerable<ObjectListing> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var listing = session.Transport.ListAsync(RemoteKeys.Manifests, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var _ = listing.ConfigureAwait(false);
        while (true)
        {
            try
            {
                if (!await listing.MoveNextAsync().ConfigureAwait(false)) yield break;
            }
            catch (ModelTrackException e) when (e.Code == StorageErrors.HttpCannotListCode)
            {
                yield break;
            }

            yield return listing.Current;
        }
    }

    private async Task<bool> HealAsync(VerifiedManifest one, List<VerifiedManifest> all, HashSet<Sha256Hash> bad, CancellationToken cancellationToken)
    {
        try
        {
            if (one.IsUsable && one.Body is not null && await RewriteAsync(one, bad, cancellationToken).ConfigureAwait(false)) return true;
            if (one.Content.Blobs.Count == 0 || !one.Content.Blobs.All(session.Store.Contains)) return false;

            var bases = all.Where(other => other != one && other.Manifest is not null && other.Problem is null).Select(other => other.Manifest!).ToList();
            if (one is { Manifest: not null, Problem: null }) bases.Insert(0, one.Manifest);
            await pusher.RepairAsync(one.Content, bases, bad, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ModelTrackException e)
        {
            session.Log.Detail($"{one.Content.Id.ToShortString()} was not healed: {e.Message}");
            return false;
        }
    }

    /// <summary>Writes the manifest with the new places of its chunks; false when some are lost.</summary>
    private async Task<bool> RewriteAsync(VerifiedManifest one, HashSet<Sha256Hash> bad, CancellationToken cancellationToken)
    {
        var gone = bad.Where(pack => !_restored.Contains(pack)).ToHashSet();
        if (!one.Names(gone) && one.Problem is null) return true;

        if (await _moved.RewriteAsync(one.Manifest!, one.Body!, gone, resend: bad, cancellationToken).ConfigureAwait(false) is not { } written) return false;
        one.Manifest = written;
        return true;
    }

    /// <summary>Packs again what manifests use of a bad pack.</summary>
    private async Task ReplaceAsync(Sha256Hash pack, List<VerifiedManifest> all, StoreChunks source, CancellationToken cancellationToken)
    {
        var wanted = new SortedDictionary<(uint Frame, int Offset), ChunkLocation>();
        foreach (var one in all)
        {
            foreach (var location in Used(one, pack)) wanted.TryAdd((location.Frame.Offset, location.Offset), location);
        }

        if (wanted.Count == 0) return;

        var chunks = wanted.Values.ToArray();
        var bytes = new byte[]?[chunks.Length];
        for (var i = 0; i < chunks.Length; i++) bytes[i] = await source.ReadAsync(chunks[i].Hash, chunks[i].Length, cancellationToken).ConfigureAwait(false);

        // What the store lacks may be good in the bad pack.
        await new ChunkReads(session).RunAsync(
            chunks,
            [.. Enumerable.Range(0, chunks.Length).Where(i => bytes[i] is null)],
            verify: true,
            (index, found, _) =>
            {
                bytes[index] = found.ToArray();
                return ValueTask.CompletedTask;
            },
            cancellationToken).ConfigureAwait(false);

        for (var i = 0; i < chunks.Length; i++)
        {
            if (bytes[i] is { } chunk) await _moved.AddAsync(chunks[i].Hash, chunk, cancellationToken).ConfigureAwait(false);
        }

        if (await _moved.FlushAsync(cancellationToken).ConfigureAwait(false) == pack) _restored.Add(pack);
    }

    private static IEnumerable<ChunkLocation> Used(VerifiedManifest one, Sha256Hash pack)
    {
        if (one.Manifest is null || !one.IsUsable) return [];
        IEnumerable<ChunkLocation> chunks = one.Body is null ? [] : one.Body;
        return chunks.Concat(one.Manifest.Root.Pieces).Where(location => location.Pack == pack);
    }
}
