using System.Globalization;
using ModelTrack.Git;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.Http;
using ModelTrack.Storage.Transports.S3;
using ModelTrack.StorageTests.Transports;
using ModelTrack.StorageTests.Transports.S3;
using ModelTrack.TestServers;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Remote;

/// <summary>
/// The budgets of requests and bytes, counted at servers and at a folder, with what was counted in the test's output. MODELTRACK_TEST_LARGE=1 takes the
/// sizes that the budgets speak of; without it they are a tenth.
/// </summary>
[TestClass]
public sealed class BudgetTests
{
    private static readonly int s_part = Environment.GetEnvironmentVariable("MODELTRACK_TEST_LARGE") == "1" ? 1 : 10;

    public required TestContext TestContext { get; set; }

    [TestMethod]
    [DataRow("folder")]
    [DataRow("http")]
    [DataRow("s3")]
    public async Task A_hundred_thousand_small_files_take_few_requests(string kind)
    {
        await using var bed = new RemoteBed();
        await using var remote = await CountedRemote.StartAsync(kind, bed);
        var one = bed.NewMachine(remote.Open());
        var files = Enumerable.Range(0, 100_000 / s_part)
            .Select(i => (Path: string.Create(CultureInfo.InvariantCulture, $"data/{i / 1000}/{i:000000}.bin"), Bytes: Noise(1024, i))).ToList();
        var first = await one.SaveAsync(files);
        await one.PushAsync(first);
        Tell("all files", remote);

        // A tenth of the files fills a tenth of the packs; what does not depend on their number stays.
        Assert.IsLessThan(s_part == 1 ? 50 : 15, remote.Requests);
        Assert.IsLessThan(files.Count * 1300L, remote.Came);

        remote.Forget();
        Assert.IsTrue((await one.PushAsync(first)).AlreadyThere);
        Assert.AreEqual(1, remote.Requests);
        Assert.AreEqual(0, remote.Came);

        files.Add(("data/7/new.bin", Noise(1024, -1)));
        var second = await one.SaveAsync(files);
        remote.Forget();
        await one.PushAsync(second, first);
        Tell("one file added", remote);
        Assert.IsLessThan(300_000, remote.Came);

        remote.Forget();
        await bed.NewMachine(remote.Open()).PullAsync(second);
        Tell("fresh pull", remote);
        Assert.IsLessThan(s_part == 1 ? 100 : 30, remote.Requests);
    }

    [TestMethod]
    [DataRow("folder")]
    [DataRow("http")]
    [DataRow("s3")]
    public async Task One_byte_changed_in_500_MB_sends_little(string kind)
    {
        await using var bed = new RemoteBed();
        await using var remote = await CountedRemote.StartAsync(kind, bed);
        var one = bed.NewMachine(remote.Open());
        var bytes = Noise(500_000_000 / s_part, 1);
        var first = await one.SaveAsync(bytes);
        await one.PushAsync(first);
        bytes[bytes.Length / 3] ^= 1;
        var second = await one.SaveAsync(bytes);

        remote.Forget();
        await one.PushAsync(second, first);
        Tell("one byte changed", remote);
        Assert.IsLessThan(200_000, remote.Came);

        remote.Forget();
        Assert.IsTrue((await one.PushAsync(second, first)).AlreadyThere);
        Assert.AreEqual(1, remote.Requests);
        await bed.NewMachine(remote.Open()).PullAsync(second);
    }

    [TestMethod]
    [Rule("Push 3")]
    [DataRow("folder")]
    [DataRow("http")]
    [DataRow("s3")]
    public async Task A_fresh_pull_of_version_50_costs_at_most_half_more_than_of_version_1(string kind)
    {
        await using var bed = new RemoteBed();
        await using var remote = await CountedRemote.StartAsync(kind, bed);
        var one = bed.NewMachine(remote.Open());
        var random = new Random(50);
        var bytes = Noise(100_000_000 / s_part, 2);
        var first = await one.SaveAsync(bytes);
        await one.PushAsync(first);
        var before = first;
        for (var version = 2; version <= 50; version++)
        {
            // A layer of 2 %, and a few scattered rows.
            random.NextBytes(bytes.AsSpan(random.Next(bytes.Length - (bytes.Length / 50)), bytes.Length / 50));
            for (var i = 0; i < 5; i++) random.NextBytes(bytes.AsSpan(random.Next(bytes.Length - 500), 500));
            var next = await one.SaveAsync(bytes);
            await one.PushAsync(next, before);
            before = next;
        }

        remote.Forget();
        await bed.NewMachine(remote.Open()).PullAsync(first);
        Tell("pull of version 1", remote);
        var oldest = remote.Went;
        remote.Forget();
        await bed.NewMachine(remote.Open()).PullAsync(before);
        Tell("pull of version 50", remote);
        Assert.IsLessThanOrEqualTo(1.5, (double)remote.Went / oldest);
    }

    private void Tell(string what, CountedRemote remote) => TestContext.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{what}: {remote.Came / 1e6:0.000} MB came, {remote.Went / 1e6:0.000} MB went, {remote.Requests} requests"));

    /// <summary>A remote that counts: a server by what reached it, a folder by what was asked of it.</summary>
    private sealed class CountedRemote : IAsyncDisposable
    {
        private readonly IFaultyServer? _server;
        private readonly CountingTransport? _folder;

        private CountedRemote(IFaultyServer server) => _server = server;

        private CountedRemote(string folder) => _folder = new CountingTransport(new FileTransport(folder));

        public long Requests => _server?.Requests() ?? _folder!.Requests();

        public long Came => _server?.BytesReceived ?? _folder!.BytesSent;

        public long Went => _server?.BytesSent ?? _folder!.BytesReceived;

        public static async Task<CountedRemote> StartAsync(string kind, RemoteBed bed) => kind switch
        {
            "folder" => new CountedRemote(bed.Folder("remote")),
            "s3" => new CountedRemote(await BucketServer.StartAsync()),
            _ => new CountedRemote(await ObjectServer.StartAsync()),
        };

        public ITransport Open() => _server switch
        {
            null => _folder!,
            BucketServer bucket => Guarded(new S3Transport("s3://team/models", S3Bed.Settings(bucket.Endpoint), S3Bed.Login("k", "s"))),
            ObjectServer server => Guarded(new HttpTransport(server.Url, RemoteSettings.None, new HttpOptions { Git = new GitCredentials(mayPrompt: false) })),
            _ => throw new InvalidOperationException("No transport is known for this server."),
        };

        public void Forget()
        {
            _server?.Forget();
            _folder?.Reset();
        }

        public async ValueTask DisposeAsync()
        {
            if (_server is not null) await _server.DisposeAsync();
            if (_folder is not null) await _folder.DisposeAsync();
        }

        private static RetryTransport Guarded(ITransport transport) => new(new LimitTransport(transport));
    }
}
