using System.Globalization;
using System.Net;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Transports;

/// <summary>A proxy that does not connect to the server. It is told in words of our own: the framework's may show the proxy's URL, password included.</summary>
internal static class ProxyRefusal
{
    /// <summary>What a request came to; null for any other exception. That one is not passed on: a log of it would show its words.</summary>
    public static TransportException? Of(Exception e, string what) => Told(e) is { } told
        ? new TransportException($"{what}: {told}", ((HttpRequestException)e).StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
        : null;

    /// <summary>For a person; null for any other exception.</summary>
    public static string? Told(Exception e) => e is not HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } refusal ? null : refusal.StatusCode switch
    {
        null => $"the proxy refused: {ForeignText.WithoutUserInfo(refusal.Message)}",
        HttpStatusCode.ProxyAuthenticationRequired => "the proxy wants credentials, or others than it got (407); give them in HTTPS_PROXY",
        { } status => string.Create(CultureInfo.InvariantCulture, $"the proxy refused to connect to the server ({(int)status} {status})"),
    };
}
