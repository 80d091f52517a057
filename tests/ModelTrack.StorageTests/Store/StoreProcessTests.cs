using ModelTrack.Storage.Store;

namespace ModelTrack.StorageTests.Store;

[TestClass]
public sealed class StoreProcessTests : StoreTestBase
{
    [TestMethod]
    [Rule("The store 1")]
    public async Task A_process_killed_at_any_step_leaves_nothing_partial_and_the_next_completes()
    {
        var hits = Path.Combine(Root, "hits");
        var all = await ChildProcess.RunAsync(new ChildWork(Path.Combine(Root, "list"), Seed: 1, Hits: hits), disableLocking: false, Token);
        Assert.AreEqual(0, all.ExitCode, all.Output);
        var points = await File.ReadAllLinesAsync(hits, Token);
        Assert.IsGreaterThan(15, points.Length);

        // One hit of each point: what differs is the point, not how often it was passed.
        var firsts = points.Select((name, i) => (Name: name, Hit: i + 1)).DistinctBy(point => point.Name).ToArray();
        await Parallel.ForEachAsync(firsts, new ParallelOptions { MaxDegreeOfParallelism = 3, CancellationToken = Token }, async (point, token) =>
        {
            var path = Path.Combine(Root, $"store{point.Hit}");
            var killed = await ChildProcess.RunAsync(new ChildWork(path, Seed: 1, KillAtHit: point.Hit), disableLocking: false, token);
            Assert.AreNotEqual(0, killed.ExitCode, $"{point.Name} did not kill: {killed.Output}");

            var log = new RecordingLog();
            using (var store = LocalStore.Open(path, log))
            {
                var report = await store.VerifyAsync(null, 100, token);
                Assert.IsEmpty(report.Damaged, point.Name);

                await new StoreScenario(store, 1).RunAsync(token);
            }

            using (var store = LocalStore.Open(path, log)) await new StoreScenario(store, 1).AssertAllThereAsync(token);
            Assert.IsEmpty(log.Warnings, $"{point.Name}: {string.Join('\n', log.Warnings)}");
            Assert.IsEmpty(Directory.GetFileSystemEntries(Path.Combine(path, "temp")), point.Name);
            Assert.IsEmpty(Directory.GetFileSystemEntries(Path.Combine(path, "incoming")), point.Name);
        });
    }

    [TestMethod]
    [DataRow(false, DisplayName = "with locks")]
    [DataRow(true, DisplayName = "with locking switched off")]
    public async Task Several_processes_at_once_on_one_store_all_succeed(bool disableLocking)
    {
        var go = Path.Combine(Root, "go");
        var children = Enumerable.Range(0, 3).Select(i => ChildProcess.RunAsync(new ChildWork(StorePath, Seed: i, Rounds: 6, Go: go), disableLocking, Token)).ToArray();
        await File.WriteAllTextAsync(go, "", Token);
        foreach (var (exitCode, output) in await Task.WhenAll(children)) Assert.AreEqual(0, exitCode, output);

        using var store = Open();
        for (var seed = 0; seed < 8; seed++) await new StoreScenario(store, seed).AssertAllThereAsync(Token);
        Assert.IsEmpty((await store.VerifyAsync(null, 100, Token)).Damaged);
        Assert.IsEmpty(Log.Warnings);
        Assert.IsEmpty(Leftovers("temp"));
    }

    [TestMethod]
    public async Task Many_threads_at_once_on_one_store_all_succeed()
    {
        using (var store = Open())
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, 12), new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = Token }, async (i, token) =>
                await new StoreScenario(store, i % 4).RunAsync(token));
        }

        using var again = Open();
        for (var seed = 0; seed < 4; seed++) await new StoreScenario(again, seed).AssertAllThereAsync(Token);
        Assert.IsEmpty(Log.Warnings);
    }
}
