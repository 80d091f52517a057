using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;

namespace ModelTrack.StorageTests.Store;

/// <summary>Disks that are full or cannot be written, for real.</summary>
[TestClass]
public sealed class HardDiskTests : StoreTestBase
{
    [TestMethod]
    public async Task A_full_disk_is_a_coded_error_and_leaves_nothing_half_written()
    {
        using var disk = Mount(4);
        using var store = LocalStore.Open(Path.Combine(disk.Path, "store"), Log);
        var good = await AddAsync(store, Bytes(500_000));

        var error = await FailsAsync("MT3302", () => store.AddFileAsync(Write("large", Bytes(8 << 20)), Token));
        StringAssert.Contains(error.Message, disk.Path, StringComparison.Ordinal);
        await FailsAsync("MT3302", () => Task.FromResult(store.BeginIncoming(new ContentId(Sha256Hash.Of([1]), 8 << 20))));
        await FailsAsync("MT3302", async () =>
        {
            using var writer = store.BeginSmall();
            for (var i = 0; i < 400; i++) writer.Add(Bytes(60_000, i));
            await writer.CompleteAsync(Token);
        });
        AssertOnlyWhole(disk.Path);

        // Space came back: the same store goes on.
        Assert.IsNotNull(await store.FindFileAsync(good, Token));
        var small = await AddAsync(store, Bytes(100_000, 5));
        Assert.IsNotNull(await store.FindFileAsync(small, Token));
        Assert.IsEmpty((await store.VerifyAsync(null, 100, Token)).Damaged);
        Assert.IsEmpty(Log.Warnings);
    }

    [TestMethod]
    public async Task A_disk_that_fills_up_between_small_writes_leaves_nothing_half_written()
    {
        using var disk = Mount(2);
        var path = Path.Combine(disk.Path, "store");
        using var store = LocalStore.Open(path, Log);
        var added = new List<ContentId>();
        ModelTrackException? full = null;
        for (var i = 0; full is null; i++)
        {
            try
            {
                added.Add(await AddAsync(store, Bytes(30_000, i)));
            }
            catch (ModelTrackException e)
            {
                full = e;
            }
        }

        Assert.AreEqual("MT3302", full.Code);
        AssertOnlyWhole(disk.Path);
        foreach (var id in added) Assert.IsNotNull(await store.FindFileAsync(id, Token));
        Assert.IsEmpty((await store.VerifyAsync(null, 100, Token)).Damaged);
    }

    [TestMethod]
    public async Task A_store_that_cannot_be_written_is_read_and_refuses_to_write_with_a_code()
    {
        using var disk = Mount(8);
        var path = Path.Combine(disk.Path, "store");
        var large = Bytes(300_000);
        var small = Bytes(1000, 2);
        using (var store = LocalStore.Open(path, Log))
        {
            await AddAsync(store, large);
            await store.AddListingAsync(small, null, Token);
            store.RecordArtifact(new ArtifactRecord(IdOf(small).Sha256, true, 1, 1, SavedHere: true));
            File.Delete(new StoreLayout(path).Record(IdOf(large).Sha256));
            Directory.Delete(Path.Combine(path, "index"), recursive: true);
        }

        if (!disk.TryMakeReadOnly()) Assert.Inconclusive("Skip:remount a file system could not be made read-only.");
        using (var store = LocalStore.Open(path, Log))
        {
            Assert.IsTrue(store.Contains(IdOf(large)));
            var found = await store.FindFileAsync(IdOf(large), Token);
            Assert.IsNotNull(found);
            CollectionAssert.AreEqual(large, await File.ReadAllBytesAsync(found.Path, Token));
            Assert.IsNotEmpty(await store.ChunksOfAsync(IdOf(large), Token));
            CollectionAssert.AreEqual(small, await store.ReadListingAsync(IdOf(small).Sha256, 1 << 20, Token));
            Assert.IsTrue(store.FindArtifact(IdOf(small).Sha256)!.SavedHere);
            store.RegisterWorkspace(Root);
            store.ConfirmRemote(IdOf(small).Sha256, "remote");
            Assert.IsNotEmpty(store.ManifestCachePath("remote", IdOf(small).Sha256));
            using (await store.Locks.ArtifactAsync(Path.Combine(Root, "model"), Token))
            {
            }

            var error = await FailsAsync("MT3303", () => store.AddFileAsync(Write("source", Bytes(10)), Token));
            StringAssert.Contains(error.Message, path, StringComparison.Ordinal);
            await FailsAsync("MT3303", () => Task.FromResult(store.BeginIncoming(IdOf(Bytes(10)))));
        }

        Assert.IsEmpty(Log.Warnings);
    }

    [TestMethod]
    public async Task A_bad_pack_in_a_store_that_cannot_be_written_is_withheld_and_the_good_contents_are_read()
    {
        using var disk = Mount(8);
        var path = Path.Combine(disk.Path, "store");
        var contents = Enumerable.Range(0, 1000).Select(i => Bytes(2000, i)).ToDictionary(IdOf);
        using (var store = LocalStore.Open(path, Log))
        {
            using var writer = store.BeginSmall();
            foreach (var content in contents.Values) writer.Add(content);
            await writer.CompleteAsync(Token);
        }

        AlterSilently(Directory.GetFiles(Path.Combine(path, "packs"), "*", SearchOption.AllDirectories).Single(), 5000);
        if (!disk.TryMakeReadOnly()) Assert.Inconclusive("Skip:remount a file system could not be made read-only.");
        using (var store = LocalStore.Open(path, Log))
        {
            for (var round = 0; round < 2; round++)
            {
                var delivered = 0;
                var missing = await store.ReadSmallAsync(contents.Keys, (id, content, _) =>
                {
                    Assert.IsTrue(content.Span.SequenceEqual(contents[id]));
                    Interlocked.Increment(ref delivered);
                    return ValueTask.CompletedTask;
                }, Token);
                Assert.AreEqual(1000, missing.Count + delivered);
                Assert.IsNotEmpty(missing);
                Assert.IsGreaterThan(0, delivered);
            }
        }
    }

    private SmallDisk Mount(int megabytes)
    {
        var disk = SmallDisk.TryMount(Path.Combine(Root, "disk"), megabytes);
        if (disk is null) Assert.Inconclusive("Skip:small-disk mounting a small file system needs root on Linux.");
        return disk;
    }

    private static void AssertOnlyWhole(string disk)
    {
        Assert.IsEmpty(Directory.GetFiles(Path.Combine(disk, "store", "temp")));
        var incoming = Path.Combine(disk, "store", "incoming");
        if (Directory.Exists(incoming)) Assert.IsEmpty(Directory.GetFiles(incoming));
    }
}
