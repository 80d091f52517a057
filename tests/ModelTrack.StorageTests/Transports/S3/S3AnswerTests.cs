using System.Net;
using System.Net.Sockets;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.S3;
using ModelTrack.StorageTests.Support;
using ModelTrack.TestServers;

namespace ModelTrack.StorageTests.Transports.S3;

/// <summary>What the driver makes of answers that are none of the good ones.</summary>
[TestClass]
public sealed class S3AnswerTests
{
    private const string Key = "packs/ab/abcd";
    private const string Name = "team/models/packs/ab/abcd";

    [TestMethod]
    [DataRow(404, "NoSuchBucket", "MT3706", "'team'")]
    [DataRow(301, "PermanentRedirect", "MT3707", "eu-west-1")]
    [DataRow(400, "AuthorizationHeaderMalformed", "MT3707", "eu-west-1")]
    [DataRow(403, "SignatureDoesNotMatch", "MT3708", "TEAM_KEY and TEAM_SECRET")]
    [DataRow(403, "InvalidAccessKeyId", "MT3708", "TEAM_KEY and TEAM_SECRET")]
    [DataRow(400, "ExpiredToken", "MT3709", "TEAM_KEY")]
    [DataRow(403, "AccessDenied", "MT3711", "s3:PutObject")]
    [DataRow(400, "EntityTooLarge", "MT3712", "client_max_body_size")]
    [DataRow(413, "", "MT3712", "client_max_body_size")]
    [DataRow(403, "QuotaExceeded", "MT3713", "PUT packs/ab/abcd")]
    [DataRow(507, "", "MT3713", "507")]
    [DataRow(405, "MethodNotAllowed", "MT3716", "405")]
    [DataRow(501, "NotImplemented", "MT3716", "501")]
    [DataRow(418, "", "MT3716", "418")]
    public async Task An_answer_that_only_the_user_can_mend_has_a_code_and_what_to_do(int status, string name, string code, string says)
    {
        await using var server = await BucketServer.StartAsync();
        await using var transport = Open(server);
        server.Play = _ => new PlayedAnswer(status, name, Region: code == "MT3707" ? "eu-west-1" : null);

        var error = await Assert.ThrowsAsync<ModelTrackException>(async () => await transport.PutAsync(Key, new byte[100], false, default));
        Assert.AreEqual(code, error.Code);
        StringAssert.Contains(error.Message, says);
        StringAssert.Contains(error.Message, "s3://team/models");
        Assert.DoesNotContain("very-secret", error.ToString());
    }

    [TestMethod]
    [DataRow(500, "InternalError", false)]
    [DataRow(503, "SlowDown", true)]
    [DataRow(503, "", true)]
    [DataRow(429, "TooManyRequests", true)]
    [DataRow(502, "", false)]
    [DataRow(400, "RequestTimeout", false)]
    [DataRow(400, "BadDigest", false)]
    [DataRow(400, "XAmzContentSHA256Mismatch", false)]
    [DataRow(400, "IncompleteBody", false)]
    [DataRow(409, "OperationAborted", false)]
    public async Task An_answer_that_may_be_another_one_soon_is_transient_and_asked_for_once(int status, string name, bool isOverload)
    {
        await using var server = await BucketServer.StartAsync();
        await using var transport = Open(server);
        server.Play = _ => new PlayedAnswer(status, name);

        foreach (var request in new Func<Task>[]
        {
            async () => await transport.PutAsync(Key, new byte[100], false, default),
            async () => await transport.ReadAsync(Key, 0, new byte[10], null, default),
        })
        {
            var error = await Assert.ThrowsAsync<TransportException>(request);
            Assert.IsTrue(error.IsTransient, error.Message);
            Assert.AreEqual(isOverload, error.IsOverload);
        }

        Assert.HasCount(2, server.Seen);
    }

