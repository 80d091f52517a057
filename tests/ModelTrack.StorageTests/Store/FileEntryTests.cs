using ModelTrack.Content;
using ModelTrack.Storage.Store;

namespace ModelTrack.StorageTests.Store;

[TestClass]
public sealed class FileEntryTests : StoreTestBase
{
    [TestMethod]
    public async Task An_added_file_is_found_under_its_hash_with_its_fast_hash()
    {
        using var store = Open();
        var content = Bytes(300_000);
        var digest = await store.AddFileAsync(Write("source", content), Token);
        Assert.AreEqual(IdOf(content), digest.Id);
        Assert.AreEqual(content.Length, digest.Chunks.Sum(chunk => chunk.Length));

        var found = await store.FindFileAsync(digest.Id, Token);
        Assert.IsNotNull(found);
        Assert.AreEqual(digest.Xxh128, found.Xxh128);
        Assert.AreEqual(System.IO.Hashing.XxHash128.HashToUInt128(content), found.Xxh128);
        CollectionAssert.AreEqual(content, await File.ReadAllBytesAsync(found.Path, Token));
        Assert.IsTrue(store.Contains(digest.Id));
        Assert.IsEmpty(Leftovers("temp"));
        Assert.IsEmpty(Log.Warnings);
    }

    [TestMethod]
    public async Task An_empty_file_is_a_content_like_any_other()
    {
        using var store = Open();
        Assert.AreEqual(ContentId.Empty, await AddAsync(store, []));
        Assert.IsNotNull(await store.FindFileAsync(ContentId.Empty, Token));
        Assert.IsEmpty(await store.ChunksOfAsync(ContentId.Empty, Token));
    }

    [TestMethod]
    public async Task What_is_not_there_is_not_found_and_makes_no_folder()
    {
        using var store = Open();
        Assert.IsNull(await store.FindFileAsync(IdOf(Bytes(10)), Token));
        Assert.IsFalse(store.Contains(IdOf(Bytes(10))));
        Assert.IsFalse(Directory.Exists(StorePath));
    }

    [TestMethod]
    public async Task A_size_other_than_the_contents_finds_nothing()
    {
        using var store = Open();
        var id = await AddAsync(store, Bytes(1000));
        Assert.IsNull(await store.FindFileAsync(id with { Size = 999 }, Token));
        Assert.IsFalse(store.Contains(id with { Size = 999 }));
        Assert.IsNotNull(await store.FindFileAsync(id, Token));
        Assert.IsEmpty(Log.Warnings);
    }

    [TestMethod]
    public async Task Nobody_may_write_to_an_entry()
    {
        if (OperatingSystem.IsWindows()) return;

        using var store = Open();
        var id = await AddAsync(store, Bytes(1000));
        Assert.AreEqual(UnixFileMode.None, File.GetUnixFileMode(EntryPath(id)) & (UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite));
    }

    [TestMethod]
    public async Task A_content_that_is_there_is_not_stored_a_second_time()
    {
        using var store = Open();
        var content = Bytes(100_000);
        var id = await AddAsync(store, content);
        Assert.IsTrue(FileStat.TryGet(EntryPath(id), out var before));
        await AddAsync(store, content, "again");
        Assert.IsTrue(FileStat.TryGet(EntryPath(id), out var after));
        Assert.AreEqual(before, after);
        Assert.IsEmpty(Leftovers("temp"));
    }

    [TestMethod]
    [Rule("The store 2")]
    public async Task A_lost_record_is_made_again_by_hashing()
    {
        using var store = Open();
        var content = Bytes(200_000);
        var id = await AddAsync(store, content);
        var recipe = await store.ChunksOfAsync(id, Token);
        File.Delete(RecordPath(id));
        Assert.IsNotNull(await store.FindFileAsync(id, Token));
        Assert.IsTrue(File.Exists(RecordPath(id)));
        CollectionAssert.AreEqual(recipe.ToArray(), (await store.ChunksOfAsync(id, Token)).ToArray());
        Assert.IsEmpty(Log.Warnings);
    }

