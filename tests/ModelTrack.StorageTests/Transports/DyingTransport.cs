using ModelTrack.Storage.Transports;

namespace ModelTrack.StorageTests.Transports;

/// <summary>A process that is killed: no request of it ever comes any more.</summary>
/// <param name="isLast">Gets each request's number and key before it is made: after this one it is killed.</param>
internal sealed class DyingTransport(ITransport inner, Func<int, string, bool> isLast) : DelegatingTransport(inner)
{
    private int _count;
    private volatile bool _isDead;

    /// <summary>Killed at a request, which never comes.</summary>
    public static DyingTransport At(ITransport inner, int request) => new(inner, (number, _) => number == request - 1) { _isDead = request <= 1 };

    /// <summary>Killed when it has written an object.</summary>
    public static DyingTransport AfterPut(ITransport inner, string of) => new(inner, (_, key) => key == "PUT " + of);

    public override ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken) => Live(key, () => base.HeadAsync(key, cancellationToken));

    public override ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken) =>
        Live(key, () => base.ReadAsync(key, offset, destination, ifNoneMatch, cancellationToken));

    public override ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken) =>
        Live("PUT " + key, () => base.PutAsync(key, content, onlyIfAbsent, cancellationToken));

    public override IAsyncEnumerable<ObjectListing> ListAsync(string prefix, CancellationToken cancellationToken) => Live(prefix, () => base.ListAsync(prefix, cancellationToken));

    public override ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => Live(key, () => base.DeleteAsync(key, cancellationToken));

    private T Live<T>(string key, Func<T> request)
    {
        if (_isDead) throw new TransportException("killed", transient: false);
        _isDead = isLast(Interlocked.Increment(ref _count), key);
        return request();
    }
}
