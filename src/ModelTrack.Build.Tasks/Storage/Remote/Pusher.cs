using System.Collections.Concurrent;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Remote;

/// <summary>Push: what the remote lacks of an artifact, as packs, and then its manifest, which makes them count.</summary>
internal sealed class Pusher(RemoteSession session, RemoteManifests manifests, RemoteLayout layout)
{
    private const int MaxBases = 8;

    private readonly RecentHints _hints = new(session);
    private readonly GcRounds _rounds = new(session, manifests);

    /// <param name="findContent">Gives a base's contents, for an artifact of which the store lacks some; null when it has all.</param>
    public async Task<PushResult> PushAsync(
        ArtifactContent artifact, FindBases findBases, FindContent? findContent, string? recentPath, CancellationToken cancellationToken)
    {
        var result = new PushResult(AlreadyThere: true, 0, 0);
        if (!await WasSeenLatelyAsync(artifact.Id, known => Describes(known, artifact), cancellationToken).ConfigureAwait(false))
        {
            await _rounds.RunAsync(
                artifact.Id,
                async (look, isFirst) =>
                {
                    var (sent, written) = await PushOnceAsync(artifact, findBases, findContent, recentPath, look, isFirst, cancellationToken).ConfigureAwait(false);
                    result = new PushResult(result.AlreadyThere && sent.AlreadyThere, result.BytesSent + sent.BytesSent, result.PacksSent + sent.PacksSent);
                    return new RoundResult<PushResult>(result, written);
                },
                cancellationToken).ConfigureAwait(false);
        }

        session.Store.ConfirmRemote(artifact.Id, session.Identity);
        return result;
    }

