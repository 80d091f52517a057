using ModelTrack.Diagnostics;
using ModelTrack.Storage.Transports;
using ModelTrack.StorageTests.Store;
using ModelTrack.StorageTests.Support;

namespace ModelTrack.StorageTests.Transports;

[TestClass]
public sealed class FileTransportTests
{
    private const string Key = "packs/ab/abcd";
    private static readonly byte[] s_bytes = [1, 2, 3, 4, 5];

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationTokenSource.Token;

    [TestMethod]
    public async Task A_missing_folder_is_a_coded_error_for_every_request_and_is_not_made()
    {
        using var folder = new TestFolder();
        var transport = new FileTransport(folder["gone"]);

        Assert.AreEqual("MT3601", await CodeOf(async () => await transport.HeadAsync(Key, Token)));
        Assert.AreEqual("MT3601", await CodeOf(async () => await transport.ReadAsync(Key, 0, new byte[1], null, Token)));
        Assert.AreEqual("MT3601", await CodeOf(async () => await transport.PutAsync(Key, s_bytes, false, Token)));
        Assert.AreEqual("MT3601", await CodeOf(async () => await transport.PutAsync(Key, s_bytes, true, Token)));
        Assert.AreEqual("MT3601", await CodeOf(async () => await transport.ListAsync("packs/", Token).GetAsyncEnumerator(Token).MoveNextAsync()));
        Assert.IsFalse(Directory.Exists(folder["gone"]));
    }

    [TestMethod]
    public async Task The_error_for_a_missing_folder_names_it()
    {
        using var folder = new TestFolder();
        var error = await Assert.ThrowsAsync<ModelTrackException>(async () => await new FileTransport(folder["gone"]).HeadAsync(Key, Token));
        StringAssert.Contains(error.Message, folder["gone"]);
    }

    [TestMethod]
    [Rule("In a folder 4")]
    public async Task A_share_that_vanishes_is_not_made_again_by_a_put()
    {
        using var folder = new TestFolder();
        var transport = new FileTransport(folder["remote"]);
        await transport.PrepareAsync(Token);
        await transport.PutAsync(Key, s_bytes, false, Token);
        Directory.Delete(folder["remote"], recursive: true);

        Assert.AreEqual("MT3601", await CodeOf(async () => await transport.PutAsync(Key, s_bytes, false, Token)));
        Assert.IsFalse(Directory.Exists(folder["remote"]));
    }

    [TestMethod]
    [Rule("In a folder 4")]
    public async Task Preparing_makes_the_folder_but_not_the_one_above_it()
    {
        using var folder = new TestFolder();
        await new FileTransport(folder["remote"]).PrepareAsync(Token);
        Assert.IsTrue(Directory.Exists(folder["remote"]));

        var deep = new FileTransport(folder["share", "team"]);
        Assert.AreEqual("MT3605", await CodeOf(async () => await deep.PrepareAsync(Token)));
        Assert.IsFalse(Directory.Exists(folder["share"]));
    }

