using System.Collections.Concurrent;
using ModelTrack.Content;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Store;

namespace ModelTrack.StorageTests.Store;

[TestClass]
public sealed class PackEntryTests : StoreTestBase
{
    [TestMethod]
    public async Task Small_contents_are_found_and_read_back_by_another_run()
    {
        var contents = Many(500);
        using (var store = Open())
        {
            await AddAllAsync(store, contents);
            await ReadsBackAsync(store, contents);
        }

        using var again = Open();
        await ReadsBackAsync(again, contents);
        foreach (var id in contents.Keys)
        {
            Assert.IsTrue(again.Contains(id));
            Assert.IsFalse(again.Contains(id with { Size = id.Size + 1 }));
            CollectionAssert.AreEqual(new[] { new Chunk(id.Sha256, (int)id.Size) }, (await again.ChunksOfAsync(id, Token)).ToArray());
            Assert.IsNotNull(again.FindSmall(id.Sha256));
        }

        Assert.IsEmpty(Log.Warnings);
        Assert.IsEmpty(Leftovers("temp"));
        Assert.IsEmpty(Leftovers("files"));
    }

    [TestMethod]
    public async Task A_pack_that_the_disk_cannot_read_is_a_coded_error_and_stays_as_it_is()
    {
        // Reading the first bytes of a process's memory is an I/O error like a bad sector's.
        const string Unreadable = "/proc/self/mem";
        if (!File.Exists(Unreadable)) return;
        var contents = Many(100);
        using var store = Open();
        await AddAllAsync(store, contents);
        await ReadsBackAsync(store, contents);
        var pack = Packs().Single();
        File.Move(pack, Path.Combine(Root, "pack"));
        File.CreateSymbolicLink(pack, Unreadable);

        var error = await FailsAsync("MT3304", () => ReadsBackAsync(store, contents));
        StringAssert.Contains(error.Message, pack, StringComparison.Ordinal);
        using (var handle = File.OpenHandle(Unreadable))
        {
            Assert.IsEmpty(PackReading.ReadGood(handle, contents.Keys.Select(id => store.FindSmall(id.Sha256)!.Value)));
        }

        File.Move(Path.Combine(Root, "pack"), pack, overwrite: true);
        await ReadsBackAsync(store, contents);
        Assert.IsEmpty(Log.Warnings);
    }

    [TestMethod]
    public async Task Contents_beyond_one_packs_size_go_into_several()
    {
        var contents = Enumerable.Range(0, 400).Select(i => Bytes(60_000, i)).ToDictionary(IdOf);
        using var store = Open();
        await AddAllAsync(store, contents);
        Assert.IsGreaterThan(1, Packs().Length);
        foreach (var pack in Packs()) Assert.IsLessThanOrEqualTo(PackFormat.MaxSize, new FileInfo(pack).Length);
        await ReadsBackAsync(store, contents);
    }

    [TestMethod]
    public async Task What_the_store_has_is_not_packed_again()
    {
        var contents = Many(100);
        using var store = Open();
        await AddAllAsync(store, contents);
        await AddAllAsync(store, contents);
        using (var writer = store.BeginSmall())
        {
            foreach (var content in contents.Values) writer.Add(content);
            foreach (var content in contents.Values) writer.Add(content);
            await writer.CompleteAsync(Token);
        }

        Assert.HasCount(1, Packs());
    }

    [TestMethod]
    public async Task The_same_contents_make_the_same_pack()
    {
        var contents = Many(100);
        using (var store = Open()) await AddAllAsync(store, contents);
        var first = Path.GetFileName(Packs().Single());
        Directory.Delete(StorePath, recursive: true);
        using (var store = Open()) await AddAllAsync(store, contents);
        Assert.AreEqual(first, Path.GetFileName(Packs().Single()));
    }

    [TestMethod]
    [Rule("The store 9")]
    public async Task Empty_contents_need_no_pack()
    {
        using var store = Open();
        using var writer = store.BeginSmall();
        Assert.AreEqual(ContentId.Empty, writer.Add(Array.Empty<byte>()));
        await writer.CompleteAsync(Token);
        Assert.IsTrue(store.Contains(ContentId.Empty));
        var delivered = 0;
        Assert.IsEmpty(await store.ReadSmallAsync([ContentId.Empty], (_, content, _) =>
        {
            delivered += content.Length + 1;
            return ValueTask.CompletedTask;
        }, Token));
        Assert.AreEqual(1, delivered);
        Assert.IsNotNull(await store.FindFileAsync(ContentId.Empty, Token));
        Assert.IsFalse(store.Contains(new ContentId(Sha256Hash.Of([1]), 0)));
    }

