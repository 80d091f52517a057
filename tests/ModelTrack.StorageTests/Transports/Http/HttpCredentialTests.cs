using System.Text;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports.Http;
using ModelTrack.StorageTests.Support;
using ModelTrack.TestServers;

namespace ModelTrack.StorageTests.Transports.Http;

/// <summary>Where credentials come from, and that they go nowhere else.</summary>
[TestClass]
public sealed class HttpCredentialTests
{
    private const string Key = "packs/ab/abcd";
    private static readonly TestFolder s_folder = new();

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationTokenSource.Token;

    private static string Remembered => s_folder["credentials"];

    /// <summary>A Git whose helper keeps credentials in a file of the tests' own.</summary>
    private static GitCredentials Git { get; } = new(mayPrompt: false, new Dictionary<string, string> { ["GIT_CONFIG_GLOBAL"] = s_folder["gitconfig"], ["GIT_CONFIG_NOSYSTEM"] = "1" });

    [ClassInitialize]
    public static void Configure(TestContext context) =>
        File.WriteAllText(s_folder["gitconfig"], $"[credential]\n\thelper = store --file={Remembered.Replace('\\', '/')}\n");

    [ClassCleanup]
    public static void Clean() => s_folder.Dispose();

    [TestMethod]
    public async Task A_user_and_a_token_are_sent_as_basic_with_the_first_request()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Authorization = Basic("ann", "pässword:1") });
        await using var transport = Open(server.Url, new RemoteSettings { UsernameVariable = "MODELS_USER", TokenVariable = "MODELS_TOKEN" }, ("MODELS_USER", "ann"), ("MODELS_TOKEN", "pässword:1"));
        await transport.PutAsync(Key, new byte[1], false, Token);
        Assert.AreEqual(1, server.Requests());
    }

    [TestMethod]
    public async Task A_token_alone_is_sent_as_bearer_with_the_first_request()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Authorization = "Bearer abc.DEF-_~+/==" });
        await using var transport = Open(server.Url, new RemoteSettings { TokenVariable = "MODELS_TOKEN" }, ("MODELS_TOKEN", "abc.DEF-_~+/==\n"));
        await transport.PutAsync(Key, new byte[1], false, Token);
        Assert.AreEqual(1, server.Requests());
        Assert.IsFalse(server.Seen.Single().Headers.Keys.Any(name => name.StartsWith("x-ms-", StringComparison.OrdinalIgnoreCase)), "not Azure");
    }

    [TestMethod]
    public async Task A_shared_access_signature_is_sent_in_the_query_and_shows_nowhere()
    {
        await using var server = await ObjectServer.StartAsync();
        const string Sas = "sv=2020-10-02&sr=c&sp=r&sig=SECRET%2Fsignature%3D";
        await using var transport = Open(server.Url, new RemoteSettings { TokenVariable = "MODELS_SAS" }, ("MODELS_SAS", Sas));
        await transport.PutAsync(Key, new byte[1], false, Token);
        var put = server.Seen.Single();
        Assert.AreEqual("?" + Sas, put.Query);
        Assert.AreEqual("BlockBlob", put.Headers["x-ms-blob-type"]);
        Assert.IsNull(put.Authorization);

        server.Faults.On(ServerFault.Status403, times: 9);
        var error = await Assert.ThrowsAsync<ModelTrackException>(() => transport.PutAsync(Key, new byte[1], false, Token).AsTask());
        Assert.DoesNotContain("SECRET", error.ToString());
        Assert.DoesNotContain("SECRET", transport.Traits.ToString());
    }

    [TestMethod]
    public async Task A_signature_does_not_follow_a_redirect_elsewhere()
    {
        await using var elsewhere = await ObjectServer.StartAsync();
        await using var server = await ObjectServer.StartAsync();
        await using var transport = Open(server.Url, new RemoteSettings { TokenVariable = "MODELS_SAS" }, ("MODELS_SAS", "?sv=1&sig=SECRET"));
        server.RedirectTo = elsewhere.Url + "/";
        server.Faults.On(ServerFault.Redirect);
        await transport.PutAsync(Key, new byte[1], false, Token);
        Assert.AreEqual("", elsewhere.Seen.Single().Query);
    }

    [TestMethod]
    [DataRow("MODELS_USER", "MODELS_TOKEN", "MODELS_TOKEN", "MT3801")]
    [DataRow("MODELS_TOKEN", "MODELS_USER", "MODELS_USER", "MT3801")]
    [DataRow("MODELS_TOKEN", null, "MODELS_TOKEN", "MT3802")]
    public async Task A_variable_that_is_named_and_not_set_is_told_before_any_request(string? user, string? token, string named, string code)
    {
        await using var server = await ObjectServer.StartAsync();
        await using var transport = Open(server.Url, new RemoteSettings { UsernameVariable = user, TokenVariable = token }, (user == "MODELS_USER" ? "MODELS_USER" : "MODELS_TOKEN", "x"));
        var error = await Assert.ThrowsAsync<ModelTrackException>(() => transport.HeadAsync(Key, Token).AsTask());
        Assert.AreEqual(code, error.Code);
        StringAssert.Contains(error.Message, named);
        Assert.IsEmpty(server.Seen);
    }

    [TestMethod]
    public async Task Credentials_that_are_refused_are_named_by_their_source_and_not_shown()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Authorization = "Bearer other" });
        await using var transport = Open(server.Url, new RemoteSettings { TokenVariable = "MODELS_TOKEN" }, ("MODELS_TOKEN", "wrong-secret"));
        var error = await Assert.ThrowsAsync<ModelTrackException>(() => transport.HeadAsync(Key, Token).AsTask());
        Assert.AreEqual("MT3804", error.Code);
        StringAssert.Contains(error.Message, "MODELS_TOKEN");
        Assert.DoesNotContain("wrong-secret", error.ToString());
        Assert.AreEqual(1, server.Requests(), "nobody else was asked");
    }

    [TestMethod]
    public async Task Gits_helper_is_asked_when_the_server_wants_credentials_and_not_before()
    {
        await using var server = await ObjectServer.StartAsync();
        await Remember(server, "ann", "word");
        await using var transport = Open(server.Url, RemoteSettings.None);
        await transport.PutAsync(Key, new byte[1], false, Token);
        Assert.IsNull(server.Seen.Single().Authorization);

        server.Authorization = Basic("ann", "word");
        server.Forget();
        await Parallel.ForEachAsync(Enumerable.Range(0, 8), Token, async (i, token) => await transport.PutAsync($"packs/ab/{i}", new byte[1], false, token));
        await transport.HeadAsync(Key, Token);
        Assert.AreEqual(server.Authorization, server.Seen.Last().Authorization, "kept for what follows");
        Assert.IsTrue((await File.ReadAllTextAsync(Remembered, Token)).Contains("ann:word@" + new Uri(server.Url).Authority.Replace(":", "%3a", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    [TestMethod]
    public async Task What_gits_helper_gave_and_the_server_refuses_is_forgotten()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Authorization = Basic("ann", "new") });
        await Remember(server, "ann", "old");
        await using var transport = Open(server.Url, RemoteSettings.None);
        var error = await Assert.ThrowsAsync<ModelTrackException>(() => transport.HeadAsync(Key, Token).AsTask());
        Assert.AreEqual("MT3804", error.Code);
        StringAssert.Contains(error.Message, "Git's credential helper");
        Assert.DoesNotContain(new Uri(server.Url).Authority.Replace(":", "%3a", StringComparison.Ordinal), await File.ReadAllTextAsync(Remembered, Token));
    }

    [TestMethod]
    public async Task Without_any_credentials_and_without_a_console_nothing_prompts_and_the_error_says_what_to_do()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Authorization = Basic("ann", "word") });
        await using var transport = Open(server.Url, RemoteSettings.None);
        Assert.AreEqual("MT3803", (await Assert.ThrowsAsync<ModelTrackException>(() => transport.HeadAsync(Key, Token).AsTask())).Code);
    }

    private static Task Remember(ObjectServer server, string user, string password) =>
        Git.ApproveAsync(new Uri(server.Url), new GitCredential(user, password), default);

    private static string Basic(string user, string password) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    private static HttpTransport Open(string url, RemoteSettings settings, params (string Name, string Value)[] variables) => new(url, settings, new HttpOptions
    {
        Git = Git,
        Variable = name => variables.FirstOrDefault(variable => variable.Name == name).Value,
    });
}
