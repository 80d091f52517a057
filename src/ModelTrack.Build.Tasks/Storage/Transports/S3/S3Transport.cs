using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3.Model;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Remote;

namespace ModelTrack.Storage.Transports.S3;

/// <summary>
/// A remote in a bucket of Amazon's S3 or of a server that speaks its language. Reads are plain GETs of ranges, writes are single plain PUTs, and nothing is listed
/// but for garbage collection. A 403 to a read means absent or forbidden, since that is how S3 answers for an absent key where listing is not granted.
/// </summary>
public sealed class S3Transport : ITransport
{
    private const int Connections = 16;

    private readonly string _name;
    private readonly S3Place _place;
    private readonly S3Options _options;
    private readonly S3Connection _connection;
    private volatile bool _conditionalPut = true;
    private volatile bool _rangeReads = true;
    private volatile bool _hidesAbsence;

    /// <param name="url">`s3://bucket/prefix`; no request is made, and the SDK not loaded.</param>
    /// <exception cref="ModelTrackException">The endpoint is no URL.</exception>
    public S3Transport(string url, RemoteSettings settings)
        : this(url, settings, new S3Options())
    {
    }

    internal S3Transport(string url, RemoteSettings settings, S3Options options)
    {
        _name = url.TrimEnd('/');
        _place = S3Place.Of(_name, settings, options.Variable);
        _options = options;
        _connection = new S3Connection(_name, _place, settings, options);
    }

    public TransportTraits Traits => new(_name, _conditionalPut, _rangeReads, CanList: true, Connections) { HidesAbsence = _hidesAbsence };

