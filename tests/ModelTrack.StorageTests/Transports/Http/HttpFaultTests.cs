using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.Http;
using ModelTrack.StorageTests.Remote;
using ModelTrack.TestServers;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Transports.Http;

/// <summary>An HTTP server that fails in every way, and what it alone can say.</summary>
[TestClass]
public sealed class HttpFaultTests : ServerFaultTests
{
    private static readonly HttpOptions s_options = new() { Git = new GitCredentials(mayPrompt: false) };

    protected override string Before => "";

    protected override async Task<IFaultyServer> StartAsync() => await ObjectServer.StartAsync();

    protected override ITransport Driver(IFaultyServer server, TimeSpan? patience) =>
        new HttpTransport(((ObjectServer)server).Url, RemoteSettings.None, patience is { } time ? s_options with { Patience = time } : s_options);

    [TestMethod]
    public Task A_push_outlives_a_locked_resource() => A_push_outlives_what_passes(ServerFault.Status423);

    [TestMethod]
    public Task A_pull_outlives_a_locked_resource() => A_pull_outlives_what_passes(ServerFault.Status423);

    [TestMethod]
    public Task A_wrong_byte_that_a_server_stored_is_never_delivered() => What_a_server_stored_wrongly_is_never_delivered_and_is_healed_from_a_store(ServerFault.WrongByte);

    [TestMethod]
    [DataRow(ServerFault.Status401, "MT3803")]
    [DataRow(ServerFault.Status403, "MT3806")]
    [DataRow(ServerFault.Status405, "MT3807")]
    [DataRow(ServerFault.Status413, "MT3808")]
    [DataRow(ServerFault.Status507, "MT3809")]
    public Task A_push_that_is_refused_says_why(ServerFault fault, string code) =>
        A_push_that_cannot_go_on_says_why_and_the_next_sends_only_what_did_not_arrive(fault, code);

    [TestMethod]
    [DataRow(ServerFault.Long, "MT3101")]
    [DataRow(ServerFault.Status401, "MT3803")]
    [DataRow(ServerFault.Status403, "MT3805")]
    public Task A_pull_that_is_refused_says_why(ServerFault fault, string code) =>
        A_pull_that_cannot_go_on_says_why_and_the_next_fetches_only_what_did_not_arrive(fault, code);

    [TestMethod]
    [DataRow(ServerFault.Status403)]
    [DataRow(ServerFault.Status405)]
    [DataRow(ServerFault.Status507)]
    [DataRow(ServerFault.Status500)]
    public async Task A_hint_that_cannot_be_read_or_written_fails_no_push(ServerFault fault)
    {
        await using var server = await ObjectServer.StartAsync();
        await using var bed = new RemoteBed();
        server.Faults.On(fault, area: "recent/", times: Always);
        var one = bed.NewMachine(new HttpTransport(server.Url, RemoteSettings.None, s_options));
        var artifact = await one.SaveAsync(Noise(100_000, 10));

        await one.Remote.PushAsync(artifact, [], "m.track", default);

        Assert.IsGreaterThanOrEqualTo(2, server.Faults.Played, "read and written");
        await bed.NewMachine(new HttpTransport(server.Url, RemoteSettings.None, s_options)).PullAsync(artifact);
    }

    [TestMethod]
    public async Task A_push_that_is_cancelled_while_it_asks_for_the_hint_ends_there()
    {
        await using var server = await ObjectServer.StartAsync();
        await using var bed = new RemoteBed();
        server.Faults.On(ServerFault.Stall, "GET", "recent/");
        var one = bed.NewMachine(new HttpTransport(server.Url, RemoteSettings.None, s_options));
        var artifact = await one.SaveAsync(Noise(100_000, 11));
        using var cancel = new CancellationTokenSource();
        var push = one.Remote.PushAsync(artifact, [], "m.track", cancel.Token);
        while (server.Faults.Played == 0) await Task.Delay(10);

        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => push);
        Assert.IsEmpty(server.Keys("packs/"));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_cache_on_the_way_with_a_bad_pack_is_asked_past(bool isThere)
    {
        await using var server = await ObjectServer.StartAsync();
        await using var cache = await ObjectServer.StartAsync();
        await using var proxy = await ProxyServer.StartAsync(new Uri(server.Url).GetLeftPart(UriPartial.Authority));
        proxy.Cache = new Uri(cache.Url).GetLeftPart(UriPartial.Authority);
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(new HttpTransport(server.Url, RemoteSettings.None, s_options));
        var artifact = await one.SaveAsync(Noise(Size, 12));
        await one.PushAsync(artifact);
        foreach (var key in isThere ? server.Keys("packs/") : [])
        {
            cache.Objects[key] = server.Objects[key];
            cache.Spoil(key, bytes =>
            {
                bytes[bytes.Length / 2] ^= 1;
                return bytes;
            });
        }

        await bed.NewMachine(new RetryTransport(new LimitTransport(new HttpTransport(proxy.Url + new Uri(server.Url).AbsolutePath, RemoteSettings.None, s_options)), Retry)).PullAsync(artifact);

        Assert.IsGreaterThan(0, cache.Requests("GET", "packs/"));
    }

    [TestMethod]
    public async Task A_token_that_expires_in_the_middle_is_told_and_the_next_run_goes_on()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Authorization = "Bearer first" });
        await using var bed = new RemoteBed();
        var settings = new RemoteSettings { TokenVariable = "MODELS_TOKEN" };
        var token = "first";
        var options = s_options with { Variable = _ => token };
        var one = bed.NewMachine(new RetryTransport(new LimitTransport(new HttpTransport(server.Url, settings, options), 1), Retry));
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
        await using var again = bed.OpenRemote(one.Store, new RetryTransport(new HttpTransport(server.Url, settings, options), Retry));
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
}