    [TestMethod]
    [DataRow(ServerFault.CutBefore)]
    [DataRow(ServerFault.CutWithin)]
    [DataRow(ServerFault.StallWithin)]
    [DataRow(ServerFault.Stall)]
    [DataRow(ServerFault.Status503)]
    [DataRow(ServerFault.CutAfter)]
    public async Task A_put_that_suffers_is_transient_and_the_next_one_stores(ServerFault fault)
    {
        await using var server = await BucketServer.StartAsync();
        await using var transport = Open(server, S3Bed.Login("k", "s") with { Patience = TimeSpan.FromSeconds(1.5) });
        var bytes = Bytes(3_000_000);
        server.Faults.On(fault, "PUT");

        Assert.IsTrue((await Assert.ThrowsAsync<TransportException>(async () => await transport.PutAsync(Key, bytes, false, default))).IsTransient);
        await transport.PutAsync(Key, bytes, false, default);
        CollectionAssert.AreEqual(bytes, server.Objects[Name].Bytes);
    }

    [TestMethod]
    [DataRow(ServerFault.CutBefore)]
    [DataRow(ServerFault.CutWithin)]
    [DataRow(ServerFault.StallWithin)]
    [DataRow(ServerFault.Stall)]
    [DataRow(ServerFault.OtherRange)]
    [DataRow(ServerFault.Status500)]
    public async Task A_get_that_suffers_is_transient_and_the_next_one_reads(ServerFault fault)
    {
        await using var server = await BucketServer.StartAsync();
        await using var transport = Open(server, S3Bed.Login("k", "s") with { Patience = TimeSpan.FromSeconds(1.5) });
        var bytes = Bytes(3_000_000);
        await transport.PutAsync(Key, bytes, false, default);
        server.Faults.On(fault, "GET");

        var buffer = new byte[1_000_000];
        Assert.IsTrue((await Assert.ThrowsAsync<TransportException>(async () => await transport.ReadAsync(Key, 500_000, buffer, null, default))).IsTransient);
        Assert.AreEqual(buffer.Length, (await transport.ReadAsync(Key, 500_000, buffer, null, default)).Count);
        CollectionAssert.AreEqual(bytes[500_000..1_500_000], buffer);
    }

    [TestMethod]
    public async Task A_body_that_is_damaged_on_its_way_is_refused_by_its_hash()
    {
        await using var server = await BucketServer.StartAsync();
        await using var transport = Open(server);
        server.Faults.On(ServerFault.WrongByte, "PUT");

        var error = await Assert.ThrowsAsync<TransportException>(async () => await transport.PutAsync(Key, Bytes(1000), false, default));
        Assert.IsTrue(error.IsTransient);
        StringAssert.Contains(error.Message, "SHA256");
        Assert.IsEmpty(server.Objects);
    }

    [TestMethod]
    public async Task A_range_that_the_server_ignores_is_cut_out_of_the_whole_and_noted()
    {
        await using var server = await BucketServer.StartAsync();
        await using var transport = Open(server);
        var bytes = Bytes(300_000);
        await transport.PutAsync(Key, bytes, false, default);
        Assert.IsTrue(transport.Traits.RangeReads);
        server.Faults.On(ServerFault.IgnoreRange, "GET");

        var buffer = new byte[1000];
        Assert.AreEqual(1000, (await transport.ReadAsync(Key, 200_000, buffer, null, default)).Count);
        CollectionAssert.AreEqual(bytes[200_000..201_000], buffer);
        Assert.IsFalse(transport.Traits.RangeReads);
    }

    [TestMethod]
    public async Task A_server_without_conditional_put_gets_a_plain_one_from_then_on()
    {
        await using var server = await BucketServer.StartAsync(new BucketServerOptions { ConditionalPut = null });
        await using var transport = Open(server);
        Assert.IsTrue(transport.Traits.ConditionalPut);

        Assert.IsTrue(await transport.PutAsync(Key, Bytes(10), true, default));
        Assert.IsFalse(transport.Traits.ConditionalPut);
        Assert.IsTrue(await transport.PutAsync(Key, Bytes(11), true, default));
        CollectionAssert.AreEqual(new[] { true, false, false }, server.Seen.Select(request => request.Headers.ContainsKey("If-None-Match")).ToArray());
    }

    [TestMethod]
    public async Task A_body_over_the_servers_limit_is_one_coded_error()
    {
        await using var server = await BucketServer.StartAsync(new BucketServerOptions { MaxBody = 1 << 20 });
        await using var transport = Open(server);

        var error = await Assert.ThrowsAsync<ModelTrackException>(async () => await transport.PutAsync(Key, Bytes(16 << 20), false, default));
        Assert.AreEqual("MT3712", error.Code);
        await transport.PutAsync(Key, Bytes(1000), false, default);
    }

