using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace ModelTrack.TestServers;

/// <summary>A request as the server got it.</summary>
public sealed record SeenRequest(string Method, string Key, string Query, IReadOnlyDictionary<string, string> Headers)
{
    public string? Authorization => Headers.GetValueOrDefault("Authorization");
}

public sealed record StoredObject(byte[] Bytes, string ETag, DateTimeOffset Time);

/// <summary>
/// A real HTTP server on loopback that keeps objects in memory, counts requests and bytes, and plays faults that a test asks for.
/// </summary>
public sealed partial class ObjectServer : IFaultyServer
{
    private readonly WebApplication _app;
    private readonly ObjectServerOptions _options;
    private readonly ConcurrentDictionary<string, bool> _folders = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _puts = new();
    private long _received;
    private long _sent;

    private ObjectServer(WebApplication app, ObjectServerOptions options)
    {
        _app = app;
        _options = options;
    }

    /// <summary>The remote's address.</summary>
    public string Url { get; private set; } = "";

    public ConcurrentDictionary<string, StoredObject> Objects { get; } = new(StringComparer.Ordinal);

    public FaultScript Faults { get; } = new();

    public ConcurrentQueue<SeenRequest> Seen { get; } = new();

    /// <summary>Where <see cref="ServerFault.Redirect"/> leads: the beginning of a URL, to which the key is added.</summary>
    public string RedirectTo { get; set; } = "";

    /// <summary>The Authorization header let in from now on; null for everybody.</summary>
    public string? Authorization { get; set; }

    public TimeSpan Clock { get; set; }

    public long BytesReceived => Interlocked.Read(ref _received);

    public long BytesSent => Interlocked.Read(ref _sent);

    public int Requests(string? method = null, string area = "") =>
        Seen.Count(request => (method is null || request.Method == method) && request.Key.StartsWith(area, StringComparison.Ordinal));

