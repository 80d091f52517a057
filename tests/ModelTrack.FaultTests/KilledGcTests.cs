using ModelTrack.FaultTests.Support;
using ModelTrack.Operations;
using ModelTrack.Storage.Store;
using ModelTrack.UnitTests.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.FaultTests;

/// <summary>Garbage collection of the store is killed at each of its fail points: what stays verifies, what pointers name is there, and the next run ends the work.</summary>
[TestClass]
public sealed class KilledGcTests
{
    private const int Files = 12;

    public required TestContext TestContext { get; set; }

    [TestMethod]
    public async Task A_kill_at_each_fail_point_leaves_a_store_that_verifies_and_has_all_that_is_named()
    {
        var points = await RecordAsync();
        TestContext.WriteLine(string.Join(' ', points));
        CollectionAssert.IsSubsetOf(
            new[] { "store.gc.begin", "store.gc.rewrote", "store.gc.rewritten", "store.gc.pack", "store.gc.unindexed", "store.gc.indexed", "store.gc.entry", "store.gc.record", "store.gc.notes" },
            points.Distinct().ToArray());
        for (var hit = 1; hit <= points.Count; hit++)
        {
            using var team = new Team();
            var machine = await PrepareAsync(team);
            var outcome = await HostProcess.RunToFailPointAsync(machine, "gc", hit);
            Assert.IsTrue(outcome.WasKilled, outcome.ToString());
            await CheckAsync(machine, $"killed at {hit}, {points[hit - 1]}");

            Assert.AreEqual(0, (await HostProcess.RunAsync(machine, "gc")).ExitCode);
            await CheckAsync(machine, $"again after {hit}");
            Assert.IsFalse(Has(machine, "garbage"));
        }
    }

    [TestMethod]
    [Rule("The store 11")]
    public async Task Where_files_cannot_be_locked_nothing_is_collected()
    {
        using var team = new Team();
        var machine = await PrepareAsync(team);
        var outcome = await HostProcess.RunAsync(machine, "gc", environment: new Dictionary<string, string> { ["DOTNET_SYSTEM_IO_DISABLEFILELOCKING"] = "1" });
        CollectionAssert.AreEqual(new[] { "MT3311" }, outcome.ErrorCodes.ToArray(), outcome.ToString());
        Assert.IsTrue(Has(machine, "garbage"));
    }

    private static async Task<IReadOnlyList<string>> RecordAsync()
    {
        using var team = new Team();
        var machine = await PrepareAsync(team);
        var file = Path.Combine(team.Remote, "points.txt");
        var outcome = await HostProcess.RunAsync(machine, "gc", environment: new Dictionary<string, string> { ["MODELTRACK_FAILPOINT_LOG"] = file });
        Assert.AreEqual(0, outcome.ExitCode, outcome.ToString());
        await CheckAsync(machine, "not killed");
        Assert.IsFalse(Has(machine, "garbage"));
        return await File.ReadAllLinesAsync(file);
    }

    /// <summary>A file and files of a folder that are garbage beside those that are not, in one pack too, and one that was never pushed.</summary>
    private static async Task<Machine> PrepareAsync(Team team)
    {
        var machine = team.NewMachine("a");
        for (var i = 0; i < Files; i++) machine.Write($"data/{i}.txt", $"file {i} " + new string('x', 400));
        await machine.BuildAsync("data");
        machine.Write("m.onnx", "garbage");
        await machine.BuildAsync("m.onnx");
        machine.Write("m.onnx", "never pushed");
        await machine.SucceedAsync(machine.SaveAsync("m.onnx"));
        machine.Write("m.onnx", "named");
        await machine.BuildAsync("m.onnx");
        for (var i = 2; i < Files; i++) File.Delete(machine.PathOf($"data/{i}.txt"));
        await machine.BuildAsync("data");
        foreach (var path in Directory.EnumerateFiles(machine.Store, "*", SearchOption.AllDirectories))
        {
            if (!path.Contains($"{Path.DirectorySeparatorChar}files{Path.DirectorySeparatorChar}", StringComparison.Ordinal)) File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(-2));
        }

        return machine;
    }

    private static async Task CheckAsync(Machine machine, string context)
    {
        var log = new CapturingLog();
        using (var store = LocalStore.Open(machine.Store, log))
        {
            var report = await store.VerifyAsync(null, 100, default);
            Assert.IsEmpty(report.Damaged, context);
            Assert.IsEmpty(report.Missing, context);
        }

        Assert.IsEmpty(log.Warnings, context);
        Assert.IsTrue(Has(machine, "never pushed"), context);
        foreach (var name in new[] { "m.onnx", "data" })
        {
            if (name == "data") Directory.Delete(machine.PathOf(name), recursive: true);
            else File.Delete(machine.PathOf(name));
            var result = await RestoreOperation.RunAsync([machine.Item(name)], machine.Options with { Offline = true }, log, default);
            Assert.IsTrue(result.Succeeded, $"{context}: {log}");
        }

        Assert.AreEqual("named", machine.Read("m.onnx"), context);
        Assert.HasCount(2, Directory.GetFiles(machine.PathOf("data")), context);
        foreach (var path in Directory.EnumerateFiles(machine.Store, "*", SearchOption.AllDirectories))
        {
            // Restoring has used what is named; all else is as old as before.
            if (!path.Contains($"{Path.DirectorySeparatorChar}files{Path.DirectorySeparatorChar}", StringComparison.Ordinal)) File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(-2));
        }
    }

    private static bool Has(Machine machine, string text) =>
        File.Exists(Path.Combine(machine.Store, "files", Machine.Sha256Of(text)[..2], Machine.Sha256Of(text)));
}
