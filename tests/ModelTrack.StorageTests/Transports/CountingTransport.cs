using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ModelTrack.Storage.Transports;

namespace ModelTrack.StorageTests.Transports;

internal enum RequestKind
{
    Head,
    Read,
    Put,
    List,
    Delete,
}

/// <summary>Counts requests and bytes of bodies. A request counts when it is made, its bytes when it succeeded.</summary>
internal sealed class CountingTransport(ITransport inner) : DelegatingTransport(inner)
{
    private readonly ConcurrentDictionary<(RequestKind Kind, string Area), Counter> _counters = new();

    public long BytesSent => Sum(counter => counter.Sent);

    public long BytesReceived => Sum(counter => counter.Received);

    /// <summary>Requests of a kind, or of every kind, for keys of an area (the first part of the key), or of every area.</summary>
    public long Requests(RequestKind? kind = null, string? area = null) => Sum(counter => counter.Requests, kind, area);

    public long Sent(string area) => Sum(counter => counter.Sent, null, area);

    public long Received(string area) => Sum(counter => counter.Received, null, area);

    public void Reset() => _counters.Clear();

    public override ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        Count(RequestKind.Head, key);
        return Inner.HeadAsync(key, cancellationToken);
    }

    public override async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        var counter = Count(RequestKind.Read, key);
        var result = await Inner.ReadAsync(key, offset, destination, ifNoneMatch, cancellationToken);
        Interlocked.Add(ref counter.Received, result.Count);
        return result;
    }

    public override async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
    {
        var counter = Count(RequestKind.Put, key);
        var stored = await Inner.PutAsync(key, content, onlyIfAbsent, cancellationToken);
        Interlocked.Add(ref counter.Sent, content.Length);
        return stored;
    }

    public override async IAsyncEnumerable<ObjectListing> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Count(RequestKind.List, prefix);
        await foreach (var item in Inner.ListAsync(prefix, cancellationToken)) yield return item;
    }

    public override ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        Count(RequestKind.Delete, key);
        return Inner.DeleteAsync(key, cancellationToken);
    }

    private Counter Count(RequestKind kind, string key)
    {
        var end = key.IndexOf('/', StringComparison.Ordinal);
        var counter = _counters.GetOrAdd((kind, end < 0 ? key : key[..end]), static _ => new Counter());
        Interlocked.Increment(ref counter.Requests);
        return counter;
    }

    private long Sum(Func<Counter, long> value, RequestKind? kind = null, string? area = null) =>
        _counters.Where(pair => (kind is null || pair.Key.Kind == kind) && (area is null || pair.Key.Area == area)).Sum(pair => value(pair.Value));

    public override string ToString() =>
        string.Join(", ", _counters.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key.Kind} {pair.Key.Area}: {pair.Value.Requests} (sent {pair.Value.Sent}, received {pair.Value.Received})"));

    private sealed class Counter
    {
        public long Requests;
        public long Sent;
        public long Received;
    }
}
