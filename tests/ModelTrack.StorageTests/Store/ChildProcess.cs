using System.Diagnostics;
using System.Text.Json;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;

namespace ModelTrack.StorageTests.Store;

/// <summary>What a child process is to do with a store.</summary>
/// <param name="Seed">Of the contents that it adds.</param>
/// <param name="KillAtHit">The fail point, counted from 1, at which it kills itself; 0 for none.</param>
/// <param name="Hits">A file that gets the names of the fail points passed.</param>
/// <param name="Go">When this file appears the work begins; null for at once.</param>
internal sealed record ChildWork(string Store, int Seed, int Rounds = 1, int KillAtHit = 0, string? Hits = null, string? Go = null);

/// <summary>Runs <see cref="StoreScenario"/> in a process of its own: this test program once more, told by an environment variable what to do.</summary>
[TestClass]
public sealed class ChildProcess
{
    private const string Variable = "MODELTRACK_STORE_TEST_CHILD";

    public required TestContext TestContext { get; set; }

    /// <returns>The exit code; not 0 when it was killed or failed.</returns>
    internal static async Task<(int ExitCode, string Output)> RunAsync(ChildWork work, bool disableLocking, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet") start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        foreach (var argument in new[] { "--filter", $"FullyQualifiedName={typeof(ChildProcess).FullName}.{nameof(A_child_process_does_what_it_is_told)}", "--no-ansi", "--no-progress" })
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("TESTINGPLATFORM", StringComparison.Ordinal)).ToArray()) start.Environment.Remove(name);
        start.Environment[Variable] = JsonSerializer.Serialize(work);
        if (disableLocking) start.Environment["DOTNET_SYSTEM_IO_DISABLEFILELOCKING"] = "1";

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output + await error);
    }

    [TestMethod]
    public async Task A_child_process_does_what_it_is_told()
    {
        // Told nothing, it is one of the tests that run in the parent.
        if (Environment.GetEnvironmentVariable(Variable) is not { } told) return;

        var work = JsonSerializer.Deserialize<ChildWork>(told)!;
        var hits = 0;
        FailPoint.Handler = name =>
        {
            if (work.Hits is { } file) File.AppendAllText(file, name + "\n");
            if (Interlocked.Increment(ref hits) == work.KillAtHit) Process.GetCurrentProcess().Kill();
        };
        while (work.Go is { } go && !File.Exists(go)) await Task.Delay(1, TestContext.CancellationToken);
        for (var round = 0; round < work.Rounds; round++)
        {
            using var store = LocalStore.Open(work.Store, new RecordingLog());
            await new StoreScenario(store, work.Seed + round).RunAsync(TestContext.CancellationToken);
        }
    }

}
