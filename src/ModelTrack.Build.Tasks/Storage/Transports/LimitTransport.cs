using System.Runtime.CompilerServices;

namespace ModelTrack.Storage.Transports;

/// <summary>
/// Bounds how many requests and how many bytes of bodies are under way at once. First come, first served. How many requests follows what the link
/// turns out to carry, up to the bound.
/// </summary>
public sealed class LimitTransport : DelegatingTransport
{
    public const long DefaultBytes = 128L * 1024 * 1024;

    /// <summary>How many at once before anything is known of the link.</summary>
    private const int Start = 8;

    private readonly InFlight _inFlight;
    private readonly ConnectionPace _pace;
    private readonly Lock _paceLock = new();
    private readonly TimeProvider _time;
    private readonly int _requests;

    /// <param name="maxRequests">Never more than that; null for what the transport says serves it well.</param>
    /// <param name="maxBytes">A single body larger than this goes alone.</param>
    public LimitTransport(ITransport inner, int? maxRequests = null, long maxBytes = DefaultBytes, TimeProvider? time = null)
        : base(inner)
    {
        _requests = Math.Max(1, maxRequests ?? inner.Traits.MaxConnections);
        _pace = new ConnectionPace(Start, _requests);
        _inFlight = new InFlight(_pace.Limit, maxBytes);
        _time = time ?? TimeProvider.System;
    }

    /// <remarks>Asked for each time: a driver may learn from a server's answers what it can.</remarks>
    public override TransportTraits Traits => Inner.Traits with { MaxConnections = _requests };

    public override ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken) =>
        RunAsync((Inner, key), 0, static (s, token) => s.Inner.HeadAsync(s.key, token), cancellationToken);

    public override ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken) =>
        RunAsync(
            (Inner, key, offset, destination, ifNoneMatch),
            destination.Length,
            static (s, token) => s.Inner.ReadAsync(s.key, s.offset, s.destination, s.ifNoneMatch, token),
            cancellationToken);

    public override ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken) =>
        RunAsync((Inner, key, content, onlyIfAbsent), content.Length, static (s, token) => s.Inner.PutAsync(s.key, s.content, s.onlyIfAbsent, token), cancellationToken);

    public override async ValueTask DeleteAsync(string key, CancellationToken cancellationToken) =>
        await RunAsync(
            (Inner, key),
            0,
            static async (s, token) =>
            {
                await s.Inner.DeleteAsync(s.key, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);

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

    private async ValueTask<T> RunAsync<TState, T>(TState state, long bytes, Func<TState, CancellationToken, ValueTask<T>> request, CancellationToken cancellationToken)
    {
        using var turn = await _inFlight.EnterAsync(bytes, cancellationToken).ConfigureAwait(false);
        try
        {
            var result = await request(state, cancellationToken).ConfigureAwait(false);
            Note(bytes, isOverload: false);
            return result;
        }
        catch (TransportException e) when (e.IsOverload)
        {
            Note(0, isOverload: true);
            throw;
        }
    }

    private void Note(long bytes, bool isOverload)
    {
        lock (_paceLock)
        {
            var now = _time.GetElapsedTime(0);
            var before = _pace.Limit;
            if (isOverload) _pace.Overloaded(now);
            else _pace.Done(now, bytes, _inFlight.IsFull);
            if (_pace.Limit != before) _inFlight.SetMaxCount(_pace.Limit);
        }
    }
}
