using ModelTrack.Content;
using ModelTrack.Workspace;

namespace ModelTrack.UnitTests.Workspace;

[TestClass]
public sealed class ObservedFileTests
{
    private const long Observed = 1_700_000_000_500_000_000;

    private static ObservedFile File(long mtimeNs) => new(new FileStat(1, mtimeNs, mtimeNs, 1, false, FileKind.File), default, default, Observed);

    [TestMethod]
    [DataRow(Observed - 60_000_000, true, DisplayName = "older than a tick")]
    [DataRow(Observed - 40_000_000, false, DisplayName = "within a tick")]
    [DataRow(Observed, false, DisplayName = "of the same moment")]
    [DataRow(Observed + 1_000_000_000_000, false, DisplayName = "in the future")]
    [DataRow(1_700_000_000_000_000_000, false, DisplayName = "whole seconds may be two seconds coarse")]
    [DataRow(1_699_999_999_000_000_000, false, DisplayName = "one second before, coarse")]
    [DataRow(1_699_999_998_000_000_000, true, DisplayName = "two seconds before, coarse")]
    [DataRow(-5_000_000_000, true, DisplayName = "before 1970")]
    public void An_observation_is_trusted_only_when_a_later_write_would_show(long mtimeNs, bool trusted)
    {
        var file = File(mtimeNs);

        Assert.AreEqual(trusted, file.Vouches(file.Stat));
    }

    [TestMethod]
    public void Any_difference_of_the_stat_ends_the_trust()
    {
        var file = File(Observed - 1_000_000_001);
        var stat = file.Stat;
        Assert.IsTrue(file.Vouches(stat));

        Assert.IsFalse(file.Vouches(stat with { Size = 2 }));
        Assert.IsFalse(file.Vouches(stat with { MTimeNs = stat.MTimeNs + 1 }));
        Assert.IsFalse(file.Vouches(stat with { CTimeNs = stat.CTimeNs + 1 }));
        Assert.IsFalse(file.Vouches(stat with { Inode = 2 }));
        Assert.IsFalse(file.Vouches(stat with { Kind = FileKind.Directory }));
        Assert.AreEqual(!FileStat.HasExecutableBit, file.Vouches(stat with { Executable = true }));
    }
}
