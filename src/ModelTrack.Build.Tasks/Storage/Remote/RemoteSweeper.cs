using ModelTrack.Diagnostics;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <summary>
/// The second run of a remote's garbage collection: deletes what was condemned a grace period ago and is still garbage. It writes its flag
/// before it lists; it deletes manifests, lists again, and then packs; it takes the list away before its flag, so that a push which finds neither
/// knows that all is done.
/// </summary>
internal sealed class RemoteSweeper(RemoteSession session, RemoteManifests manifests)
{
    private static readonly TimeSpan s_renew = TimeSpan.FromMinutes(10);

    private readonly RemoteListing _listing = new(session, manifests);
    private readonly byte[] _mine = Guid.NewGuid().ToByteArray();
    private long _renewed;
    private bool _hasDeleted;

    public async Task<RemoteGcReport> RunAsync(RemoteGcRequest request, CancellationToken cancellationToken)
    {
        if (!session.Transport.Traits.CanList) throw StorageErrors.CannotList(session.Identity);
        var list = await GcWatch.ReadListAsync(session.Transport, session.Identity, cancellationToken).ConfigureAwait(false);
        var head = await session.Transport.HeadAsync(RemoteKeys.Condemned, cancellationToken).ConfigureAwait(false);
        if (!request.Apply)
        {
            return list is null || head is null ? new RemoteGcReport { NothingMarked = true }
                : await SweepAsync(request, list, cancellationToken).ConfigureAwait(false) with { Condemned = head.LastModified };
        }

        await RefuseBesideAnotherAsync(cancellationToken).ConfigureAwait(false);
        if (list is null || head is null)
        {
            // What a sweep left that died at its very end.
            await session.Transport.DeleteAsync(RemoteKeys.Sweep, cancellationToken).ConfigureAwait(false);
            return new RemoteGcReport { NothingMarked = true };
        }

        var grace = request.Grace > list.Grace ? request.Grace : list.Grace;
        var now = await session.Gc.AskClockAsync(cancellationToken).ConfigureAwait(false);
        if (now is null || head.LastModified is not { } written) throw StorageErrors.NoTimes(session.Identity);
        if (!GcDecisions.IsDue(written, now.Value, grace)) throw StorageErrors.TooEarly(session.Identity, written, written + grace);

        FailPoint.Hit("remote.gc.sweep");
        await RenewAsync(cancellationToken).ConfigureAwait(false);
        FailPoint.Hit("remote.gc.flagged");
        var isDone = false;
        try
        {
            // Somebody may have marked anew before the flag was there.
            if ((await GcWatch.ReadListAsync(session.Transport, session.Identity, cancellationToken).ConfigureAwait(false))?.Run != list.Run) throw StorageErrors.SweepUnderWay(session.Identity);
            var report = await SweepAsync(request, list, cancellationToken).ConfigureAwait(false);
            await EndAsync(CancellationToken.None).ConfigureAwait(false);
            isDone = true;
            return report with { Condemned = written };
        }
        finally
        {
            if (!isDone) await GiveUpAsync().ConfigureAwait(false);
        }
    }