    [TestMethod]
    [Rule("The store 4")]
    [DataRow("alter", DisplayName = "altered")]
    [DataRow("truncate", DisplayName = "truncated")]
    [DataRow("empty", DisplayName = "emptied")]
    [DataRow("extend", DisplayName = "extended")]
    public async Task A_bad_record_is_set_aside_and_made_again(string damage)
    {
        using var store = Open();
        var id = await AddAsync(store, Bytes(200_000));
        var record = RecordPath(id);
        var bytes = await File.ReadAllBytesAsync(record, Token);
        switch (damage)
        {
            case "alter":
                bytes[20] ^= 1;
                break;
            case "truncate":
                bytes = bytes[..100];
                break;
            case "empty":
                bytes = [];
                break;
            default:
                bytes = [.. bytes, 1];
                break;
        }

        await File.WriteAllBytesAsync(record, bytes, Token);
        Assert.IsNotNull(await store.FindFileAsync(id, Token));
        CollectionAssert.AreEqual(new[] { "MT3308" }, Log.Codes.ToArray());
        Assert.HasCount(1, Leftovers("damaged"));
        Assert.IsNotNull(await store.FindFileAsync(id, Token));
        Assert.HasCount(1, Log.Warnings);
    }

    [TestMethod]
    public async Task A_record_with_an_altered_recipe_does_not_give_that_recipe()
    {
        using var store = Open();
        var id = await AddAsync(store, Bytes(500_000));
        var recipe = await store.ChunksOfAsync(id, Token);
        var bytes = await File.ReadAllBytesAsync(RecordPath(id), Token);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(RecordPath(id), bytes, Token);
        CollectionAssert.AreEqual(recipe.ToArray(), (await store.ChunksOfAsync(id, Token)).ToArray());
    }

    [TestMethod]
    [Rule("The store 2")]
    [Rule("The store 4")]
    [DataRow("alter")]
    [DataRow("truncate")]
    [DataRow("extend")]
    [DataRow("replace")]
    public async Task A_bad_entry_is_set_aside_and_never_delivered(string damage)
    {
        using var store = Open();
        var content = Bytes(200_000);
        var id = await AddAsync(store, content);
        var path = EntryPath(id);
        Unlock(path);
        switch (damage)
        {
            case "alter":
                content[77] ^= 1;
                await File.WriteAllBytesAsync(path, content, Token);
                break;
            case "truncate":
                await File.WriteAllBytesAsync(path, content[..^1], Token);
                break;
            case "extend":
                await File.AppendAllTextAsync(path, "x", Token);
                break;
            default:
                // Another file under the name, with the size and the time of the right one.
                var time = File.GetLastWriteTimeUtc(path);
                File.Delete(path);
                content[77] ^= 1;
                await File.WriteAllBytesAsync(path, content, Token);
                File.SetLastWriteTimeUtc(path, time);
                if (!OperatingSystem.IsLinux()) return;
                break;
        }

        Assert.IsNull(await store.FindFileAsync(id, Token));
        CollectionAssert.AreEqual(new[] { "MT3307" }, Log.Codes.ToArray());
        Assert.HasCount(1, Leftovers("damaged"));
        Assert.IsFalse(store.Contains(id));

        Assert.AreEqual(id, await AddAsync(store, Bytes(200_000)));
        Assert.IsNotNull(await store.FindFileAsync(id, Token));
    }

    [TestMethod]
    [Rule("The store 2")]
    public async Task A_touched_entry_is_hashed_and_trusted_again()
    {
        using var store = Open();
        var id = await AddAsync(store, Bytes(200_000));
        File.SetLastWriteTimeUtc(EntryPath(id), DateTime.UtcNow.AddDays(-1));
        Assert.IsNotNull(await store.FindFileAsync(id, Token));
        Assert.IsEmpty(Log.Warnings);
        Assert.IsTrue(FileStat.TryGet(EntryPath(id), out var stat));
        var record = new FileRecords(new StoreContext(new StoreLayout(StorePath), Log)).Find(id.Sha256);
        Assert.IsNotNull(record);
        Assert.IsTrue(record.Vouches(stat));
    }

    [TestMethod]
    public async Task An_entry_altered_under_the_same_stat_is_betrayed_by_its_fast_hash_and_by_verify()
    {
        using var store = Open();
        var id = await AddAsync(store, Bytes(200_000));
        AlterSilently(EntryPath(id), 1234);
        var found = await store.FindFileAsync(id, Token);
        Assert.IsNotNull(found);
        Assert.AreNotEqual(found.Xxh128, System.IO.Hashing.XxHash128.HashToUInt128(await File.ReadAllBytesAsync(found.Path, Token)));

        var report = await store.VerifyAsync(null, 100, Token);
        CollectionAssert.AreEqual(new[] { id }, report.Damaged.ToArray());
        Assert.IsNull(await store.FindFileAsync(id, Token));
        CollectionAssert.AreEqual(new[] { "MT3307" }, Log.Codes.ToArray());
    }

