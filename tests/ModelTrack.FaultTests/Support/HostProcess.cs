using System.Diagnostics;
using System.Globalization;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests.Support;

/// <summary>How a host process ended.</summary>
internal sealed record HostOutcome(int ExitCode, string Output, string Error)
{
    public bool WasKilled => ExitCode == 137;

    /// <summary>The codes of the errors that it said.</summary>
    public IReadOnlyList<string> ErrorCodes =>
        [.. Output.Split('\n').Where(l => l.StartsWith("error ", StringComparison.Ordinal)).Select(l => CodeOf(l))];

    public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Error}";

    private static string CodeOf(string line) => line.IndexOf("MT", StringComparison.Ordinal) is var at and >= 0 && line.Length >= at + 6 ? line.Substring(at, 6) : line;
}

/// <summary>A verb in a process of its own: the host, which drives the operations as the tasks do.</summary>
internal sealed class HostProcess : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _output = [];
    private readonly Task _reading;
    private readonly Task<string> _error;

    private HostProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
        _reading = ReadAsync();
    }

    /// <summary>Completes when the runtime has started and the verb begins.</summary>
    public Task Begun => _begun.Task;

    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "ModelTrack.TestHost.dll");

    public int Id => _process.Id;

    public static HostProcess Start(
        Machine machine,
        string verb,
        IReadOnlyList<string>? artifacts = null,
        IReadOnlyDictionary<string, string>? environment = null,
        string[]? more = null,
        string[]? through = null,
        string? store = null)
    {
        string[] command =
        [
            .. through ?? [], DotNet(), "exec", Program, verb,
            "--project", machine.Project, "--store", store ?? machine.Store, "--remote", machine.Team.Remote,
            .. (artifacts ?? ModelVersion.Artifacts).SelectMany(a => new[] { "--artifact", a }), .. more ?? [],
        ];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["GIT_CONFIG_GLOBAL"] = OperatingSystem.IsWindows() ? "NUL" : "/dev/null";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new HostProcess(Process.Start(start)!);
    }

    public static async Task<HostOutcome> RunAsync(
        Machine machine,
        string verb,
        IReadOnlyList<string>? artifacts = null,
        IReadOnlyDictionary<string, string>? environment = null,
        string[]? more = null,
        string[]? through = null,
        string? store = null)
    {
        using var host = Start(machine, verb, artifacts, environment, more, through, store);
        return await host.EndAsync();
    }

    /// <summary>Runs a verb that kills itself at a fail point.</summary>
    public static Task<HostOutcome> RunToFailPointAsync(Machine machine, string verb, int hit, IReadOnlyList<string>? artifacts = null, string[]? more = null) =>
        RunAsync(machine, verb, artifacts, more: more, environment: new Dictionary<string, string> { ["MODELTRACK_FAILPOINT"] = hit.ToString(CultureInfo.InvariantCulture) });

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    public async Task<HostOutcome> EndAsync()
    {
        await _reading;
        var error = await _error;
        await _process.WaitForExitAsync();
        return new HostOutcome(_process.ExitCode, string.Join('\n', _output), error);
    }

    public void Dispose() => _process.Dispose();

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            _output.Add(line);
            if (line.StartsWith("begin ", StringComparison.Ordinal)) _begun.TrySetResult();
        }

        _begun.TrySetResult();
    }

    /// <summary>The runtime that these tests run on, whatever PATH says.</summary>
    private static string DotNet()
    {
        var shared = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var muxer = Path.GetFullPath(Path.Combine(shared, "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        return File.Exists(muxer) ? muxer : "dotnet";
    }
}
