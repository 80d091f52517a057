using ModelTrack.FaultTests.Support;
using ModelTrack.Operations;
using ModelTrack.UnitTests.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.FaultTests;

/// <summary>A restore of a part of a directory dies: what is half there is never saved, and what was never there never counts as removed.</summary>
[TestClass]
public sealed class PartialRestoreTests
{
    private const int SmallFiles = 3;
    private const string Data = ModelVersion.Data;

    private static readonly string[] s_more = ["--explicit", "--bulk", "--part", $"{Data}/large"];

    public required TestContext TestContext { get; set; }

    [TestMethod]
    public async Task A_kill_at_any_fail_point_leaves_all_whole_and_the_next_run_completes()
    {
        var points = await RecordAsync();
        TestContext.WriteLine($"{points.Count} fail points: {string.Join(' ', points.Distinct())}");
        Assert.IsNotEmpty(points);
        // The first and the last of each name: FailPointWalkTests dies at every one of a restore of all.
        var names = points.ToList();
        foreach (var hit in names.SelectMany(name => new[] { names.IndexOf(name), names.LastIndexOf(name) }).Distinct().Select(i => i + 1))
        {
            var context = $"killed at hit {hit} (about {points[hit - 1]})";
            using var team = new Team();
            var (ben, pointer) = await PrepareAsync(team);
            var outcome = await HostProcess.RunToFailPointAsync(ben, "restore", hit, [Data], s_more);
            Assert.IsTrue(outcome.WasKilled || outcome.ExitCode == 0, $"{context}: {outcome}");
            Invariants.WorkspaceIsOnly(ben, context, ModelVersion.Of(1, SmallFiles), ModelVersion.Of(2, SmallFiles));
            Invariants.StoreIsWhole(ben.Store, context);

            // A build of somebody who does not know of the kill, and even a save by name.
            await TryAsync(ben, SaveOperation.RunAsync, o => o);
            await TryAsync(ben, SaveOperation.RunAsync, o => o with { Explicit = true, Artifacts = [Data] });
            Assert.AreEqual(pointer, ben.ReadPointer(Data), context);

            await CompleteAsync(ben, pointer, context);
        }
    }

    private static async Task<IReadOnlyList<string>> RecordAsync()
    {
        using var team = new Team();
        var (ben, pointer) = await PrepareAsync(team);
        var file = Path.Combine(ben.Project, "obj", "points.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var outcome = await HostProcess.RunAsync(ben, "restore", [Data], new Dictionary<string, string> { ["MODELTRACK_FAILPOINT_LOG"] = file }, s_more);
        Assert.AreEqual(0, outcome.ExitCode, outcome.ToString());
        await CompleteAsync(ben, pointer, "not killed");
        return await File.ReadAllLinesAsync(file);
    }

    /// <summary>Ben has one part in version 1, and the pointer of version 2.</summary>
    private static async Task<(Machine Ben, string Pointer)> PrepareAsync(Team team)
    {
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        ModelVersion.Of(1, SmallFiles).WriteTo(ada);
        await ada.BuildAsync(Data);
        ben.TakePointer(Data, ada);
        await SucceedAsync(ben, RestoreOperation.RunAsync, o => o with { Explicit = true, Artifacts = [$"{Data}/small"] }, "before");
        ModelVersion.Of(2, SmallFiles).WriteTo(ada);
        await ada.BuildAsync(Data);
        ben.TakePointer(Data, ada);
        return (ben, ada.ReadPointer(Data));
    }

    private static async Task CompleteAsync(Machine ben, string pointer, string context)
    {
        var two = ModelVersion.Of(2, SmallFiles);
        await SucceedAsync(ben, RestoreOperation.RunAsync, o => o with { Explicit = true, Artifacts = [$"{Data}/large"] }, context);
        CheckIs(ben, two, context, "small", "large");
        await SucceedAsync(ben, SaveOperation.RunAsync, o => o, context);
        Assert.AreEqual(pointer, ben.ReadPointer(Data), context);
        await SucceedAsync(ben, RestoreOperation.RunAsync, o => o with { Explicit = true }, context);
        CheckIs(ben, two, context, "");
        Invariants.NothingIsLeftOver(ben, context);
    }

    private static void CheckIs(Machine ben, ModelVersion version, string context, params string[] parts)
    {
        var expected = version.Files.Keys.Where(f => f.StartsWith(Data + "/", StringComparison.Ordinal) && parts.Any(p => p.Length == 0 || f.StartsWith($"{Data}/{p}/", StringComparison.Ordinal)));
        Assert.AreEqual(string.Join('\n', expected), string.Join('\n', Invariants.ContentFiles(ben).Order(StringComparer.Ordinal)), context);
        Invariants.WorkspaceIsOnly(ben, context, version);
    }

    private static async Task SucceedAsync(Machine machine, Machine.Verb verb, Func<OperationOptions, OperationOptions> with, string context)
    {
        var (result, log) = await TryAsync(machine, verb, with);
        Assert.IsTrue(result.Succeeded, $"{context}: {log}");
    }

    private static async Task<(OperationResult Result, CapturingLog Log)> TryAsync(Machine machine, Machine.Verb verb, Func<OperationOptions, OperationOptions> with)
    {
        var log = new CapturingLog();
        return (await verb([machine.Item(Data) with { RestoreOnBuild = false }], with(machine.Options), log, CancellationToken.None), log);
    }
}
