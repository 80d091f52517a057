using System.Runtime.CompilerServices;

namespace ModelTrack.Storage.Transports;

/// <summary>
/// Repeats requests that failed for a transient cause, after a wait drawn evenly from zero to a limit that doubles (full jitter), so that
/// many clients of one troubled server don't come back at once. Every request of a transport can be repeated: reads change nothing,
/// a put stores the same bytes again, a delete finds nothing.
/// </summary>
public sealed class RetryTransport : DelegatingTransport
{
    private readonly RetryOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<double> _random;

    /// <param name="random">Evenly from 0 up to 1; safe for several threads.</param>
    public RetryTransport(ITransport inner, RetryOptions? options = null, TimeProvider? time = null, Func<double>? random = null)
        : base(inner)
    {
        _options = options ?? RetryOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Attempts, 1, nameof(options));
        _time = time ?? TimeProvider.System;
        _random = random ?? Random.Shared.NextDouble;
    }

    public override async ValueTask PrepareAsync(CancellationToken cancellationToken) =>
        await RunAsync(
            Inner,
            static async (inner, token) =>
            {
                await inner.PrepareAsync(token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);

    public override ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken) =>
        RunAsync((Inner, key), static (s, token) => s.Inner.HeadAsync(s.key, token), cancellationToken);

    public override ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken) =>
        RunAsync(
            (Inner, key, offset, destination, ifNoneMatch),
            static (s, token) => s.Inner.ReadAsync(s.key, s.offset, s.destination, s.ifNoneMatch, token),
            cancellationToken);

    /// <remarks>False may also mean that an earlier attempt of this very call stored the object and its answer was lost.</remarks>
    public override ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken) =>
        RunAsync((Inner, key, content, onlyIfAbsent), static (s, token) => s.Inner.PutAsync(s.key, s.content, s.onlyIfAbsent, token), cancellationToken);

    public override async ValueTask DeleteAsync(string key, CancellationToken cancellationToken) =>
        await RunAsync(
            (Inner, key),
            static async (s, token) =>
            {
                await s.Inner.DeleteAsync(s.key, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);

    /// <remarks>A repeated listing starts over; what was told already is not told again.</remarks>
    public override async IAsyncEnumerable<ObjectListing> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan? asked = null;
            var listing = Inner.ListAsync(prefix, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var _ = listing.ConfigureAwait(false);
            while (true)
            {
                try
                {
                    if (!await listing.MoveNextAsync().ConfigureAwait(false)) yield break;
                }
                catch (TransportException e) when (e.IsTransient && attempt < _options.Attempts)
                {
                    asked = e.RetryAfter;
                    break;
                }

                if (told.Add(listing.Current.Key)) yield return listing.Current;
            }

            await WaitAsync(attempt, asked, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<T> RunAsync<TState, T>(TState state, Func<TState, CancellationToken, ValueTask<T>> request, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await request(state, cancellationToken).ConfigureAwait(false);
            }
            catch (TransportException e) when (e.IsTransient && attempt < _options.Attempts)
            {
                await WaitAsync(attempt, e.RetryAfter, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <param name="asked">What the remote asked for comes on top of the drawn wait: all who were told the same still don't come at once.</param>
    private Task WaitAsync(int attempt, TimeSpan? asked, CancellationToken cancellationToken)
    {
        var limit = Math.Min(_options.MaxDelay.TotalMilliseconds, _options.FirstDelay.TotalMilliseconds * Math.Pow(2, attempt - 1));
        var atLeast = Math.Clamp((asked ?? TimeSpan.Zero).TotalMilliseconds, 0, _options.MaxRetryAfter.TotalMilliseconds);
        return Task.Delay(TimeSpan.FromMilliseconds(atLeast + (limit * _random())), _time, cancellationToken);
    }
}