    /// <summary>Sees to it that an artifact whose contents are not here stays at the remote: a manifest that is old or condemned is written again.</summary>
    /// <returns>False when the remote does not have all of it.</returns>
    public async Task<bool> KeepAsync(Sha256Hash artifact, CancellationToken cancellationToken)
    {
        var isThere = await WasSeenLatelyAsync(artifact, _ => true, cancellationToken).ConfigureAwait(false)
            || await _rounds.RunAsync(artifact, (look, isFirst) => KeepOnceAsync(artifact, look, isFirst, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (isThere) session.Store.ConfirmRemote(artifact, session.Identity);
        return isThere;
    }

    private async Task<RoundResult<bool>> KeepOnceAsync(Sha256Hash artifact, GcLook look, bool trustPacks, CancellationToken cancellationToken)
    {
        if (await manifests.FindAsync(artifact, trustCache: true, cancellationToken).ConfigureAwait(false) is not { } own) return default;

        // A condemned pack that a manifest names again is not deleted, so that it need not be sent.
        var isCondemned = look.Condemns(own);
        var gone = await AbsentPacksAsync(own.Root.Packs, pack => trustPacks && !isCondemned ? session.IsTrusted(own.PacksSeen) ? own.PacksSeen : SeenNow(pack) : null, cancellationToken).ConfigureAwait(false);
        if (gone.Count > 0) return default;
        return new RoundResult<bool>(true, await RenewIfOldAsync(own, isCondemned, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Versions share most of their packs, and each is asked for once.</summary>
    private DateTimeOffset? SeenNow(Sha256Hash pack) => session.PacksSeen.TryGetValue(pack, out var seen) ? seen : null;

    /// <returns>Null when it is young enough to stay as it is.</returns>
    private async Task<RemoteManifest?> RenewIfOldAsync(RemoteManifest own, bool isCondemned, CancellationToken cancellationToken)
    {
        if (isCondemned || !await session.Gc.IsYoungAsync(own.Written, cancellationToken).ConfigureAwait(false))
        {
            return await manifests.RenewAsync(own, cancellationToken).ConfigureAwait(false);
        }

        manifests.NotePacksSeen(own);
        return null;
    }

    /// <summary>One that was checked lately was too young then to be condemned since: one request tells that it is still there.</summary>
    private async Task<bool> WasSeenLatelyAsync(Sha256Hash artifact, Func<RemoteManifest, bool> isRight, CancellationToken cancellationToken) =>
        session.IsTrusted(session.Cache.Load(artifact)?.PacksSeen)
        && (await manifests.LookAsync(artifact, trustCache: true, cancellationToken).ConfigureAwait(false)).Manifest is { } known
        && isRight(known) && session.IsTrusted(known.PacksSeen);

    /// <param name="trustPacks">Packs that were seen lately are taken to be there.</param>
    private async Task<RoundResult<PushResult>> PushOnceAsync(
        ArtifactContent artifact, FindBases findBases, FindContent? findContent, string? recentPath, GcLook look, bool trustPacks, CancellationToken cancellationToken)
    {
        var own = (await manifests.LookAsync(artifact.Id, trustCache: true, cancellationToken).ConfigureAwait(false)).Manifest;
        var absent = new HashSet<Sha256Hash>(look.Packs);
        if (own is not null && Describes(own, artifact) && !look.Condemns(own))
        {
            var gone = await AbsentPacksAsync(own.Root.Packs, _ => trustPacks ? own.PacksSeen : null, cancellationToken).ConfigureAwait(false);
            if (gone.Count == 0)
            {
                var renewed = await RenewIfOldAsync(own, isCondemned: false, cancellationToken).ConfigureAwait(false);
                return new RoundResult<PushResult>(new PushResult(AlreadyThere: true, renewed?.RootBytes.Length ?? 0, 0), renewed);
            }

            absent.UnionWith(gone);
        }

        var ensured = layout.EnsureAsync(cancellationToken);
        var hinted = await AfterAsync(ensured, recentPath is null ? Task.FromResult<IReadOnlyList<Sha256Hash>>([]) : _hints.ReadAsync(recentPath, cancellationToken)).ConfigureAwait(false);
        var bases = await findBases(cancellationToken).ConfigureAwait(false);
        var known = own is null ? [] : new List<RemoteManifest> { own };
        var offered = bases.Concat(hinted).Where(id => id != artifact.Id && !look.Condemns(id)).Distinct().Take(MaxBases);
        known.AddRange(await BasesAsync([.. offered], cancellationToken).ConfigureAwait(false));
        var elsewhere = findContent is null ? null : await FindElsewhereAsync(artifact, known, findContent, cancellationToken).ConfigureAwait(false);
        var plan = await PushPlan.MakeAsync(artifact, session.Store, elsewhere, cancellationToken).ConfigureAwait(false);
        await LocateAsync(plan, known, absent, trustPacks, cancellationToken).ConfigureAwait(false);
        if (plan.FindNowhere() is { } nowhere) throw StorageErrors.ContentAbsent(session.Store.Path, nowhere);

        var result = await SendAsync(plan, look.Packs, cancellationToken).ConfigureAwait(false);
        if (recentPath is not null) await _hints.WriteAsync(recentPath, artifact.Id, hinted, cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>Sends an artifact whose manifest at the remote is of no use, without relying on certain packs.</summary>
    public async Task<PushResult> RepairAsync(
        ArtifactContent artifact, IReadOnlyList<RemoteManifest> bases, HashSet<Sha256Hash> badPacks, CancellationToken cancellationToken)
    {
        await layout.EnsureAsync(cancellationToken).ConfigureAwait(false);
        var plan = await PushPlan.MakeAsync(artifact, session.Store, elsewhere: null, cancellationToken).ConfigureAwait(false);
        await LocateAsync(plan, bases, badPacks, trustPacks: false, cancellationToken).ConfigureAwait(false);
        return (await SendAsync(plan, badPacks, cancellationToken).ConfigureAwait(false)).Result;
    }

    /// <summary>Sends all that is not located, then the manifest.</summary>
    /// <param name="resend">Packs that are sent even though the remote shows one of that name and size.</param>
    private async Task<RoundResult<PushResult>> SendAsync(PushPlan plan, IReadOnlySet<Sha256Hash> resend, CancellationToken cancellationToken)
    {
        session.Log.Progress.Expect(plan.ToSend().Sum(chunk => (long)plan.Chunks[chunk].Length));
        var sender = new PackSender(session, resend);
        using var open = await sender.SendAsync(plan, cancellationToken).ConfigureAwait(false);

        var artifact = plan.Artifact;
        var info = new ManifestInfo(artifact.Id, artifact.IsDirectory, plan.TotalSize, artifact.IsDirectory ? artifact.Blobs[0].Size : 0);
        var writer = new ManifestWriter(info, plan.BasePacks);
        foreach (var chunk in plan.Sequence) writer.Add(plan.LocationOf(chunk));
        var manifest = await new ManifestSender(session, sender).SendAsync(artifact.Id, writer, plan.Pieces, plan.Packs, open, cancellationToken).ConfigureAwait(false);

        // As old as the oldest look at any of its packs; one that was never looked at makes it null.
        foreach (var pack in sender.Packs) plan.NoteSeen(pack.Id, session.Time.GetUtcNow());
        var looks = manifest.Manifest.Root.Packs.Where(pack => !pack.IsTombstone).Select(pack => plan.SeenAt(pack.Id)).ToList();
        var seen = looks.Contains(null) ? null : looks.DefaultIfEmpty(session.Time.GetUtcNow()).Min();
        // Until it is known that nothing of it was collected meanwhile, nobody goes by this look.
        manifests.Keep(manifest.Manifest with { PacksSeen = null }, manifest.Body);
        return new RoundResult<PushResult>(
            new PushResult(AlreadyThere: false, sender.BytesSent + manifest.Manifest.RootBytes.Length, sender.PacksSent), manifest.Manifest with { PacksSeen = seen });
    }

    private static bool Describes(RemoteManifest manifest, ArtifactContent artifact) =>
        manifest.Root.Info.IsDirectory == artifact.IsDirectory
        && manifest.Root.Info.TotalSize == artifact.Blobs.Sum(blob => blob.Size)
        && manifest.Root.Info.ListingSize == (artifact.IsDirectory ? artifact.Blobs[0].Size : 0);

    /// <summary>Manifests of earlier artifacts that the remote still has, in order. One that is damaged serves nobody.</summary>
    private async Task<IEnumerable<RemoteManifest>> BasesAsync(IReadOnlyList<Sha256Hash> bases, CancellationToken cancellationToken)
    {
        var looks = await Task.WhenAll(bases.Select(async id =>
        {
            try
            {
                return (await manifests.LookAsync(id, trustCache: true, cancellationToken).ConfigureAwait(false)).Manifest;
            }
            catch (ModelTrackException e)
            {
                session.Log.Detail($"{id.ToShortString()} is no base: {e.Message}");
                return null;
            }
        })).ConfigureAwait(false);
        return looks.OfType<RemoteManifest>();
    }

    /// <summary>The chunks of large contents that the store lacks, by the manifests of bases that have them.</summary>
    private async Task<Dictionary<ContentId, Chunk[]>> FindElsewhereAsync(
        ArtifactContent artifact, IReadOnlyList<RemoteManifest> bases, FindContent findContent, CancellationToken cancellationToken)
    {
        var found = new Dictionary<ContentId, Chunk[]>();
        var wanted = artifact.Blobs.Where(id => id.Size >= ChunkCutter.Contents.WholeBelow && !session.Store.Contains(id)).ToHashSet();
        foreach (var manifest in bases)
        {
            if (wanted.Count == 0) break;
            try
            {
                if (await findContent(manifest.Artifact, cancellationToken).ConfigureAwait(false) is not { } content) continue;
                var body = await manifests.ReadBodyAsync(manifest, cancellationToken).ConfigureAwait(false);
                foreach (var mapped in ContentMap.Of(session.Identity, manifest, body, content).Find(wanted))
                {
                    found[mapped.Id] = [.. Enumerable.Range(mapped.First, mapped.End - mapped.First).Select(body.ChunkAt)];
                }
            }
            catch (ModelTrackException e)
            {
                session.Log.Detail($"{manifest.Artifact.ToShortString()} tells of no contents: {e.Message}");
            }

            wanted.ExceptWith(found.Keys);
        }

        return found;
    }

    /// <summary>Locates in the bases what they have, and sees that the packs are there.</summary>
    private async Task LocateAsync(
        PushPlan plan, IReadOnlyList<RemoteManifest> bases, HashSet<Sha256Hash> absent, bool trustPacks, CancellationToken cancellationToken)
    {
        foreach (var manifest in bases)
        {
            if (plan.IsAllLocated) break;
            try
            {
                plan.Locate(manifest, await manifests.ReadBodyAsync(manifest, cancellationToken).ConfigureAwait(false), absent);
            }
            catch (ModelTrackException e)
            {
                session.Log.Detail($"{manifest.Artifact.ToShortString()} is no base: {e.Message}");
            }
        }

        plan.UnlocateHardlyUsed();
        var used = plan.PacksInUse();
        var gone = await AbsentPacksAsync([.. used.Select(plan.Pack)], pack => trustPacks ? plan.SeenAt(pack) : null, cancellationToken).ConfigureAwait(false);
        foreach (var pack in used.Where(pack => !trustPacks || !session.IsTrusted(plan.SeenAt(pack)))) plan.NoteSeen(pack, session.Time.GetUtcNow());
        if (gone.Count > 0) plan.Unlocate(gone);
    }

    /// <summary>Which packs the remote does not show in their exact size, of those that were not seen there lately.</summary>
    private async Task<HashSet<Sha256Hash>> AbsentPacksAsync(
        IReadOnlyList<PackEntry> packs, Func<Sha256Hash, DateTimeOffset?> seenAt, CancellationToken cancellationToken)
    {
        var absent = new ConcurrentDictionary<Sha256Hash, bool>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = session.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(
            packs.Where(pack => !pack.IsTombstone && !session.IsTrusted(seenAt(pack.Id))),
            options,
            async (pack, token) =>
            {
                var head = await session.Transport.HeadAsync(RemoteKeys.Pack(pack.Id), token).ConfigureAwait(false);
                if (head?.Size != pack.Size) absent[pack.Id] = true;
                else session.PacksSeen[pack.Id] = session.Time.GetUtcNow();
            }).ConfigureAwait(false);
        return [.. absent.Keys];
    }

    private static async Task<T> AfterAsync<T>(Task first, Task<T> second)
    {
        await Task.WhenAll(first, second).ConfigureAwait(false);
        return await second.ConfigureAwait(false);
    }
}
