using System.Globalization;
using System.Text;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Store;
using ModelTrack.Storage.Transports;
using ModelTrack.StorageTests.Support;
using ModelTrack.StorageTests.Transports;

namespace ModelTrack.StorageTests.Remote;

/// <summary>A remote in memory whose requests are counted, and as many machines with stores of their own as a test needs.</summary>
internal sealed class RemoteBed : IAsyncDisposable
{
    private readonly TestFolder _folder = new();
    private readonly List<LocalStore> _stores = [];
    private readonly List<PackedRemote> _remotes = [];

    public RemoteBed()
    {
        Faults = new FaultTransport(Memory);
        Count = new CountingTransport(Faults);
    }

    public MemoryTransport Memory { get; } = new();

    public FaultTransport Faults { get; }

    public CountingTransport Count { get; }

    public TestLog Log { get; } = new();

    public InstantTime Time { get; } = new();

    public string Folder(string name) => _folder[name];

    /// <summary>A machine: a store of its own, and its view of the remote.</summary>
    public Machine NewMachine(ITransport? transport = null)
    {
        var store = LocalStore.Open(_folder[$"store{_stores.Count}"], Log);
        _stores.Add(store);
        return new Machine(store, OpenRemote(store, transport));
    }

    public PackedRemote OpenRemote(LocalStore store, ITransport? transport = null)
    {
        var remote = new PackedRemote(transport ?? Count, store, Log, Time);
        _remotes.Add(remote);
        return remote;
    }

    public IReadOnlyList<string> Packs => Memory.Keys("packs/");

    public static string ManifestOf(ArtifactContent artifact) => RemoteKeys.Manifest(artifact.Id);

    public static byte[] Noise(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static byte[] Csv(int rows, int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        for (var i = 0; i < rows; i++) text.Append(CultureInfo.InvariantCulture, $"{i},{random.Next(100000)},{random.NextDouble():0.0000},label{random.Next(7)}\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var remote in _remotes) await remote.DisposeAsync();
        foreach (var store in _stores) store.Dispose();
        _folder.Dispose();
    }

    internal sealed record Machine(LocalStore Store, PackedRemote Remote)
    {
        /// <summary>Saves a file artifact.</summary>
        public async Task<ArtifactContent> SaveAsync(byte[] bytes)
        {
            var path = Path.GetTempFileName();
            try
            {
                await File.WriteAllBytesAsync(path, bytes);
                return ArtifactContent.OfFile((await Store.AddFileAsync(path, default)).Id);
            }
            finally
            {
                File.Delete(path);
            }
        }

        /// <summary>Saves a directory artifact; its listing looks like a real one.</summary>
        public async Task<ArtifactContent> SaveAsync(IEnumerable<(string Path, byte[] Bytes)> files)
        {
            var listing = new StringBuilder("listing\n");
            var blobs = new List<ContentId>();
            using var small = Store.BeginSmall();
            foreach (var (path, bytes) in files.OrderBy(file => file.Path, StringComparer.Ordinal))
            {
                var id = bytes.Length < LocalStore.SmallLimit ? small.Add(bytes) : (await SaveAsync(bytes)).Blobs[0];
                blobs.Add(id);
                listing.Append(CultureInfo.InvariantCulture, $"{id.Sha256} {id.Size} - {path}\n");
            }

            var head = await Store.AddListingAsync(Encoding.UTF8.GetBytes(listing.ToString()), small, default);
            await small.CompleteAsync(default);
            return new ArtifactContent(head.Sha256, true, [head, .. blobs]);
        }

        public Task<PushResult> PushAsync(ArtifactContent artifact, params ArtifactContent[] bases) =>
            Remote.PushAsync(artifact, [.. bases.Select(one => one.Id)], null, default);

        /// <summary>Fetches all of an artifact, as an operation does, and checks every byte that the store then has.</summary>
        public async Task<FetchResult> PullAsync(ArtifactContent artifact, params ArtifactContent[] bases)
        {
            var result = await FetchAsync(artifact, bases);
            await CheckAsync(artifact);
            return result;
        }

        public async Task<FetchResult> FetchAsync(ArtifactContent artifact, params ArtifactContent[] bases)
        {
            var found = await Remote.FindAsync(artifact.Id, default);
            Assert.IsNotNull(found);
            Assert.AreEqual(artifact.IsDirectory, found.IsDirectory);
            if (artifact.IsDirectory) Assert.AreEqual(artifact.Id, Sha256Hash.Of(await Remote.ReadListingAsync(found, default)));
            return await Remote.FetchAsync(found, artifact, artifact.IsDirectory ? [.. artifact.Blobs.Skip(1)] : artifact.Blobs, bases, default);
        }

        public async Task CheckAsync(ArtifactContent artifact)
        {
            var small = artifact.IsDirectory ? artifact.Blobs.Where(id => id.Size < LocalStore.SmallLimit).Distinct().ToList() : [];
            var delivered = 0;
            var missed = await Store.ReadSmallAsync(
                small,
                (id, bytes, _) =>
                {
                    Assert.AreEqual(id.Sha256, Sha256Hash.Of(bytes.Span));
                    Interlocked.Increment(ref delivered);
                    return ValueTask.CompletedTask;
                },
                default);
            Assert.IsEmpty(missed);
            Assert.AreEqual(small.Count, delivered);

            foreach (var id in artifact.Blobs.Except(small))
            {
                var bytes = new byte[id.Size];
                await Store.ReadAsync(id, 0, bytes, default);
                Assert.AreEqual(id.Sha256, Sha256Hash.Of(bytes));
                Assert.IsNotNull(await Store.FindFileAsync(id, default));
            }
        }

        public async Task<string> CodeOfFindAsync(ArtifactContent artifact) =>
            (await Assert.ThrowsAsync<ModelTrackException>(() => Remote.FindAsync(artifact.Id, default))).Code;

        public async Task<string> CodeOfPullAsync(ArtifactContent artifact, params ArtifactContent[] bases)
        {
            var error = await Assert.ThrowsAsync<ModelTrackException>(() => FetchAsync(artifact, bases));
            StringAssert.Contains(error.Message, artifact.Id.ToString());
            return error.Code;
        }
    }
}
