using System.Text.RegularExpressions;
using Microsoft.Build.Framework;
using ModelTrack.Quickstart.Story;

namespace ModelTrack.Quickstart;

/// <summary>Plays the story in the build, and fails the build when a step is not as told.</summary>
public sealed class TellStory : Microsoft.Build.Utilities.Task, ICancelableTask, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>The folder with the packed ModelTrack.Sdk.</summary>
    [Required]
    public string Feed { get; set; } = "";

    /// <summary>Where the story happens.</summary>
    [Required]
    public string Folder { get; set; } = "";

    /// <summary>The folder that holds app and more-sentences.csv.</summary>
    [Required]
    public string Assets { get; set; } = "";

    /// <summary>Where whoever started the build is.</summary>
    [Required]
    public string StartedIn { get; set; } = "";

    public override bool Execute()
    {
        var narrator = new Narrator(Teller());
        try
        {
            var stage = Stage.Prepare(Folder, Feed, Assets, StartedIn, _cancellation.Token);
            new TheLifeOfAModel(stage, narrator).PlayAsync().GetAwaiter().GetResult();
            return true;
        }
        catch (NotAsToldException exception)
        {
            Log.LogError("{0} All that was run and printed stands in {1}.", narrator.Blame(exception), Path.Combine(Folder, Stage.LogName));
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Cancel() => _cancellation.Cancel();

    public void Dispose() => _cancellation.Dispose();

    /// <summary>
    /// Line by line as messages, which the terminal logger does not show: where somebody insists on it (Directory.Build.rsp switches it
    /// off), the whole page is printed when its live display is gone.
    /// </summary>
    private Action<string> Teller()
    {
        if (Console.IsOutputRedirected || !Environment.GetCommandLineArgs().Any(AsksForTerminalLogger))
        {
            return line => Log.LogMessage(MessageImportance.High, "{0}", line);
        }

        var page = new PageAtTheEnd();
        BuildEngine4.RegisterTaskObject(typeof(PageAtTheEnd), page, RegisteredTaskObjectLifetime.Build, allowEarlyCollection: false);
        return page.Lines.Add;
    }

    private static bool AsksForTerminalLogger(string argument) =>
        Regex.IsMatch(argument, "^(--?|/)(tl|terminallogger|ll|livelogger)(:(on|true|auto))?$", RegexOptions.IgnoreCase);

    /// <summary>MSBuild disposes it at the very end of the build.</summary>
    private sealed class PageAtTheEnd : IDisposable
    {
        public List<string> Lines { get; } = [];

        public void Dispose()
        {
            foreach (var line in Lines) Console.WriteLine(line);
            Lines.Clear();
        }
    }
}
