using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.Http;
using ModelTrack.Storage.Transports.S3;
using ModelTrack.StorageTests.Remote;
using ModelTrack.StorageTests.Transports.S3;
using ModelTrack.TestServers;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Transports;

/// <summary>Real servers get SIGKILL in the middle of a request and start again on what they have.</summary>
[TestClass]
public sealed class KilledServerTests
{
    private const int Size = 60_000_000;

    private static readonly RetryOptions s_retry = new(2, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5));

    [TestMethod]
    public async Task Ceph_s_gateway_is_killed()
    {
        var server = await RadosGateway.StartAsync();
        await server.MakeBucketAsync("kill");
        await RunAsync(
            () => new S3Transport("s3://kill/models", S3Bed.Settings(server.Endpoint), S3Bed.Login(server.AccessKey, server.SecretKey)), server.Kill, server.StartAgainAsync);
    }

    [TestMethod]
    public async Task Nginx_is_killed()
    {
        await using var server = await NginxServer.StartAsync();
        await RunAsync(
            () => new HttpTransport(server.Url, RemoteSettings.None, new HttpOptions { Git = new GitCredentials(mayPrompt: false) }), server.Kill, server.StartAgainAsync);
    }

    private static async Task RunAsync(Func<ITransport> open, Action kill, Func<Task> startAgain)
    {
        await using var bed = new RemoteBed();

        // In the middle of a push: the first pack has arrived, the second one is on its way.
        var pushing = new Killing(open(), RequestKind.Put, nth: 2, kill);
        var one = bed.NewMachine(new RetryTransport(new LimitTransport(pushing, 1), s_retry));
        var artifact = await one.SaveAsync(Noise(Size, 1));
        Assert.AreEqual("MT3101", (await Assert.ThrowsAsync<ModelTrackException>(() => one.PushAsync(artifact))).Code);
        Assert.IsTrue(pushing.HasKilled);
        await startAgain();
        Assert.IsNull(await bed.NewMachine(open()).Remote.FindAsync(artifact.Id, default), "no manifest of what is not there");

        var counted = new CountingTransport(open());
        await using (var again = bed.OpenRemote(one.Store, counted)) await again.PushAsync(artifact, [], null, default);
        Assert.IsLessThan(Size - 16_000_000, counted.Sent("packs"), "the first pack is not sent again");
        Assert.IsGreaterThan(0, counted.Sent("packs"));

        // In the middle of a pull.
        var pulling = new Killing(open(), RequestKind.Read, nth: 6, kill);
        var two = bed.NewMachine(new RetryTransport(new LimitTransport(pulling, 1), s_retry));
        Assert.AreEqual("MT3101", (await Assert.ThrowsAsync<ModelTrackException>(() => two.FetchAsync(artifact))).Code);
        Assert.IsTrue(pulling.HasKilled);
        await startAgain();

        var received = new CountingTransport(open());
        await using (var again = bed.OpenRemote(two.Store, received))
        {
            await again.FetchAsync((await again.FindAsync(artifact.Id, default))!, artifact, artifact.Blobs, [], default);
        }

        await two.CheckAsync(artifact);
        Assert.IsLessThan(Size - 8_000_000, received.Received("packs"), "what had arrived does not come again");
        Assert.IsTrue((await one.Remote.VerifyAsync([artifact], 100, heal: false, default)).IsGood);
    }

    /// <summary>Kills the server once the nth request for a pack is under way.</summary>
    private sealed class Killing(ITransport inner, RequestKind kind, int nth, Action kill) : DelegatingTransport(inner)
    {
        private int _seen;

        public bool HasKilled { get; private set; }

        public override async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken)
        {
            var read = Inner.ReadAsync(key, offset, destination, ifNoneMatch, cancellationToken).AsTask();
            if (kind == RequestKind.Read) await KillIfItIsTimeAsync(key, read).ConfigureAwait(false);
            return await read.ConfigureAwait(false);
        }

        public override async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
        {
            var put = Inner.PutAsync(key, content, onlyIfAbsent, cancellationToken).AsTask();
            if (kind == RequestKind.Put) await KillIfItIsTimeAsync(key, put).ConfigureAwait(false);
            return await put.ConfigureAwait(false);
        }

        private async Task KillIfItIsTimeAsync(string key, Task request)
        {
            if (!key.StartsWith("packs/", StringComparison.Ordinal) || Interlocked.Increment(ref _seen) != nth) return;

            // A moment in which bytes move. Before or after that is as good a time to die.
            await Task.WhenAny(request, Task.Delay(3)).ConfigureAwait(false);
            kill();
            HasKilled = true;
        }
    }
}
