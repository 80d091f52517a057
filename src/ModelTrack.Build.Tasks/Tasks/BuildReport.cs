using Microsoft.Build.Framework;

namespace ModelTrack.Tasks;

/// <summary>
/// The lines for a person of one project in one build. MSBuild disposes it when the build is over and the terminal's live display is
/// gone: then it prints them, just above the build's last line; those of worker processes go by <see cref="TerminalSpool"/>. They also
/// stand in obj/modeltrack/last.txt.
/// </summary>
internal sealed class BuildReport : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly string? _file;
    private readonly bool _terminal = TerminalSpool.HasTerminal;

    private BuildReport(string? directory) => _file = directory is null ? null : Path.Combine(directory, "modeltrack", "last.txt");

    /// <summary>The report of the project whose obj folder is <paramref name="directory"/>, in the build that is running.</summary>
    public static BuildReport Of(IBuildEngine4 engine, string? directory)
    {
        var key = (typeof(BuildReport).FullName, directory);
        if (engine.GetRegisteredTaskObject(key, RegisteredTaskObjectLifetime.Build) is BuildReport report) return report;
        report = new BuildReport(directory);
        engine.RegisterTaskObject(key, report, RegisteredTaskObjectLifetime.Build, allowEarlyCollection: false);
        return report;
    }

    /// <summary>True when the line is printed at the build's end, so that the log need not show it.</summary>
    public bool Add(string line)
    {
        lock (_gate)
        {
            _lines.Add(line);
            Write(line);
            return _terminal;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_terminal) return;
            foreach (var line in _lines)
            {
                Console.Out.WriteLine(line);
            }

            _lines.Clear();
        }
    }

    private void Write(string line)
    {
        if (_file is null) return;
        try
        {
            if (_lines.Count == 1)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
                File.WriteAllText(_file, line + Environment.NewLine);
            }
            else
            {
                File.AppendAllText(_file, line + Environment.NewLine);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A convenience: the log has the lines too.
        }
    }
}