    /// <summary>There is nothing to make: a bucket is its owner's to make, and a prefix needs none.</summary>
    public ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.CompletedTask;
    }

    public async ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        var (isTold, head) = await SendAsync(
            $"HEAD {key}",
            "s3:GetObject",
            async (client, guard) =>
            {
                var request = new GetObjectMetadataRequest { BucketName = _place.Bucket, Key = _place.Prefix + key };
                var answer = await client.Sdk.GetObjectMetadataAsync(request, guard.Token).ConfigureAwait(false);
                return (true, (ObjectHead?)new ObjectHead(answer.ContentLength, answer.ETag, answer.LastModified));
            },
            e => IsAbsent(e) ? Some((true, (ObjectHead?)null)) : S3Failures.IsWordless(e) ? Some((false, (ObjectHead?)null)) : default,
            mayBeExpired: e => S3Failures.IsExpired(e) || S3Failures.IsWordless(e),
            cancellationToken).ConfigureAwait(false);
        return isTold ? head : await HeadByGetAsync(key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks by the first byte, whose answer has a body to say what is wrong.</summary>
    private Task<ObjectHead?> HeadByGetAsync(string key, CancellationToken cancellationToken) => SendAsync(
        $"GET {key}",
        "s3:GetObject",
        async (client, guard) =>
        {
            var request = new GetObjectRequest { BucketName = _place.Bucket, Key = _place.Prefix + key, ByteRange = new ByteRange(0, 0) };
            using var answer = await client.Sdk.GetObjectAsync(request, guard.Token).ConfigureAwait(false);
            return (ObjectHead?)new ObjectHead(ContentRangeOf(answer.ContentRange, out _, out _, out var size) ? size : answer.ContentLength, answer.ETag, answer.LastModified);
        },
        e => IsAbsent(e) ? Some<ObjectHead?>(null)
            : e.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable ? Some<ObjectHead?>(new ObjectHead(0, null, null))
            : default,
        mayBeExpired: _ => false,
        cancellationToken);

    public async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        TransportKeys.CheckRead(offset);
        if (destination.Length == 0) return OfHead(await HeadAsync(key, cancellationToken).ConfigureAwait(false), ifNoneMatch);

        var result = await SendAsync<ReadResult?>(
            $"GET {key}",
            "s3:GetObject",
            async (client, guard) =>
            {
                var request = new GetObjectRequest
                {
                    BucketName = _place.Bucket,
                    Key = _place.Prefix + key,
                    ByteRange = new ByteRange(offset, offset + destination.Length - 1),
                    EtagToNotMatch = ifNoneMatch,
                };
                using var answer = await client.Sdk.GetObjectAsync(request, guard.Token).ConfigureAwait(false);
                guard.Moved();

                // The same tag, sent by a server that does not heed the condition.
                if (ifNoneMatch is not null && answer.ETag == ifNoneMatch) return new ReadResult(ReadStatus.NotModified, 0, null);
                return await ReadBodyAsync(key, answer, offset, destination, guard).ConfigureAwait(false);
            },
            e => IsAbsent(e) ? Some<ReadResult?>(ReadResult.Absent)
                : e.StatusCode == HttpStatusCode.NotModified ? Some<ReadResult?>(new ReadResult(ReadStatus.NotModified, 0, null))
                : e.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable ? Some<ReadResult?>(null)
                : default,
            cancellationToken).ConfigureAwait(false);
        if (result is { } found) return found;

        // At or past the end, or the object is empty.
        var past = OfHead(await HeadAsync(key, cancellationToken).ConfigureAwait(false), ifNoneMatch);
        return past.Head is { } head && head.Size > offset
            ? throw Wrong(key, string.Create(CultureInfo.InvariantCulture, $"the server refused a range that the object has, {offset} of {head.Size} bytes"))
            : past;
    }

    public async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        var conditional = onlyIfAbsent && _conditionalPut;
        var stored = await SendAsync<bool?>(
            $"PUT {key}",
            "s3:PutObject",
            async (client, guard) =>
            {
                // Beginning to send may wait for the hash of the whole body, so that a guard of its own sees it move.
                using var body = new S3Body(content, guard);
                var request = new PutObjectRequest
                {
                    BucketName = _place.Bucket,
                    Key = _place.Prefix + key,
                    InputStream = body,
                    AutoCloseStream = false,
                    ContentType = "application/octet-stream",
                    UseChunkEncoding = false,
                    IfNoneMatch = conditional ? "*" : null,
                };
                if (_place.IsEncrypted)
                {
                    request.DisablePayloadSigning = true;
                    request.MD5Digest = Convert.ToBase64String(Md5(content.Span));
                }

                await client.Sdk.PutObjectAsync(request, guard.Token).ConfigureAwait(false);
                return true;
            },
            e => !conditional ? default
                : e.StatusCode == HttpStatusCode.PreconditionFailed ? Some<bool?>(false)
                : IsNoConditionalPut(e) ? Some<bool?>(null)
                : default,
            cancellationToken).ConfigureAwait(false);
        if (stored is { } done) return done;

        // This server has no conditional PUT: what is there would be the same, or replaced by as good a one.
        _conditionalPut = false;
        return await PutAsync(key, content, onlyIfAbsent, cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<ObjectListing> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TransportKeys.CheckPrefix(prefix);
        for (string? next = null; ;)
        {
            var from = next;
            var page = await SendAsync(
                $"LIST {prefix}",
                "s3:ListBucket",
                (client, guard) => client.Sdk.ListObjectsV2Async(
                    new ListObjectsV2Request { BucketName = _place.Bucket, Prefix = _place.Prefix + prefix, ContinuationToken = from }, guard.Token),
                _ => default,
                cancellationToken).ConfigureAwait(false);
            foreach (var item in page.S3Objects ?? [])
            {
                if (!item.Key.StartsWith(_place.Prefix, StringComparison.Ordinal)) continue;
                var key = item.Key[_place.Prefix.Length..];
                if (TransportKeys.IsValid(key)) yield return new ObjectListing(key, item.Size ?? 0, item.LastModified);
            }

            if (page.IsTruncated != true) yield break;
            next = page.NextContinuationToken;
            if (string.IsNullOrEmpty(next) || next == from) throw new TransportException($"LIST {prefix}: the server says that there is more and not where", transient: false);
        }
    }

    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        await SendAsync(
            $"DELETE {key}",
            "s3:DeleteObject",
            async (client, guard) =>
            {
                await client.Sdk.DeleteObjectAsync(new DeleteObjectRequest { BucketName = _place.Bucket, Key = _place.Prefix + key }, guard.Token).ConfigureAwait(false);
                return true;
            },
            e => e is { StatusCode: HttpStatusCode.NotFound } and not { ErrorCode: "NoSuchBucket" } ? Some(true) : default,
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<T> SendAsync<T>(
        string what, string permission, Func<S3Client, StallGuard, Task<T>> request, Func<AmazonServiceException, (bool Is, T Value)> foreseen, CancellationToken cancellationToken) =>
        SendAsync(what, permission, request, foreseen, S3Failures.IsExpired, cancellationToken);

    /// <summary>Makes a request once; twice when the credentials may have expired and others were found.</summary>
    /// <param name="permission">What it needs, for a message.</param>
    /// <param name="foreseen">The result for an answer that is no failure; nothing for one that is.</param>
    /// <param name="mayBeExpired">The answers that make it look for other credentials.</param>
    private async Task<T> SendAsync<T>(
        string what,
        string permission,
        Func<S3Client, StallGuard, Task<T>> request,
        Func<AmazonServiceException, (bool Is, T Value)> foreseen,
        Func<AmazonServiceException, bool> mayBeExpired,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var client = await _connection.GetAsync(cancellationToken).ConfigureAwait(false);
        for (var isRepeat = false; ; isRepeat = true)
        {
            using var guard = new StallGuard(_options.Patience, cancellationToken);
            try
            {
                return await request(client, guard).ConfigureAwait(false);
            }
            catch (AmazonServiceException e) when (!isRepeat && mayBeExpired(e))
            {
            }
            catch (Exception e) when (e is not (TransportException or ModelTrackException))
            {
                if (e is AmazonServiceException answer && foreseen(answer) is { Is: true } result) return result.Value;
                var failure = S3Failures.Of(e, new S3Request(_name, _place, what, permission, client.Login.Source, client.Region), guard, cancellationToken);
                if (failure is null) throw;
                throw failure;
            }

            client = await _connection.RenewAsync(client, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<ReadResult> ReadBodyAsync(string key, GetObjectResponse answer, long offset, Memory<byte> destination, StallGuard guard)
    {
        var isPart = answer.HttpStatusCode == HttpStatusCode.PartialContent;
        var from = 0L;
        var size = answer.ContentLength;
        if (isPart)
        {
            if (!ContentRangeOf(answer.ContentRange, out from, out var to, out size) || from != offset || to >= size || to - from + 1 > destination.Length)
            {
                throw Wrong(key, $"another range came than was asked for: '{S3Failures.Brief(answer.ContentRange ?? "")}'");
            }
        }

        _rangeReads = isPart || offset + destination.Length >= size ? _rangeReads : false;
        var head = new ObjectHead(size, answer.ETag, answer.LastModified);
        var count = (int)Math.Clamp(size - offset, 0, destination.Length);
        if (count == 0) return new ReadResult(ReadStatus.Found, 0, head);

        for (; from < offset;)
        {
            var skipped = await answer.ResponseStream.ReadAsync(destination[..(int)Math.Min(destination.Length, offset - from)], guard.Token).ConfigureAwait(false);
            if (skipped == 0) throw Wrong(key, "the body ended early");
            from += skipped;
            guard.Moved();
        }

        for (var done = 0; done < count;)
        {
            var read = await answer.ResponseStream.ReadAsync(destination[done..count], guard.Token).ConfigureAwait(false);
            if (read == 0) throw Wrong(key, string.Create(CultureInfo.InvariantCulture, $"the body ended after {done} of {count} bytes"));
            done += read;
            guard.Moved();
        }

        return new ReadResult(ReadStatus.Found, count, head);
    }

    /// <summary>Also notes a server that does not tell absent from forbidden. What only says that the credentials are wrong is neither.</summary>
    private bool IsAbsent(AmazonServiceException e)
    {
        if (e.StatusCode == HttpStatusCode.NotFound) return e.ErrorCode != "NoSuchBucket";
        if (e.StatusCode != HttpStatusCode.Forbidden || e.ErrorCode is not (null or "" or "AccessDenied" or "Forbidden" or "403")) return false;
        _hidesAbsence = true;
        return true;
    }

    private static bool IsNoConditionalPut(AmazonServiceException e) =>
        e.StatusCode is HttpStatusCode.NotImplemented
        || e.ErrorCode is "NotImplemented" or "UnsupportedHeader"
        || (e.StatusCode == HttpStatusCode.BadRequest && e.ErrorCode is "InvalidArgument" or "InvalidRequest" or "BadRequest" or null or "");

    private static bool ContentRangeOf(string? text, out long from, out long to, out long size)
    {
        (from, to, size) = (0, 0, 0);
        return System.Net.Http.Headers.ContentRangeHeaderValue.TryParse(text, out var range)
            && range is { From: { } first, To: { } last, Length: { } length } && (from = first) >= 0 && (to = last) >= first && (size = length) > last;
    }

    private static ReadResult OfHead(ObjectHead? head, string? ifNoneMatch) => head switch
    {
        null => ReadResult.Absent,
        { ETag: { } tag } when tag == ifNoneMatch => new ReadResult(ReadStatus.NotModified, 0, null),
        _ => new ReadResult(ReadStatus.Found, 0, head),
    };

    private static (bool Is, T Value) Some<T>(T value) => (true, value);

    private static TransportException Wrong(string key, string what) => new($"GET {key}: {what}", transient: true);

    // S3 asks for MD5 by name; it guards against damage here, not against people.
#pragma warning disable CA5351
    private static byte[] Md5(ReadOnlySpan<byte> bytes) => MD5.HashData(bytes);
#pragma warning restore CA5351
}
