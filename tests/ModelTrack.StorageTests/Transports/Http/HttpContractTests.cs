using ModelTrack.Git;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.Http;
using ModelTrack.TestServers;

namespace ModelTrack.StorageTests.Transports.Http;

/// <summary>The HTTP driver over servers that differ in what they can.</summary>
public abstract class HttpContract : TransportContract
{
    private protected static HttpOptions Options { get; } = new() { Git = new GitCredentials(mayPrompt: false) };

    private protected virtual ObjectServerOptions Server => new();

    internal override ITransport Open(string folder)
    {
        var server = ObjectServer.StartAsync(Server).GetAwaiter().GetResult();
        return new ServedTransport(new HttpTransport(server.Url, RemoteSettings.None, Options), server);
    }
}

[TestClass]
public sealed class PlainHttpContract : HttpContract;

/// <summary>Folders must be made, the whole object comes for any range, conditions are not heeded.</summary>
[TestClass]
public sealed class WebDavHttpContract : HttpContract
{
    private protected override ObjectServerOptions Server => new() { NeedsFolders = true, Lists = true, Ranges = false, Conditions = false };
}

[TestClass]
public sealed class BareHttpContract : HttpContract
{
    private protected override ObjectServerOptions Server => new() { Head = false, Chunked = true, ETags = false, Ranges = false, Conditions = false };
}

[TestClass]
public sealed class WeakTagHttpContract : HttpContract
{
    private protected override ObjectServerOptions Server => new() { WeakETags = true, Lists = true };
}

[TestClass]
public sealed class TlsHttpContract : HttpContract
{
    internal override ITransport Open(string folder)
    {
        var certificate = TestCertificate.New();
        var server = ObjectServer.StartAsync(new ObjectServerOptions { Certificate = certificate }).GetAwaiter().GetResult();
        var options = Options with
        {
            Configure = handler => handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString(),
        };
        return new ServedTransport(new HttpTransport(server.Url, RemoteSettings.None, options), server);
    }
}

[TestClass]
public sealed class WholeStackOverHttpContract : HttpContract
{
    private protected override ObjectServerOptions Server => new() { Lists = true, NeedsFolders = true };

    internal override ITransport Open(string folder) =>
        new RetryTransport(new LimitTransport(new CountingTransport(base.Open(folder))));
}
