using ModelTrack.Storage.Store;

namespace ModelTrack.StorageTests.Store;

[TestClass]
public sealed class StoreLockTests : StoreTestBase
{
    [TestMethod]
    public async Task One_artifact_is_held_by_one_at_a_time()
    {
        using var store = Open();
        await AddAsync(store, Bytes(10));
        var path = Path.Combine(Root, "model.onnx");
        var inside = 0;
        var most = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 20), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (_, token) =>
        {
            using var held = await store.Locks.ArtifactAsync(path, token);
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        });
        Assert.AreEqual(1, most);
    }

    [TestMethod]
    public async Task Other_artifacts_are_not_waited_for()
    {
        using var store = Open();
        using var first = await store.Locks.ArtifactAsync(Path.Combine(Root, "a"), Token);
        using var second = await store.Locks.ArtifactAsync(Path.Combine(Root, "b"), Token);
    }

    [TestMethod]
    public async Task Waiting_ends_when_it_is_cancelled()
    {
        using var store = Open();
        using var held = await store.Locks.ArtifactAsync(Path.Combine(Root, "a"), Token);
        using var cancelling = new CancellationTokenSource();
        var waiting = store.Locks.ArtifactAsync(Path.Combine(Root, "a"), cancelling.Token).AsTask();
        Assert.IsFalse(waiting.IsCompleted);
        await cancelling.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
    }

    [TestMethod]
    public async Task An_artifact_reached_through_a_link_has_the_same_lock()
    {
        using var store = Open();
        Directory.CreateDirectory(Path.Combine(Root, "real", "models"));
        Directory.CreateSymbolicLink(Path.Combine(Root, "link"), Path.Combine(Root, "real"));
        Assert.AreEqual(RealPath.Of(Path.Combine(Root, "real/models/a")), RealPath.Of(Path.Combine(Root, "link/models/a")));
        Assert.AreEqual(RealPath.Of(Path.Combine(Root, "real/absent/a")), RealPath.Of(Path.Combine(Root, "link/absent/../absent/a/")));

        using var held = await store.Locks.ArtifactAsync(Path.Combine(Root, "real/models/a"), Token);
        using var cancelling = new CancellationTokenSource();
        var waiting = store.Locks.ArtifactAsync(Path.Combine(Root, "link/models/a"), cancelling.Token).AsTask();
        Assert.IsFalse(waiting.IsCompleted);
        await cancelling.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
    }

    [TestMethod]
    public void Links_in_a_circle_are_survived()
    {
        Directory.CreateSymbolicLink(Path.Combine(Root, "one"), Path.Combine(Root, "two"));
        Directory.CreateSymbolicLink(Path.Combine(Root, "two"), Path.Combine(Root, "one"));
        Assert.IsNotEmpty(RealPath.Of(Path.Combine(Root, "one", "model")));
    }

    [TestMethod]
    public async Task Who_holds_a_lock_is_told()
    {
        if (!OperatingSystem.IsLinux()) return;

        using var store = Open();
        var path = Path.Combine(Root, "a");
        using var held = await store.Locks.ArtifactAsync(path, Token);
        var holder = LockFile.Holder(new StoreLayout(StorePath).ArtifactLock(RealPath.Of(path)));
        StringAssert.Contains(holder, $"process {Environment.ProcessId} ", StringComparison.Ordinal);
    }

    [TestMethod]
    [Rule("The store 11")]
    public async Task The_store_is_alone_only_when_nobody_has_it_open()
    {
        using (var store = Open())
        {
            await AddAsync(store, Bytes(10));
            using var cancelling = new CancellationTokenSource();
            var waiting = StoreLocks.StoreAloneAsync(StorePath, Log, cancelling.Token).AsTask();
            Assert.IsFalse(waiting.IsCompleted);
            await cancelling.CancelAsync();
            await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
        }

        Task<LocalStore> opening;
        using (await StoreLocks.StoreAloneAsync(StorePath, Log, Token))
        {
            await FailsAsync("MT3310", () => Task.FromResult(Open()));
            opening = LocalStore.OpenAsync(StorePath, Log, Token).AsTask();
            Assert.IsFalse(opening.IsCompleted);
        }

        (await opening).Dispose();
    }
}
