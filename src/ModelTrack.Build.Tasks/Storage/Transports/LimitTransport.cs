using System.Runtime.CompilerServices;

namespace ModelTrack.Storage.Transports;

/// <summary>Bounds how many requests and how many bytes of bodies are under way at once. First come, first served.</summary>
public sealed class LimitTransport : DelegatingTransport
{
    public const long DefaultBytes = 128L * 1024 * 1024;

    private readonly InFlight _inFlight;
    private readonly int _requests;

    /// <param name="maxRequests">Null for what the transport says serves it well.</param>
    /// <param name="maxBytes">A single body larger than this goes alone.</param>
    public LimitTransport(ITransport inner, int? maxRequests = null, long maxBytes = DefaultBytes)
        : base(inner)
    {
        _requests = Math.Max(1, maxRequests ?? inner.Traits.MaxConnections);
        _inFlight = new InFlight(_requests, maxBytes);
    }

    /// <remarks>Asked for each time: a driver may learn from a server's answers what it can.</remarks>
    public override TransportTraits Traits => Inner.Traits with { MaxConnections = _requests };

    public override async ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        using var turn = await _inFlight.EnterAsync(0, cancellationToken).ConfigureAwait(false);
        return await Inner.HeadAsync(key, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        using var turn = await _inFlight.EnterAsync(destination.Length, cancellationToken).ConfigureAwait(false);
        return await Inner.ReadAsync(key, offset, destination, ifNoneMatch, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
    {
        using var turn = await _inFlight.EnterAsync(content.Length, cancellationToken).ConfigureAwait(false);
        return await Inner.PutAsync(key, content, onlyIfAbsent, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        using var turn = await _inFlight.EnterAsync(0, cancellationToken).ConfigureAwait(false);
        await Inner.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
    }

    /// <remarks>A turn is held for each step only, so that the loop's body may make requests of its own.</remarks>
    public override async IAsyncEnumerable<ObjectListing> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var listing = Inner.ListAsync(prefix, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var _ = listing.ConfigureAwait(false);
        while (true)
        {
            using (await _inFlight.EnterAsync(0, cancellationToken).ConfigureAwait(false))
            {
                if (!await listing.MoveNextAsync().ConfigureAwait(false)) yield break;
            }

            yield return listing.Current;
        }
    }
}
