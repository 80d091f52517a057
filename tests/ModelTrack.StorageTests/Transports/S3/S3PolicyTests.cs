using System.Text.RegularExpressions;
using Amazon.S3.Model;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.S3;
using ModelTrack.StorageTests.Remote;
using ModelTrack.TestServers;

namespace ModelTrack.StorageTests.Transports.S3;

/// <summary>The policies of docs/remotes.md on Ceph's gateway, each with a user who has that policy and nothing else; and push and pull through them.</summary>
[TestClass]
public sealed class S3PolicyTests
{
    private static readonly Lazy<Task<Users>> s_users = new(MakeUsersAsync);

    private sealed record Users(RadosServer Server, (string AccessKey, string SecretKey) Push, (string AccessKey, string SecretKey) Restore, (string AccessKey, string SecretKey) Gc);

    [TestMethod]
    public async Task A_push_goes_with_get_and_put_alone_and_a_restore_with_get_alone()
    {
        var users = await s_users.Value;
        var url = NewUrl();
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Wrap(Open(url, users.Server, users.Push)));
        var file = await one.SaveAsync(RemoteBed.Noise(20_000_000, 1));
        var folder = await one.SaveAsync(Enumerable.Range(0, 200).Select(i => ($"f/{i:000}.csv", RemoteBed.Csv(1 + i, i))));
        await one.Remote.PushAsync(file, [], "models/a.onnx.track", default);
        await one.PushAsync(folder);
        Assert.IsTrue((await one.PushAsync(file)).AlreadyThere);

        var changed = RemoteBed.Noise(20_000_000, 1);
        changed[10_000_000] ^= 1;
        var second = await one.SaveAsync(changed);
        Assert.IsLessThan(1_000_000, (await one.Remote.PushAsync(second, [], "models/a.onnx.track", default)).BytesSent);

