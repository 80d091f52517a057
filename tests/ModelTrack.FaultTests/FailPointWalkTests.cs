using System.Diagnostics;
using ModelTrack.FaultTests.Support;

namespace ModelTrack.FaultTests;

/// <summary>Every place between two durable steps, one by one: the process dies there, and nothing is lost, torn or mixed.</summary>
[TestClass]
public sealed class FailPointWalkTests
{
    private const int SmallFiles = 3;

    public required TestContext TestContext { get; set; }

    [TestMethod]
    [Rule("Pointer 4")]
    [Rule("The store 1")]
    [DataRow("save", 0)]
    [DataRow("save", 1)]
    [DataRow("push", 0)]
    [DataRow("push", 1)]
    [DataRow("fetch", 0)]
    [DataRow("fetch", 1)]
    [DataRow("restore", 0)]
    [DataRow("restore", 1)]
    [DataRow("restore", 2)]
    public async Task A_kill_at_each_fail_point_leaves_all_whole_and_the_next_run_completes(string verb, int variant)
    {
        var clock = Stopwatch.StartNew();
        var points = await RecordAsync(verb, variant);
        TestContext.WriteLine($"{verb} {variant}: {points.Count} fail points: {string.Join(' ', points.Distinct())}");
        Assert.IsNotEmpty(points);
        var killed = 0;
        for (var hit = 1; hit <= points.Count; hit++)
        {
            var context = $"{verb} {variant}, killed at hit {hit} (about {points[hit - 1]})";
            using var scene = await Scene.PrepareAsync(verb, variant, SmallFiles);
            var outcome = await HostProcess.RunToFailPointAsync(scene.Machine, verb, hit);
            // Threads pass the points in any order, and one of them may be passed by one run only.
            if (outcome.WasKilled) killed++;
            else Assert.AreEqual(0, outcome.ExitCode, $"{context}: {outcome}");
            await scene.CheckAfterKillAsync(context);
            if (hit % 2 == 0) await scene.CheckNoMixtureIsSavedAsync(context);

            await Scene.RunAsync(scene.Machine, verb, $"{context}, again");
            await scene.CheckCompletedAsync(context, clone: hit % 4 == 0);
        }

        Assert.IsGreaterThan(points.Count * 3 / 4, killed, "most runs are killed");
        TestContext.WriteLine($"{killed} kills in {clock.Elapsed.TotalSeconds:0.0} s");
    }

    private static async Task<IReadOnlyList<string>> RecordAsync(string verb, int variant)
    {
        using var scene = await Scene.PrepareAsync(verb, variant, SmallFiles);
        var file = Path.Combine(scene.Machine.Project, "obj", "points.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var outcome = await HostProcess.RunAsync(scene.Machine, verb, environment: new Dictionary<string, string> { ["MODELTRACK_FAILPOINT_LOG"] = file });
        Assert.AreEqual(0, outcome.ExitCode, outcome.ToString());
        await scene.CheckCompletedAsync($"{verb} {variant}, not killed", clone: true);
        return await File.ReadAllLinesAsync(file);
    }
}
