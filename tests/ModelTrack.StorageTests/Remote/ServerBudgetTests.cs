using System.Globalization;
using ModelTrack.Git;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.Http;
using ModelTrack.Storage.Transports.S3;
using ModelTrack.StorageTests.Transports.S3;
using ModelTrack.TestServers;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Remote;

/// <summary>The budgets of requests and bytes, counted at servers. MODELTRACK_TEST_LARGE=1 takes the sizes that the budgets speak of; without it they are a tenth.</summary>
[TestClass]
public sealed class ServerBudgetTests
{
    private static readonly int s_part = Environment.GetEnvironmentVariable("MODELTRACK_TEST_LARGE") == "1" ? 1 : 10;

    public required TestContext TestContext { get; set; }

    [TestMethod]
    [DataRow("http")]
    [DataRow("s3")]
    public async Task A_hundred_thousand_small_files_take_few_requests(string kind)
    {
        await using var server = await StartAsync(kind);
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
        var files = Enumerable.Range(0, 100_000 / s_part)
            .Select(i => (Path: string.Create(CultureInfo.InvariantCulture, $"data/{i / 1000}/{i:000000}.bin"), Bytes: Noise(1024, i))).ToList();
        var first = await one.SaveAsync(files);
        await one.PushAsync(first);
        Tell("all files", server);

        // A tenth of the files fills a tenth of the packs; what does not depend on their number stays.
        Assert.IsLessThan(s_part == 1 ? 50 : 15, server.Requests());
        Assert.IsLessThan(files.Count * 1300L, server.BytesReceived);

        server.Forget();
        Assert.IsTrue((await one.PushAsync(first)).AlreadyThere);
        Assert.AreEqual(1, server.Requests());
        Assert.AreEqual(0, server.BytesReceived);

        files.Add(("data/7/new.bin", Noise(1024, -1)));
        var second = await one.SaveAsync(files);
        server.Forget();
        await one.PushAsync(second, first);
        Tell("one file added", server);
        Assert.IsLessThan(300_000, server.BytesReceived);

        server.Forget();
        await bed.NewMachine(Open(server)).PullAsync(second);
        Tell("fresh pull", server);
        Assert.IsLessThan(s_part == 1 ? 100 : 30, server.Requests());
    }

    [TestMethod]
    [DataRow("http")]
    [DataRow("s3")]
    public async Task One_byte_changed_in_500_MB_sends_little(string kind)
    {
        await using var server = await StartAsync(kind);
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
        var bytes = Noise(500_000_000 / s_part, 1);
        var first = await one.SaveAsync(bytes);
        await one.PushAsync(first);
        bytes[bytes.Length / 3] ^= 1;
        var second = await one.SaveAsync(bytes);

        server.Forget();
        await one.PushAsync(second, first);
        Tell("one byte changed", server);
        Assert.IsLessThan(200_000, server.BytesReceived);

        server.Forget();
        Assert.IsTrue((await one.PushAsync(second, first)).AlreadyThere);
        Assert.AreEqual(1, server.Requests());
        await bed.NewMachine(Open(server)).PullAsync(second);
    }

    [TestMethod]
    [DataRow("http")]
    [DataRow("s3")]
    public async Task A_fresh_pull_of_version_50_costs_at_most_half_more_than_of_version_1(string kind)
    {
        await using var server = await StartAsync(kind);
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
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

        server.Forget();
        await bed.NewMachine(Open(server)).PullAsync(first);
        Tell("pull of version 1", server);
        var oldest = server.BytesSent;
        server.Forget();
        await bed.NewMachine(Open(server)).PullAsync(before);
        Tell("pull of version 50", server);
        Assert.IsLessThanOrEqualTo(1.5, (double)server.BytesSent / oldest);
    }

    private static async Task<IFaultyServer> StartAsync(string kind) => kind == "s3" ? await BucketServer.StartAsync() : await ObjectServer.StartAsync();

    private static RetryTransport Open(IFaultyServer server) => new(new LimitTransport(
        server is BucketServer bucket
            ? new S3Transport("s3://team/models", S3Bed.Settings(bucket.Endpoint), S3Bed.Login("k", "s"))
            : new HttpTransport(((ObjectServer)server).Url, RemoteSettings.None, new HttpOptions { Git = new GitCredentials(mayPrompt: false) })));

    private void Tell(string what, IFaultyServer server) => TestContext.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{what}: {server.BytesReceived / 1e6:0.000} MB came, {server.BytesSent / 1e6:0.000} MB went, {server.Requests()} requests"));
}
