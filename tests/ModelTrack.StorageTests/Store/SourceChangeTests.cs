using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.StorageTests.Store;

/// <summary>These set the process's fail points, so they run alone.</summary>
[TestClass]
[DoNotParallelize]
public sealed class SourceChangeTests : StoreTestBase
{
    [TestCleanup]
    public void Unset() => FailPoint.Handler = null;

    [TestMethod]
    public async Task A_source_that_changes_once_while_it_is_saved_is_saved_as_it_is_in_the_end()
    {
        using var store = Open();
        var path = Write("source", Bytes(300_000));
        var changed = Bytes(300_000, 2);
        var times = 0;
        FailPoint.Handler = name =>
        {
            if (name == "store.add.copied" && times++ == 0) File.WriteAllBytes(path, changed);
        };
        var digest = await store.AddFileAsync(path, Token);
        Assert.AreEqual(IdOf(changed), digest.Id);
        Assert.AreEqual(2, times);
        Assert.IsFalse(store.Contains(IdOf(Bytes(300_000))));
        Assert.IsEmpty(Leftovers("temp"));
    }

    [TestMethod]
    public async Task A_source_that_keeps_changing_is_a_coded_error()
    {
        using var store = Open();
        var path = Write("source", Bytes(300_000));
        var times = 0;
        FailPoint.Handler = name =>
        {
            if (name == "store.add.copied") File.WriteAllBytes(path, Bytes(300_000, 10 + times++));
        };
        await FailsAsync("MT3305", () => store.AddFileAsync(path, Token));
        Assert.IsEmpty(Leftovers("temp"));
        Assert.IsEmpty(Leftovers("files"));
    }

    [TestMethod]
    [Rule("The store 6")]
    public async Task A_flush_goes_from_files_to_directories()
    {
        using var store = Open();
        await AddAsync(store, Bytes(1000));
        var points = new List<string>();
        FailPoint.Handler = points.Add;
        await store.FlushAsync(Token);
        CollectionAssert.AreEqual(new[] { "store.flush.files", "store.flush.directories" }, points);
    }

    [TestMethod]
    [Rule("The store 6")]
    public async Task A_flush_that_failed_is_made_up_for_by_the_next()
    {
        using var store = Open();
        await AddAsync(store, Bytes(1000));
        FailPoint.Handler = name => throw new InvalidOperationException(name);
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => store.FlushAsync(Token));
        var points = new List<string>();
        FailPoint.Handler = points.Add;
        await store.FlushAsync(Token);
        CollectionAssert.AreEqual(new[] { "store.flush.files", "store.flush.directories" }, points);
    }

    [TestMethod]
    public async Task Who_finds_nothing_to_flush_waits_for_who_is_flushing_it()
    {
        using var store = Open();
        await AddAsync(store, Bytes(1000));
        using var entered = new SemaphoreSlim(0);
        using var go = new ManualResetEventSlim();
        FailPoint.Handler = name =>
        {
            if (name != "store.flush.files") return;
            entered.Release();
            go.Wait(Token);
        };
        var first = Task.Run(() => store.FlushAsync(Token), Token);
        await entered.WaitAsync(Token);
        var second = Task.Run(() => store.FlushAsync(Token), Token);
        await Task.Delay(200, Token);
        Assert.IsFalse(second.IsCompleted);
        go.Set();
        await Task.WhenAll(first, second);
    }

    [TestMethod]
    [Rule("The store 6")]
    public async Task What_another_process_put_there_is_flushed_by_the_save_that_relies_on_it()
    {
        using (var other = Open())
        {
            await AddAsync(other, Bytes(100_000));
            await AddSmallAsync(other);
        }

        foreach (var isSmall in new[] { false, true })
        {
            using var store = Open();
            if (isSmall) await AddSmallAsync(store);
            else await AddAsync(store, Bytes(100_000));
            var points = new List<string>();
            FailPoint.Handler = points.Add;
            await store.FlushAsync(Token);
            FailPoint.Handler = null;
            CollectionAssert.AreEqual(new[] { "store.flush.files", "store.flush.directories" }, points, $"small: {isSmall}");
        }

        using (var asked = Open())
        {
            using var writer = asked.BeginSmall();
            Assert.IsTrue(writer.TryKeep(new ContentId(Sha256Hash.Of(Bytes(1000, 3)), 1000)));
            var points = new List<string>();
            FailPoint.Handler = points.Add;
            await asked.FlushAsync(Token);
            FailPoint.Handler = null;
            CollectionAssert.AreEqual(new[] { "store.flush.files", "store.flush.directories" }, points);
        }

        // What is durable already is not flushed again.
        using var later = Open();
        await AddAsync(later, Bytes(100_000));
        FailPoint.Handler = name => Assert.Fail(name);
        await later.FlushAsync(Token);
    }

    [TestMethod]
    [Rule("The store 8")]
    public async Task A_pack_is_there_before_the_index_names_it()
    {
        using var store = Open();
        var packs = new List<int>();
        FailPoint.Handler = name =>
        {
            if (name == "store.index.written") packs.Add(Directory.GetFiles(Path.Combine(StorePath, "packs"), "*", SearchOption.AllDirectories).Length);
        };
        await AddSmallAsync(store);
        CollectionAssert.AreEqual(new[] { 1 }, packs);
    }

    private async Task AddSmallAsync(Storage.Store.LocalStore store)
    {
        using var writer = store.BeginSmall();
        writer.Add(Bytes(1000, 3));
        await writer.CompleteAsync(Token);
    }
}