    [TestMethod]
    [DataRow(-100)]
    [DataRow(1000)]
    public async Task A_wrong_clock_of_this_machine_is_corrected_by_the_servers(int minutes)
    {
        await using var server = await BucketServer.StartAsync(new BucketServerOptions { Clock = TimeSpan.FromMinutes(minutes) });
        await using var transport = Open(server);

        await transport.PutAsync(Key, Bytes(1000), false, default);
        Assert.AreEqual(1000, (await transport.HeadAsync(Key, default))!.Size);
        Assert.HasCount(3, server.Seen);
    }

    [TestMethod]
    public async Task A_clock_that_stays_wrong_is_a_coded_error()
    {
        await using var server = await BucketServer.StartAsync();
        await using var transport = Open(server);
        server.Play = _ => new PlayedAnswer(403, "RequestTimeTooSkewed");
        Assert.AreEqual("MT3710", (await Assert.ThrowsAsync<ModelTrackException>(async () => await transport.PutAsync(Key, Bytes(10), false, default))).Code);
    }

    [TestMethod]
    public async Task Credentials_that_expire_in_the_middle_are_asked_for_once_more()
    {
        var keys = new Queue<string>(["first", "second", "third"]);
        await using var server = await BucketServer.StartAsync();
        var options = new S3Options { Variable = name => name == "TEAM_KEY" ? keys.Dequeue() : name == "TEAM_SECRET" ? "s" : null };
        await using var transport = Open(server, options);
        await transport.PutAsync(Key, Bytes(10), false, default);

        server.Play = request => request.Authorization!.Contains("Credential=first/", StringComparison.Ordinal) ? new PlayedAnswer(400, "ExpiredToken") : null;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => transport.PutAsync($"packs/{i}", Bytes(20), false, default).AsTask()));
        Assert.HasCount(1, keys);

        server.Play = _ => new PlayedAnswer(400, "ExpiredToken");
        Assert.AreEqual("MT3709", (await Assert.ThrowsAsync<ModelTrackException>(async () => await transport.PutAsync(Key, Bytes(10), false, default))).Code);
    }

    [TestMethod]
    public async Task Credentials_whose_end_a_head_sees_first_are_asked_for_once_more()
    {
        var keys = new Queue<string>(["first", "second", "third"]);
        await using var server = await BucketServer.StartAsync();
        await using var transport = Open(server, new S3Options { Variable = name => name == "TEAM_KEY" ? keys.Dequeue() : name == "TEAM_SECRET" ? "s" : null });
        await transport.PutAsync(Key, Bytes(10), false, default);

        server.Play = request => request.Authorization!.Contains("Credential=first/", StringComparison.Ordinal) ? new PlayedAnswer(400, "ExpiredToken") : null;
        var heads = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => transport.HeadAsync(Key, default).AsTask()));
        Assert.IsTrue(heads.All(head => head!.Size == 10));
        Assert.HasCount(1, keys);
    }

    [TestMethod]
    [DataRow("ExpiredToken", "MT3709")]
    [DataRow("AuthorizationHeaderMalformed", "MT3707")]
    [DataRow("InvalidToken", "MT3708")]
    [DataRow("", "MT3716")]
    public async Task What_a_head_cannot_say_a_get_is_asked_for(string name, string code)
    {
        await using var server = await BucketServer.StartAsync();
        await using var transport = Open(server);
        server.Play = _ => new PlayedAnswer(400, name);

        Assert.AreEqual(code, (await Assert.ThrowsAsync<ModelTrackException>(async () => await transport.HeadAsync(Key, default))).Code);
        CollectionAssert.AreEqual(new[] { "HEAD", "HEAD", "GET" }, server.Seen.Select(request => request.Method).ToArray());
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(10)]
    public async Task A_server_that_answers_no_head_is_asked_by_a_get(int size)
    {
        await using var server = await BucketServer.StartAsync();
        await using var transport = Open(server);
        await transport.PutAsync(Key, Bytes(size), false, default);
        server.Play = request => request.Method == "HEAD" ? new PlayedAnswer(400, "") : null;

        Assert.AreEqual(size, (await transport.HeadAsync(Key, default))!.Size);
        Assert.IsNull(await transport.HeadAsync(Key + "0", default));
    }

    [TestMethod]
    public async Task A_wrong_region_that_a_profile_gave_is_named_as_it_was_used()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder["profiles"], "[team]\naws_access_key_id = k\naws_secret_access_key = s\nregion = eu-north-1\n");
        var certificate = TestCertificate.New();
        await using var server = await BucketServer.StartAsync(new BucketServerOptions { Certificate = certificate });
        server.Play = _ => new PlayedAnswer(400, "AuthorizationHeaderMalformed", Region: "eu-west-1");
        var options = S3Bed.Options() with
        {
            ProfilesLocation = folder["profiles"],
            Configure = handler =>
            {
                // Amazon's own names, and this server behind them.
                handler.ConnectCallback = (_, token) => ConnectAsync(new Uri(server.Endpoint).Port, token);
                handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString();
            },
        };
        await using var transport = new S3Transport("s3://team/models", new RemoteSettings { Profile = "team" }, options);

        var error = await Assert.ThrowsAsync<ModelTrackException>(async () => await transport.PutAsync(Key, Bytes(10), false, default));
        Assert.AreEqual("MT3707", error.Code);
        StringAssert.Contains(error.Message, "not in the region eu-north-1");
        StringAssert.Contains(error.Message, "eu-west-1");
    }

    [TestMethod]
    public async Task Absent_or_forbidden_is_absent_and_noted_and_a_put_decides()
    {
        await using var server = await BucketServer.StartAsync(new BucketServerOptions { HidesAbsence = true });
        await using var transport = Open(server);
        Assert.IsFalse(transport.Traits.HidesAbsence);

        Assert.IsNull(await transport.HeadAsync(Key, default));
        Assert.AreEqual(ReadStatus.Absent, (await transport.ReadAsync(Key, 0, new byte[1], null, default)).Status);
        Assert.IsTrue(transport.Traits.HidesAbsence);
        await transport.PutAsync(Key, Bytes(10), false, default);
        Assert.AreEqual(10, (await transport.HeadAsync(Key, default))!.Size);
    }

    [TestMethod]
    public async Task A_certificate_that_is_not_trusted_and_a_host_that_is_unknown_have_codes()
    {
        await using var server = await BucketServer.StartAsync(new BucketServerOptions { Certificate = TestCertificate.New() });
        await using var tls = Open(server);
        Assert.AreEqual("MT3714", (await Assert.ThrowsAsync<ModelTrackException>(async () => await tls.HeadAsync(Key, default))).Code);

        await using var nowhere = new S3Transport("s3://team/models", S3Bed.Settings("http://s3.invalid"), S3Bed.Login("k", "s"));
        var error = await Assert.ThrowsAsync<Exception>(async () => await nowhere.HeadAsync(Key, default));

        // A machine whose DNS does not answer at all cannot know.
        Assert.IsTrue(error is ModelTrackException { Code: "MT3715" } or TransportException { IsTransient: true }, error.ToString());
    }

    [TestMethod]
    public async Task A_server_that_is_not_there_is_transient()
    {
        await using var transport = new S3Transport("s3://team/models", S3Bed.Settings($"http://127.0.0.1:{LoopbackPort.Free()}"), S3Bed.Login("k", "s"));
        Assert.IsTrue((await Assert.ThrowsAsync<TransportException>(async () => await transport.HeadAsync(Key, default))).IsTransient);
    }

    [TestMethod]
    public async Task A_page_where_a_server_should_be_is_told_as_such()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { BasePath = "", ReadOnly = true });
        await using var transport = new S3Transport("s3://team/models", S3Bed.Settings(server.Url), S3Bed.Login("k", "s"));
        Assert.AreEqual("MT3716", (await Assert.ThrowsAsync<ModelTrackException>(async () => await transport.PutAsync(Key, Bytes(10), false, default))).Code);
    }

    private static S3Transport Open(BucketServer server, S3Options? options = null) =>
        new("s3://team/models", S3Bed.Settings(server.Endpoint), options ?? S3Bed.Login("very-open", "very-secret"));

    private static async ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
