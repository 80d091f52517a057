using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Remote;

/// <summary>The first run of a remote's garbage collection: says what is garbage, and deletes nothing.</summary>
internal sealed class RemoteMarker(RemoteSession session, RemoteManifests manifests)
{
    public async Task<RemoteGcReport> RunAsync(RemoteGcRequest request, CancellationToken cancellationToken)
    {
        if (!session.Transport.Traits.CanList) throw StorageErrors.CannotList(session.Identity);
        var listing = new RemoteListing(session, manifests);
        if (await session.Transport.HeadAsync(RemoteKeys.Sweep, cancellationToken).ConfigureAwait(false) is not null) throw StorageErrors.SweepUnderWay(session.Identity);

        // Once for both: what is named only after this is condemned at worst, and the sweep asks anew.
        var roots = await request.FindRoots(cancellationToken).ConfigureAwait(false);
        var repacked = await new RemoteRepacker(session, manifests).RunAsync(request, roots, cancellationToken).ConfigureAwait(false);

        // A dry run writes nothing, so that this machine's clock has to do.
        var marked = request.Apply
            ? await session.Gc.AskClockAsync(cancellationToken).ConfigureAwait(false) ?? throw StorageErrors.NoTimes(session.Identity)
            : session.Time.GetUtcNow();
        var allManifests = await listing.ManifestsAsync(cancellationToken).ConfigureAwait(false);
        var allPacks = await listing.PacksAsync(cancellationToken).ConfigureAwait(false);

        var condemned = allManifests.Where(one => GcDecisions.Condemns(roots.Contains(one.Key), one.Value.Written, marked, request.Grace)).Select(one => one.Key).ToHashSet();
        var named = await listing.ReadAsync(allManifests.Keys.Where(id => !condemned.Contains(id)), cancellationToken).ConfigureAwait(false);
        var packs = allPacks.Where(one => named.Damaged.Count == 0 && GcDecisions.Condemns(named.Packs.Contains(one.Key), one.Value.Written, marked, request.Grace))
            .Select(one => one.Key).ToHashSet();

        if (request.Apply) await WriteAsync(new CondemnedList(marked, request.Grace, Guid.NewGuid().ToString("N"), condemned, packs), cancellationToken).ConfigureAwait(false);
        var young = allManifests.Where(one => !roots.Contains(one.Key) && !condemned.Contains(one.Key))
            .Concat(allPacks.Where(one => !named.Packs.Contains(one.Key) && !packs.Contains(one.Key)));
        return new RemoteGcReport
        {
            Manifests = RemoteListing.Sum(allManifests.Values),
            Packs = RemoteListing.Sum(allPacks.Values),
            GarbageManifests = RemoteListing.Sum(condemned.Select(id => allManifests[id])),
            GarbagePacks = RemoteListing.Sum(packs.Select(id => allPacks[id])),
            Young = RemoteListing.Sum(young.Select(one => one.Value)),
            Repacked = repacked,
            Condemned = condemned.Count + packs.Count > 0 ? marked : null,
            Damaged = named.Damaged,
        };
    }

    private async Task WriteAsync(CondemnedList list, CancellationToken cancellationToken)
    {
        FailPoint.Hit("remote.gc.mark");
        if (list.Manifests.Count + list.Packs.Count > 0)
        {
            await session.Transport.PutAsync(RemoteKeys.Condemned, list.Write(), onlyIfAbsent: false, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await session.Transport.DeleteAsync(RemoteKeys.Condemned, cancellationToken).ConfigureAwait(false);
        }

        FailPoint.Hit("remote.gc.marked");
    }
}
