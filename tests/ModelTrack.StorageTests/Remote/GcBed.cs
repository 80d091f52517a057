using ModelTrack.Content;
using ModelTrack.Storage;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Store;
using ModelTrack.Storage.Transports;
using ModelTrack.StorageTests.Transports;

namespace ModelTrack.StorageTests.Remote;

/// <summary>A remote whose clock a test moves, machines that push to it, and somebody who collects its garbage.</summary>
internal sealed class GcBed : IAsyncDisposable
{
    private readonly RemoteBed _bed = new();
    private readonly List<PackedRemote> _remotes = [];
    private LocalStore? _collector;

    public GcBed() => _bed.Memory.Clock = _bed.Time.GetUtcNow;

    public InstantTime Time => _bed.Time;

    public MemoryTransport Memory => _bed.Memory;

    public CountingTransport Count => _bed.Count;

    public IReadOnlyList<string> Packs => _bed.Packs;

    public GcMachine NewMachine() => new(_bed.NewMachine());

    /// <summary>The same store in another process: nothing of a session is remembered.</summary>
    public GcMachine NewMachine(LocalStore store) => new(new RemoteBed.Machine(store, _bed.OpenRemote(store)));

    public GcMachine On(GcMachine machine, ITransport transport) => new(new RemoteBed.Machine(machine.Store, Open(machine.Store, transport)));

    public Interleaver Interleave() => new(Memory);

    public async Task<ArtifactContent> PushAsync(int seed) => await NewMachine().SaveAndPushAsync(RemoteBed.Noise(150_000, seed));

    public bool Has(ArtifactContent artifact) => Memory.Objects.ContainsKey(RemoteBed.ManifestOf(artifact));

    public Task<RemoteGcReport> MarkAsync(params ArtifactContent[] roots) => MarkAsync(roots, apply: true);

    public Task<RemoteGcReport> MarkAsync(ArtifactContent[] roots, bool apply = true, ITransport? transport = null) =>
        Collector(transport).MarkAsync(Request(roots, apply), default);

    public Task<RemoteGcReport> SweepAsync(ArtifactContent root) => SweepAsync([root]);

    public Task<RemoteGcReport> SweepAsync(ArtifactContent[] roots, bool apply = true, ITransport? transport = null) =>
        Collector(transport).SweepAsync(Request(roots, apply), default);

    /// <summary>Packs that an artifact's manifest names, by key.</summary>
    public async Task<IReadOnlyList<string>> PacksOfAsync(ArtifactContent artifact)
    {
        var found = await NewMachine().Remote.FindAsync(artifact.Id, default);
        return [.. found!.Manifest.Root.Packs.Where(pack => !pack.IsTombstone).Select(pack => RemoteKeys.Pack(pack.Id))];
    }

    /// <summary>Writes a manifest of an artifact whose every content another artifact has, in that one's packs.</summary>
    public async Task WriteManifestAsync(GcMachine machine, ArtifactContent artifact, ArtifactContent other)
    {
        using var session = new RemoteSession(Memory, machine.Store, _bed.Log, Time);
        var manifests = new RemoteManifests(session);
        var there = (await manifests.FindAsync(other.Id, trustCache: false, default))!;
        var places = (await manifests.ReadBodyAsync(there, default)).DistinctBy(location => location.Hash).ToDictionary(location => location.Hash);

        // Its listing goes into a pack of its own.
        var listing = new byte[artifact.Blobs[0].Size];
        await machine.Store.ReadAsync(artifact.Blobs[0], 0, listing, default);
        using var writer = new PackWriter();
        writer.TryAdd(artifact.Id, listing);
        var pack = writer.Finish();
        await Memory.PutAsync(RemoteKeys.Pack(pack.Id), pack.Bytes, onlyIfAbsent: false, default);
        places[artifact.Id] = pack.Chunks[0];

        var manifest = new ManifestWriter(new ManifestInfo(artifact.Id, true, artifact.Blobs.Sum(blob => blob.Size), listing.Length), there.Root.Packs);
        foreach (var blob in artifact.Blobs) manifest.Add(places[blob.Sha256]);
        manifest.CutBody();
        await Memory.PutAsync(RemoteKeys.Manifest(artifact.Id), manifest.Finish([], [pack.Entry], default), onlyIfAbsent: false, default);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var remote in _remotes) await remote.DisposeAsync();
        _collector?.Dispose();
        await _bed.DisposeAsync();
    }

    private static RemoteGcRequest Request(ArtifactContent[] roots, bool apply) =>
        new(apply, GcWatch.GracePeriod, _ => Task.FromResult<IReadOnlySet<Sha256Hash>>(roots.Select(root => root.Id).ToHashSet()));

    private PackedRemote Collector(ITransport? transport)
    {
        _collector ??= LocalStore.Open(_bed.Folder("collector"), _bed.Log);
        return Open(_collector, transport ?? Count);
    }

    private PackedRemote Open(LocalStore store, ITransport transport)
    {
        var remote = new PackedRemote(transport, store, _bed.Log, Time);
        _remotes.Add(remote);
        return remote;
    }
}

/// <summary>A machine with a store of its own.</summary>
internal sealed class GcMachine(RemoteBed.Machine machine)
{
    public LocalStore Store => machine.Store;

    public PackedRemote Remote => machine.Remote;

    public Task<ArtifactContent> SaveAsync(byte[] bytes) => machine.SaveAsync(bytes);

    public Task<ArtifactContent> SaveAsync(IEnumerable<(string Path, byte[] Bytes)> files) => machine.SaveAsync(files);

    public Task<PushResult> PushAsync(ArtifactContent artifact, params ArtifactContent[] bases) => machine.PushAsync(artifact, bases);

    public Task<FetchResult> PullAsync(ArtifactContent artifact) => machine.PullAsync(artifact);

    public async Task<ArtifactContent> SaveAndPushAsync(byte[] bytes)
    {
        var artifact = await SaveAsync(bytes);
        await PushAsync(artifact);
        return artifact;
    }
}
