namespace ModelTrack.Storage.Remote;

/// <summary>
/// Learns what a round trip costs from the reads that are made anyway, and tells up to which gap one longer read is cheaper than two.
/// </summary>
internal sealed class RateMeter
{
    public const int MinGap = 64 * 1024;
    public const int MaxGap = 1024 * 1024;

    private const int Short = 64 * 1024;
    private const int Long = 1024 * 1024;

    private readonly Lock _lock = new();
    private double _latency = double.NaN;
    private double _rate = double.NaN;

    public int Gap
    {
        get
        {
            lock (_lock)
            {
                var gap = _latency * _rate;
                return double.IsNaN(gap) ? MinGap : (int)Math.Clamp(gap, MinGap, MaxGap);
            }
        }
    }

    public void Note(int bytes, TimeSpan elapsed)
    {
        var seconds = elapsed.TotalSeconds;
        lock (_lock)
        {
            if (bytes <= Short) _latency = Blend(_latency, seconds);
            else if (bytes >= Long && seconds > 0) _rate = Blend(_rate, bytes / seconds);
        }
    }

    private static double Blend(double old, double next) => double.IsNaN(old) ? next : (old * 0.8) + (next * 0.2);
}
