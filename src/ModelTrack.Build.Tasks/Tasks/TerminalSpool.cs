using System.Collections;
using Microsoft.Build.Framework;

namespace ModelTrack.Tasks;

/// <summary>
/// How lines of a worker process come to the terminal. Under the terminal logger, which hides messages, the process that has the terminal
/// makes a file for the build that runs; the workers append to it, and it is printed when the live display is gone. The workers get its
/// name as the result of a project that MSBuild builds in that process and nowhere else.
/// </summary>
internal sealed class TerminalSpool : IDisposable
{
    private static readonly string s_key = typeof(TerminalSpool).FullName!;

    // A worker can't see the terminal. MSBuild tells all processes of a build, those of earlier builds too, whether its terminal logger is on.
    private static readonly bool s_isWorker = HasMode(1);
    private static readonly bool s_isServer = HasMode(8);

    private readonly string _file;

    private TerminalSpool(string file) => _file = file;

    /// <summary>Whether what this process writes to its console at a build's end comes to a person.</summary>
    public static bool HasTerminal => !Console.IsOutputRedirected || (s_isServer && IsTerminalLoggerOn);

    private static bool IsTerminalLoggerOn => Environment.GetEnvironmentVariable("_MSBUILDTLENABLED") == "1";

    /// <summary>
    /// Called by every task before it works. The process with the terminal makes the spool then, so that no worker has to wait until what is
    /// being built there is done, nor for a lock that is held there.
    /// </summary>
    public static void Prepare(IBuildEngine6 engine)
    {
        if (!s_isWorker && IsTerminalLoggerOn && HasTerminal && engine.GetRegisteredTaskObject(s_key, RegisteredTaskObjectLifetime.Build) is null) Ask(engine);
    }

    /// <summary>Lines for a person, from a worker to the terminal. Waits for the process that has the terminal, where no task of ours has run yet.</summary>
    public static void Send(IBuildEngine6 engine, IReadOnlyList<string> lines)
    {
        if (!s_isWorker || lines.Count == 0 || !IsTerminalLoggerOn || Ask(engine) is not { } spool) return;
        try
        {
            // In one write at the file's end: other workers write, too.
            using var file = new FileStream(spool, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            file.Write(System.Text.Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + '\n'))));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A convenience: obj/modeltrack/last.txt has the lines too.
        }
    }

    /// <summary>The file for this build's lines; null where this process has no terminal.</summary>
    internal static string? Open(IBuildEngine4 engine)
    {
        if (s_isWorker || !HasTerminal) return null;
        if (engine.GetRegisteredTaskObject(s_key, RegisteredTaskObjectLifetime.Build) is TerminalSpool open) return open._file;
        try
        {
            var spool = new TerminalSpool(Path.GetTempFileName());
            engine.RegisterTaskObject(s_key, spool, RegisteredTaskObjectLifetime.Build, allowEarlyCollection: false);
            return spool._file;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        try
        {
            Console.Out.Write(File.ReadAllText(_file));
            File.Delete(_file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // As above.
        }
    }

    private static string? Ask(IBuildEngine6 engine)
    {
        var project = Path.GetFullPath("../../targets/Terminal/dirs.proj", Path.GetDirectoryName(typeof(TerminalSpool).Assembly.Location)!);
        if (!File.Exists(project)) return null;
        var inherited = engine.GetGlobalProperties().Keys.ToList();
        var result = engine.BuildProjectFilesInParallel([project], ["Open"], new IDictionary[1], [inherited], [null!], returnTargetOutputs: true);
        return result.Result && result.TargetOutputsPerProject[0].TryGetValue("Open", out var items) && items.Length == 1
            ? items[0].GetMetadata(ItemNames.FullPath)
            : null;
    }

    private static bool HasMode(int mode) =>
        Environment.GetCommandLineArgs().Any(a => a.Length > 1 && a.AsSpan(1).Equals(string.Create(null, $"nodemode:{mode}"), StringComparison.OrdinalIgnoreCase));
}