        var other = bed.NewMachine(Wrap(Open(url, users.Server, users.Restore)));
        await other.PullAsync(file);
        await other.PullAsync(folder);
        await other.PullAsync(second, file);
    }

    [TestMethod]
    public async Task A_push_that_died_goes_on_without_listing()
    {
        var users = await s_users.Value;
        var url = NewUrl();
        await using var bed = new RemoteBed();
        var faults = new FaultTransport(Open(url, users.Server, users.Push));
        var count = new CountingTransport(faults);
        var one = bed.NewMachine(new LimitTransport(count, maxRequests: 1));
        var artifact = await one.SaveAsync(RemoteBed.Noise(40_000_000, 2));
        faults.On(Fault.ThrowBefore, RequestKind.Put, "packs/", nth: 2, times: 100, transient: false);
        Assert.AreEqual("MT3101", (await Assert.ThrowsAsync<ModelTrackException>(() => one.PushAsync(artifact))).Code);

        faults.Clear();
        count.Reset();
        await one.PushAsync(artifact);
        Assert.IsLessThan(30_000_000, count.Sent("packs"));
        await bed.NewMachine(Wrap(Open(url, users.Server, users.Restore))).PullAsync(artifact);
    }

    [TestMethod]
    public async Task Who_may_only_read_is_told_what_a_push_needs_and_an_absent_artifact_is_absent_or_forbidden()
    {
        var users = await s_users.Value;
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(Wrap(Open(NewUrl(), users.Server, users.Restore)));
        var artifact = await one.SaveAsync(RemoteBed.Noise(1000, 3));

        Assert.IsNull(await one.Remote.FindAsync(artifact.Id, default));
        Assert.IsTrue(one.Remote.HidesAbsence);
        var error = await Assert.ThrowsAsync<ModelTrackException>(() => one.PushAsync(artifact));
        Assert.AreEqual("MT3711", error.Code);
        StringAssert.Contains(error.Message, "s3:PutObject");
    }

    [TestMethod]
    public async Task Garbage_collection_has_list_and_delete_besides()
    {
        var users = await s_users.Value;
        var url = NewUrl();
        await using var push = Open(url, users.Server, users.Push);
        await using var gc = Open(url, users.Server, users.Gc);
        await push.PutAsync("packs/ab/abcd", new byte[10], false, default);

        Assert.AreEqual("MT3711", (await Assert.ThrowsAsync<ModelTrackException>(async () => await push.DeleteAsync("packs/ab/abcd", default))).Code);
        Assert.AreEqual("MT3711", (await Assert.ThrowsAsync<ModelTrackException>(() => ListAsync(push))).Code);
        CollectionAssert.AreEqual(new[] { "packs/ab/abcd" }, (await ListAsync(gc)).ToArray());
        await gc.DeleteAsync("packs/ab/abcd", default);
        Assert.IsNull(await gc.HeadAsync("packs/ab/abcd", default));
        Assert.IsFalse(gc.Traits.HidesAbsence);
    }

    [TestMethod]
    public async Task Garbage_is_collected_by_who_may_list_and_delete_while_others_push_and_restore()
    {
        var users = await s_users.Value;
        var url = NewUrl();
        await GcScenario.RunAsync(
            () => Wrap(Open(url, users.Server, users.Push)), () => Wrap(Open(url, users.Server, users.Restore)), () => Wrap(Open(url, users.Server, users.Gc)), TimeSpan.Zero, GcScenario.ASecondAsync);
    }

    [TestMethod]
    public async Task What_the_real_server_says_of_wrong_credentials_and_buckets_has_a_code()
    {
        var server = await S3Bed.ServerAsync();
        foreach (var (url, login, code) in new[]
        {
            (NewUrl(), (server.AccessKey, "wrong"), "MT3708"),
            (NewUrl(), ("nobody", server.SecretKey), "MT3708"),
            ("s3://no-such-bucket/x", (server.AccessKey, server.SecretKey), "MT3706"),
        })
        {
            await using var transport = Open(url, server, login);
            Assert.AreEqual(code, (await Assert.ThrowsAsync<ModelTrackException>(async () => await transport.ReadAsync("x", 0, new byte[1], null, default))).Code, url);
            Assert.AreEqual(code, (await Assert.ThrowsAsync<ModelTrackException>(async () => await transport.PutAsync("x", new byte[1], false, default))).Code, url);
        }
    }

    private static async Task<List<string>> ListAsync(S3Transport transport)
    {
        var keys = new List<string>();
        await foreach (var item in transport.ListAsync("packs/", default)) keys.Add(item.Key);
        return keys;
    }

    private static string NewUrl() => S3Bed.NewUrl().Replace("/tests/", "/models/tests/", StringComparison.Ordinal);

    private static S3Transport Open(string url, RadosServer server, (string AccessKey, string SecretKey) login) =>
        new(url, S3Bed.Settings(server.Endpoint), S3Bed.Login(login.AccessKey, login.SecretKey));

    private static RetryTransport Wrap(ITransport driver) => new(new LimitTransport(driver));

    private static async Task<Users> MakeUsersAsync()
    {
        var server = await S3Bed.ServerAsync();
        var users = new Users(server, await server.NewUserAsync("push"), await server.NewUserAsync("restore"), await server.NewUserAsync("gc"));
        var documented = Policies();
        using var owner = S3Bed.Owner(server);

        // As a bucket's policy, where a statement also tells whom it is for.
        var statements = new[] { "push", "restore", "gc" }.Select(name => Statements(documented[name]).Replace(
            "\"Effect\": \"Allow\",", $"\"Effect\": \"Allow\", \"Principal\": {{ \"AWS\": [\"arn:aws:iam:::user/{name}\"] }},", StringComparison.Ordinal));
        await owner.PutBucketPolicyAsync(new PutBucketPolicyRequest
        {
            BucketName = S3Bed.Bucket,
            Policy = $"{{ \"Version\": \"2012-10-17\", \"Statement\": [ {string.Join(", ", statements)} ] }}",
        });
        return users;
    }

    /// <summary>The policies of the page, by the first word of the line before each.</summary>
    private static Dictionary<string, string> Policies() =>
        Regex.Matches(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "remotes.md")), @"<!-- policy: (\w+) -->\s*```json\s(.*?)```", RegexOptions.Singleline)
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value.Replace("BUCKET", S3Bed.Bucket, StringComparison.Ordinal));

    private static string Statements(string policy)
    {
        var from = policy.IndexOf('[', StringComparison.Ordinal) + 1;
        return policy[from..policy.LastIndexOf(']')];
    }
}
