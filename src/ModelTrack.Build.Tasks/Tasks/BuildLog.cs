using Microsoft.Build.Framework;
using ModelTrack.Diagnostics;

namespace ModelTrack.Tasks;

/// <summary>
/// What an operation says, as MSBuild's log. Lines for a person are seen under every logger: a redirected log gets them as
/// messages at once; a terminal, whose live display hides messages, gets them above the build's last line (see <see cref="BuildReport"/>).
/// </summary>
internal sealed class BuildLog(ModelTrackTask task) : IOperationLog, IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<string> _reported = [];
    private ProgressDisplay? _display;
    private TransferProgress? _progress;

    public bool HasErrors { get; private set; }

    /// <summary>The lines for a person so far.</summary>
    public IReadOnlyList<string> Reported => _reported;

    public TransferProgress Progress
    {
        get
        {
            lock (_gate)
            {
                if (_progress is null)
                {
                    _progress = new TransferProgress();
                    _display = new ProgressDisplay(
                        _progress, line => task.Log.LogMessage(MessageImportance.High, "{0}", line), Console.IsOutputRedirected ? null : Console.Out, TimeProvider.System);
                }

                return _progress;
            }
        }
    }

    public void Report(string line)
    {
        lock (_gate)
        {
            var later = BuildReport.Of(task.BuildEngine4, task.LogDirectory).Add(line);
            _reported.Add(line);
            task.Log.LogMessage(later ? MessageImportance.Normal : MessageImportance.High, "{0}", line);
        }
    }

    public void Detail(string line) => task.Log.LogMessage(MessageImportance.Low, "{0}", line);

    public void Warn(Diagnostic warning)
    {
        lock (_gate)
        {
            task.Log.LogWarning(null, warning.Code, null, HelpLink(warning.Code), File(warning), warning.Line, warning.Column, 0, 0, "{0}", warning.Text);
        }
    }

    public void Error(Diagnostic error)
    {
        lock (_gate)
        {
            HasErrors = true;
            task.Log.LogError(null, error.Code, null, HelpLink(error.Code), File(error), error.Line, error.Column, 0, 0, "{0}", error.Text);
        }
    }

    public void Dispose() => _display?.Dispose();

    private string File(Diagnostic diagnostic) => diagnostic.File ?? task.BlamedFile ?? task.BuildEngine.ProjectFileOfTaskNode;

    /// <summary>The page that explains a code lies in the package, so that it is of the package's version.</summary>
    private static string HelpLink(string code)
    {
        var tasks = Path.GetDirectoryName(typeof(BuildLog).Assembly.Location)!;
#pragma warning disable CA1308 // An anchor is lower-case.
        return new Uri(Path.GetFullPath("../../docs/codes.md", tasks)).AbsoluteUri + "#" + code.ToLowerInvariant();
#pragma warning restore CA1308
    }
}
