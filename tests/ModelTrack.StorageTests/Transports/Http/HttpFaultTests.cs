using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.Http;
using ModelTrack.StorageTests.Remote;
using ModelTrack.TestServers;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Transports.Http;

/// <summary>
/// Pushes and pulls through a server, and a way to it, that fail in every way: each ends complete or with a code, never with wrong bytes, and
/// a second run moves only what the first did not.
/// </summary>
[TestClass]
public sealed class HttpFaultTests
{
    private const int Size = 36_000_000;
    private const int Always = 1_000_000;

    /// <summary>What may come again although it was there: manifests, looks at flags, the pack that was under way when the first run gave up.</summary>
    private const int Slack = 600_000;

    private static readonly HttpOptions s_options = new() { Git = new GitCredentials(mayPrompt: false) };
    private static readonly HttpOptions s_impatient = s_options with { Patience = TimeSpan.FromSeconds(2) };
    private static readonly RetryOptions s_retry = new(4, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5));

    [TestMethod]
    [DataRow(ServerFault.CutBefore)]
    [DataRow(ServerFault.CutWithin)]
    [DataRow(ServerFault.CutAfter)]
    [DataRow(ServerFault.Status500)]
    [DataRow(ServerFault.Status502)]
    [DataRow(ServerFault.Status503)]
    [DataRow(ServerFault.Status429)]
    [DataRow(ServerFault.Status423)]
    [DataRow(ServerFault.Stall)]
    [DataRow(ServerFault.StallWithin)]
    public async Task A_push_outlives_what_passes(ServerFault fault)
    {
        await using var server = await ObjectServer.StartAsync();
        await using var bed = new RemoteBed();
        server.Faults.On(fault, "PUT", "packs/", nth: 2, times: 2).On(fault, "PUT", "manifests/");
        var one = bed.NewMachine(Open(server, fault: fault));
        var artifact = await one.SaveAsync(Noise(Size, 1));

        Assert.IsFalse((await one.PushAsync(artifact)).AlreadyThere);
        Assert.AreEqual(3, server.Faults.Played);
        await bed.NewMachine(Open(server)).PullAsync(artifact);
    }

    [TestMethod]
    [DataRow(ServerFault.CutBefore, "MT3101")]
    [DataRow(ServerFault.CutWithin, "MT3101")]
    [DataRow(ServerFault.Status500, "MT3101")]
    [DataRow(ServerFault.Status503, "MT3101")]
    [DataRow(ServerFault.Status429, "MT3101")]
    [DataRow(ServerFault.StallWithin, "MT3101")]
    [DataRow(ServerFault.Status401, "MT3803")]
    [DataRow(ServerFault.Status403, "MT3806")]
    [DataRow(ServerFault.Status405, "MT3807")]
    [DataRow(ServerFault.Status413, "MT3808")]
    [DataRow(ServerFault.Status507, "MT3809")]
    public async Task A_push_that_cannot_go_on_says_why_and_the_next_sends_only_what_did_not_arrive(ServerFault fault, string code)
    {
        await using var server = await ObjectServer.StartAsync();
        await using var bed = new RemoteBed();
        server.Faults.On(fault, "PUT", "packs/", nth: 3, times: Always);
        var one = bed.NewMachine(Open(server, connections: 1, fault));
        var artifact = await one.SaveAsync(Noise(Size, 2));

        Assert.AreEqual(code, (await Assert.ThrowsAsync<ModelTrackException>(() => one.PushAsync(artifact))).Code);
        Assert.IsEmpty(server.Keys("manifests/"), "no manifest of what is not there");
        Assert.HasCount(2, server.Keys("packs/"));
        var arrived = server.Keys("packs/").Sum(key => (long)server.Objects[key].Bytes.Length);

        server.Faults.Clear();
        server.Forget();
        await one.PushAsync(artifact);
        Assert.IsLessThan(Size - arrived + Slack, server.BytesReceived);
        await bed.NewMachine(Open(server)).PullAsync(artifact);
    }

    [TestMethod]
    [DataRow(ServerFault.Short)]
    [DataRow(ServerFault.Long)]
    [DataRow(ServerFault.WrongByte)]
    public async Task What_a_server_stored_wrongly_is_never_delivered_and_is_healed_from_a_store(ServerFault fault)
    {
        await using var server = await ObjectServer.StartAsync();
        await using var bed = new RemoteBed();
        server.Faults.On(fault, "PUT", "packs/", nth: 2);
        var one = bed.NewMachine(Open(server));
        var artifact = await one.SaveAsync(Noise(Size, 3));
        await one.PushAsync(artifact);
        Assert.AreEqual(1, server.Faults.Played);

        var other = bed.NewMachine(Open(server));
        if (fault == ServerFault.WrongByte) Assert.AreEqual("MT3103", await other.CodeOfPullAsync(artifact));
        Assert.IsTrue((await one.Remote.VerifyAsync([artifact], 100, heal: true, default)).IsGood);
        await bed.NewMachine(Open(server)).PullAsync(artifact);
    }

    [TestMethod]
    [DataRow(ServerFault.CutBefore)]
    [DataRow(ServerFault.CutWithin)]
    [DataRow(ServerFault.Status500)]
    [DataRow(ServerFault.Status502)]
    [DataRow(ServerFault.Status503)]
    [DataRow(ServerFault.Status429)]
    [DataRow(ServerFault.Status423)]
    [DataRow(ServerFault.Stall)]
    [DataRow(ServerFault.StallWithin)]
    [DataRow(ServerFault.WrongByte)]
    [DataRow(ServerFault.Short)]
    [DataRow(ServerFault.Long)]
    [DataRow(ServerFault.LongUntold)]
    [DataRow(ServerFault.OtherRange)]
    [DataRow(ServerFault.IgnoreRange)]
    [DataRow(ServerFault.IgnoreConditions)]
    [DataRow(ServerFault.LyingETag)]
    [DataRow(ServerFault.ClockAhead)]
    public async Task A_pull_outlives_what_passes(ServerFault fault)
    {
        await using var server = await ObjectServer.StartAsync();
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
        var artifact = await one.SaveAsync(Noise(Size, 4));
        await one.PushAsync(artifact);
        server.Faults.On(fault, "GET", "packs/", nth: 2, times: 2);
        if (fault != ServerFault.WrongByte) server.Faults.On(fault, "GET", "manifests/");

        await bed.NewMachine(Open(server, fault: fault)).PullAsync(artifact);
        Assert.IsGreaterThan(0, server.Faults.Played);
    }

    [TestMethod]
    public async Task A_manifest_with_a_wrong_byte_is_told_and_the_next_run_reads_it_anew()
    {
        await using var server = await ObjectServer.StartAsync();
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
        var artifact = await one.SaveAsync(Noise(1_000_000, 10));
        await one.PushAsync(artifact);
        server.Faults.On(ServerFault.WrongByte, "GET", "manifests/");

        var other = bed.NewMachine(Open(server));
        Assert.AreEqual("MT3102", await other.CodeOfFindAsync(artifact));
        await other.PullAsync(artifact);
    }

    [TestMethod]
    [DataRow(ServerFault.IgnoreRange)]
    [DataRow(ServerFault.IgnoreConditions)]
    [DataRow(ServerFault.LyingETag)]
    [DataRow(ServerFault.ClockAhead)]
    public async Task What_a_server_always_does_oddly_changes_no_byte(ServerFault fault)
    {
        await using var server = await ObjectServer.StartAsync();
        await using var bed = new RemoteBed();
        server.Faults.On(fault, times: Always);
        var one = bed.NewMachine(Open(server));
        var bytes = Noise(Size, 5);
        var artifact = await one.SaveAsync(bytes);
        await one.PushAsync(artifact);
        Assert.IsTrue((await one.PushAsync(artifact)).AlreadyThere);
        bytes[Size / 2] ^= 1;
        var next = await one.SaveAsync(bytes);
        await one.PushAsync(next, artifact);

        var other = bed.NewMachine(Open(server));
        await other.PullAsync(artifact);
        await other.PullAsync(next, artifact);
    }

    [TestMethod]
    [DataRow(ServerFault.CutBefore, "MT3101")]
    [DataRow(ServerFault.CutWithin, "MT3101")]
    [DataRow(ServerFault.Status500, "MT3101")]
    [DataRow(ServerFault.Status503, "MT3101")]
    [DataRow(ServerFault.StallWithin, "MT3101")]
    [DataRow(ServerFault.Short, "MT3101")]
    [DataRow(ServerFault.Long, "MT3101")]
    [DataRow(ServerFault.OtherRange, "MT3101")]
    [DataRow(ServerFault.WrongByte, "MT3103")]
    [DataRow(ServerFault.Status401, "MT3803")]
    [DataRow(ServerFault.Status403, "MT3805")]
    public async Task A_pull_that_cannot_go_on_says_why_and_the_next_fetches_only_what_did_not_arrive(ServerFault fault, string code)
    {
        await using var server = await ObjectServer.StartAsync();
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
        var artifact = await one.SaveAsync(Noise(Size, 6));
        await one.PushAsync(artifact);

        var other = bed.NewMachine(Open(server, connections: 1, fault));
        server.Forget();
        server.Faults.On(fault, "GET", "packs/", nth: 6, times: Always);
        Assert.AreEqual(code, (await Assert.ThrowsAsync<ModelTrackException>(() => other.FetchAsync(artifact))).Code);
        var bad = server.Faults.Played;
        server.Faults.Clear();
        Assert.IsGreaterThan(0, bad);

        // Five ranges of about 4 MiB were right before the first fault.
        server.Forget();
        await other.PullAsync(artifact);
        Assert.IsLessThan(Size - (4 * 4_000_000), server.BytesSent);
    }

    [TestMethod]
    public async Task A_token_that_expires_in_the_middle_is_told_and_the_next_run_goes_on()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Authorization = "Bearer first" });
        await using var bed = new RemoteBed();
        var settings = new RemoteSettings { TokenVariable = "MODELS_TOKEN" };
        var token = "first";
        var options = s_options with { Variable = _ => token };
        var one = bed.NewMachine(new RetryTransport(new LimitTransport(new HttpTransport(server.Url, settings, options), 1), s_retry));
        var artifact = await one.SaveAsync(Noise(Size, 7));
        server.Faults.On(ServerFault.Status401, "PUT", "packs/", nth: 2, times: Always);

        var error = await Assert.ThrowsAsync<ModelTrackException>(() => one.PushAsync(artifact));
        Assert.AreEqual("MT3804", error.Code);
        StringAssert.Contains(error.Message, "MODELS_TOKEN");
        Assert.DoesNotContain("first", error.ToString());

        token = "second";
        server.Authorization = "Bearer second";
        server.Faults.Clear();
        server.Forget();
        await using var again = bed.OpenRemote(one.Store, new RetryTransport(new HttpTransport(server.Url, settings, options), s_retry));
        await again.PushAsync(artifact, [], null, default);
        Assert.IsLessThan(Size - 16_000_000 + Slack, server.BytesReceived);
    }

    [TestMethod]
    public async Task A_read_that_is_redirected_to_another_host_is_followed_without_credentials()
    {
        await using var elsewhere = await ObjectServer.StartAsync();
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Authorization = "Bearer secret" });
        await using var bed = new RemoteBed();
        var settings = new RemoteSettings { TokenVariable = "MODELS_TOKEN" };
        var options = s_options with { Variable = _ => "secret" };
        var one = bed.NewMachine(new HttpTransport(server.Url, settings, options));
        var artifact = await one.SaveAsync(Noise(Size, 8));
        await one.PushAsync(artifact);
        foreach (var (key, stored) in server.Objects) elsewhere.Objects[key] = stored;
        server.RedirectTo = elsewhere.Url + "/";
        server.Faults.On(ServerFault.Redirect, "GET", "packs/", times: Always);

        await bed.NewMachine(new HttpTransport(server.Url, settings, options)).PullAsync(artifact);
        Assert.IsGreaterThan(0, elsewhere.Requests("GET", "packs/"));
        Assert.IsTrue(elsewhere.Seen.All(request => request.Authorization is null && !request.Headers.Values.Any(value => value.Contains("secret", StringComparison.Ordinal))));
        Assert.IsTrue(server.Seen.All(request => request.Authorization == "Bearer secret"));
    }

    [TestMethod]
    public async Task A_server_that_ignores_ranges_is_asked_for_each_pack_about_once()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Ranges = false });
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Open(server));
        var artifact = await one.SaveAsync(Noise(Size, 9));
        await one.PushAsync(artifact);

        server.Forget();
        await bed.NewMachine(Open(server)).PullAsync(artifact);
        Assert.AreEqual(server.Keys("packs/").Count, server.Requests("GET", "packs/"));
        Assert.IsLessThan(Size + Slack, server.BytesSent);
    }

    private static RetryTransport Open(ObjectServer server, int? connections = null, ServerFault? fault = null)
    {
        var options = fault is ServerFault.Stall or ServerFault.StallWithin ? s_impatient : s_options;
        return new RetryTransport(new LimitTransport(new HttpTransport(server.Url, RemoteSettings.None, options), connections), s_retry);
    }
}