    [TestMethod]
    public async Task Absent_contents_are_told_and_the_others_delivered()
    {
        var contents = Many(50);
        using var store = Open();
        await AddAllAsync(store, contents);
        var absent = IdOf(Bytes(99, 12345));
        var delivered = new ConcurrentBag<ContentId>();
        var missing = await store.ReadSmallAsync([.. contents.Keys, absent], (id, _, _) =>
        {
            delivered.Add(id);
            return ValueTask.CompletedTask;
        }, Token);
        CollectionAssert.AreEqual(new[] { absent }, missing.ToArray());
        CollectionAssert.AreEquivalent(contents.Keys.ToArray(), delivered.ToArray());
        await FailsAsync("MT3312", () => store.ChunksOfAsync(absent, Token).AsTask());
    }

    [TestMethod]
    [Rule("The store 7")]
    [Rule("The store 8")]
    public async Task A_deleted_index_is_made_again_from_the_packs()
    {
        var contents = Many(300);
        using (var store = Open()) await AddAllAsync(store, contents);
        Directory.Delete(Path.Combine(StorePath, "index"), recursive: true);
        using (var store = Open()) await ReadsBackAsync(store, contents);
        Assert.IsNotEmpty(Leftovers("index"));
        Assert.IsEmpty(Log.Warnings);
    }

    [TestMethod]
    [Rule("The store 8")]
    public async Task A_pack_that_no_segment_names_is_found_by_its_trailer_beside_those_that_one_names()
    {
        var (first, second) = (Many(30), Many(30, 2));
        using (var store = Open())
        {
            await AddAllAsync(store, first);
            var named = Leftovers("index").Single();
            await AddAllAsync(store, second);
            File.Delete(Leftovers("index").Single(segment => segment != named));
        }

        using var again = Open();
        await ReadsBackAsync(again, second);
        await ReadsBackAsync(again, first);
        Assert.HasCount(2, Leftovers("index"));
    }

    [TestMethod]
    [DataRow("alter")]
    [DataRow("truncate")]
    [DataRow("empty")]
    public async Task A_damaged_index_is_made_again_from_the_packs(string damage)
    {
        var contents = Many(300);
        using (var store = Open()) await AddAllAsync(store, contents);
        var segment = Leftovers("index").Single();
        var bytes = await File.ReadAllBytesAsync(segment, Token);
        if (damage == "alter") bytes[bytes.Length / 2] ^= 1;
        else bytes = damage == "empty" ? [] : bytes[..^10];
        await File.WriteAllBytesAsync(segment, bytes, Token);
        using (var store = Open()) await ReadsBackAsync(store, contents);
        Assert.IsEmpty(Log.Warnings);
    }

    [TestMethod]
    public async Task Contents_of_a_deleted_pack_are_absent_and_can_be_added_again()
    {
        var contents = Many(100);
        using (var store = Open()) await AddAllAsync(store, contents);
        File.Delete(Packs().Single());
        using (var store = Open())
        {
            Assert.HasCount(100, await store.ReadSmallAsync(contents.Keys, (_, _, _) => throw new InvalidOperationException(), Token));
            Assert.IsFalse(store.Contains(contents.Keys.First()));
            await AddAllAsync(store, contents);
            await ReadsBackAsync(store, contents);
        }

        Assert.IsEmpty(Log.Warnings);
    }

    [TestMethod]
    public async Task A_pack_deleted_under_an_open_store_is_survived()
    {
        var contents = Many(100);
        using var store = Open();
        await AddAllAsync(store, contents);
        await ReadsBackAsync(store, contents);
        File.Delete(Packs().Single());
        Assert.HasCount(100, await store.ReadSmallAsync(contents.Keys, (_, _, _) => throw new InvalidOperationException(), Token));
    }

