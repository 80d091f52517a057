using System.Diagnostics;
using System.Text;

namespace ModelTrack.BuildTests.Infra;

/// <summary>Runs processes in an environment that nothing of this machine or of the test run leaks into.</summary>
public static class Command
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    public static ProcessStartInfo Prepare(string file, IEnumerable<string> arguments, string directory, IReadOnlyDictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo(file)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var name in start.Environment.Keys.Where(IsLeak).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    public static CommandResult Run(string file, IEnumerable<string> arguments, string directory, IReadOnlyDictionary<string, string?> environment, string? binlog = null)
    {
        var start = Prepare(file, arguments, directory, environment);
        var (output, all) = (new StringBuilder(), new StringBuilder());
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Append(line.Data, output, all);
        process.ErrorDataReceived += (_, line) => Append(line.Data, null, all);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (!process.WaitForExit(s_limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{file} {string.Join(' ', start.ArgumentList)} ran for {s_limit}.\n{all}");
        }

        // The time-limited wait returns before the last lines have come.
        process.WaitForExit();
        return new CommandResult($"{file} {string.Join(' ', start.ArgumentList)}", process.ExitCode, output.ToString(), all.ToString(), binlog);
    }

    private static void Append(string? line, StringBuilder? output, StringBuilder all)
    {
        if (line is null) return;
        lock (all)
        {
            output?.Append(line).Append('\n');
            all.Append(line).Append('\n');
        }
    }

    private static bool IsLeak(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("TESTINGPLATFORM", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("ModelTrack", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("GIT_", StringComparison.OrdinalIgnoreCase)
        || name is "CI" or "TF_BUILD" or "TEAMCITY_VERSION" or "ContinuousIntegrationBuild" or "UseSharedCompilation" or "Configuration" or "Platform";
}
