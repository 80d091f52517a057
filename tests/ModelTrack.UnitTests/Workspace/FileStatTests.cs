using System.Runtime.Versioning;
using ModelTrack.Content;

namespace ModelTrack.UnitTests.Workspace;

[TestClass]
public sealed class FileStatTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void A_file_tells_size_time_kind_and_executable_bit()
    {
        var path = _folder.Write("a/ä b.bin", "12345");
        var time = new DateTime(2031, 2, 3, 4, 5, 6, DateTimeKind.Utc).AddTicks(1234567);
        File.SetLastWriteTimeUtc(path, time);

        Assert.IsTrue(FileStat.TryGet(path, out var stat));

        Assert.AreEqual(5, stat.Size);
        Assert.AreEqual((time - DateTime.UnixEpoch).Ticks * 100, stat.MTimeNs);
        Assert.AreEqual(FileKind.File, stat.Kind);
        Assert.IsFalse(stat.Executable);
        if (OperatingSystem.IsWindows()) return;

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.IsTrue(FileStat.TryGet(path, out stat));
        Assert.IsTrue(stat.Executable);
    }

    [TestMethod]
    public void An_open_file_tells_the_same_as_its_path()
    {
        var path = _folder.Write("f", "1");
        using var handle = File.OpenHandle(path);

        Assert.IsTrue(FileStat.TryGet(path, out var stat));
        Assert.AreEqual(stat, FileStat.Of(handle));
    }

    [TestMethod]
    public void What_is_absent_is_false_also_below_a_file()
    {
        var path = _folder.Write("f", "1");

        Assert.IsFalse(FileStat.TryGet(_folder.At("nothing"), out _));
        Assert.IsFalse(FileStat.TryGet(_folder.At("no/thing"), out _));
        Assert.IsFalse(FileStat.TryGet(Path.Combine(path, "below"), out _));
    }

    [TestMethod]
    [UnsupportedOSPlatform("windows")]
    public void A_link_is_told_as_a_link_whatever_it_points_to()
    {
        if (OperatingSystem.IsWindows()) return;
        var file = _folder.Write("f", "1");
        File.CreateSymbolicLink(_folder.At("to-file"), file);
        Directory.CreateSymbolicLink(_folder.At("to-folder"), _folder.Path);
        File.CreateSymbolicLink(_folder.At("to-nothing"), "nowhere");

        foreach (var name in new[] { "to-file", "to-folder", "to-nothing" })
        {
            Assert.IsTrue(FileStat.TryGet(_folder.At(name), out var stat), name);
            Assert.AreEqual(FileKind.Link, stat.Kind, name);
        }

        Assert.IsTrue(FileStat.TryGet(_folder.Path, out var folder));
        Assert.AreEqual(FileKind.Directory, folder.Kind);
    }

    [TestMethod]
    public void Details_tell_volume_and_links()
    {
        if (!OperatingSystem.IsLinux()) return;
        var path = _folder.Write("f", "1");

        Assert.IsTrue(FileStat.TryGet(path, out _, out var details));
        Assert.IsTrue(FileStat.TryGet(_folder.Path, out _, out var folder));

        Assert.AreEqual(1u, details!.Value.Links);
        Assert.AreEqual(folder!.Value.Device, details.Value.Device);
        Assert.AreEqual(folder.Value.User, details.Value.User);
    }

    [TestMethod]
    public void A_path_too_long_for_the_stack_works()
    {
        var path = _folder.Write(string.Join('/', Enumerable.Repeat(new string('n', 200), 5)), "123");

        Assert.IsTrue(FileStat.TryGet(path, out var stat));
        Assert.AreEqual(3, stat.Size);
    }
}