    [TestMethod]
    [Rule("The store 4")]
    public async Task An_altered_pack_is_set_aside_and_its_good_contents_are_kept()
    {
        var contents = Many(400);
        using var store = Open();
        await AddAllAsync(store, contents);
        var pack = Packs().Single();
        AlterSilently(pack, 3000);

        var delivered = new ConcurrentDictionary<ContentId, bool>();
        var missing = await store.ReadSmallAsync(contents.Keys, (id, content, _) =>
        {
            Assert.IsTrue(content.Span.SequenceEqual(contents[id]));
            Assert.IsTrue(delivered.TryAdd(id, true));
            return ValueTask.CompletedTask;
        }, Token);
        Assert.IsNotEmpty(missing);
        Assert.AreEqual(400, missing.Count + delivered.Count);
        CollectionAssert.AreEqual(new[] { "MT3309" }, Log.Codes.ToArray());
        Assert.IsFalse(File.Exists(pack));
        Assert.HasCount(1, Leftovers("damaged"));

        using var again = Open();
        var good = contents.Where(content => !missing.Contains(content.Key)).ToDictionary();
        await ReadsBackAsync(again, good);
        foreach (var id in missing) Assert.IsFalse(again.Contains(id));
        await AddAllAsync(again, contents);
        await ReadsBackAsync(again, contents);
        Assert.HasCount(1, Log.Warnings);
    }

    [TestMethod]
    [Rule("The store 4")]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_truncated_or_extended_pack_is_set_aside_and_its_good_contents_are_kept(bool extend)
    {
        var contents = Many(2000);
        using (var store = Open()) await AddAllAsync(store, contents);
        var pack = Packs().Single();
        Unlock(pack);
        using (var file = new FileStream(pack, FileMode.Open)) file.SetLength(extend ? file.Length + 10 : file.Length / 2);

        using var again = Open();
        var delivered = 0;
        var missing = await again.ReadSmallAsync(contents.Keys, (id, content, _) =>
        {
            Assert.IsTrue(content.Span.SequenceEqual(contents[id]));
            Interlocked.Increment(ref delivered);
            return ValueTask.CompletedTask;
        }, Token);
        Assert.AreEqual(2000, missing.Count + delivered);
        Assert.IsGreaterThan(0, delivered);
        Assert.AreEqual(extend, missing.Count == 0);
        CollectionAssert.AreEqual(new[] { "MT3309" }, Log.Codes.ToArray());
    }

    [TestMethod]
    public async Task A_truncated_pack_without_an_index_is_set_aside()
    {
        var contents = Many(100);
        using (var store = Open()) await AddAllAsync(store, contents);
        Directory.Delete(Path.Combine(StorePath, "index"), recursive: true);
        Unlock(Packs().Single());
        using (var file = new FileStream(Packs().Single(), FileMode.Open)) file.SetLength(file.Length / 2);

        using var again = Open();
        Assert.HasCount(100, await again.ReadSmallAsync(contents.Keys, (_, _, _) => ValueTask.CompletedTask, Token));
        CollectionAssert.AreEqual(new[] { "MT3309" }, Log.Codes.ToArray());
        Assert.HasCount(1, Leftovers("damaged"));
    }