    public IReadOnlyList<string> Keys(string prefix) => [.. Objects.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    public void Forget()
    {
        Seen.Clear();
        Interlocked.Exchange(ref _received, 0);
        Interlocked.Exchange(ref _sent, 0);
    }

    public static async Task<ObjectServer> StartAsync(ObjectServerOptions? options = null)
    {
        options ??= new ObjectServerOptions();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AllowSynchronousIO = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBody;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (options.Certificate is { } certificate) listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = certificate });
            });
        });
        var app = builder.Build();
        var server = new ObjectServer(app, options) { Authorization = options.Authorization };
        app.Run(server.HandleAsync);
        await app.StartAsync();
        server.Url = app.Urls.First().Replace("[::]", "127.0.0.1", StringComparison.Ordinal) + options.BasePath;
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
        _stopping.Dispose();
    }

    /// <summary>Changes an object behind everyone's back.</summary>
    public void Spoil(string key, Func<byte[], byte[]> change) => Store(key, change([.. Objects[key].Bytes]));

    private async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "/";
        var isOurs = path.StartsWith(_options.BasePath + "/", StringComparison.Ordinal) || path == _options.BasePath;
        var key = isOurs ? path[_options.BasePath.Length..].TrimStart('/') : path;
        Seen.Enqueue(new SeenRequest(
            context.Request.Method,
            key,
            context.Request.QueryString.Value ?? "",
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));

        var fault = Faults.Next(context.Request.Method, key);
        try
        {
            if (await PlayInsteadAsync(context, key, fault)) return;
            if (Authorization is { } wanted && context.Request.Headers.Authorization != wanted)
            {
                context.Response.StatusCode = 401;
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"models\"";
                return;
            }

            if (!isOurs)
            {
                context.Response.StatusCode = 404;
                return;
            }

            context.Response.Headers["Date"] = (DateTimeOffset.UtcNow + Clock + Skew(fault)).ToString("R", CultureInfo.InvariantCulture);
            await AnswerAsync(context, key, fault);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or BadHttpRequestException)
        {
            if (e is BadHttpRequestException { StatusCode: var status } && !context.Response.HasStarted) context.Response.StatusCode = status;
            else context.Abort();
        }
    }

    private Task AnswerAsync(HttpContext context, string key, ServerFault? fault)
    {
        switch (context.Request.Method)
        {
            case "GET":
                return GetAsync(context, key, fault);
            case "HEAD" when _options.Head:
                return HeadAsync(context, key, fault);
            case "PUT" when !_options.ReadOnly:
                return PutAsync(context, key, fault);
            case "DELETE" when !_options.ReadOnly:
                context.Response.StatusCode = Objects.TryRemove(key, out _) ? 204 : 404;
                if (fault == ServerFault.CutAfter) context.Abort();
                return Task.CompletedTask;
            case "MKCOL" when _options.NeedsFolders && !_options.ReadOnly:
                context.Response.StatusCode = MakeFolder(key.TrimEnd('/'));
                return Task.CompletedTask;
            case "PROPFIND" when _options.Lists:
                return ListAsync(context, key.TrimEnd('/'));
            default:
                context.Response.StatusCode = 405;
                context.Response.Headers.Allow = "GET, HEAD";
                return Task.CompletedTask;
        }
    }

    private async Task PutAsync(HttpContext context, string key, ServerFault? fault)
    {
        if (_options.NeedsFolders && key.LastIndexOf('/') is > 0 and var end && !_folders.ContainsKey(key[..end]))
        {
            context.Response.StatusCode = 409;
            return;
        }

        var body = new MemoryStream();
        var buffer = new byte[64 * 1024];
        var half = (context.Request.ContentLength ?? 0) / 2;
        while (true)
        {
            var read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted);
            if (read == 0) break;
            Interlocked.Add(ref _received, read);
            body.Write(buffer, 0, read);
            if (body.Length < half) continue;
            if (fault == ServerFault.CutWithin) throw new IOException("played");
            if (fault == ServerFault.StallWithin) await ForeverAsync(context);
        }

        if (fault is ServerFault.CutWithin) throw new IOException("played");
        var bytes = body.ToArray();
        if (fault == ServerFault.WrongByte && bytes.Length > 0) bytes[bytes.Length / 2] ^= 0x10;
        if (fault == ServerFault.Short && bytes.Length > 0) bytes = bytes[..^1];
        if (fault == ServerFault.Long) bytes = [.. bytes, 0x5A];

        lock (_puts)
        {
            if (_options.Conditions && fault != ServerFault.IgnoreConditions && context.Request.Headers.IfNoneMatch == "*" && Objects.ContainsKey(key))
            {
                context.Response.StatusCode = 412;
                return;
            }

            context.Response.StatusCode = Objects.ContainsKey(key) ? 204 : 201;
            Store(key, bytes);
        }

        if (fault == ServerFault.CutAfter) throw new IOException("played");
        if (fault == ServerFault.Stall) await ForeverAsync(context);
    }

    private Task HeadAsync(HttpContext context, string key, ServerFault? fault)
    {
        if (!Objects.TryGetValue(key, out var stored))
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        }

        Describe(context, stored, fault);
        if (!_options.Chunked) context.Response.ContentLength = stored.Bytes.Length + (fault == ServerFault.Long ? 1 : fault == ServerFault.ShortAndSaysSo ? -1 : 0);
        return Task.CompletedTask;
    }

    private async Task GetAsync(HttpContext context, string key, ServerFault? fault)
    {
        var response = context.Response;
        if (!Objects.TryGetValue(key, out var stored))
        {
            response.StatusCode = 404;
            return;
        }

        Describe(context, stored, fault);
        var heeds = _options.Conditions && fault != ServerFault.IgnoreConditions;
        var wanted = context.Request.Headers.IfNoneMatch.ToString();
        if (wanted.Length > 0 && (fault == ServerFault.LyingETag || (heeds && _options.ETags && Strong(wanted) == stored.ETag)))
        {
            response.StatusCode = 304;
            return;
        }

        var bytes = stored.Bytes;
        if (fault == ServerFault.WrongByte && bytes.Length > 0)
        {
            bytes = [.. bytes];
            bytes[bytes.Length / 2] ^= 0x10;
        }

        if (fault == ServerFault.ShortAndSaysSo && bytes.Length > 0) bytes = bytes[..^1];
        var (from, to) = (0L, bytes.Length - 1L);
        if (_options.Ranges && fault != ServerFault.IgnoreRange && RangeOf(context.Request) is { } range)
        {
            if (range.From >= bytes.Length)
            {
                response.StatusCode = 416;
                response.Headers.ContentRange = $"bytes */{bytes.Length}";
                return;
            }

            (from, to) = (range.From, Math.Min(range.To, bytes.Length - 1));
            if (fault == ServerFault.OtherRange && from == 0 && to > 0) from = 1;
            else if (fault == ServerFault.OtherRange) from--;
            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {from}-{to}/{bytes.Length}";
            // A wrong byte must lie in what is sent.
            if (fault == ServerFault.WrongByte) bytes[(from + to) / 2] ^= 0x20;
        }

        await SendBodyAsync(context, bytes.AsMemory((int)from, (int)(to - from + 1)), fault);
    }

    private async Task SendBodyAsync(HttpContext context, ReadOnlyMemory<byte> body, ServerFault? fault)
    {
        var extra = fault is ServerFault.Long or ServerFault.LongUntold ? 1 : 0;
        if (!_options.Chunked && fault != ServerFault.LongUntold) context.Response.ContentLength = body.Length + extra;
        if (fault is ServerFault.CutWithin or ServerFault.StallWithin or ServerFault.Short)
        {
            await WriteAsync(context, body[..(fault == ServerFault.Short ? body.Length - 1 : body.Length / 2)]);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (fault == ServerFault.StallWithin) await ForeverAsync(context);
            throw new IOException("played");
        }

        await WriteAsync(context, body);
        if (extra > 0) await WriteAsync(context, new byte[] { 0x5A });
        if (fault == ServerFault.CutAfter)
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            throw new IOException("played");
        }
    }

    private async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> bytes)
    {
        for (var offset = 0; offset < bytes.Length; offset += 64 * 1024)
        {
            var slice = bytes.Slice(offset, Math.Min(64 * 1024, bytes.Length - offset));
            await context.Response.Body.WriteAsync(slice, context.RequestAborted);
            Interlocked.Add(ref _sent, slice.Length);
        }
    }

    /// <summary>Faults that come before the request is looked at.</summary>
    private async Task<bool> PlayInsteadAsync(HttpContext context, string key, ServerFault? fault)
    {
        var status = fault switch
        {
            ServerFault.Status500 => 500,
            ServerFault.Status502 => 502,
            ServerFault.Status503 => 503,
            ServerFault.Status429 => 429,
            ServerFault.Status423 => 423,
            ServerFault.Status403 => 403,
            ServerFault.Status401 => 401,
            ServerFault.Status405 => 405,
            ServerFault.Status413 => 413,
            ServerFault.Status507 => 507,
            ServerFault.Redirect => 307,
            _ => 0,
        };
        if (status > 0)
        {
            context.Response.StatusCode = status;
            if (status is 503 or 429) context.Response.Headers.RetryAfter = "0";
            if (status == 307) context.Response.Headers.Location = RedirectTo + key;
            return true;
        }

        if (fault == ServerFault.CutBefore)
        {
            context.Abort();
            return true;
        }

        if (fault != ServerFault.Stall || context.Request.Method == "PUT") return false;
        await ForeverAsync(context);
        return true;
    }

    private async Task ForeverAsync(HttpContext context)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        await Task.Delay(Timeout.Infinite, either.Token);
    }

    private void Describe(HttpContext context, StoredObject stored, ServerFault? fault)
    {
        var headers = context.Response.Headers;
        if (_options.Ranges && fault != ServerFault.IgnoreRange) headers.AcceptRanges = "bytes";
        if (_options.ETags) headers.ETag = (_options.WeakETags ? "W/" : "") + (fault == ServerFault.LyingETag ? "\"always\"" : stored.ETag);
        headers.LastModified = (stored.Time + Skew(fault)).ToString("R", CultureInfo.InvariantCulture);
        context.Response.ContentType = "application/octet-stream";
    }

    private void Store(string key, byte[] bytes) =>
        Objects[key] = new StoredObject(bytes, '"' + Convert.ToHexStringLower(SHA256.HashData(bytes))[..16] + '"', DateTimeOffset.UtcNow + Clock);

    private static TimeSpan Skew(ServerFault? fault) => fault == ServerFault.ClockAhead ? TimeSpan.FromDays(3652) : TimeSpan.Zero;

    private static string Strong(string tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;

    private static (long From, long To)? RangeOf(HttpRequest request)
    {
        var range = request.GetTypedHeaders().Range?.Ranges.SingleOrDefault();
        return range?.From is { } from ? (from, range.To ?? long.MaxValue) : null;
    }
}
