using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Remote;

namespace ModelTrack.Storage.Transports.Http;

/// <summary>
/// A remote behind HTTP: an object is a URL below the remote's. GET and HEAD serve restore, PUT serves push, DELETE and a listing (WebDAV's or Azure's)
/// serve garbage collection. What a server can beyond that is learnt from its answers and never assumed.
/// </summary>
public sealed class HttpTransport : ITransport
{
    private const int Connections = 8;

    /// <summary>The largest body of unknown length that is read to its end.</summary>
    private const long MaxUnknownLength = 256L * 1024 * 1024;

    /// <summary>From here on a body waits for the server's word that it may come, until one as large was taken.</summary>
    private const long Large = 1024 * 1024;

    private readonly string _name;
    private readonly Uri _root;
    private readonly HttpExchange _exchange;
    private readonly WebDav _webDav;
    private readonly Lazy<bool> _isAzure;
    private volatile bool _rangeReads = true;
    private volatile bool _conditionalPut;
    private volatile bool _canList = true;
    private volatile bool _neverExpect;
    private volatile bool _distrustsCaches;
    private long _largestTaken = Large;

    /// <param name="url">The remote's address; no request is made.</param>
    public HttpTransport(string url, RemoteSettings settings)
        : this(url, settings, new HttpOptions())
    {
    }

    internal HttpTransport(string url, RemoteSettings settings, HttpOptions options)
    {
        _name = url.TrimEnd('/');
        _root = new Uri(_name);
        _exchange = new HttpExchange(_name, _root, new HttpCredentials(_root, settings, options.Variable, options.Git), options);
        _webDav = new WebDav(_exchange, _name, _root);
        _isAzure = new Lazy<bool>(() => AzureBlobs.IsAzure(_root, _exchange.Credentials.Current()), LazyThreadSafetyMode.PublicationOnly);
    }

    public TransportTraits Traits => new(_name, _conditionalPut, _rangeReads, _canList, Connections);

