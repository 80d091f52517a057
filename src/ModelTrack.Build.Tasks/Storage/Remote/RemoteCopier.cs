using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <summary>
/// Copies an artifact from one remote to another, pack by pack, without the store: what the target lacks, and last the manifest, which makes it
/// count. Every pack is hashed on its way, so that nothing wrong is copied.
/// </summary>
internal sealed class RemoteCopier(RemoteSession source, RemoteManifests sourceManifests, RemoteSession target, RemoteManifests targetManifests, RemoteLayout layout)
{
    private readonly RecentHints _hints = new(target);

    /// <param name="recentPath">The pointer's repository-relative path, under which a hint is left at the target; null for none.</param>
    /// <returns>Null when the source does not have the artifact.</returns>
    public Task<CopyResult?> CopyAsync(Sha256Hash artifact, string? recentPath, CancellationToken cancellationToken) =>
        new GcRounds(target, targetManifests).RunAsync(artifact, (look, _) => CopyOnceAsync(artifact, recentPath, look, cancellationToken), cancellationToken);

    private async Task<RoundResult<CopyResult?>> CopyOnceAsync(Sha256Hash artifact, string? recentPath, GcLook look, CancellationToken cancellationToken)
    {
        var there = (await targetManifests.LookAsync(artifact, trustCache: true, cancellationToken).ConfigureAwait(false)).Manifest;
        if (there is not null && !look.Condemns(there) && (await AbsentAsync(there.Root.Packs, look, cancellationToken).ConfigureAwait(false)).Count == 0)
        {
            var isThere = new CopyResult(AlreadyThere: true, there.Root.Info.TotalSize, 0, 0, 0);
            if (target.IsTrusted(there.PacksSeen)) return new RoundResult<CopyResult?>(isThere, null);
            if (!await target.Gc.IsYoungAsync(there.Written, cancellationToken).ConfigureAwait(false))
            {
                return new RoundResult<CopyResult?>(isThere, await targetManifests.RenewAsync(there, cancellationToken).ConfigureAwait(false));
            }

            targetManifests.NotePacksSeen(there);
            return new RoundResult<CopyResult?>(isThere, null);
        }

        var manifest = await FromSourceAsync(() => sourceManifests.FindAsync(artifact, trustCache: true, cancellationToken)).ConfigureAwait(false);
        if (manifest is null) return default;
        await layout.EnsureAsync(cancellationToken).ConfigureAwait(false);

        var absent = await AbsentAsync(manifest.Root.Packs, look, cancellationToken).ConfigureAwait(false);
        target.Log.Progress.Expect(absent.Sum(pack => (long)pack.Size));
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Min(source.Parallelism, target.Parallelism), CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(absent, options, async (pack, token) =>
        {
            await target.PackSlots.WaitAsync(token).ConfigureAwait(false);
            try
            {
                await CopyPackAsync(artifact, pack, token).ConfigureAwait(false);
            }
            finally
            {
                target.PackSlots.Release();
            }
        }).ConfigureAwait(false);

        // The target itself has to show what it was sent before anything says that it is there.
        if (await AbsentAsync(absent, null, cancellationToken).ConfigureAwait(false) is { Count: > 0 } lost)
        {
            throw StorageErrors.RemoteContentDamaged(target.Identity, artifact, RemoteKeys.Pack(lost[0].Id), "was sent and is not there");
        }

        FailPoint.Hit("remote.copy.manifest");
        await target.Transport.PutAsync(RemoteKeys.Manifest(artifact), manifest.RootBytes, onlyIfAbsent: false, cancellationToken).ConfigureAwait(false);
        var copied = manifest with { ETag = null, Written = null, PacksSeen = null };
        targetManifests.Keep(copied, default);
        if (recentPath is not null)
        {
            await _hints.WriteAsync(recentPath, artifact, await _hints.ReadAsync(recentPath, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }

        var sent = absent.Sum(pack => (long)pack.Size);
        var result = new CopyResult(AlreadyThere: false, manifest.Root.Info.TotalSize, sent + manifest.RootBytes.Length, sent + manifest.RootBytes.Length, absent.Count);
        return new RoundResult<CopyResult?>(result, copied with { PacksSeen = target.Time.GetUtcNow() });
    }

    /// <summary>The packs that the target does not show in their exact size, or that are condemned there.</summary>
    private async Task<List<PackEntry>> AbsentAsync(IEnumerable<PackEntry> packs, GcLook? look, CancellationToken cancellationToken)
    {
        var asked = packs.Where(pack => !pack.IsTombstone).Distinct().ToList();
        var isThere = new bool[asked.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = target.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, asked.Count, options, async (i, token) =>
            isThere[i] = look?.Packs.Contains(asked[i].Id) != true && (await target.Transport.HeadAsync(RemoteKeys.Pack(asked[i].Id), token).ConfigureAwait(false))?.Size == asked[i].Size).ConfigureAwait(false);
        return [.. asked.Where((_, i) => !isThere[i])];
    }

    private async Task CopyPackAsync(Sha256Hash artifact, PackEntry pack, CancellationToken cancellationToken)
    {
        var key = RemoteKeys.Pack(pack.Id);
        using var buffer = target.Buffers.Rent(pack.Size);
        var bytes = buffer.Array.AsMemory(0, pack.Size);
        var read = await FromSourceAsync(() => source.Transport.ReadAsync(key, 0, bytes, null, cancellationToken).AsTask()).ConfigureAwait(false);
        if (read.Status != ReadStatus.Found || read.Count < pack.Size || read.Head?.Size != pack.Size)
        {
            throw StorageErrors.RemoteContentDamaged(
                source.Identity, artifact, key, read.Status != ReadStatus.Found ? source.NotGiven : "has another size than its manifest says");
        }

        if (!IsGood(bytes.Span, pack, cancellationToken)) throw StorageErrors.RemoteContentDamaged(source.Identity, artifact, key, "has wrong bytes");
        FailPoint.Hit("remote.copy.pack");
        await target.Transport.PutAsync(key, bytes, onlyIfAbsent: false, cancellationToken).ConfigureAwait(false);
        FailPoint.Hit("remote.copy.packed");
        target.Log.Progress.Advance(pack.Size);
    }

    /// <summary>A failure of the source is told as its own, not as the target's.</summary>
    private async Task<T> FromSourceAsync<T>(Func<Task<T>> request)
    {
        try
        {
            return await request().ConfigureAwait(false);
        }
        catch (TransportException e)
        {
            throw StorageErrors.RemoteFailed(e, source.Identity);
        }
    }

    private static bool IsGood(ReadOnlySpan<byte> bytes, PackEntry pack, CancellationToken cancellationToken)
    {
        try
        {
            var contents = PackReader.Parse(bytes, RemoteKeys.Pack(pack.Id));
            return contents.Id == pack.Id && PackReader.FindDamage(bytes, contents, cancellationToken).Count == 0;
        }
        catch (ModelTrackException)
        {
            return false;
        }
    }
}
