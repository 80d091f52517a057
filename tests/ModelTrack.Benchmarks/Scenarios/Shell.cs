using System.Diagnostics;

namespace ModelTrack.Benchmarks.Scenarios;

/// <summary>Runs a command to its end and times it from outside.</summary>
internal static class Shell
{
    public sealed record Result(double Seconds, string Output);

    public static async Task<Result> RunAsync(string directory, IReadOnlyDictionary<string, string?> environment, string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }

        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        var seconds = clock.Elapsed.TotalSeconds;
        var text = await output + await error;
        return process.ExitCode == 0
            ? new Result(seconds, text)
            : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} in {directory} ended with {process.ExitCode}:\n{text}");
    }

    public static Task<Result> BashAsync(string command) => RunAsync(Path.GetTempPath(), new Dictionary<string, string?>(), "bash", "-euc", command);
}
