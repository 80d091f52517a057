using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.Http;
using ModelTrack.TestServers;

namespace ModelTrack.StorageTests.Transports.Http;

/// <summary>What the HTTP driver sends, and what it makes of answers.</summary>
[TestClass]
public sealed class HttpTransportTests
{
    private const string Key = "packs/ab/abcd";
    private const int Always = 1_000_000;

    private static readonly HttpOptions s_options = new() { Git = new GitCredentials(mayPrompt: false) };

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationTokenSource.Token;

    [TestMethod]
    [DataRow(ServerFault.Status401, "MT3803", "MT3803")]
    [DataRow(ServerFault.Status403, "MT3805", "MT3806")]
    [DataRow(ServerFault.Status405, "MT3814", "MT3807")]
    [DataRow(ServerFault.Status413, "MT3808", "MT3808")]
    [DataRow(ServerFault.Status507, "MT3809", "MT3809")]
    public async Task An_answer_that_only_a_person_can_mend_has_a_code(ServerFault fault, string ofRead, string ofWrite)
    {
        await using var server = await ObjectServer.StartAsync();
        server.Faults.On(fault, times: Always);
        await using var transport = Open(server.Url);

        Assert.AreEqual(ofRead, await CodeOf(transport.ReadAsync(Key, 0, new byte[1], null, Token)));
        Assert.AreEqual(ofWrite, await CodeOf(transport.PutAsync(Key, new byte[1], false, Token)));
        Assert.AreEqual(ofWrite, (await Assert.ThrowsAsync<ModelTrackException>(() => transport.DeleteAsync(Key, Token).AsTask())).Code);
    }

    [TestMethod]
    [DataRow(ServerFault.Status500)]
    [DataRow(ServerFault.Status502)]
    [DataRow(ServerFault.Status503)]
    [DataRow(ServerFault.Status429)]
    [DataRow(ServerFault.Status423)]
    [DataRow(ServerFault.CutBefore)]
    public async Task What_may_pass_is_transient(ServerFault fault)
    {
        await using var server = await ObjectServer.StartAsync();
        server.Faults.On(fault, times: Always);
        await using var transport = Open(server.Url);

        Assert.IsTrue((await Assert.ThrowsAsync<TransportException>(() => transport.HeadAsync(Key, Token).AsTask())).IsTransient);
        var error = await Assert.ThrowsAsync<TransportException>(() => transport.PutAsync(Key, new byte[3_000_000], false, Token).AsTask());
        Assert.IsTrue(error.IsTransient);
        StringAssert.Contains(error.Message, Key);
        Assert.AreEqual(fault is ServerFault.Status429 or ServerFault.Status503 ? TimeSpan.Zero : null, error.RetryAfter);
    }

    [TestMethod]
    public async Task The_wait_that_a_server_asks_for_is_waited_up_to_a_limit()
    {
        var inner = new FaultTransport(new MemoryTransport());
        var time = new InstantTime();
        var asked = new AskingTransport(inner, TimeSpan.FromSeconds(7), TimeSpan.FromHours(3));
        await using var transport = new RetryTransport(asked, RetryOptions.Default, time, () => 0);

        Assert.IsNull(await transport.HeadAsync(Key, Token));
        CollectionAssert.AreEqual(new[] { TimeSpan.FromSeconds(7), RetryOptions.Default.MaxRetryAfter }, time.Waits.ToArray());
    }

    [TestMethod]
    public async Task A_connection_on_which_nothing_moves_is_given_up()
    {
        await using var server = await ObjectServer.StartAsync();
        server.Faults.On(ServerFault.Stall, "HEAD").On(ServerFault.StallWithin, "GET").On(ServerFault.StallWithin, "PUT", nth: 2);
        await using var transport = Open(server.Url, s_options with { Patience = TimeSpan.FromSeconds(1) });
        await transport.PutAsync(Key, new byte[200_000], false, Token);

        StringAssert.Contains((await Assert.ThrowsAsync<TransportException>(() => transport.HeadAsync(Key, Token).AsTask())).Message, "nothing moved");
        Assert.IsTrue((await Assert.ThrowsAsync<TransportException>(() => transport.ReadAsync(Key, 0, new byte[200_000], null, Token).AsTask())).IsTransient);
        Assert.IsTrue((await Assert.ThrowsAsync<TransportException>(() => transport.PutAsync(Key, new byte[200_000], false, Token).AsTask())).IsTransient);
        Assert.AreEqual(200_000, (await transport.HeadAsync(Key, Token))!.Size);
    }

