using ModelTrack.Diagnostics;
using ModelTrack.Tasks;

namespace ModelTrack.UnitTests.Tasks;

/// <summary>How far long work is: told seldom in a log, all the time in a terminal's tab, never about what takes no time.</summary>
[TestClass]
public sealed class ProgressDisplayTests : IDisposable
{
    private const long Megabyte = 1_000_000;

    private readonly ManualTime _time = new();
    private readonly TransferProgress _progress = new();
    private readonly List<string> _lines = [];
    private readonly StringWriter _terminal = new();

    public void Dispose() => _terminal.Dispose();

    private ProgressDisplay InLog() => new(_progress, _lines.Add, terminal: null, _time);

    private ProgressDisplay InTerminal() => new(_progress, _lines.Add, _terminal, _time);

    [TestMethod]
    public void A_log_gets_its_first_line_after_five_seconds_and_then_more_and_more_seldom()
    {
        using var display = InLog();
        _progress.Expect(10_000 * Megabyte);
        var said = new List<int>();
        for (var second = 1; second <= 300; second++)
        {
            _progress.Advance(10 * Megabyte);
            var before = _lines.Count;
            _time.Pass(TimeSpan.FromSeconds(1));
            if (_lines.Count > before) said.Add(second);
        }

        CollectionAssert.AreEqual(new[] { 5, 15, 35, 75, 135, 195, 255 }, said);
        Assert.AreEqual("ModelTrack: 50 of 10000 MB, 10 MB/s, 995 s left", _lines[0]);
        Assert.AreEqual("ModelTrack: 150 of 10000 MB, 10 MB/s, 985 s left", _lines[1]);
    }

    [TestMethod]
    public void Work_of_a_few_seconds_and_work_of_unknown_size_say_nothing()
    {
        using (InLog())
        {
            _time.Pass(TimeSpan.FromMinutes(5));
            Assert.IsEmpty(_lines);
        }

        using (InLog())
        {
            _progress.Expect(10 * Megabyte);
            _time.Pass(TimeSpan.FromSeconds(4));
        }

        Assert.IsEmpty(_lines);
    }

    [TestMethod]
    public void After_the_end_nothing_is_said_any_more()
    {
        _progress.Expect(10 * Megabyte);
        InLog().Dispose();
        _time.Pass(TimeSpan.FromMinutes(5));
        Assert.IsEmpty(_lines);
    }

    [TestMethod]
    public void A_terminal_gets_percentages_that_move_no_cursor_and_are_cleared_at_the_end()
    {
        using (InTerminal())
        {
            _time.Pass(TimeSpan.FromSeconds(1));
            Assert.AreEqual("", _terminal.ToString(), "nothing is expected yet");

            _progress.Expect(200 * Megabyte);
            _progress.Advance(50 * Megabyte);
            _time.Pass(TimeSpan.FromSeconds(1));
            _progress.Advance(150 * Megabyte);
            _time.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.AreEqual("\x1b]9;4;1;25\x1b\\" + "\x1b]9;4;1;100\x1b\\" + "\x1b]9;4;0\x1b\\", _terminal.ToString());
        Assert.IsEmpty(_lines);
    }

    [TestMethod]
    public void More_work_than_was_expected_is_a_hundred_percent()
    {
        using (InTerminal())
        {
            _progress.Expect(Megabyte);
            _progress.Advance(3 * Megabyte);
            _time.Pass(TimeSpan.FromSeconds(1));
        }

        StringAssert.StartsWith(_terminal.ToString(), "\x1b]9;4;1;100\x1b\\");
    }

    [TestMethod]
    public void A_terminal_that_saw_no_work_is_left_alone()
    {
        using (InTerminal()) _time.Pass(TimeSpan.FromSeconds(30));
        Assert.AreEqual("", _terminal.ToString());
    }

    [TestMethod]
    [DataRow(0L, 10L, "ModelTrack: 0 of 10 MB, 0 MB/s")]
    [DataRow(10L, 10L, "ModelTrack: 10 of 10 MB, 1 MB/s")]
    [DataRow(5L, 10L, "ModelTrack: 5 of 10 MB, 0 MB/s, 10 s left")]
    public void A_line_tells_bytes_rate_and_what_is_left(long done, long total, string line) =>
        Assert.AreEqual(line, ProgressDisplay.Describe(done * Megabyte, total * Megabyte, TimeSpan.FromSeconds(10.1)));

    /// <summary>Time that passes when the test says so, ticks and all.</summary>
    private sealed class ManualTime : TimeProvider
    {
        private readonly List<ManualTimer> _timers = [];
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new ManualTimer(() => callback(state), _now + dueTime.Ticks, period.Ticks);
            _timers.Add(timer);
            return timer;
        }

        public void Pass(TimeSpan time)
        {
            for (var end = _now + time.Ticks; ;)
            {
                var next = _timers.Where(t => !t.IsDisposed && t.Due <= end).MinBy(t => t.Due);
                _now = next?.Due ?? end;
                if (next is null) return;
                next.Tick();
            }
        }

        private sealed class ManualTimer(Action tick, long due, long period) : ITimer
        {
            public long Due { get; private set; } = due;

            public bool IsDisposed { get; private set; }

            public void Tick()
            {
                Due += period;
                tick();
            }

            public bool Change(TimeSpan dueTime, TimeSpan newPeriod) => throw new NotSupportedException();

            public void Dispose() => IsDisposed = true;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