    /// <summary>There is nothing to make: folders are made when a PUT wants them. Asks whether the server lists.</summary>
    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_isAzure.Value && _canList) _canList = await _webDav.CanListAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        using var answer = await SendAsync(HttpMethod.Head, key, null, NotFromCaches, cancellationToken).ConfigureAwait(false);
        if (answer.IsAbsent) return null;
        if (answer.Status == HttpStatusCode.OK && answer.Length is { } size) return answer.HeadOf(size);

        // Some servers know no HEAD, others don't tell the length there: the first byte's answer tells.
        if (answer.Status is not (HttpStatusCode.OK or HttpStatusCode.NoContent or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)) throw Failure(answer, writes: false);
        return (await ReadAsync(key, 0, new byte[1], null, isHead: true, cancellationToken).ConfigureAwait(false)).Head;
    }

    public async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        TransportKeys.CheckRead(offset);
        return destination.Length > 0
            ? await ReadAsync(key, offset, destination, ifNoneMatch, isHead: false, cancellationToken).ConfigureAwait(false)
            : OfHead(await HeadAsync(key, cancellationToken).ConfigureAwait(false), ifNoneMatch);
    }

    public void DistrustCaches() => _distrustsCaches = true;

    public async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        for (var hasParents = false; ;)
        {
            var expects = !_neverExpect && content.Length > Interlocked.Read(ref _largestTaken);
            using var answer = await SendAsync(
                HttpMethod.Put,
                key,
                content,
                request =>
                {
                    if (onlyIfAbsent) request.Headers.TryAddWithoutValidation("If-None-Match", "*");
                    if (expects) request.Headers.ExpectContinue = true;
                },
                cancellationToken).ConfigureAwait(false);
            switch (answer.Status)
            {
                case HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.NoContent:
                    NoteTaken(content.Length);
                    return true;

                // Only a server that heeds the condition answers so.
                case HttpStatusCode.PreconditionFailed when onlyIfAbsent:
                case HttpStatusCode.Conflict when onlyIfAbsent && answer.ErrorCode == "BlobAlreadyExists":
                    _conditionalPut = true;
                    return false;
                case HttpStatusCode.ExpectationFailed when expects:
                    _neverExpect = true;
                    continue;

                // 500 is nginx's word for a missing folder, where it does not make folders by itself.
                case HttpStatusCode.Conflict or HttpStatusCode.NotFound or HttpStatusCode.InternalServerError when !hasParents && !_isAzure.Value && !answer.WentElsewhere:
                    if (!await MakeParentsAsync(key, answer, cancellationToken).ConfigureAwait(false)) throw Failure(answer, writes: true);
                    hasParents = true;
                    continue;
                default:
                    throw Failure(answer, writes: true);
            }
        }
    }

    private async Task<bool> MakeParentsAsync(string key, HttpAnswer answer, CancellationToken cancellationToken)
    {
        try
        {
            return await _webDav.MakeParentsAsync(Url(key), cancellationToken).ConfigureAwait(false);
        }
        catch (ModelTrackException) when (answer.Status == HttpStatusCode.InternalServerError)
        {
            // The 500 may well have had another cause, that passes; that folders may not be made says nothing of it.
            return false;
        }
    }

    /// <exception cref="ModelTrackException">The server has no listing that this driver knows.</exception>
    public async IAsyncEnumerable<ObjectListing> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TransportKeys.CheckPrefix(prefix);
        cancellationToken.ThrowIfCancellationRequested();
        var isAzure = _isAzure.Value;
        if (!isAzure)
        {
            _canList = await _webDav.CanListAsync(cancellationToken).ConfigureAwait(false);
            if (!_canList) throw StorageErrors.HttpCannotList(_name);
        }

        var listing = isAzure ? AzureBlobs.Of(_root).ListAsync(_exchange, _name, prefix, cancellationToken) : _webDav.ListAsync(prefix, cancellationToken);
        await foreach (var item in listing.ConfigureAwait(false)) yield return item;
    }

    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        using var answer = await SendAsync(HttpMethod.Delete, key, null, null, cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccess && !answer.IsAbsent) throw Failure(answer, writes: true);
    }

    public ValueTask DisposeAsync()
    {
        _webDav.Dispose();
        _exchange.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, bool isHead, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(
            HttpMethod.Get,
            key,
            null,
            request =>
            {
                request.Headers.Range = new RangeHeaderValue(offset, offset + destination.Length - 1);
                if (ifNoneMatch is not null) request.Headers.TryAddWithoutValidation("If-None-Match", Quoted(ifNoneMatch));

                // Packs never change; a cache on the way may serve them, until one was wrong.
                if (_distrustsCaches || !key.StartsWith("packs/", StringComparison.Ordinal)) NotFromCaches(request);
            },
            cancellationToken).ConfigureAwait(false);
        if (answer.IsAbsent) return ReadResult.Absent;
        if (answer.Status == HttpStatusCode.NotModified && ifNoneMatch is not null) return new ReadResult(ReadStatus.NotModified, 0, null);

        // The same tag, sent by a server that does not heed the condition.
        if (answer.IsSuccess && ifNoneMatch is not null && answer.ETag == ifNoneMatch) return new ReadResult(ReadStatus.NotModified, 0, null);
        if (answer.Response.Content.Headers.ContentEncoding.Any(encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            throw StorageErrors.HttpUnexpected(_name, answer.What, $"a body encoded as {string.Join(", ", answer.Response.Content.Headers.ContentEncoding)}, which was not asked for");
        }

        switch (answer.Status)
        {
            case HttpStatusCode.PartialContent when answer.Length != 0:
                _rangeReads = true;
                return await ReadPartAsync(answer, key, offset, destination, cancellationToken).ConfigureAwait(false);
            case HttpStatusCode.OK:
                return await ReadWholeAsync(answer, offset, destination, isHead, cancellationToken).ConfigureAwait(false);

            // An empty part is how Azurite says that the object ends before.
            case HttpStatusCode.RequestedRangeNotSatisfiable or HttpStatusCode.PartialContent when !isHead:
                var result = OfHead(await HeadAsync(key, cancellationToken).ConfigureAwait(false), ifNoneMatch);
                return result.Head is { } head && head.Size > offset
                    ? throw new TransportException(string.Create(CultureInfo.InvariantCulture, $"{answer.What}: the server refused a range that the object has, {offset} of {head.Size} bytes"), transient: true)
                    : result;

            // The first byte of nothing.
            case HttpStatusCode.RequestedRangeNotSatisfiable when answer.Response.Content.Headers.ContentRange?.Length == 0:
                return new ReadResult(ReadStatus.Found, 0, answer.HeadOf(0));
            default:
                throw Failure(answer, writes: false);
        }
    }

    /// <summary>A range as it was asked for, held against what the answer says of itself.</summary>
    private async Task<ReadResult> ReadPartAsync(HttpAnswer answer, string key, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var range = answer.Response.Content.Headers.ContentRange;
        if (range is not { From: { } from, To: { } to } || from != offset || to < from || to - from >= destination.Length)
        {
            throw Wrong(answer, $"the server sent another range ({range?.ToString() ?? "unnamed"}) than asked for, {offset} to {offset + destination.Length - 1}");
        }

        var count = (int)(to - from + 1);
        if (answer.Length is { } length && length != count) throw Wrong(answer, $"the server says two lengths, {length} and {count}");
        var size = range.Length ?? (await HeadAsync(key, cancellationToken).ConfigureAwait(false))?.Size ?? throw Wrong(answer, "the object vanished while it was read");
        if (count != Math.Min(destination.Length, size - offset)) throw Wrong(answer, $"the server sent {count} bytes of {size}, which is neither all that was asked for nor the rest");

        await ReadExactlyAsync(answer, destination[..count], isAll: true, cancellationToken).ConfigureAwait(false);
        return new ReadResult(ReadStatus.Found, count, answer.HeadOf(size));
    }

    /// <summary>The whole object where a range was asked for: read as far as that range goes.</summary>
    private async Task<ReadResult> ReadWholeAsync(HttpAnswer answer, long offset, Memory<byte> destination, bool isHead, CancellationToken cancellationToken)
    {
        if (answer.Length is { } size)
        {
            var count = (int)Math.Clamp(size - offset, 0, destination.Length);
            if (size > destination.Length || !answer.Response.Headers.AcceptRanges.Contains("bytes")) _rangeReads = false;
            if (isHead || count == 0) return new ReadResult(ReadStatus.Found, 0, answer.HeadOf(size));
            var skipped = await answer.SkipAsync(offset, cancellationToken).ConfigureAwait(false);
            if (skipped < offset) throw Wrong(answer, $"the body ended after {skipped} of {size} bytes");
            await ReadExactlyAsync(answer, destination[..count], isAll: offset + count == size, cancellationToken).ConfigureAwait(false);
            return new ReadResult(ReadStatus.Found, count, answer.HeadOf(size));
        }

        // Of unknown length: only its end tells.
        _rangeReads = false;
        var before = await answer.SkipAsync(offset, cancellationToken).ConfigureAwait(false);
        var got = before < offset ? 0 : await answer.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
        var after = await answer.SkipAsync(MaxUnknownLength, cancellationToken).ConfigureAwait(false);
        if (after == MaxUnknownLength) throw Wrong(answer, "the body does not end");
        return new ReadResult(ReadStatus.Found, got, answer.HeadOf(before + got + after));
    }

    /// <param name="isAll">Whether the body is to end there.</param>
    private static async Task ReadExactlyAsync(HttpAnswer answer, Memory<byte> destination, bool isAll, CancellationToken cancellationToken)
    {
        var count = await answer.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
        if (count < destination.Length) throw Wrong(answer, $"the body ended after {count} of {destination.Length} bytes");

        // Reading up to the end also frees the connection for the next request.
        if (isAll && await answer.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) > 0) throw Wrong(answer, "the body is longer than the server said");
    }

    private static ReadResult OfHead(ObjectHead? head, string? ifNoneMatch) => head switch
    {
        null => ReadResult.Absent,
        { ETag: { } tag } when tag == ifNoneMatch => new ReadResult(ReadStatus.NotModified, 0, null),
        _ => new ReadResult(ReadStatus.Found, 0, head),
    };

    private Task<HttpAnswer> SendAsync(HttpMethod method, string key, ReadOnlyMemory<byte>? body, Action<HttpRequestMessage>? prepare, CancellationToken cancellationToken) => _exchange.SendAsync(
        method,
        Url(key),
        $"{method} {key}",
        body,
        request =>
        {
            if (_isAzure.Value) AzureBlobs.Prepare(request);
            prepare?.Invoke(request);
        },
        cancellationToken);

    private Uri Url(string key) => new(_root.AbsoluteUri.TrimEnd('/') + "/" + key);

    private void NoteTaken(long size)
    {
        for (var largest = Interlocked.Read(ref _largestTaken); size > largest; largest = Interlocked.Read(ref _largestTaken))
        {
            if (Interlocked.CompareExchange(ref _largestTaken, size, largest) == largest) return;
        }
    }

    private Exception Failure(HttpAnswer answer, bool writes) => HttpFailures.Of(answer, _name, writes);

    private static TransportException Wrong(HttpAnswer answer, FormattableString what) =>
        new($"{answer.What}: {what.ToString(CultureInfo.InvariantCulture)}", transient: true);

    private static TransportException Wrong(HttpAnswer answer, string what) => new($"{answer.What}: {what}", transient: true);

    private static void NotFromCaches(HttpRequestMessage request) => request.Headers.CacheControl = new CacheControlHeaderValue { NoCache = true };

    /// <summary>A tag is sent back as it came; one that no server wrote gets the quotes that the standard wants.</summary>
    private static string Quoted(string tag) => tag.EndsWith('"') ? tag : $"\"{tag}\"";
}
