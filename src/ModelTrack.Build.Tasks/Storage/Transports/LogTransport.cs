using System.Globalization;
using System.Runtime.CompilerServices;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Transports;

/// <summary>Writes a detail line per request, for whoever asks what took so long. Keys hold hashes only, so nothing secret is told.</summary>
public sealed class LogTransport(ITransport inner, IOperationLog log, TimeProvider? time = null) : DelegatingTransport(inner)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    public override async ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        var head = await Failing("HEAD", key, start, Inner.HeadAsync(key, cancellationToken)).ConfigureAwait(false);
        Line("HEAD", key, start, head is null ? "absent" : string.Create(CultureInfo.InvariantCulture, $"{head.Size} bytes"));
        return head;
    }

    public override async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        var result = await Failing("GET", key, start, Inner.ReadAsync(key, offset, destination, ifNoneMatch, cancellationToken)).ConfigureAwait(false);
        Line("GET", key, start, result.Status switch
        {
            ReadStatus.Absent => "absent",
            ReadStatus.NotModified => "not modified",
            _ => string.Create(CultureInfo.InvariantCulture, $"{result.Count} bytes at {offset}"),
        });
        return result;
    }

    public override async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        var stored = await Failing("PUT", key, start, Inner.PutAsync(key, content, onlyIfAbsent, cancellationToken)).ConfigureAwait(false);
        Line("PUT", key, start, stored ? string.Create(CultureInfo.InvariantCulture, $"{content.Length} bytes") : "was there");
        return stored;
    }

    public override async IAsyncEnumerable<ObjectListing> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        var count = 0;
        await foreach (var item in Inner.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            count++;
            yield return item;
        }

        Line("LIST", prefix, start, string.Create(CultureInfo.InvariantCulture, $"{count} objects"));
    }

    public override async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        await Failing("DELETE", key, start, Deleted(key, cancellationToken)).ConfigureAwait(false);
        Line("DELETE", key, start, "done");
    }

    private async ValueTask<bool> Deleted(string key, CancellationToken cancellationToken)
    {
        await Inner.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async ValueTask<T> Failing<T>(string verb, string key, long start, ValueTask<T> request)
    {
        try
        {
            return await request.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Line(verb, key, start, e is OperationCanceledException ? "cancelled" : e.Message);
            throw;
        }
    }

    private void Line(string verb, string key, long start, string outcome) =>
        log.Detail(string.Create(CultureInfo.InvariantCulture, $"{verb} {key}: {outcome}, {_time.GetElapsedTime(start).TotalMilliseconds:0.0} ms"));
}
