using System.Net;
using System.Net.Sockets;

namespace ModelTrack.TestServers;

/// <summary>Ports for servers that must be told theirs before they start.</summary>
public static class LoopbackPort
{
    /// <summary>A port that nobody listens on now; another process may take it before its server does, so callers try again.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