    [TestMethod]
    public async Task A_request_under_way_ends_when_it_is_cancelled()
    {
        await using var server = await ObjectServer.StartAsync();
        server.Faults.On(ServerFault.Stall, "HEAD");
        await using var transport = Open(server.Url);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var request = transport.HeadAsync(Key, cancel.Token).AsTask();
        while (server.Seen.IsEmpty) await Task.Delay(10, Token);

        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => request);
    }

    [TestMethod]
    public async Task A_server_that_nobody_runs_is_transient_and_named()
    {
        await using var transport = Open($"http://127.0.0.1:{LoopbackPort.Free()}/models");
        var error = await Assert.ThrowsAsync<TransportException>(() => transport.HeadAsync(Key, Token).AsTask());
        Assert.IsTrue(error.IsTransient);
        StringAssert.Contains(error.Message, "refused");
    }

    [TestMethod]
    public async Task A_bodys_request_asks_first_until_one_as_large_was_taken()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { MaxBody = 4_000_000 });
        await using var transport = Open(server.Url);
        await transport.PutAsync(Key, new byte[3_000_000], false, Token);
        await transport.PutAsync(Key, new byte[2_000_000], false, Token);
        server.Forget();

        Assert.AreEqual("MT3808", await CodeOf(transport.PutAsync(Key, new byte[5_000_000], false, Token)));
        Assert.AreEqual(0, server.BytesReceived, "refused before the body was sent");
        Assert.IsTrue(server.Seen.Single().Headers.ContainsKey("Expect"));
    }

    [TestMethod]
    public async Task Manifests_do_not_come_from_caches_and_nothing_comes_compressed_or_with_cookies()
    {
        await using var server = await ObjectServer.StartAsync();
        await using var transport = Open(server.Url);
        await transport.PutAsync(Key, new byte[10], false, Token);
        await transport.PutAsync("manifests/ab/abcd", new byte[10], false, Token);
        await transport.ReadAsync(Key, 0, new byte[10], null, Token);
        await transport.ReadAsync("manifests/ab/abcd", 0, new byte[10], null, Token);

        var reads = server.Seen.Where(request => request.Method == "GET").ToList();
        Assert.IsFalse(reads[0].Headers.ContainsKey("Cache-Control"));
        Assert.AreEqual("no-cache", reads[1].Headers["Cache-Control"]);
        Assert.IsTrue(server.Seen.All(request => request.Headers["Accept-Encoding"] == "identity" && !request.Headers.ContainsKey("Cookie")));
    }

    [TestMethod]
    public async Task What_the_server_can_is_learnt_from_its_answers()
    {
        await using var full = await ObjectServer.StartAsync(new ObjectServerOptions { Lists = true });
        await using var one = Open(full.Url);
        await one.PutAsync(Key, new byte[1000], true, Token);
        Assert.IsFalse(one.Traits.ConditionalPut, "never assumed");
        Assert.IsFalse(await one.PutAsync(Key, new byte[1], true, Token));
        await one.ReadAsync(Key, 5, new byte[10], null, Token);
        Assert.IsTrue(one.Traits is { ConditionalPut: true, RangeReads: true, CanList: true });

        await using var bare = await ObjectServer.StartAsync(new ObjectServerOptions { Ranges = false, Conditions = false });
        await using var two = new LimitTransport(Open(bare.Url));
        await two.PutAsync(Key, new byte[1000], true, Token);
        Assert.IsTrue(await two.PutAsync(Key, new byte[1000], true, Token));
        await two.ReadAsync(Key, 5, new byte[10], null, Token);
        Assert.AreEqual("MT3812", (await Assert.ThrowsAsync<ModelTrackException>(async () => await two.ListAsync("", Token).GetAsyncEnumerator(Token).MoveNextAsync())).Code);
        Assert.IsTrue(two.Traits is { ConditionalPut: false, RangeReads: false, CanList: false });
    }

    [TestMethod]
    public async Task A_place_that_is_not_there_has_a_code()
    {
        await using var server = await ObjectServer.StartAsync();
        await using var transport = Open(server.Url.Replace("/team/", "/other/", StringComparison.Ordinal));
        Assert.IsNull(await transport.HeadAsync(Key, Token));
        Assert.AreEqual("MT3810", await CodeOf(transport.PutAsync(Key, new byte[1], false, Token)));
    }

    [TestMethod]
    public async Task A_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Certificate = TestCertificate.New() });
        await using var transport = Open(server.Url, s_options with { Variable = _ => "secret" }, new RemoteSettings { TokenVariable = "MODELS_TOKEN" });
        Assert.AreEqual("MT3813", await CodeOf(transport.HeadAsync(Key, Token)));
        Assert.IsEmpty(server.Seen);
    }

    [TestMethod]
    public async Task A_redirect_from_https_to_http_is_refused_and_one_in_a_circle_too()
    {
        await using var plain = await ObjectServer.StartAsync();
        var certificate = TestCertificate.New();
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Certificate = certificate });
        var trusting = s_options with
        {
            Configure = handler => handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString(),
        };
        await using var transport = Open(server.Url, trusting);
        server.RedirectTo = plain.Url + "/";
        server.Faults.On(ServerFault.Redirect, times: Always);
        Assert.AreEqual("MT3811", await CodeOf(transport.HeadAsync(Key, Token)));
        Assert.IsEmpty(plain.Seen);

        server.RedirectTo = server.Url + "/";
        Assert.AreEqual("MT3811", await CodeOf(transport.HeadAsync(Key, Token)));
        Assert.IsLessThan(10, server.Seen.Count);
    }

    [TestMethod]
    public async Task A_redirect_within_the_server_keeps_credentials_and_the_method()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Authorization = "Bearer secret" });
        await using var transport = Open(server.Url, s_options with { Variable = _ => "secret" }, new RemoteSettings { TokenVariable = "MODELS_TOKEN" });
        server.RedirectTo = server.Url + "/moved/";
        server.Faults.On(ServerFault.Redirect, "PUT");
        await transport.PutAsync(Key, new byte[2_000_000], false, Token);
        Assert.HasCount(2_000_000, server.Objects["moved/" + Key].Bytes);
    }

    [TestMethod]
    public async Task A_put_that_is_redirected_to_another_host_carries_no_credentials()
    {
        await using var elsewhere = await ObjectServer.StartAsync(new ObjectServerOptions { Authorization = "Bearer secret" });
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Authorization = "Bearer secret" });
        await using var transport = Open(server.Url, s_options with { Variable = _ => "secret" }, new RemoteSettings { TokenVariable = "MODELS_TOKEN" });
        server.RedirectTo = elsewhere.Url + "/";
        server.Faults.On(ServerFault.Redirect, times: Always);

        Assert.AreEqual("MT3815", await CodeOf(transport.PutAsync(Key, new byte[1], false, Token)));
        Assert.IsNull(elsewhere.Seen.Single().Authorization);
    }

    [TestMethod]
    public async Task A_real_nginx_that_takes_small_bodies_only_is_told_with_its_setting()
    {
        await using var server = await NginxServer.StartAsync(maxBody: "1m");
        await using var transport = Open(server.Url);
        await transport.PutAsync(Key, new byte[500_000], false, Token);
        var error = await Assert.ThrowsAsync<ModelTrackException>(() => transport.PutAsync(Key, new byte[16_000_000], false, Token).AsTask());
        Assert.AreEqual("MT3808", error.Code);
        StringAssert.Contains(error.Message, "client_max_body_size");
    }

    [TestMethod]
    public async Task A_real_nginx_that_only_serves_files_is_good_for_reading()
    {
        await using var server = await NginxServer.StartAsync();
        await using var writer = Open(server.Url);
        await writer.PutAsync(Key, new byte[500_000], false, Token);

        await using var reader = Open(server.ReadOnlyUrl);
        Assert.AreEqual(100, (await reader.ReadAsync(Key, 1000, new byte[100], null, Token)).Count);
        Assert.IsTrue(reader.Traits.RangeReads);
        Assert.AreEqual("MT3807", await CodeOf(reader.PutAsync(Key, new byte[1], false, Token)));
    }

    [TestMethod]
    [DataRow("team/new models")]
    [DataRow("", DisplayName = "the server's root")]
    public async Task A_real_webdav_server_has_its_folders_made_and_lists_them(string place)
    {
        await using var server = await RcloneServer.StartAsync();
        await using var transport = Open(server.Url + place);
        await transport.PrepareAsync(Token);
        string[] keys = ["modeltrack.json", "packs/ab/ab11", "packs/ab/ab22", "packs/cd/cd33", "manifests/ab/ab44"];
        foreach (var key in keys) await transport.PutAsync(key, new byte[key.Length], false, Token);
        await transport.DeleteAsync("packs/ab/ab22", Token);

        var all = new List<ObjectListing>();
        await foreach (var item in transport.ListAsync("packs/", Token)) all.Add(item);
        CollectionAssert.AreEquivalent(new[] { "packs/ab/ab11", "packs/cd/cd33" }, all.ConvertAll(item => item.Key));
        Assert.IsTrue(all.TrueForAll(item => item.Size == item.Key.Length && item.LastModified is not null));
        Assert.AreEqual(5, (await transport.ReadAsync("packs/cd/cd33", 3, new byte[5], null, Token)).Count);
        Assert.IsTrue(transport.Traits is { CanList: true, RangeReads: true });
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("/")]
    public async Task A_remote_at_the_root_of_a_server_that_writes_one_slash_for_two_is_listed(string end)
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { BasePath = "", Lists = true });
        await using var transport = Open(server.Url + end);
        await transport.PutAsync(Key, new byte[10], false, Token);

        var all = new List<string>();
        await foreach (var item in transport.ListAsync("packs/", Token)) all.Add(item.Key);
        CollectionAssert.AreEqual(new[] { Key }, all);
    }

    [TestMethod]
    [DataRow(ServerFault.Status423)]
    [DataRow(ServerFault.Status429)]
    [DataRow(ServerFault.Status502)]
    [DataRow(ServerFault.Status503)]
    public async Task A_folder_that_cannot_be_made_just_now_is_made_by_the_repeat(ServerFault fault)
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { NeedsFolders = true });
        server.Faults.On(fault, "MKCOL").On(fault, "MKCOL", nth: 3);
        await using var transport = new RetryTransport(Open(server.Url), RetryOptions.Default, new InstantTime(), () => 0);

        await transport.PutAsync(Key, new byte[10], false, Token);

        Assert.HasCount(10, server.Objects[Key].Bytes);
        Assert.AreEqual(2, server.Faults.Played);
    }

    [TestMethod]
    [DataRow(ServerFault.Status401, "MT3803")]
    [DataRow(ServerFault.Status403, "MT3806")]
    [DataRow(ServerFault.Status507, "MT3809")]
    public async Task A_folder_that_may_not_be_made_is_told_with_the_cause(ServerFault fault, string code)
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { NeedsFolders = true });
        server.Faults.On(fault, "MKCOL", times: Always);
        await using var transport = Open(server.Url);

        var error = await Assert.ThrowsAsync<ModelTrackException>(() => transport.PutAsync(Key, new byte[10], false, Token).AsTask());
        Assert.AreEqual(code, error.Code);
        if (fault != ServerFault.Status401) StringAssert.Contains(error.Message, "MKCOL");
    }

    [TestMethod]
    public async Task A_500_that_passes_is_not_taken_for_a_folder_that_may_not_be_made()
    {
        await using var server = await ObjectServer.StartAsync();
        server.Faults.On(ServerFault.Status500, "PUT").On(ServerFault.Status403, "MKCOL", times: Always);
        await using var transport = new RetryTransport(Open(server.Url), RetryOptions.Default, new InstantTime(), () => 0);

        await transport.PutAsync(Key, new byte[10], false, Token);

        Assert.HasCount(10, server.Objects[Key].Bytes);
        Assert.AreEqual(2, server.Faults.Played);
    }

    private static HttpTransport Open(string url, HttpOptions? options = null, RemoteSettings? settings = null) => new(url, settings ?? RemoteSettings.None, options ?? s_options);

    private static async Task<string> CodeOf<T>(ValueTask<T> request) => (await Assert.ThrowsAsync<ModelTrackException>(() => request.AsTask())).Code;

    /// <summary>Fails as often as it has waits to ask for.</summary>
    private sealed class AskingTransport(ITransport inner, params TimeSpan[] waits) : DelegatingTransport(inner)
    {
        private int _asked;

        public override ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken) => _asked < waits.Length
            ? throw new TransportException("busy", transient: true) { RetryAfter = waits[_asked++] }
            : base.HeadAsync(key, cancellationToken);
    }
}
