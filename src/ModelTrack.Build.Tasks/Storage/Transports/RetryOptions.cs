namespace ModelTrack.Storage.Transports;

/// <summary>How patient <see cref="RetryTransport"/> is.</summary>
/// <param name="Attempts">In all, the first included.</param>
/// <param name="FirstDelay">The longest wait before the second attempt; it doubles with each.</param>
/// <param name="MaxDelay">The longest wait of all.</param>
public sealed record RetryOptions(int Attempts, TimeSpan FirstDelay, TimeSpan MaxDelay)
{
    /// <summary>The longest wait that a remote's asking brings about.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromMinutes(1);

    public static RetryOptions Default { get; } = new(6, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(10));
}
