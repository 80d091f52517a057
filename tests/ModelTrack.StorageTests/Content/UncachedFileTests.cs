using ModelTrack.Content;

namespace ModelTrack.StorageTests.Content;

[TestClass]
public sealed class UncachedFileTests
{
    /// <summary>A disk, and (on Linux) a file system in memory, which knows no such reads and writes.</summary>
    public static IEnumerable<object[]> Places => OperatingSystem.IsLinux() ? [[Path.GetTempPath()], ["/dev/shm"]] : [[Path.GetTempPath()]];

    [TestMethod]
    [DynamicData(nameof(Places))]
    public void What_is_written_at_any_offset_is_what_everybody_reads(string place)
    {
        var path = Path.Combine(place, $"uncached-{Guid.NewGuid():N}");
        var expected = new byte[3_000_001];
        new Random(5).NextBytes(expected);
        try
        {
            using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
            {
                int[] cuts = [1_000_003, 0, 4096, 1_000_003 + 917_504];
                // Out of order, and with gaps that a later write fills.
                UncachedFile.Write(file, expected.AsSpan(cuts[3]), cuts[3]);
                UncachedFile.Write(file, expected.AsSpan(0, cuts[2]), 0);
                UncachedFile.Write(file, [], 17);
                UncachedFile.Write(file, expected.AsSpan(cuts[2]..cuts[0]), cuts[2]);
                UncachedFile.Write(file, expected.AsSpan(cuts[0]..cuts[3]), cuts[0]);

                var found = new byte[expected.Length + 10];
                var at = 0;
                for (int count; (count = UncachedFile.Read(file, found.AsSpan(at, Math.Min(700_001, found.Length - at)), at)) > 0;) at += count;
                Assert.AreEqual(expected.Length, at);
                Assert.IsTrue(expected.AsSpan().SequenceEqual(found.AsSpan(0, at)));
            }

            Assert.IsTrue(expected.AsSpan().SequenceEqual(File.ReadAllBytes(path)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void A_handle_that_may_not_write_or_is_closed_fails_as_dotnet_fails()
    {
        var path = Path.GetTempFileName();
        try
        {
            var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read);
            Assert.Throws<UnauthorizedAccessException>(() => UncachedFile.Write(file, new byte[5000], 0));
            file.Dispose();
            Assert.Throws<ObjectDisposedException>(() => UncachedFile.Read(file, new byte[10], 0));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
