namespace ModelTrack.Storage.Transports;

/// <summary>A transport around another, which it disposes; a wrapper overrides what it changes.</summary>
public abstract class DelegatingTransport(ITransport inner) : ITransport
{
    protected ITransport Inner { get; } = inner;

    public virtual TransportTraits Traits => Inner.Traits;

    public virtual ValueTask PrepareAsync(CancellationToken cancellationToken) => Inner.PrepareAsync(cancellationToken);

    public virtual ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken) => Inner.HeadAsync(key, cancellationToken);

    public virtual ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken) =>
        Inner.ReadAsync(key, offset, destination, ifNoneMatch, cancellationToken);

    public virtual void DistrustCaches() => Inner.DistrustCaches();

    public virtual ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken) =>
        Inner.PutAsync(key, content, onlyIfAbsent, cancellationToken);

    public virtual IAsyncEnumerable<ObjectListing> ListAsync(string prefix, CancellationToken cancellationToken) => Inner.ListAsync(prefix, cancellationToken);

    public virtual ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => Inner.DeleteAsync(key, cancellationToken);

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Inner.DisposeAsync();
    }
}
