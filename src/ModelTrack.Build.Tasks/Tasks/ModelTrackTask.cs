using Microsoft.Build.Framework;
using ModelTrack.Diagnostics;

namespace ModelTrack.Tasks;

/// <summary>
/// The edge between MSBuild and the operations: an expected failure becomes a coded error, a bug keeps its stack,
/// a cancelled build ends at once. The one place that waits for asynchronous work.
/// </summary>
public abstract class ModelTrackTask : Microsoft.Build.Utilities.Task, ICancelableTask, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>Obj folder of the project, where last.txt goes; null where there is no project.</summary>
    internal abstract string? LogDirectory { get; }

    /// <summary>The file that messages point at when they name none: the project, and not the targets file that calls the task.</summary>
    internal abstract string? BlamedFile { get; }

    /// <summary>False when an error was said.</summary>
    internal abstract Task<bool> RunAsync(BuildLog log, CancellationToken cancellationToken);

    public sealed override bool Execute()
    {
        using var log = new BuildLog(this);
        TerminalSpool.Prepare(BuildEngine6);
        try
        {
            return RunAsync(log, _cancellation.Token).GetAwaiter().GetResult() && !Log.HasLoggedErrors;
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            Log.LogMessage(MessageImportance.High, "ModelTrack: cancelled. What was complete is kept; the next build goes on from there.");
            return false;
        }
        catch (ModelTrackException exception)
        {
            log.Error(exception.Diagnostic);
            return false;
        }
        finally
        {
            TerminalSpool.Send(BuildEngine6, log.Reported);
        }
    }

    public void Cancel() => _cancellation.Cancel();

    public void Dispose()
    {
        _cancellation.Dispose();
        GC.SuppressFinalize(this);
    }
}
