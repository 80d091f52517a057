using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace ModelTrack.Quickstart.Story;

/// <summary>What a command printed, and how long it took.</summary>
internal sealed record CommandResult(IReadOnlyList<string> Lines, TimeSpan Elapsed)
{
    public bool Says(string text) => Lines.Any(line => line.Contains(text, StringComparison.Ordinal));
}

/// <summary>
/// Runs commands as a person's shell would: without what the build around the Quickstart, a build server or a hook of Git has put
/// into the environment. Everything that they print stands in the stage's log too.
/// </summary>
internal sealed class CommandRunner(Stage stage, CancellationToken cancellation)
{
    private static readonly string[] s_leaks = ["MSBUILD", "GIT_", "MODELTRACK", "TESTINGPLATFORM"];

    /// <summary>Of build servers: they would lock the artifacts.</summary>
    private static readonly string[] s_servers = ["CI", "TF_BUILD", "TEAMCITY_VERSION", "ContinuousIntegrationBuild", "NUGET_PACKAGES", "Configuration", "Platform"];

    public async Task<CommandResult> RunAsync(string folder, string file, params string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        using var process = new Process { StartInfo = Describe(folder, file, arguments) };
        var lines = new List<string>();
        process.OutputDataReceived += (_, received) => Keep(received.Data);
        process.ErrorDataReceived += (_, received) => Keep(received.Data);
        Start(process);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        var command = $"{file} {string.Join(' ', arguments)}";
        await File.AppendAllLinesAsync(stage.LogFile, [$"{folder}$ {command}", .. lines, $"(exit code {process.ExitCode}, {clock.Elapsed.TotalSeconds:F1} s)", ""], cancellation).ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new NotAsToldException($"'{command}' in {folder} to succeed", $"it ended with {process.ExitCode}") { Evidence = lines };
        }

        return new CommandResult(lines, clock.Elapsed);

        void Keep(string? line)
        {
            if (line is null) return;
            lock (lines) lines.Add(line.TrimEnd());
        }
    }

    private ProcessStartInfo Describe(string folder, string file, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        var environment = start.Environment;
        if (file == "dotnet" && Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host)
        {
            start.FileName = host;
            environment["PATH"] = $"{Path.GetDirectoryName(host)}{Path.PathSeparator}{environment["PATH"]}";
        }

        foreach (var name in environment.Keys.Where(IsLeak).ToList()) environment.Remove(name);
        environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        environment["DOTNET_NOLOGO"] = "1";
        environment["MSBUILDDISABLENODEREUSE"] = "1";
        environment["GIT_CONFIG_GLOBAL"] = stage.GitConfiguration;
        environment["GIT_CONFIG_NOSYSTEM"] = "1";
        return start;
    }

    private static bool IsLeak(string name) =>
        s_leaks.Any(leak => name.StartsWith(leak, StringComparison.OrdinalIgnoreCase)) || s_servers.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static void Start(Process process)
    {
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            throw new NotAsToldException($"{process.StartInfo.FileName} to be installed and on the PATH", exception.Message);
        }
    }
}
