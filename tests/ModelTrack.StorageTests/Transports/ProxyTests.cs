using System.Net;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.Http;
using ModelTrack.Storage.Transports.S3;
using ModelTrack.StorageTests.Transports.S3;
using ModelTrack.TestServers;

namespace ModelTrack.StorageTests.Transports;

/// <summary>A real proxy, set as a person sets one, with a password in its URL, that makes no tunnel.</summary>
[TestClass]
public sealed class ProxyTests
{
    private const string Word = "pr0xy-w0rd";

    [TestMethod]
    [DataRow(403, false)]
    [DataRow(407, false)]
    [DataRow(502, true)]
    [DataRow(503, true)]
    [DataRow(504, true)]
    public async Task A_refusal_is_told_by_its_status_without_the_proxys_password(int status, bool isTransient)
    {
        await using var proxy = await ProxyServer.StartAsync("http://127.0.0.1:1");
        proxy.TunnelAnswer = status;
        await using var http = new HttpTransport(
            "https://models.invalid/m", RemoteSettings.None, new HttpOptions { Git = new GitCredentials(mayPrompt: false), Configure = handler => handler.Proxy = ProxyOf(proxy) });
        await using var s3 = new S3Transport(
            "s3://team/models", S3Bed.Settings("https://s3.invalid"), S3Bed.Login("k", "s") with { Configure = handler => handler.Proxy = ProxyOf(proxy) });

        foreach (var transport in new ITransport[] { http, s3 })
        {
            var error = await Assert.ThrowsAsync<TransportException>(async () => await transport.HeadAsync("packs/ab/abcd", default));

            StringAssert.Contains(error.Message, "proxy");
            StringAssert.Contains(error.Message, status.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Assert.AreEqual(isTransient, error.IsTransient, error.Message);
            Assert.DoesNotContain(Word, error.ToString());
        }

        Assert.IsGreaterThanOrEqualTo(2, proxy.Requests);
    }

    [TestMethod]
    [DataRow("The proxy tunnel request to proxy 'http://ann:pw@proxy:3128/' failed", "The proxy tunnel request to proxy 'http://proxy:3128/' failed")]
    [DataRow("fatal: https://ann@host/x, http://b:p@w@host/y", "fatal: https://host/x, http://host/y")]
    [DataRow("https://host/models@v2 by ann@host", "https://host/models@v2 by ann@host")]
    public void Words_of_others_lose_the_user_info_of_their_urls(string text, string told) => Assert.AreEqual(told, ForeignText.WithoutUserInfo(text));

    private static WebProxy ProxyOf(ProxyServer proxy) => new(new UriBuilder(proxy.Url) { UserName = "ann", Password = Word }.Uri);
}
