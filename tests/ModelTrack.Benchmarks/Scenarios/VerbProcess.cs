using System.Diagnostics;
using System.Globalization;
using ModelTrack.Diagnostics;
using ModelTrack.Operations;

namespace ModelTrack.Benchmarks.Scenarios;

/// <summary>
/// One verb in a process of its own, so that its memory is its own: `verb NAME PROJECT STORE REMOTE ARTIFACT`. `save+push` is both, one after the other,
/// as a build with ModelTrackPushOnBuild runs them.
/// </summary>
internal static class VerbProcess
{
    /// <summary>What the process prints as its last line.</summary>
    public sealed record Figures(double Seconds, double Megabytes);

    public static async Task<int> RunAsync(string[] args)
    {
        var (verb, project, store, remote, artifact) = (args[0], args[1], args[2], args[3], args[4]);
        var options = new OperationOptions
        {
            ProjectDirectory = project,
            ProjectFile = Path.Combine(project, "app.csproj"),
            IntermediateDirectory = Path.Combine(project, "obj"),
            StorePath = store,
            DefaultRemote = remote,
        };
        TrackedArtifact[] artifacts = [new() { FullPath = Path.Combine(project, artifact), DisplayName = artifact, Listed = true }];
        var clock = Stopwatch.StartNew();
        var isGood = true;
        foreach (var name in verb.Split('+')) isGood = isGood && (await RunAsync(name, artifacts, options)).Succeeded;
        var seconds = clock.Elapsed.TotalSeconds;
        using var self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds:F4} {self.PeakWorkingSet64 / 1e6:F1}"));
        return isGood ? 0 : 1;
    }

    private static Task<OperationResult> RunAsync(string verb, TrackedArtifact[] artifacts, OperationOptions options) => verb switch
    {
        "save" => SaveOperation.RunAsync(artifacts, options, new ConsoleLog(), CancellationToken.None),
        "push" => PushOperation.RunAsync(artifacts, options, new ConsoleLog(), CancellationToken.None),
        "fetch" => FetchOperation.RunAsync(artifacts, options, new ConsoleLog(), CancellationToken.None),
        "restore" => RestoreOperation.RunAsync(artifacts, options, new ConsoleLog(), CancellationToken.None),
        _ => throw new ArgumentException($"No verb is named {verb}."),
    };

    public static async Task<Figures> StartAsync(string verb, string project, string store, string remote, string artifact)
    {
        var result = await Shell.RunAsync(
            project, new Dictionary<string, string?>(), Environment.ProcessPath!, "verb", verb, project, store, remote, artifact);
        var last = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Split(' ');
        return new Figures(double.Parse(last[0], CultureInfo.InvariantCulture), double.Parse(last[1], CultureInfo.InvariantCulture));
    }

    private sealed class ConsoleLog : IOperationLog
    {
        public TransferProgress Progress { get; } = new();

        public void Report(string line) => Console.WriteLine(line);

        public void Detail(string line)
        {
        }

        public void Warn(Diagnostic warning) => Console.WriteLine(warning);

        public void Error(Diagnostic error) => Console.WriteLine(error);
    }
}
