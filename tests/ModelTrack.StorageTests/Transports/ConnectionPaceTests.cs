using ModelTrack.Storage.Transports;

namespace ModelTrack.StorageTests.Transports;

[TestClass]
public sealed class ConnectionPaceTests
{
    private TimeSpan _now;

    [TestMethod]
    [DataRow(8, 16, 8)]
    [DataRow(8, 2, 2)]
    [DataRow(8, 0, 1)]
    [DataRow(0, 16, 1)]
    public void It_starts_within_its_cap(int start, int cap, int expected) => Assert.AreEqual(expected, new ConnectionPace(start, cap).Limit);

    [TestMethod]
    [DataRow(1_000, 1, DisplayName = "one connection fills the link")]
    [DataRow(1_000, 6)]
    [DataRow(1_000, 12)]
    [DataRow(1_000, 64, DisplayName = "more than it may use")]
    public void It_grows_to_about_what_the_link_carries_and_no_further(int kilobytesPerSecondEach, int connectionsThatHelp)
    {
        var pace = new ConnectionPace(4, 16);
        var highest = 0;
        for (var window = 0; window < 60; window++)
        {
            Transfer(pace, kilobytesPerSecondEach * 1024L * Math.Min(pace.Limit, connectionsThatHelp));
            highest = Math.Max(highest, pace.Limit);
        }

        Assert.IsGreaterThanOrEqualTo(Math.Min(16, Math.Max(4, connectionsThatHelp - 1)), highest);
        Assert.IsLessThanOrEqualTo(Math.Min(16, Math.Max(4, connectionsThatHelp) * 3 / 2), highest);
    }

    [TestMethod]
    public void It_steps_back_when_one_more_makes_it_slower()
    {
        var pace = new ConnectionPace(8, 16);
        Transfer(pace, 8_000_000);
        Assert.AreEqual(10, pace.Limit);
        Transfer(pace, 7_000_000);
        Assert.AreEqual(8, pace.Limit);
        Transfer(pace, 8_000_000);
        Assert.AreEqual(8, pace.Limit);
    }

    [TestMethod]
    public void It_does_not_grow_while_nobody_waits()
    {
        var pace = new ConnectionPace(4, 16);
        for (var window = 0; window < 5; window++) Transfer(pace, 1_000_000 * (window + 1), isFull: false);
        Assert.AreEqual(4, pace.Limit);
    }

    [TestMethod]
    public void It_halves_once_for_a_burst_of_refusals_and_grows_again_later()
    {
        var pace = new ConnectionPace(16, 16);
        for (var i = 0; i < 16; i++) pace.Overloaded(_now += TimeSpan.FromMilliseconds(20));
        Assert.AreEqual(8, pace.Limit);
        for (var i = 0; i < 5; i++) pace.Overloaded(_now += TimeSpan.FromSeconds(2));
        Assert.AreEqual(1, pace.Limit);

        for (var window = 0; window < 60; window++) Transfer(pace, 1_000_000L * pace.Limit);
        Assert.AreEqual(16, pace.Limit);
    }

    /// <summary>One window's requests at a rate.</summary>
    private void Transfer(ConnectionPace pace, long bytesPerSecond, bool isFull = true)
    {
        const int Size = 1 << 20;
        var requests = Math.Max((2 * pace.Limit) + 1, (int)Math.Ceiling(0.25 * bytesPerSecond / Size) + 1);
        for (var i = 0; i < requests; i++)
        {
            pace.Done(_now, Size, isFull);
            if (i < requests - 1) _now += TimeSpan.FromSeconds((double)Size / bytesPerSecond);
        }
    }
}
