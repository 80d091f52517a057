using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.Http;
using ModelTrack.TestServers;

namespace ModelTrack.StorageTests.Transports.Http;

/// <summary>A real nginx that makes folders for a PUT.</summary>
[TestClass]
public sealed class NginxContract : HttpContract
{
    internal override ITransport Open(string folder)
    {
        var server = NginxServer.StartAsync().GetAwaiter().GetResult();
        return new ServedTransport(new HttpTransport(server.Url, RemoteSettings.None, Options), server);
    }
}

/// <summary>A real nginx whose folders MKCOL makes, the remote's own included.</summary>
[TestClass]
public sealed class NginxFoldersContract : HttpContract
{
    internal override ITransport Open(string folder)
    {
        var server = NginxServer.StartAsync(makesFolders: false).GetAwaiter().GetResult();
        return new ServedTransport(new RetryTransport(new LimitTransport(new HttpTransport(server.Url + "/team/new", RemoteSettings.None, Options))), server);
    }
}
