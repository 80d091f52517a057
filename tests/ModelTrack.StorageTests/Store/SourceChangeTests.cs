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
}
