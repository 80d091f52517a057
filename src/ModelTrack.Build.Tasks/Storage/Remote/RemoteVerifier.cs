using System.Collections.Concurrent;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <summary>A manifest under verification.</summary>
internal sealed class VerifiedManifest(ArtifactContent content)
{
    public ArtifactContent Content { get; } = content;

    public RemoteManifest? Manifest { get; set; }

    /// <summary>Null when the pieces cannot be had.</summary>
    public ManifestBody? Body { get; set; }

    /// <summary>What is wrong with the manifest itself; null when nothing is.</summary>
    public string? Problem { get; set; }

    /// <summary>Whether <see cref="Manifest"/> says the truth, be it at the remote or only kept in the store.</summary>
    public bool IsUsable { get; set; }

    public bool Names(ICollection<Sha256Hash> packs) => Manifest is not null && Manifest.Root.Packs.Any(pack => packs.Contains(pack.Id));
}

/// <summary>Verify: manifests are whole and of their artifacts, packs are there in their size, and what is read of them hashes to what they say.</summary>
internal sealed class RemoteVerifier(RemoteSession session, RemoteManifests manifests, Pusher pusher)
{
    private const int MostRounds = 3;

    private int _packsChecked;
    private long _bytesChecked;

    public async Task<RemoteVerifyReport> RunAsync(IReadOnlyCollection<ArtifactContent> artifacts, int percent, bool heal, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(percent, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        if (!heal) return await RunOnceAsync(artifacts, percent, heal: false, cancellationToken).ConfigureAwait(false);

        // What heals also writes: a collection of garbage meanwhile may have taken what it relied on.
        for (var round = 1; ; round++)
        {
            var before = await session.Gc.BeginAsync(cancellationToken).ConfigureAwait(false);
            var report = await RunOnceAsync(artifacts, percent, heal: true, cancellationToken).ConfigureAwait(false);
            if (report.Damage.Count == 0) return report;
            var wasSwept = await session.Gc.WaitForSweepAsync(cancellationToken).ConfigureAwait(false);
            if ((!wasSwept && (await session.Gc.LookAsync(cancellationToken).ConfigureAwait(false)).IsOfSameRun(before)) || round == MostRounds) return report;
        }
    }

    private async Task<RemoteVerifyReport> RunOnceAsync(IReadOnlyCollection<ArtifactContent> artifacts, int percent, bool heal, CancellationToken cancellationToken)
    {
        var all = new List<VerifiedManifest>();
        foreach (var artifact in artifacts.DistinctBy(artifact => artifact.Id)) all.Add(await ReadAsync(artifact, cancellationToken).ConfigureAwait(false));

        var badPacks = await CheckPacksAsync(all, percent, cancellationToken).ConfigureAwait(false);
        using var healer = new RemoteHealer(session, manifests, pusher);
        IReadOnlyList<RemoteDamage> damage = heal && (badPacks.Count > 0 || all.Any(one => one.Problem is not null))
            ? await healer.HealAsync(all, badPacks, cancellationToken).ConfigureAwait(false)
            : [.. Tell(all, badPacks)];
        return new RemoteVerifyReport
        {
            ManifestsChecked = all.Count,
            PacksChecked = _packsChecked,
            BytesChecked = _bytesChecked,
            Damage = damage,
        };
    }

    public static IEnumerable<RemoteDamage> Tell(IEnumerable<VerifiedManifest> all, IReadOnlyDictionary<Sha256Hash, string> badPacks)
    {
        foreach (var one in all)
        {
            if (one.Problem is not null) yield return new RemoteDamage(one.Content.Id, RemoteKeys.Manifest(one.Content.Id), one.Problem, Healed: false);
            if (one.Manifest is null) continue;
            foreach (var pack in one.Manifest.Root.Packs)
            {
                if (badPacks.TryGetValue(pack.Id, out var problem)) yield return new RemoteDamage(one.Content.Id, RemoteKeys.Pack(pack.Id), problem, Healed: false);
            }
        }
    }

    private async Task<VerifiedManifest> ReadAsync(ArtifactContent artifact, CancellationToken cancellationToken)
    {
        var one = new VerifiedManifest(artifact);
        var kept = session.Cache.Load(artifact.Id);
        var look = await manifests.LookAsync(artifact.Id, trustCache: false, cancellationToken).ConfigureAwait(false);
        one.Manifest = look.Manifest ?? RemoteManifests.Restore(artifact.Id, kept);
        if (look.Manifest is null) one.Problem = look.IsTorn ? "is cut off or has wrong bytes" : session.NotGiven;
        if (one.Manifest is null) return one;
        if (kept is not null && kept.Root.Span.SequenceEqual(one.Manifest.RootBytes.Span)) manifests.Keep(one.Manifest, kept.Body);

        try
        {
            one.Body = await manifests.ReadBodyAsync(one.Manifest, cancellationToken).ConfigureAwait(false);
            if (artifact.Blobs.Count > 0) ContentMap.Of(session.Identity, one.Manifest, one.Body, artifact).CheckHashes(session.Identity, one.Manifest, one.Body);
            one.IsUsable = true;
        }
        catch (ModelTrackException e) when (e.Code == StorageErrors.ManifestDisagreesCode)
        {
            one.Problem ??= "is not of the artifact";
            one.Body = null;
        }
        catch (ModelTrackException)
        {
            // A pack that holds a piece is bad; the check of the packs says so.
            one.Problem ??= "has a body that cannot be read";
        }

        return one;
    }

    private async Task<Dictionary<Sha256Hash, string>> CheckPacksAsync(List<VerifiedManifest> all, int percent, CancellationToken cancellationToken)
    {
        var packs = all.Where(one => one.Manifest is not null).SelectMany(one => one.Manifest!.Root.Packs).Where(pack => !pack.IsTombstone).Distinct().ToList();
        var bad = new ConcurrentDictionary<Sha256Hash, string>();
        var there = new ConcurrentBag<PackEntry>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = session.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(packs, options, async (pack, token) =>
        {
            var head = await session.Transport.HeadAsync(RemoteKeys.Pack(pack.Id), token).ConfigureAwait(false);
            if (head is null) bad[pack.Id] = session.NotGiven;
            else if (head.Size != pack.Size) bad[pack.Id] = "has the wrong size";
            else there.Add(pack);
        }).ConfigureAwait(false);

        var sample = there.ToArray();
        if (percent < 100) Random.Shared.Shuffle(sample);
        sample = sample[..(int)(((long)sample.Length * percent + 99) / 100)];
        session.Log.Progress.Expect(sample.Sum(pack => (long)pack.Size));
        var records = RecordsByPack(all);
        await Parallel.ForEachAsync(sample, options, async (pack, token) =>
        {
            await session.PackSlots.WaitAsync(token).ConfigureAwait(false);
            try
            {
                if (await CheckPackAsync(pack, records, token).ConfigureAwait(false) is { } problem) bad[pack.Id] = problem;
            }
            finally
            {
                session.PackSlots.Release();
            }
        }).ConfigureAwait(false);
        return new Dictionary<Sha256Hash, string>(bad);
    }

    private async Task<string?> CheckPackAsync(
        PackEntry pack, Dictionary<Sha256Hash, List<(VerifiedManifest One, int Record)>> records, CancellationToken cancellationToken)
    {
        var key = RemoteKeys.Pack(pack.Id);
        using var buffer = session.Buffers.Rent(pack.Size);
        var bytes = buffer.Array.AsMemory(0, pack.Size);
        var read = await session.Transport.ReadAsync(key, 0, bytes, null, cancellationToken).ConfigureAwait(false);
        Interlocked.Increment(ref _packsChecked);
        Interlocked.Add(ref _bytesChecked, read.Count);
        session.Log.Progress.Advance(read.Count);
        if (read.Status != ReadStatus.Found) return session.NotGiven;
        if (read.Count < bytes.Length) return "has the wrong size";

        PackContents contents;
        try
        {
            contents = PackReader.Parse(bytes.Span, key);
        }
        catch (ModelTrackException)
        {
            return "has wrong bytes";
        }

        if (contents.Id != pack.Id || PackReader.FindDamage(bytes.Span, contents, cancellationToken).Count > 0) return "has wrong bytes";

        // The pack is good; whoever names a place that it has not is wrong.
        var places = contents.Chunks.ToHashSet();
        foreach (var (one, record) in records.GetValueOrDefault(pack.Id) ?? [])
        {
            if (places.Contains(one.Body![record])) continue;
            one.Problem = "names chunks that its packs do not have";
            one.IsUsable = false;
        }

        return null;
    }

    private static Dictionary<Sha256Hash, List<(VerifiedManifest One, int Record)>> RecordsByPack(List<VerifiedManifest> all)
    {
        var records = new Dictionary<Sha256Hash, List<(VerifiedManifest One, int Record)>>();
        foreach (var one in all)
        {
            for (var i = 0; i < one.Body?.Count; i++)
            {
                var pack = one.Body[i].Pack;
                if (!records.TryGetValue(pack, out var list)) records.Add(pack, list = []);
                list.Add((one, i));
            }
        }

        return records;
    }
}
