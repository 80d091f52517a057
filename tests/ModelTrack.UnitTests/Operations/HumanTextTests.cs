using ModelTrack.Operations;

namespace ModelTrack.UnitTests.Operations;

[TestClass]
public sealed class HumanTextTests
{
    [TestMethod]
    [DataRow(0L, "0 B")]
    [DataRow(4L, "4 B")]
    [DataRow(999L, "999 B")]
    [DataRow(1000L, "1.00 KB")]
    [DataRow(12_345L, "12.3 KB")]
    [DataRow(999_499L, "999 KB")]
    [DataRow(999_500L, "1.00 MB")]
    [DataRow(524_288_000L, "524 MB")]
    [DataRow(long.MaxValue, "9223372 TB")]
    public void Sizes_have_three_digits_and_decimal_units(long bytes, string text) => Assert.AreEqual(text, HumanText.Size(bytes));

    [TestMethod]
    [DataRow(0.041, "0.04 s")]
    [DataRow(3.21, "3.2 s")]
    [DataRow(125.4, "2 min 5 s")]
    public void Durations_are_short(double seconds, string text) => Assert.AreEqual(text, HumanText.Duration(TimeSpan.FromSeconds(seconds)));

    [TestMethod]
    public void A_directory_counts_its_files()
    {
        Assert.AreEqual("4 B", HumanText.Extent(4, null));
        Assert.AreEqual("1 file, 4 B", HumanText.Extent(4, 1));
        Assert.AreEqual("20,000 files, 20.0 MB", HumanText.Extent(20_000_000, 20_000));
    }
}