    private async Task<RemoteGcReport> SweepAsync(RemoteGcRequest request, CondemnedList list, CancellationToken cancellationToken)
    {
        var before = await _listing.ManifestsAsync(cancellationToken).ConfigureAwait(false);
        var roots = await request.FindRoots(cancellationToken).ConfigureAwait(false);
        var gone = before.Where(one => GcDecisions.Deletes(list.Manifests.Contains(one.Key), roots.Contains(one.Key), one.Value.Written, list)).Select(one => one.Key).ToHashSet();
        foreach (var id in gone.Order()) await DeleteAsync(request, RemoteKeys.Manifest(id), cancellationToken).ConfigureAwait(false);

        FailPoint.Hit("remote.gc.manifests");
        await RenewIfDueAsync(request, cancellationToken).ConfigureAwait(false);
        var staying = request.Apply ? (await _listing.ManifestsAsync(cancellationToken).ConfigureAwait(false)).Keys : before.Keys.Where(id => !gone.Contains(id));
        var named = await _listing.ReadAsync(staying, cancellationToken).ConfigureAwait(false);
        var packs = await _listing.PacksAsync(cancellationToken).ConfigureAwait(false);
        var garbage = packs.Where(one => named.Damaged.Count == 0 && GcDecisions.Deletes(list.Packs.Contains(one.Key), named.Packs.Contains(one.Key), one.Value.Written, list))
            .Select(one => one.Key).ToHashSet();
        foreach (var id in garbage.Order()) await DeleteAsync(request, RemoteKeys.Pack(id), cancellationToken).ConfigureAwait(false);

        FailPoint.Hit("remote.gc.packs");
        return new RemoteGcReport
        {
            Manifests = RemoteListing.Sum(before.Values),
            Packs = RemoteListing.Sum(packs.Values),
            GarbageManifests = RemoteListing.Sum(gone.Select(id => before[id])),
            GarbagePacks = RemoteListing.Sum(garbage.Select(id => packs[id])),
            Spared = list.Manifests.Count(id => before.ContainsKey(id) && !gone.Contains(id)) + list.Packs.Count(id => packs.ContainsKey(id) && !garbage.Contains(id)),
            Damaged = named.Damaged,
        };
    }

    private async Task DeleteAsync(RemoteGcRequest request, string key, CancellationToken cancellationToken)
    {
        if (!request.Apply) return;
        await RenewIfDueAsync(request, cancellationToken).ConfigureAwait(false);
        _hasDeleted = true;
        await session.Transport.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        FailPoint.Hit("remote.gc.deleted");
    }

    private async Task RefuseBesideAnotherAsync(CancellationToken cancellationToken)
    {
        if (await session.Transport.HeadAsync(RemoteKeys.Sweep, cancellationToken).ConfigureAwait(false) is not { } flag) return;
        var now = await session.Gc.AskClockAsync(cancellationToken).ConfigureAwait(false);
        if (flag.LastModified is { } written && now is not null && now - written > GcWatch.SweepDies) return;
        throw StorageErrors.SweepUnderWay(session.Identity);
    }

    /// <summary>Writes the flag, or writes it again, and sees that it is this sweep's.</summary>
    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        await session.Transport.PutAsync(RemoteKeys.Sweep, _mine, onlyIfAbsent: false, cancellationToken).ConfigureAwait(false);
        _renewed = session.Time.GetTimestamp();
        await SeeThatItIsMineAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task RenewIfDueAsync(RemoteGcRequest request, CancellationToken cancellationToken)
    {
        if (!request.Apply || session.Time.GetElapsedTime(_renewed) < s_renew) return;

        // One that was away for long may have been taken for dead.
        await SeeThatItIsMineAsync(cancellationToken).ConfigureAwait(false);
        await RenewAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task SeeThatItIsMineAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[_mine.Length + 1];
        var read = await session.Transport.ReadAsync(RemoteKeys.Sweep, 0, buffer, null, cancellationToken).ConfigureAwait(false);
        if (read.Status == ReadStatus.Found && buffer.AsSpan(0, read.Count).SequenceEqual(_mine)) return;
        throw StorageErrors.SweepUnderWay(session.Identity);
    }

    private async Task EndAsync(CancellationToken cancellationToken)
    {
        await session.Transport.DeleteAsync(RemoteKeys.Condemned, cancellationToken).ConfigureAwait(false);
        FailPoint.Hit("remote.gc.unlisted");
        await session.Transport.DeleteAsync(RemoteKeys.Sweep, cancellationToken).ConfigureAwait(false);
        FailPoint.Hit("remote.gc.done");
    }

    /// <summary>After a failure: nothing was deleted, and the list still holds; or something was, and only a new mark may follow.</summary>
    private async Task GiveUpAsync()
    {
        try
        {
            await SeeThatItIsMineAsync(CancellationToken.None).ConfigureAwait(false);
            if (_hasDeleted) await EndAsync(CancellationToken.None).ConfigureAwait(false);
            else await session.Transport.DeleteAsync(RemoteKeys.Sweep, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ModelTrackException or TransportException)
        {
            session.Log.Detail($"The flag of the sweep stays, and the next sweep ends it: {e.Message}");
        }
    }
}