    [TestMethod]
    [Rule("In a folder 1")]
    [DataRow("folder.put.written")]
    [DataRow("folder.put.flushed")]
    public async Task A_put_that_dies_before_the_rename_shows_nothing_and_leaves_nothing(string point)
    {
        using var folder = new TestFolder();
        var transport = await Prepared(folder);
        using (FailPoints.Do(name => ThrowAt(name, point, new InvalidOperationException("died"))))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await transport.PutAsync(Key, s_bytes, false, Token));
        }

        Assert.IsNull(await transport.HeadAsync(Key, Token));
        Assert.IsEmpty(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [TestMethod]
    [Rule("In a folder 1")]
    public async Task An_object_is_written_beside_its_place_under_a_name_of_its_own_flushed_and_renamed()
    {
        using var folder = new TestFolder();
        var transport = await Prepared(folder);
        var seen = new List<(string Point, string Name)>();
        using (FailPoints.Do(name => seen.Add((name, Path.GetFileName(Directory.GetFiles(folder["packs", "ab"]).Single())))))
        {
            await transport.PutAsync(Key, s_bytes, false, Token);
        }

        CollectionAssert.AreEqual(new[] { "folder.put.written", "folder.put.flushed", "folder.put.renamed" }, seen.ConvertAll(step => step.Point));
        StringAssert.Matches(seen[0].Name, new System.Text.RegularExpressions.Regex($"^~.+-{Environment.ProcessId}-[0-9a-f]{{16}}$"));
        CollectionAssert.AreEqual(new[] { seen[0].Name, seen[0].Name, "abcd" }, seen.ConvertAll(step => step.Name));
    }

    [TestMethod]
    [Rule("In a folder 2")]
    public async Task An_error_after_the_rename_is_no_error_because_the_target_tells()
    {
        using var folder = new TestFolder();
        var transport = await Prepared(folder);
        using (FailPoints.Do(name => ThrowAt(name, "folder.put.renamed", new IOException("the answer was lost"))))
        {
            Assert.IsTrue(await transport.PutAsync(Key, s_bytes, false, Token));
        }

        Assert.AreEqual(5, (await transport.HeadAsync(Key, Token))!.Size);
    }

    [TestMethod]
    [Rule("In a folder 2")]
    public async Task An_error_before_the_rename_over_an_older_object_of_equal_size_is_an_error()
    {
        using var folder = new TestFolder();
        var transport = await Prepared(folder);
        await transport.PutAsync(Key, new byte[5], false, Token);
        using (FailPoints.Do(name => ThrowAt(name, "folder.put.flushed", new IOException("a cable"))))
        {
            var error = await Assert.ThrowsAsync<TransportException>(async () => await transport.PutAsync(Key, s_bytes, false, Token));
            Assert.IsTrue(error.IsTransient);
        }

        Assert.AreEqual("MT3603", await CodeAtPut(transport, new UnauthorizedAccessException("no")));
        Assert.AreEqual("MT3604", await CodeAtPut(transport, new IOException("No space left on device", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28)));
    }

    [TestMethod]
    [DataRow(100_000)]
    [DataRow(8_000_000)]
    public async Task A_real_disk_without_room_is_a_coded_error_and_nothing_half_written_stays(int size)
    {
        using var folder = new TestFolder();
        using var disk = SmallDisk.TryMount(folder["disk"], 2);
        if (disk is null) Assert.Inconclusive("Skip:small-disk mounting a small file system needs root on Linux.");
        var transport = new FileTransport(folder["disk", "remote"]);
        await transport.PrepareAsync(Token);
        await transport.PutAsync(Key, new byte[500_000], false, Token);
        await File.WriteAllBytesAsync(folder["disk", "filler"], new byte[new DriveInfo(disk.Path).AvailableFreeSpace - 50_000], Token);

        Assert.AreEqual("MT3604", await CodeOf(async () => await transport.PutAsync("packs/ab/ef01", new byte[size], false, Token)));
        Assert.HasCount(1, Directory.GetFiles(folder["disk", "remote", "packs", "ab"]));

        File.Delete(folder["disk", "filler"]);
        await transport.PutAsync("packs/ab/ef01", new byte[100_000], false, Token);
    }

    [TestMethod]
    [Rule("In a folder 5")]
    public async Task What_a_dead_writer_left_is_no_object_and_in_nobodys_way()
    {
        using var folder = new TestFolder();
        var transport = await Prepared(folder);
        Directory.CreateDirectory(folder["packs", "ab"]);
        await File.WriteAllBytesAsync(folder["packs", "ab", "~host-123-abcdef"], s_bytes, Token);
        await File.WriteAllBytesAsync(folder["packs", "ab", "Thumbs.db"], s_bytes, Token);

        Assert.IsEmpty(await Keys(transport));
        await transport.PutAsync(Key, s_bytes, false, Token);
        CollectionAssert.AreEqual(new[] { Key }, await Keys(transport));
    }

    [TestMethod]
    [Rule("In a folder 3")]
    public async Task A_file_that_somebody_holds_is_waited_for()
    {
        using var folder = new TestFolder();
        var time = new InstantTime();
        var transport = await Prepared(folder, time);
        await transport.PutAsync(Key, s_bytes, false, Token);
        using (new FileStream(folder["packs", "ab", "abcd"], FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            var error = await Assert.ThrowsAsync<TransportException>(async () => await transport.ReadAsync(Key, 0, new byte[5], null, Token));
            Assert.IsTrue(error.IsTransient);
        }

        Assert.IsTrue(time.Waits.Aggregate(TimeSpan.Zero, (sum, wait) => sum + wait) >= TimeSpan.FromSeconds(10));
        Assert.AreEqual(5, (await transport.ReadAsync(Key, 0, new byte[5], null, Token)).Count);
    }

    [TestMethod]
    [Rule("In a folder 3")]
    public async Task A_read_under_way_keeps_nobody_from_replacing_or_deleting_the_object()
    {
        using var folder = new TestFolder();
        var transport = await Prepared(folder);
        await transport.PutAsync(Key, s_bytes, false, Token);
        using var reader = FolderAccess.OpenForReading(folder["packs", "ab", "abcd"]);

        await transport.PutAsync(Key, new byte[9], false, Token);
        await transport.DeleteAsync(Key, Token);
        var read = new byte[5];
        Assert.AreEqual(5, RandomAccess.Read(reader!, read, 0));
        CollectionAssert.AreEqual(s_bytes, read);
    }

    [TestMethod]
    public async Task An_open_reader_goes_on_while_the_object_is_replaced_and_deleted()
    {
        using var folder = new TestFolder();
        var transport = await Prepared(folder);
        await transport.PutAsync(Key, s_bytes, false, Token);
        using var reader = new FileStream(folder["packs", "ab", "abcd"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

        await transport.PutAsync(Key, new byte[9], false, Token);
        await transport.DeleteAsync(Key, Token);
        Assert.AreEqual(1, reader.ReadByte());
    }

    private async Task<FileTransport> Prepared(TestFolder folder, TimeProvider? time = null)
    {
        var transport = new FileTransport(folder.Path, time);
        await transport.PrepareAsync(Token);
        return transport;
    }

    private async Task<string> CodeAtPut(FileTransport transport, Exception thrown)
    {
        using (FailPoints.Do(name => ThrowAt(name, "folder.put.written", thrown)))
        {
            return await CodeOf(async () => await transport.PutAsync(Key, s_bytes, false, Token));
        }
    }

    private async Task<string[]> Keys(FileTransport transport)
    {
        var keys = new List<string>();
        await foreach (var item in transport.ListAsync("", Token)) keys.Add(item.Key);
        return [.. keys];
    }

    private static void ThrowAt(string name, string point, Exception exception)
    {
        if (name == point) throw exception;
    }

    private static async Task<string> CodeOf(Func<Task> action) => (await Assert.ThrowsAsync<ModelTrackException>(action)).Code;
}
