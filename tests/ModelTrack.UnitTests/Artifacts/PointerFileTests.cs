using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Artifacts;

[TestClass]
public sealed class PointerFileTests
{
    private static readonly Pointer s_pointer = new(ArtifactKind.File, Sha256Hash.Of("test"u8), 4);

    [TestMethod]
    public void Its_path_is_the_content_s_with_track_at_the_end() => Assert.AreEqual("/r/models/x.onnx.track", PointerFile.PathFor("/r/models/x.onnx"));

    [TestMethod]
    public async Task What_is_not_there_is_null()
    {
        using var folder = new TempFolder();
        Assert.IsNull(PointerFile.Read(folder["x.track"]));
        Assert.IsNull(PointerFile.Read(folder["no", "x.track"]));
        Assert.IsNull(await PointerFile.ReadAsync(folder["x.track"], CancellationToken.None));
    }

    [TestMethod]
    public async Task What_was_written_is_read()
    {
        using var folder = new TempFolder();
        var path = folder["x.track"];
        Assert.IsTrue(PointerFile.Write(path, s_pointer));
        CollectionAssert.AreEqual(PointerFormat.Write(s_pointer), File.ReadAllBytes(path));
        Assert.AreEqual(s_pointer, PointerFile.Read(path));
        Assert.AreEqual(s_pointer, await PointerFile.ReadAsync(path, CancellationToken.None));
    }

    [TestMethod]
    public void Nothing_is_left_beside_it()
    {
        using var folder = new TempFolder();
        PointerFile.Write(folder["x.track"], s_pointer);
        PointerFile.Write(folder["x.track"], s_pointer with { Size = 5 });
        CollectionAssert.AreEqual(new[] { folder["x.track"] }, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    [Rule("Pointer 4")]
    public void Who_reads_the_old_one_while_it_is_replaced_has_all_of_the_old_one()
    {
        using var folder = new TempFolder();
        PointerFile.Write(folder["x.track"], s_pointer);
        using var reader = new FileStream(folder["x.track"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Assert.IsTrue(PointerFile.Write(folder["x.track"], s_pointer with { Size = 5 }));
        var seen = new byte[PointerFormat.Write(s_pointer).Length];
        reader.ReadExactly(seen);
        CollectionAssert.AreEqual(PointerFormat.Write(s_pointer), seen);
        Assert.AreEqual(-1, reader.ReadByte());
    }

    [TestMethod]
    [Rule("Pointer 3")]
    public void A_file_that_says_the_same_in_other_line_endings_is_not_written()
    {
        using var folder = new TempFolder();
        var text = "\uFEFF" + Encoding.UTF8.GetString(PointerFormat.Write(s_pointer)).Replace("\n", "\r\n");
        var path = folder.Write("x.track", text);
        Assert.IsFalse(PointerFile.Write(path, s_pointer));
        Assert.AreEqual(text, "\uFEFF" + File.ReadAllText(path));
        Assert.IsTrue(PointerFile.Write(path, s_pointer with { Executable = true }));
    }

    [TestMethod]
    public void A_file_that_cannot_be_read_is_replaced()
    {
        using var folder = new TempFolder();
        var path = folder.Write("x.track", "<<<<<<< HEAD\n");
        Assert.IsTrue(PointerFile.Write(path, s_pointer));
        Assert.AreEqual(s_pointer, PointerFile.Read(path));
    }

    [TestMethod]
    [Rule("Pointer 6")]
    public void A_pointer_of_a_gigabyte_is_refused_by_its_length()
    {
        using var folder = new TempFolder();
        using (var file = File.Create(folder["x.track"])) file.SetLength(1L << 30);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.ThrowsExactly<ModelTrackException>(() => PointerFile.Read(folder["x.track"]));
        Assert.AreEqual(("MT1001", folder["x.track"]), (error.Code, error.Diagnostic.File));
        Assert.IsTrue(GC.GetAllocatedBytesForCurrentThread() - before < PointerFormat.MaxSize);
    }

    [TestMethod]
    public void A_folder_in_its_place_is_a_coded_error()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["x.track"]);
        Assert.AreEqual("MT1010", Assert.ThrowsExactly<ModelTrackException>(() => PointerFile.Read(folder["x.track"])).Code);
        Assert.AreEqual("MT1011", Assert.ThrowsExactly<ModelTrackException>(() => PointerFile.Write(folder["x.track"], s_pointer)).Code);
    }

    [TestMethod]
    public void Its_permissions_stay()
    {
        if (OperatingSystem.IsWindows()) return;
        using var folder = new TempFolder();
        PointerFile.Write(folder["x.track"], s_pointer);
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        File.SetUnixFileMode(folder["x.track"], Mode);
        PointerFile.Write(folder["x.track"], s_pointer with { Size = 5 });
        Assert.AreEqual(Mode, File.GetUnixFileMode(folder["x.track"]));
    }

    [TestMethod]
    public async Task Many_writers_in_one_folder_do_not_disturb_each_other()
    {
        using var folder = new TempFolder();
        await Parallel.ForAsync(0, 200, (i, _) =>
        {
            PointerFile.Write(folder[$"{i % 8}.track"], s_pointer with { Size = i });
            return ValueTask.CompletedTask;
        });
        Assert.HasCount(8, Directory.GetFileSystemEntries(folder.Path));
        foreach (var path in Directory.GetFiles(folder.Path)) Assert.IsNotNull(PointerFile.Read(path));
    }
}
