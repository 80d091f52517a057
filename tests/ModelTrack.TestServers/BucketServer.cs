using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ModelTrack.TestServers;

/// <summary>An answer that is played instead of the true one.</summary>
/// <param name="Code">S3's name for it, which HEAD cannot carry.</param>
public sealed record PlayedAnswer(int Status, string Code, string Message = "played", string? Region = null);

/// <summary>What kind of S3 server it is.</summary>
public sealed record BucketServerOptions
{
    /// <summary>Heeds `If-None-Match: *`; null answers it 501, as servers do that have no conditional PUT.</summary>
    public bool? ConditionalPut { get; init; } = true;

    public bool Ranges { get; init; } = true;

    /// <summary>403 for a key that is not there, as where listing is not granted.</summary>
    public bool HidesAbsence { get; init; }

    /// <summary>Larger bodies are answered 413.</summary>
    public long? MaxBody { get; init; }

    /// <summary>How far its clock is from this machine's; it refuses requests more than 15 minutes off it.</summary>
    public TimeSpan Clock { get; init; }

    /// <summary>Serves https when given.</summary>
    public System.Security.Cryptography.X509Certificates.X509Certificate2? Certificate { get; init; }

    /// <summary>What stands in the endpoint's URL before the bucket.</summary>
    public string BasePath { get; init; } = "";
}

/// <summary>
/// A server that speaks as much S3 as the driver does, in memory, and misbehaves when asked. It refuses what compatibles are known to lack: chunked signatures, trailers, part numbers.
/// Signatures are not looked at; the real server of the tests does that.
/// </summary>
public sealed class BucketServer : IFaultyServer
{
    private readonly WebApplication _app;
    private readonly BucketServerOptions _options;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _puts = new();
    private long _received;
    private long _sent;

    private BucketServer(WebApplication app, BucketServerOptions options)
    {
        _app = app;
        _options = options;
    }

    public string Endpoint { get; private set; } = "";

