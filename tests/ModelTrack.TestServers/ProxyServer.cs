using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ModelTrack.TestServers;

/// <summary>A forward proxy for plain HTTP on loopback: whatever host a request is for, it goes to one server, or to what plays its cache. It refuses every tunnel.</summary>
public sealed class ProxyServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _target;
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });
    private int _requests;

    private ProxyServer(WebApplication app, string target)
    {
        _app = app;
        _target = target;
    }

    public string Url => _app.Urls.First();

    /// <summary>How it answers CONNECT, by which https goes through a proxy.</summary>
    public int TunnelAnswer { get; set; } = 403;

    /// <summary>A server whose packs are served as if they were this proxy's cache, to whoever does not ask past caches.</summary>
    public string? Cache { get; set; }

    public int Requests => Volatile.Read(ref _requests);

    /// <param name="target">Scheme, host and port of the server.</param>
    public static async Task<ProxyServer> StartAsync(string target)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var proxy = new ProxyServer(app, target);
        app.Run(proxy.HandleAsync);
        await app.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _client.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        if (context.Request.Method == "CONNECT")
        {
            context.Response.StatusCode = TunnelAnswer;
            return;
        }

        var isCached = context.Request.Headers.CacheControl != "no-cache" && context.Request.Path.Value!.Contains("/packs/", StringComparison.Ordinal);
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), ((isCached ? Cache : null) ?? _target) + context.Request.Path + context.Request.QueryString);
        if (context.Request.ContentLength > 0) request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, value) in context.Request.Headers)
        {
            if (name is "Host" or "Connection" || request.Headers.TryAddWithoutValidation(name, value.ToArray())) continue;
            request.Content?.Headers.TryAddWithoutValidation(name, value.ToArray());
        }

        using var response = await _client.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            if (name is not ("Transfer-Encoding" or "Connection")) context.Response.Headers[name] = values.ToArray();
        }

        if (context.Request.Method != "HEAD") await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
