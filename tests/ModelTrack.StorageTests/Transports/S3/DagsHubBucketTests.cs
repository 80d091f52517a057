using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.S3;
using ModelTrack.StorageTests.Support;
using ModelTrack.TestServers;

namespace ModelTrack.StorageTests.Transports.S3;

/// <summary>A bucket as DagsHub has it: the owner stands in the endpoint's path, and one token is both keys.</summary>
[TestClass]
public sealed class DagsHubBucketTests
{
    private const string Token = "tok3n0fada";

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task One_token_from_a_variable_or_from_Gits_helper_is_both_keys_of_a_bucket_below_a_path(bool fromGit)
    {
        using var folder = new TestFolder();
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { BasePath = "/api/v1/repo-buckets/s3/ada/Models/modeltrack" });
        var endpoint = server.Url.Replace("/Models/modeltrack", "", StringComparison.Ordinal);
        var git = Helper(folder);
        await git.ApproveAsync(new Uri(endpoint), new GitCredential("ada", Token), default);
        await using var transport = new S3Transport(
            "s3://Models/modeltrack", Settings(endpoint), new S3Options { Variable = name => fromGit || name != "DAGSHUB_USER_TOKEN" ? null : Token, Git = git });

        Assert.IsTrue(await transport.PutAsync("packs/ab/abcd", new byte[1000], false, default));
        Assert.AreEqual(1000, (await transport.HeadAsync("packs/ab/abcd", default))!.Size);
        Assert.AreEqual(10, (await transport.ReadAsync("packs/ab/abcd", 5, new byte[10], null, default)).Count);
        Assert.AreEqual(ReadStatus.Absent, (await transport.ReadAsync("packs/ab/0000", 0, new byte[10], null, default)).Status);
        Assert.IsTrue(server.Seen.All(request => request.Authorization!.Contains($"Credential={Token}/", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task Without_a_token_the_variable_is_named()
    {
        using var folder = new TestFolder();
        await using var transport = new S3Transport("s3://Models/modeltrack", Settings("http://127.0.0.1:1/api/v1/repo-buckets/s3/ada"), new S3Options { Variable = _ => null, Git = Helper(folder) });
        var error = await Assert.ThrowsAsync<ModelTrackException>(() => transport.HeadAsync("packs/ab/abcd", default).AsTask());
        Assert.AreEqual("MT3701", error.Code);
        StringAssert.Contains(error.Message, "DAGSHUB_USER_TOKEN");
    }

    private static RemoteSettings Settings(string endpoint) => new()
    {
        Endpoint = endpoint,
        Region = "us-east-1",
        ForcePathStyle = true,
        UsernameVariable = "DAGSHUB_USER_TOKEN",
        TokenVariable = "DAGSHUB_USER_TOKEN",
    };

    private static GitCredentials Helper(TestFolder folder)
    {
        File.WriteAllText(folder["gitconfig"], $"[credential]\n\thelper = store --file={folder["credentials"].Replace('\\', '/')}\n");
        return new GitCredentials(mayPrompt: false, new Dictionary<string, string> { ["GIT_CONFIG_GLOBAL"] = folder["gitconfig"], ["GIT_CONFIG_NOSYSTEM"] = "1" });
    }
}