    /// <summary>By `bucket/key`.</summary>
    public ConcurrentDictionary<string, StoredObject> Objects { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<SeenRequest> Seen { get; } = new();

    public FaultScript Faults { get; } = new();

    /// <summary>It refuses requests more than 15 minutes off its clock.</summary>
    public TimeSpan Clock { get; set; }

    public long BytesReceived => Interlocked.Read(ref _received);

    public long BytesSent => Interlocked.Read(ref _sent);

    public void Forget()
    {
        Seen.Clear();
        Interlocked.Exchange(ref _received, 0);
        Interlocked.Exchange(ref _sent, 0);
    }

    /// <summary>Asked first; null for the true answer.</summary>
    public Func<SeenRequest, PlayedAnswer?> Play { get; set; } = _ => null;

    public static async Task<BucketServer> StartAsync(BucketServerOptions? options = null)
    {
        options ??= new BucketServerOptions();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
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
        var server = new BucketServer(app, options) { Clock = options.Clock };
        app.Run(server.HandleAsync);
        await app.StartAsync();
        server.Endpoint = app.Urls.First() + options.BasePath;
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

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        var name = request.Path.Value![_options.BasePath.Length..].TrimStart('/');
        var seen = new SeenRequest(
            request.Method, name, request.QueryString.Value ?? "", request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        Seen.Enqueue(seen);
        try
        {
            context.Response.Headers.Date = (DateTimeOffset.UtcNow + Clock).ToString("R", CultureInfo.InvariantCulture);
            var answer = Play(seen) ?? Refusal(seen);
            if (answer is not null) await RefuseAsync(context, answer);
            else await AnswerAsync(context, name, Faults.Next(request.Method, name));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or Microsoft.AspNetCore.Http.BadHttpRequestException)
        {
            if (e is Microsoft.AspNetCore.Http.BadHttpRequestException { StatusCode: var status } && !context.Response.HasStarted) context.Response.StatusCode = status;
            else context.Abort();
        }
    }

    /// <summary>What a plain compatible does not take.</summary>
    private PlayedAnswer? Refusal(SeenRequest request)
    {
        if (request.Authorization is null) return new PlayedAnswer(403, "AccessDenied");
        if (request.Headers.GetValueOrDefault("x-amz-content-sha256") is { } hash && hash.StartsWith("STREAMING", StringComparison.Ordinal)) return new PlayedAnswer(501, "NotImplemented", "aws-chunked");
        if (request.Headers.ContainsKey("x-amz-trailer") || request.Headers.Keys.Any(key => key.StartsWith("x-amz-checksum-", StringComparison.OrdinalIgnoreCase))) return new PlayedAnswer(501, "NotImplemented", "checksums");
        if (request.Query.Contains("partNumber", StringComparison.Ordinal)) return new PlayedAnswer(501, "NotImplemented", "partNumber");
        var time = DateTimeOffset.ParseExact(request.Headers["x-amz-date"], "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        return (time - (DateTimeOffset.UtcNow + Clock)).Duration() > TimeSpan.FromMinutes(15) ? new PlayedAnswer(403, "RequestTimeTooSkewed") : null;
    }

    private static async Task RefuseAsync(HttpContext context, PlayedAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        if (answer.Region is { } region) context.Response.Headers["x-amz-bucket-region"] = region;
        if (context.Request.Method == "HEAD" || answer.Code.Length == 0) return;
        context.Response.ContentType = "application/xml";
        await context.Response.WriteAsync(
            $"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{answer.Code}</Code><Message>{WebUtility.HtmlEncode(answer.Message)}</Message><RequestId>1</RequestId></Error>");
    }

    private Task AnswerAsync(HttpContext context, string name, ServerFault? fault)
    {
        switch (fault)
        {
            case ServerFault.Status500: return RefuseAsync(context, new PlayedAnswer(500, "InternalError"));
            case ServerFault.Status502: return RefuseAsync(context, new PlayedAnswer(502, ""));
            case ServerFault.Status503: return RefuseAsync(context, new PlayedAnswer(503, "SlowDown"));
            case ServerFault.Status429: return RefuseAsync(context, new PlayedAnswer(429, "TooManyRequests"));
            case ServerFault.Status403: return RefuseAsync(context, new PlayedAnswer(403, "AccessDenied"));
            case ServerFault.Status405: return RefuseAsync(context, new PlayedAnswer(405, "MethodNotAllowed"));
            case ServerFault.Status413: return RefuseAsync(context, new PlayedAnswer(413, ""));
            case ServerFault.Status507: return RefuseAsync(context, new PlayedAnswer(507, ""));
            case ServerFault.CutBefore: throw new IOException("played");
            case ServerFault.Stall when context.Request.Method != "PUT": return ForeverAsync(context);
        }

        return context.Request.Method switch
        {
            "GET" when context.Request.Query.ContainsKey("list-type") => ListAsync(context, name.TrimEnd('/')),
            "GET" or "HEAD" => ReadAsync(context, name, fault),
            "PUT" => PutAsync(context, name, fault),
            "DELETE" => DeleteAsync(context, name),
            _ => RefuseAsync(context, new PlayedAnswer(405, "MethodNotAllowed")),
        };
    }

    private Task DeleteAsync(HttpContext context, string name)
    {
        Objects.TryRemove(name, out _);
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private async Task PutAsync(HttpContext context, string name, ServerFault? fault)
    {
        var request = context.Request;
        var isConditional = request.Headers.IfNoneMatch == "*";
        if (isConditional && _options.ConditionalPut is null)
        {
            await RefuseAsync(context, new PlayedAnswer(501, "NotImplemented", "A header you provided implies functionality that is not implemented"));
            return;
        }

        var body = new MemoryStream();
        var buffer = new byte[64 * 1024];
        var half = (request.ContentLength ?? 0) / 2;
        while (await request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var read)
        {
            Interlocked.Add(ref _received, read);
            body.Write(buffer, 0, read);
            if (body.Length < half) continue;
            if (fault == ServerFault.CutWithin) throw new IOException("played");
            if (fault == ServerFault.StallWithin) await ForeverAsync(context);
        }

        var bytes = body.ToArray();
        if (fault == ServerFault.WrongByte) bytes[bytes.Length / 2] ^= 0x10;
        if (fault == ServerFault.Stall) await ForeverAsync(context);

        // As the true servers do: what was damaged on the way is refused.
        var hash = request.Headers["x-amz-content-sha256"].ToString();
        if (hash.Length == 64 && hash != Convert.ToHexStringLower(SHA256.HashData(bytes)))
        {
            await RefuseAsync(context, new PlayedAnswer(400, "XAmzContentSHA256Mismatch"));
            return;
        }

        if (request.Headers.ContentMD5.ToString() is { Length: > 0 } digest && digest != Convert.ToBase64String(Md5(bytes)))
        {
            await RefuseAsync(context, new PlayedAnswer(400, "BadDigest"));
            return;
        }

        // A server that stores other bytes than came, and does not notice.
        if (fault == ServerFault.Short) bytes = bytes[..^1];
        if (fault == ServerFault.Long) bytes = [.. bytes, 0x5A];
        lock (_puts)
        {
            if (isConditional && _options.ConditionalPut == true && Objects.ContainsKey(name))
            {
                context.Response.StatusCode = 412;
                return;
            }

            Store(name, bytes);
        }

        if (fault == ServerFault.CutAfter) throw new IOException("played");
        context.Response.Headers.ETag = Objects[name].ETag;
    }

    private async Task ReadAsync(HttpContext context, string name, ServerFault? fault)
    {
        var response = context.Response;
        if (!Objects.TryGetValue(name, out var stored))
        {
            await RefuseAsync(context, _options.HidesAbsence ? new PlayedAnswer(403, "AccessDenied") : new PlayedAnswer(404, "NoSuchKey"));
            return;
        }

        var isHead = context.Request.Method == "HEAD";
        response.Headers.ETag = fault == ServerFault.LyingETag ? "\"always\"" : stored.ETag;
        response.Headers.LastModified = (stored.Time + (fault == ServerFault.ClockAhead ? TimeSpan.FromDays(3652) : TimeSpan.Zero)).ToString("R", CultureInfo.InvariantCulture);
        var isMet = context.Request.Headers.IfNoneMatch == stored.ETag || (fault == ServerFault.LyingETag && context.Request.Headers.IfNoneMatch.Count > 0);
        if (!isHead && isMet && fault != ServerFault.IgnoreConditions)
        {
            response.StatusCode = 304;
            return;
        }

        var (from, to) = (0, stored.Bytes.Length - 1);
        if (!isHead && _options.Ranges && fault != ServerFault.IgnoreRange && context.Request.GetTypedHeaders().Range?.Ranges.SingleOrDefault() is { From: { } first, To: { } last })
        {
            if (first > to)
            {
                await RefuseAsync(context, new PlayedAnswer(416, "InvalidRange"));
                return;
            }

            (from, to) = ((int)first, (int)Math.Min(last, to));
            if (fault == ServerFault.OtherRange && to > from) to--;
            if (fault == ServerFault.OtherRange) from = Math.Max(0, from - 1);
            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {from}-{to}/{stored.Bytes.Length}";
        }

        var body = stored.Bytes[from..(to + 1)];
        if (fault == ServerFault.WrongByte) body[body.Length / 2] ^= 0x10;
        var extra = fault is ServerFault.Long or ServerFault.LongUntold ? 1 : 0;
        if (fault != ServerFault.LongUntold || isHead) response.ContentLength = body.Length + extra;
        if (isHead) return;
        await SendBodyAsync(context, [.. body, .. new byte[extra]], fault);
    }

    private async Task SendBodyAsync(HttpContext context, byte[] body, ServerFault? fault)
    {
        var isCut = fault is ServerFault.CutWithin or ServerFault.StallWithin or ServerFault.Short;
        var end = fault == ServerFault.Short ? body.Length - 1 : isCut ? body.Length / 2 : body.Length;
        await context.Response.Body.WriteAsync(body.AsMemory(0, end), context.RequestAborted);
        Interlocked.Add(ref _sent, end);
        if (!isCut && fault != ServerFault.CutAfter) return;
        await context.Response.Body.FlushAsync(context.RequestAborted);
        if (fault == ServerFault.StallWithin) await ForeverAsync(context);
        throw new IOException("played");
    }

    /// <summary>Two keys a page, so that there is always another.</summary>
    private async Task ListAsync(HttpContext context, string bucket)
    {
        var query = context.Request.Query;
        var after = query["continuation-token"].ToString();
        var keys = Objects.Keys.Where(name => name.StartsWith($"{bucket}/{query["prefix"]}", StringComparison.Ordinal)).Select(name => name[(bucket.Length + 1)..])
            .Where(key => string.CompareOrdinal(key, after) > 0).Order(StringComparer.Ordinal).ToList();
        var xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult>");
        foreach (var key in keys.Take(2))
        {
            var stored = Objects[$"{bucket}/{key}"];
            xml.Append(CultureInfo.InvariantCulture, $"<Contents><Key>{key}</Key><Size>{stored.Bytes.Length}</Size><LastModified>{stored.Time:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}</LastModified></Contents>");
        }

        xml.Append(keys.Count > 2 ? $"<IsTruncated>true</IsTruncated><NextContinuationToken>{keys[1]}</NextContinuationToken>" : "<IsTruncated>false</IsTruncated>").Append("</ListBucketResult>");
        context.Response.ContentType = "application/xml";
        await context.Response.WriteAsync(xml.ToString());
    }

    private async Task ForeverAsync(HttpContext context)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        await Task.Delay(Timeout.Infinite, either.Token);
    }

    private void Store(string name, byte[] bytes) => Objects[name] = new StoredObject(bytes, '"' + Convert.ToHexStringLower(Md5(bytes)) + '"', DateTimeOffset.UtcNow + Clock);

    // S3's own tags and digests are MD5.
#pragma warning disable CA5351
    private static byte[] Md5(byte[] bytes) => MD5.HashData(bytes);
#pragma warning restore CA5351
}