    [TestMethod]
    public async Task A_pack_that_cannot_be_read_at_the_moment_stays_where_it_is()
    {
        var contents = Many(100);
        using (var store = Open()) await AddAllAsync(store, contents);
        Directory.Delete(Path.Combine(StorePath, "index"), recursive: true);
        Unlock(Packs().Single());
        using (new FileStream(Packs().Single(), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        using (var store = Open())
        {
            Assert.HasCount(100, await store.ReadSmallAsync(contents.Keys, (_, _, _) => ValueTask.CompletedTask, Token));
        }

        Assert.IsEmpty(Log.Warnings);
        using var again = Open();
        await ReadsBackAsync(again, contents);
    }

    /// <summary>By a store that another version uses too.</summary>
    [TestMethod]
    public async Task A_pack_that_a_newer_version_wrote_stays_where_it_is()
    {
        var (id, bytes) = Pack([Bytes(5000)]);
        using (var store = Open()) await store.AddPackAsync(id, bytes, Token);
        Directory.Delete(Path.Combine(StorePath, "index"), recursive: true);
        Unlock(Packs().Single());
        using (var file = new FileStream(Packs().Single(), FileMode.Open))
        {
            // The trailer's version: of one frame and one chunk it has 64 bytes, and the footer 12.
            file.Position = file.Length - 76;
            file.WriteByte(2);
        }

        using var again = Open();
        Assert.HasCount(1, await again.ReadSmallAsync([IdOf(Bytes(5000))], (_, _, _) => ValueTask.CompletedTask, Token));
        Assert.HasCount(1, Packs());
        Assert.IsEmpty(Log.Warnings);
    }

    [TestMethod]
    public async Task A_pack_that_proved_bad_and_comes_anew_is_read()
    {
        var contents = Many(100);
        var (id, bytes) = Pack(contents.Values);
        using var store = Open();
        await store.AddPackAsync(id, bytes, Token);
        AlterSilently(Packs().Single(), 3000);
        Assert.IsNotEmpty(await store.ReadSmallAsync(contents.Keys, (_, _, _) => ValueTask.CompletedTask, Token));

        await store.AddPackAsync(id, bytes, Token);
        await ReadsBackAsync(store, contents);
    }

    [TestMethod]
    public async Task Verify_finds_an_altered_pack()
    {
        var contents = Many(100);
        using var store = Open();
        await AddAllAsync(store, contents);
        AlterSilently(Packs().Single(), 3000);
        var report = await store.VerifyAsync(null, 100, Token);
        Assert.AreEqual(100, report.Checked);
        Assert.IsNotEmpty(report.Damaged);
        foreach (var id in report.Damaged) Assert.IsFalse(store.Contains(id));
        Assert.IsEmpty((await store.VerifyAsync(null, 100, Token)).Damaged);
    }

    [TestMethod]
    public async Task Verify_checks_a_part_when_asked_and_names_what_is_missing()
    {
        var contents = Many(100);
        using var store = Open();
        await AddAllAsync(store, contents);
        var large = await AddAsync(store, Bytes(100_000));
        Assert.AreEqual(101, (await store.VerifyAsync(null, 100, Token)).Checked);
        Assert.AreEqual(11, (await store.VerifyAsync(null, 10, Token)).Checked);
        var absent = IdOf(Bytes(5));
        var report = await store.VerifyAsync([large, contents.Keys.First(), absent], 100, Token);
        Assert.AreEqual(2, report.Checked);
        CollectionAssert.AreEqual(new[] { absent }, report.Missing.ToArray());
        Assert.IsEmpty(report.Damaged);
    }

    [TestMethod]
    [Rule("Packs 1")]
    public async Task A_fetched_pack_is_taken_in_only_when_it_is_what_its_name_says()
    {
        var contents = Many(100);
        var (id, bytes) = Pack(contents.Values);
        using var store = Open();
        await FailsAsync("MT3313", () => store.AddPackAsync(Sha256Hash.Of([1]), bytes, Token));
        var altered = bytes.ToArray();
        altered[2000] ^= 1;
        await FailsAsync("MT3313", () => store.AddPackAsync(id, altered, Token));
        await FailsAsync("MT3313", () => store.AddPackAsync(id, bytes.AsMemory(0, bytes.Length - 1), Token));
        Assert.IsEmpty(Leftovers("packs"));

        await store.AddPackAsync(id, bytes, Token);
        await ReadsBackAsync(store, contents);
        Assert.IsTrue(File.Exists(store.PackPath(id)));
    }

    [TestMethod]
    [Rule("The store 8")]
    public async Task Many_packs_are_indexed_in_few_segments()
    {
        using var store = Open();
        var all = new Dictionary<ContentId, byte[]>();
        for (var i = 0; i < 100; i++)
        {
            var contents = Enumerable.Range(0, 5).Select(j => Bytes(100, (i * 10) + j)).ToDictionary(IdOf);
            var (id, bytes) = Pack(contents.Values);
            await store.AddPackAsync(id, bytes, Token);
            foreach (var (key, value) in contents) all.Add(key, value);
        }

        Assert.HasCount(100, Packs());
        Assert.IsLessThanOrEqualTo(PackIndex.MostSegments, Leftovers("index").Length);
        await ReadsBackAsync(store, all);
        using var again = Open();
        await ReadsBackAsync(again, all);
    }

    [TestMethod]
    public async Task What_another_store_object_adds_is_seen()
    {
        using var first = Open();
        using var second = Open();
        var contents = Many(10);
        await AddAllAsync(first, Many(3, 500));
        Assert.IsFalse(second.Contains(contents.Keys.First()));
        await AddAllAsync(first, contents);
        Assert.IsTrue(second.Contains(contents.Keys.First()));
        await ReadsBackAsync(second, contents);
    }

    [TestMethod]
    public async Task Threads_may_add_to_one_writer()
    {
        var contents = Many(2000);
        using var store = Open();
        using (var writer = store.BeginSmall())
        {
            Parallel.ForEach(contents, content => Assert.AreEqual(content.Key, writer.Add(content.Value)));
            await writer.CompleteAsync(Token);
        }

        await store.FlushAsync(Token);
        await ReadsBackAsync(store, contents);
    }

    [TestMethod]
    public async Task A_writer_that_is_not_completed_leaves_no_content()
    {
        var contents = Many(10);
        using (var store = Open())
        {
            using var writer = store.BeginSmall();
            foreach (var content in contents.Values) writer.Add(content);
        }

        using var again = Open();
        Assert.IsFalse(again.Contains(contents.Keys.First()));
        Assert.IsEmpty(Leftovers("packs"));
    }

    [TestMethod]
    public async Task Part_of_a_packed_content_can_be_read()
    {
        var contents = Many(10);
        using var store = Open();
        await AddAllAsync(store, contents);
        var (id, content) = contents.Last();
        var part = new byte[50];
        await store.ReadAsync(id, 20, part, Token);
        CollectionAssert.AreEqual(content[20..70], part);
    }

    [TestMethod]
    [Rule("The store 9")]
    [DataRow(100)]
    [DataRow(300_000)]
    public async Task A_listing_is_stored_small_or_large_and_read_back_verified(int size)
    {
        var listing = Bytes(size);
        using var store = Open();
        var id = await store.AddListingAsync(listing, null, Token);
        Assert.AreEqual(IdOf(listing), id);
        CollectionAssert.AreEqual(listing, await store.ReadListingAsync(id.Sha256, 1 << 20, Token));
        Assert.IsNull(await store.ReadListingAsync(Sha256Hash.Of([9]), 1 << 20, Token));
        if (size > LocalStore.SmallLimit)
        {
            await FailsAsync("MT3314", () => store.ReadListingAsync(id.Sha256, 1000, Token));
            AlterSilently(EntryPath(id), 10);
            Assert.IsNull(await store.ReadListingAsync(id.Sha256, 1 << 20, Token));
            CollectionAssert.AreEqual(new[] { "MT3307" }, Log.Codes.ToArray());
        }
    }

    private async Task AddAllAsync(LocalStore store, Dictionary<ContentId, byte[]> contents)
    {
        using var writer = store.BeginSmall();
        foreach (var (id, content) in contents) Assert.AreEqual(id, writer.Add(content));
        await writer.CompleteAsync(Token);
    }

    private async Task ReadsBackAsync(LocalStore store, Dictionary<ContentId, byte[]> contents)
    {
        var delivered = new ConcurrentDictionary<ContentId, bool>();
        var missing = await store.ReadSmallAsync(contents.Keys, (id, content, _) =>
        {
            Assert.IsTrue(content.Span.SequenceEqual(contents[id]));
            Assert.IsTrue(delivered.TryAdd(id, true));
            return ValueTask.CompletedTask;
        }, Token);
        Assert.IsEmpty(missing);
        Assert.HasCount(contents.Count, delivered);
    }

    private string[] Packs() => Directory.GetFiles(Path.Combine(StorePath, "packs"), "*", SearchOption.AllDirectories);

    private static Dictionary<ContentId, byte[]> Many(int count, int seed = 1) =>
        Enumerable.Range(0, count).Select(i => Bytes(500 + i, (seed * 100_000) + i)).ToDictionary(IdOf);

    private static (Sha256Hash Id, byte[] Bytes) Pack(IEnumerable<byte[]> contents)
    {
        using var writer = new PackWriter();
        foreach (var content in contents) Assert.IsTrue(writer.TryAdd(Sha256Hash.Of(content), content));
        var pack = writer.Finish();
        return (pack.Id, pack.Bytes.ToArray());
    }
}
