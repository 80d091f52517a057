using System.Net;

namespace ModelTrack.Storage.Transports.Http;

/// <summary>A server's answer: its headers are here, its body is read as far as somebody wants it.</summary>
/// <param name="What">The request, for a person: method and key.</param>
/// <param name="Used">What it was sent with.</param>
/// <param name="WentElsewhere">It came from where a redirect led, and where no credentials are sent.</param>
internal sealed record HttpAnswer(string What, HttpResponseMessage Response, StallGuard Guard, HttpCredential? Used, bool WentElsewhere) : IDisposable
{
    private Stream? _body;

    public HttpStatusCode Status => Response.StatusCode;

    public bool IsSuccess => Response.IsSuccessStatusCode;

    public bool IsAbsent => Status is HttpStatusCode.NotFound or HttpStatusCode.Gone;

    public long? Length => Response.Content.Headers.ContentLength;

    /// <summary>As the server wrote it, marks included: it is only ever compared and sent back.</summary>
    public string? ETag => Header("ETag") is { Length: > 0 and <= 1024 } tag ? tag : null;

    /// <summary>Azure's name for what is wrong.</summary>
    public string? ErrorCode => Header("x-ms-error-code");

    public ObjectHead HeadOf(long size) => new(size, ETag, Response.Content.Headers.LastModified);

    public string? Header(string name) => Response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    /// <summary>Reads until <paramref name="destination"/> is full or the body ends.</summary>
    /// <exception cref="TransportException">The connection broke, or nothing came for too long.</exception>
    public async Task<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            _body ??= await Response.Content.ReadAsStreamAsync(Guard.Token).ConfigureAwait(false);
            var count = 0;
            while (count < destination.Length)
            {
                var read = await _body.ReadAsync(destination[count..], Guard.Token).ConfigureAwait(false);
                Guard.Moved();
                if (read == 0) break;
                count += read;
            }

            return count;
        }
        catch (Exception e) when (HttpFailures.Of(e, What, Guard, cancellationToken) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Reads past <paramref name="count"/> bytes; fewer when the body ends before.</summary>
    public async Task<long> SkipAsync(long count, CancellationToken cancellationToken)
    {
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            var skipped = 0L;
            while (skipped < count)
            {
                var read = await ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, count - skipped)), cancellationToken).ConfigureAwait(false);
                if (read == 0) break;
                skipped += read;
            }

            return skipped;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The whole body, up to a limit.</summary>
    public async Task<byte[]> ReadAllAsync(int limit, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var read = await ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0) return all.ToArray();
            if (all.Length + read > limit) throw new TransportException($"{What}: the answer is larger than {limit} bytes", transient: false);
            all.Write(buffer, 0, read);
        }
    }

    public void Dispose()
    {
        Response.Dispose();
        Guard.Dispose();
    }
}
