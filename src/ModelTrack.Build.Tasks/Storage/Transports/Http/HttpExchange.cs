using System.Net;

namespace ModelTrack.Storage.Transports.Http;

/// <summary>
/// Makes requests: with credentials, through redirects, under a stall guard. Credentials go to the remote's own scheme, host and port and nowhere else;
/// once a redirect has led away, none are sent in that exchange, wherever it leads next.
/// </summary>
internal sealed class HttpExchange : IDisposable
{
    private const int MostRedirects = 5;

    private static readonly string s_agent = "ModelTrack/" + (typeof(HttpExchange).Assembly.GetName().Version?.ToString(3) ?? "0");

    private readonly Uri _home;
    private readonly string _remote;
    private readonly HttpOptions _options;
    private readonly HttpMessageInvoker _invoker;

    /// <param name="remote">The remote for a person.</param>
    /// <param name="home">Any URL of the remote's server.</param>
    public HttpExchange(string remote, Uri home, HttpCredentials credentials, HttpOptions options)
    {
        _remote = remote;
        _home = home;
        _options = options;
        Credentials = credentials;

        // A proxy comes from HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, or the system's settings: the handler's default.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        options.Configure?.Invoke(handler);
        _invoker = new HttpMessageInvoker(handler);
    }

    public HttpCredentials Credentials { get; }

    /// <summary>Makes a request and gives its answer, whatever its status.</summary>
    /// <param name="what">The request, for a person.</param>
    /// <param name="prepare">Adds headers; called for each message that is sent.</param>
    /// <exception cref="TransportException">No answer came.</exception>
    /// <exception cref="Diagnostics.ModelTrackException">A redirect that is not followed, a certificate that is not trusted, a variable that is not set.</exception>
    public async Task<HttpAnswer> SendAsync(
        HttpMethod method, Uri url, string what, ReadOnlyMemory<byte>? body, Action<HttpRequestMessage>? prepare, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var isHome = true;
        for (var redirects = 0; ;)
        {
            var used = isHome ? Credentials.Current() : null;
            var answer = await OnceAsync(method, url, what, body, prepare, used, isHome, cancellationToken).ConfigureAwait(false);
            try
            {
                if (answer.Status == HttpStatusCode.Unauthorized && isHome)
                {
                    if (await Credentials.RenewAsync(used, cancellationToken).ConfigureAwait(false))
                    {
                        answer.Dispose();
                        continue;
                    }

                    await Credentials.RefusedAsync(used, cancellationToken).ConfigureAwait(false);
                    return answer;
                }

                if (NextOf(answer, url, method) is not { } next)
                {
                    if (isHome && answer.Status != HttpStatusCode.Forbidden) await Credentials.AcceptedAsync(used, cancellationToken).ConfigureAwait(false);
                    return answer;
                }

                if (++redirects > MostRedirects) throw StorageErrors.HttpRedirectRefused(_remote, what, $"it leads on and on, {MostRedirects} times over");
                answer.Dispose();
                isHome &= IsSameOrigin(next, _home);
                url = next;
            }
            catch
            {
                answer.Dispose();
                throw;
            }
        }
    }

    public void Dispose()
    {
        _invoker.Dispose();
        Credentials.Dispose();
    }

    private async Task<HttpAnswer> OnceAsync(
        HttpMethod method, Uri url, string what, ReadOnlyMemory<byte>? body, Action<HttpRequestMessage>? prepare, HttpCredential? used, bool isHome, CancellationToken cancellationToken)
    {
        var guard = new StallGuard(_options.Patience, cancellationToken);
        try
        {
            // The message is not disposed here: disposing it would dispose the body of a request whose answer came early and is still sending.
            var request = new HttpRequestMessage(method, url) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            request.Headers.TryAddWithoutValidation("User-Agent", s_agent);
            request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
            if (body is { } bytes) request.Content = new MemoryBody(bytes, guard);
            prepare?.Invoke(request);
            used?.ApplyTo(request);
            var response = await _invoker.SendAsync(request, guard.Token).ConfigureAwait(false);
            guard.Moved();
            return new HttpAnswer(what, response, guard, used, !isHome);
        }
        catch (Exception e)
        {
            var failure = HttpFailures.Of(e, what, guard, cancellationToken);
            guard.Dispose();
            if (failure is null) throw;
            throw failure;
        }
    }

    /// <summary>Where the answer sends the request; null when it is no redirect. The method stays: what was a PUT never turns into a GET.</summary>
    private Uri? NextOf(HttpAnswer answer, Uri from, HttpMethod method)
    {
        var follows = answer.Status switch
        {
            HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect => true,
            HttpStatusCode.SeeOther => method == HttpMethod.Get || method == HttpMethod.Head,
            _ => false,
        };
        if (!follows) return null;

        if (answer.Response.Headers.Location is not { } location || !Uri.TryCreate(from, location, out var next)) throw StorageErrors.HttpRedirectRefused(_remote, answer.What, "it names no place");
        if (next.Scheme != Uri.UriSchemeHttp && next.Scheme != Uri.UriSchemeHttps) throw StorageErrors.HttpRedirectRefused(_remote, answer.What, $"it leads to {next.Scheme}:");
        if (next.UserInfo.Length > 0) throw StorageErrors.HttpRedirectRefused(_remote, answer.What, "it carries user-info");
        if (from.Scheme == Uri.UriSchemeHttps && next.Scheme == Uri.UriSchemeHttp)
        {
            throw StorageErrors.HttpRedirectRefused(_remote, answer.What, $"it leads from https to plain http, to {next.GetLeftPart(UriPartial.Authority)}");
        }

        return next;
    }

    private static bool IsSameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && string.Equals(one.IdnHost, other.IdnHost, StringComparison.OrdinalIgnoreCase);
}
