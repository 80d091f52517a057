namespace ModelTrack.Storage.Transports;

/// <summary>
/// Decides how many requests at once a link carries well, from what it got done: one step more at a time, back when that made it no faster,
/// half when the remote says that it is too much. Times come from the caller; it neither waits nor asks a clock.
/// </summary>
internal sealed class ConnectionPace
{
    /// <summary>What a request is worth besides its bytes: a link may be short of round trips, not of width.</summary>
    private const long WorkOfRequest = 16 * 1024;

    /// <summary>A step that makes it faster by less is not worth its connections.</summary>
    private const double WorthIt = 1.05;

    /// <summary>How many windows pass after a step back before another is tried.</summary>
    private const int Rest = 10;

    private static readonly TimeSpan s_shortestWindow = TimeSpan.FromMilliseconds(200);

    /// <summary>Requests that were under way together are refused together: that is one sign, not many.</summary>
    private static readonly TimeSpan s_oneSign = TimeSpan.FromSeconds(1);

    private readonly int _cap;
    private TimeSpan _windowStart;
    private TimeSpan? _shrunkAt;
    private bool _isWindowOpen;
    private bool _wasFull;
    private int _done;
    private long _work;
    private (int Limit, double Rate)? _before;
    private int _rest;

    /// <param name="cap">Never more than that.</param>
    public ConnectionPace(int start, int cap)
    {
        _cap = Math.Max(1, cap);
        Limit = Math.Clamp(start, 1, _cap);
    }

    /// <summary>How many requests may be under way at once now.</summary>
    public int Limit { get; private set; }

    /// <summary>A request got done.</summary>
    /// <param name="now">Since some fixed moment.</param>
    /// <param name="isFull">Whether others are waiting for their turn: only then is the limit what holds things up.</param>
    public void Done(TimeSpan now, long bytes, bool isFull)
    {
        if (!_isWindowOpen)
        {
            (_isWindowOpen, _windowStart, _done, _work, _wasFull) = (true, now, 0, 0, isFull);
            return;
        }

        _done++;
        _work += bytes + WorkOfRequest;
        _wasFull &= isFull;
        var passed = now - _windowStart;
        if (_done < 2 * Limit || passed < s_shortestWindow) return;

        _isWindowOpen = false;
        if (_wasFull) Judge(_work / passed.TotalSeconds);
    }

    /// <summary>A request was refused because there are too many, or nothing moved on it.</summary>
    public void Overloaded(TimeSpan now)
    {
        if (now - _shrunkAt < s_oneSign) return;
        _shrunkAt = now;
        Limit = Math.Max(1, Limit / 2);
        _before = null;
        _rest = Rest;
        _isWindowOpen = false;
    }

    private void Judge(double rate)
    {
        if (_before is { } before && rate < before.Rate * WorthIt)
        {
            Limit = before.Limit;
            _before = null;
            _rest = Rest;
            return;
        }

        if (_before is null && _rest > 0)
        {
            _rest--;
            return;
        }

        _before = null;
        if (Limit == _cap) return;
        _before = (Limit, rate);
        Limit = Math.Min(_cap, Limit + Math.Max(1, Limit / 4));
    }
}
