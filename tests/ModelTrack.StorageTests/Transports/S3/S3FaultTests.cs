using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.S3;
using ModelTrack.StorageTests.Remote;
using ModelTrack.TestServers;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Transports.S3;

/// <summary>An S3 server that fails in every way, and what it alone can say.</summary>
[TestClass]
public sealed class S3FaultTests : ServerFaultTests
{
    protected override string Before => "team/models/";

    protected override async Task<IFaultyServer> StartAsync() => await BucketServer.StartAsync();

    protected override ITransport Driver(IFaultyServer server, TimeSpan? patience)
    {
        var options = S3Bed.Login("k", "s");
        return new S3Transport("s3://team/models", S3Bed.Settings(((BucketServer)server).Endpoint), patience is { } time ? options with { Patience = time } : options);
    }

    [TestMethod]
    public Task A_push_outlives_bytes_that_were_damaged_on_their_way() => A_push_outlives_what_passes(ServerFault.WrongByte);

    [TestMethod]
    [DataRow(ServerFault.WrongByte, "MT3101")]
    [DataRow(ServerFault.Status403, "MT3711")]
    [DataRow(ServerFault.Status405, "MT3716")]
    [DataRow(ServerFault.Status413, "MT3712")]
    [DataRow(ServerFault.Status507, "MT3713")]
    public Task A_push_that_is_refused_says_why(ServerFault fault, string code) =>
        A_push_that_cannot_go_on_says_why_and_the_next_sends_only_what_did_not_arrive(fault, code);

    [TestMethod]
    public Task A_pull_that_is_refused_says_why() => PullThatCannotGoOnAsync(ServerFault.Status403, "MT3103", "the credentials may not read it");

    [TestMethod]
    public async Task A_wrong_byte_that_a_server_stored_is_never_delivered_and_is_healed_from_a_store()
    {
        await using var server = await BucketServer.StartAsync();
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
        var artifact = await one.SaveAsync(Noise(Size, 20));
        await one.PushAsync(artifact);
        foreach (var (key, stored) in server.Objects)
        {
            if (!key.Contains("/packs/", StringComparison.Ordinal)) continue;
            byte[] bytes = [.. stored.Bytes];
            bytes[bytes.Length / 2] ^= 1;
            server.Objects[key] = stored with { Bytes = bytes };
        }

        Assert.AreEqual("MT3103", await bed.NewMachine(Open(server)).CodeOfPullAsync(artifact));
        Assert.IsTrue((await one.Remote.VerifyAsync([artifact], 100, heal: true, default)).IsGood);
        await bed.NewMachine(Open(server)).PullAsync(artifact);
    }
}
