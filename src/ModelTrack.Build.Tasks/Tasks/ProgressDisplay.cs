using System.Globalization;
using ModelTrack.Diagnostics;

namespace ModelTrack.Tasks;

/// <summary>
/// Tells how far long work is. A terminal shows it in its tab or task bar (OSC 9;4, which moves no cursor and so disturbs no live
/// display); a redirected log gets a line now and then, seldom enough not to flood it. Work of a few seconds says nothing.
/// </summary>
internal sealed class ProgressDisplay : IDisposable
{
    private const double Megabyte = 1e6;
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_firstLine = TimeSpan.FromSeconds(5);

    private readonly TransferProgress _progress;
    private readonly Action<string> _line;
    private readonly TextWriter? _terminal;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer _timer;
    private TimeSpan _nextLine = s_firstLine;
    private bool _shown;

    /// <param name="line">Takes a line for a log.</param>
    /// <param name="terminal">The terminal; null where the output goes to a file or a pipe.</param>
    public ProgressDisplay(TransferProgress progress, Action<string> line, TextWriter? terminal, TimeProvider time)
    {
        (_progress, _line, _terminal, _time) = (progress, line, terminal, time);
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((ProgressDisplay)state!).Tick(), this, s_tick, s_tick);
    }

    public void Dispose()
    {
        // Waits for a tick that is running, so that nothing is written after the task ended.
        _timer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        if (_shown) _terminal!.Write("\x1b]9;4;0\x1b\\");
    }

    internal static string Describe(long done, long total, TimeSpan elapsed)
    {
        var rate = done / Math.Max(elapsed.TotalSeconds, 0.001);
        var text = string.Create(CultureInfo.InvariantCulture, $"ModelTrack: {done / Megabyte:F0} of {total / Megabyte:F0} MB, {rate / Megabyte:F0} MB/s");
        return rate > 0 && total > done ? string.Create(CultureInfo.InvariantCulture, $"{text}, {(total - done) / rate:F0} s left") : text;
    }

    private void Tick()
    {
        var (done, total) = (_progress.Done, _progress.Total);
        if (total <= 0) return;
        if (_terminal is not null)
        {
            _shown = true;
            _terminal.Write(string.Create(CultureInfo.InvariantCulture, $"\x1b]9;4;1;{Math.Clamp(done * 100 / total, 0, 100)}\x1b\\"));
            return;
        }

        var elapsed = _time.GetElapsedTime(_start);
        if (elapsed < _nextLine) return;
        // 5 s, 15 s, 35 s, 75 s, then each minute.
        _nextLine = elapsed + (_nextLine < TimeSpan.FromMinutes(1) ? _nextLine + s_firstLine : TimeSpan.FromMinutes(1));
        _line(Describe(done, total, elapsed));
    }
}