    [TestMethod]
    [Rule("The store 2")]
    public async Task Content_not_flushed_before_the_system_started_again_is_hashed_before_use()
    {
        if (!OperatingSystem.IsLinux()) return;

        using var store = Open();
        var id = await AddAsync(store, Bytes(200_000));
        Assert.IsTrue(FileStat.TryGet(EntryPath(id), out var stat));
        var records = new FileRecords(new StoreContext(new StoreLayout(StorePath), Log));
        var record = records.Find(id.Sha256)!;
        Assert.AreEqual(LinuxFiles.Boot, record.UnflushedBoot);

        // As a crash of the system leaves it: the length is there, bytes are not.
        AlterSilently(EntryPath(id), 5000);
        records.Write(record with { UnflushedBoot = Guid.NewGuid() }, []);
        Assert.IsNull(await store.FindFileAsync(id, Token));
        CollectionAssert.AreEqual(new[] { "MT3307" }, Log.Codes.ToArray());
    }

    [TestMethod]
    [Rule("The store 6")]
    public async Task A_flush_makes_saved_content_durable_and_its_record_says_so()
    {
        using var store = Open();
        var id = await AddAsync(store, Bytes(200_000));
        await store.FlushAsync(Token);
        var record = new FileRecords(new StoreContext(new StoreLayout(StorePath), Log)).Find(id.Sha256)!;
        Assert.AreEqual(Guid.Empty, record.UnflushedBoot);
        Assert.IsTrue(record.SavedHere);
        Assert.IsNotNull(await store.FindFileAsync(id, Token));
        Assert.IsNotEmpty(await store.ChunksOfAsync(id, Token));
        await store.FlushAsync(Token);
    }

    [TestMethod]
    [Rule("The store 10")]
    public async Task A_hit_renews_an_old_record()
    {
        using var store = Open();
        var id = await AddAsync(store, Bytes(100));
        File.SetLastWriteTimeUtc(RecordPath(id), DateTime.UtcNow.AddDays(-3));
        await store.FindFileAsync(id, Token);
        Assert.IsGreaterThan(DateTime.UtcNow.AddHours(-1), File.GetLastWriteTimeUtc(RecordPath(id)));
    }

    [TestMethod]
    public async Task Any_part_of_a_content_can_be_read()
    {
        using var store = Open();
        var content = Bytes(200_000);
        var id = await AddAsync(store, content);
        var part = new byte[1000];
        await store.ReadAsync(id, 150_000, part, Token);
        CollectionAssert.AreEqual(content[150_000..151_000], part);
        await FailsAsync("MT3312", () => store.ReadAsync(IdOf(Bytes(5)), 0, new byte[5], Token).AsTask());
    }

    [TestMethod]
    public async Task A_source_that_is_missing_or_no_file_gets_its_code()
    {
        using var store = Open();
        await FailsAsync("MT3306", () => store.AddFileAsync(Path.Combine(Root, "absent"), Token));
        await FailsAsync("MT3316", () => store.AddFileAsync(Root, Token));
        File.CreateSymbolicLink(Path.Combine(Root, "link"), Write("target", Bytes(5)));
        await FailsAsync("MT3316", () => store.AddFileAsync(Path.Combine(Root, "link"), Token));
    }

    [TestMethod]
    public async Task A_source_held_open_by_another_gets_its_code()
    {
        using var store = Open();
        var path = Write("held", Bytes(5));
        using var holder = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        await FailsAsync("MT3306", () => store.AddFileAsync(path, Token));
    }

    [TestMethod]
    public async Task Cancelling_leaves_nothing_half_written()
    {
        using var store = Open();
        var path = Write("source", Bytes(3_000_000));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => store.AddFileAsync(path, cancelled.Token));
        Assert.IsEmpty(Leftovers("temp"));
        Assert.IsEmpty(Leftovers("files"));
    }

    [TestMethod]
    [Rule("The store 3")]
    public async Task Another_users_entry_is_hashed_each_time_and_marked_as_foreign()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root") Assert.Inconclusive("Skip:foreign-entry needs root on Linux to give an entry away.");

        using var store = Open();
        var id = await AddAsync(store, Bytes(100_000));
        Assert.AreEqual(0, Chown(EntryPath(id), 12345));
        var found = await store.FindFileAsync(id, Token);
        Assert.IsNotNull(found);
        Assert.IsTrue(found.Foreign);

        AlterSilently(EntryPath(id), 5);
        Assert.IsNull(await store.FindFileAsync(id, Token));
        CollectionAssert.AreEqual(new[] { "MT3307" }, Log.Codes.ToArray());
    }

    private static int Chown(string path, int user)
    {
        using var chown = System.Diagnostics.Process.Start("chown", [user.ToString(System.Globalization.CultureInfo.InvariantCulture), path]);
        chown.WaitForExit();
        return chown.ExitCode;
    }
}
