using System.Diagnostics;
using System.Globalization;
using ModelTrack.FaultTests.Support;

namespace ModelTrack.FaultTests;

/// <summary>A hundred deaths of each verb at moments that no one chose. MODELTRACK_TEST_SEED repeats a run's choices, MODELTRACK_TEST_KILLS sets how many.</summary>
[TestClass]
public sealed class RandomKillTests
{
    private const int SmallFiles = 24;

    public required TestContext TestContext { get; set; }

    [TestMethod]
    [DataRow("save")]
    [DataRow("push")]
    [DataRow("fetch")]
    [DataRow("restore")]
    public async Task A_kill_at_any_moment_leaves_all_whole_and_the_next_run_completes(string verb)
    {
        var seed = Number("MODELTRACK_TEST_SEED") ?? Random.Shared.Next();
        var kills = Number("MODELTRACK_TEST_KILLS") ?? 100;
        TestContext.WriteLine($"seed {seed}: MODELTRACK_TEST_SEED={seed} repeats it");
        var clock = Stopwatch.StartNew();
        var durations = new TimeSpan[Scene.VariantsOf(verb)];
        for (var variant = 0; variant < durations.Length; variant++) durations[variant] = await TypicalDurationAsync(verb, variant);

        var random = new Random(seed ^ verb[0]);
        var killed = 0;
        for (var i = 0; i < kills; i++)
        {
            var variant = i % durations.Length;
            var delay = durations[variant] * random.NextDouble();
            var context = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, kill {i} of {verb} {variant} after {delay.TotalMilliseconds:0.0} ms");
            using var scene = await Scene.PrepareAsync(verb, variant, SmallFiles);
            if (await RunAndKillAsync(scene, delay)) killed++;
            await scene.CheckAfterKillAsync(context);
            if (random.Next(2) == 0) await scene.CheckNoMixtureIsSavedAsync(context);
            await Scene.RunAsync(scene.Machine, verb, context);
            await scene.CheckCompletedAsync(context, clone: verb == "push");
        }

        TestContext.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{verb}: {killed} of {kills} were killed before their end, within {string.Join(", ", durations.Select(d => $"{d.TotalMilliseconds:0} ms"))}; {clock.Elapsed.TotalSeconds:0.0} s"));
    }

    /// <returns>Whether it was killed before it had ended.</returns>
    private static async Task<bool> RunAndKillAsync(Scene scene, TimeSpan delay)
    {
        using var host = HostProcess.Start(scene.Machine, scene.Verb);
        await host.Begun;
        var begun = Stopwatch.GetTimestamp();
        while (delay - Stopwatch.GetElapsedTime(begun) is var left && left > TimeSpan.Zero) Thread.Sleep(left > TimeSpan.FromMilliseconds(2) ? 1 : 0);
        host.Kill();
        var outcome = await host.EndAsync();
        Assert.IsTrue(outcome.WasKilled || outcome.ExitCode == 0, outcome.ToString());
        return outcome.WasKilled;
    }

    private static async Task<TimeSpan> TypicalDurationAsync(string verb, int variant)
    {
        using var scene = await Scene.PrepareAsync(verb, variant, SmallFiles);
        using var host = HostProcess.Start(scene.Machine, verb);
        await host.Begun;
        var begun = Stopwatch.GetTimestamp();
        var outcome = await host.EndAsync();
        Assert.AreEqual(0, outcome.ExitCode, outcome.ToString());
        return Stopwatch.GetElapsedTime(begun);
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
}
