using ModelTrack.Git;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.Http;
using ModelTrack.Storage.Transports.S3;
using ModelTrack.StorageTests.Transports.S3;
using ModelTrack.TestServers;

namespace ModelTrack.StorageTests.Remote;

/// <summary>Garbage collection through servers, over a grace period that their clocks pass at once; Ceph's, by rights, is with the policies.</summary>
[TestClass]
public sealed class ServerGcTests
{
    private static readonly HttpOptions s_http = new() { Git = new GitCredentials(mayPrompt: false) };

    [TestMethod]
    public async Task Garbage_goes_from_a_bucket()
    {
        await using var server = await BucketServer.StartAsync();
        ITransport Open() => new S3Transport("s3://team/models", S3Bed.Settings(server.Endpoint), S3Bed.Login("k", "s"));
        await GcScenario.RunAsync(Open, Open, Open, GcWatch.GracePeriod, time =>
        {
            server.Clock += time + TimeSpan.FromHours(1);
            return Task.CompletedTask;
        });
    }

    [TestMethod]
    public async Task Garbage_goes_from_a_WebDAV_server()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Lists = true, NeedsFolders = true });
        ITransport Open() => new HttpTransport(server.Url, RemoteSettings.None, s_http);
        await GcScenario.RunAsync(Open, Open, Open, GcWatch.GracePeriod, time =>
        {
            server.Clock += time + TimeSpan.FromHours(1);
            return Task.CompletedTask;
        });
    }

    [TestMethod]
    public async Task Garbage_goes_from_rclone_s_WebDAV_server()
    {
        await using var server = await RcloneServer.StartAsync();
        ITransport Open() => new HttpTransport(server.Url + "models", RemoteSettings.None, s_http);
        await GcScenario.RunAsync(Open, Open, Open, TimeSpan.Zero, GcScenario.ASecondAsync);
    }
}
