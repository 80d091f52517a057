using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.Http;
using ModelTrack.Storage.Transports.S3;

namespace ModelTrack.Storage.Remote;

/// <summary>Opens transports by address.</summary>
public static class Remotes
{
    /// <summary>The bare driver; no request is made. Wrap it in retry, limit and count.</summary>
    /// <exception cref="Diagnostics.ModelTrackException">The settings name an endpoint that is no URL.</exception>
    public static ITransport Open(RemoteAddress address, RemoteSettings settings) => address.Kind switch
    {
        RemoteKind.Folder => new FileTransport(address.Location),
        RemoteKind.Http => new HttpTransport(address.Location, settings),
        _ => new S3Transport(address.Location, settings),
    };
}
