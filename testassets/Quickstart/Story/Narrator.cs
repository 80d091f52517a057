using System.Diagnostics;
using System.Globalization;

namespace ModelTrack.Quickstart.Story;

/// <summary>Gives the story its looks, and keeps its time.</summary>
internal sealed class Narrator(Action<string> write)
{
    /// <summary>With MSBuild's indent, a line fits into 80 columns where what it says allows.</summary>
    private const int Width = 78;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _step;
    private string _title = "Preparation";

    public TimeSpan Elapsed => _clock.Elapsed;

    public void Line(string text = "") => write(text);

    /// <summary>Begins a step.</summary>
    public void Step(string title)
    {
        _title = $"Step {++_step}, {title}";
        write("");
        write($"{_step}. {title}");
    }

    /// <summary>A command, as one would type it, and what it took.</summary>
    public void Command(string command, TimeSpan elapsed)
    {
        var time = elapsed.TotalSeconds < 0.1 ? "" : $"{elapsed.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)} s";
        write($"   $ {command.PadRight(Width - 6 - time.Length)} {time}".TrimEnd());
    }

    /// <summary>A line that a command printed.</summary>
    public void Output(string line) => write($"     {line}");

    /// <summary>Something that was looked at after a command, and is as it should be.</summary>
    public void Checked(string fact) => write($"   = {fact}");

    /// <summary>Shows what went wrong; the sentence that sums it up.</summary>
    public string Blame(NotAsToldException exception)
    {
        // What follows repeats the errors.
        var evidence = exception.Evidence.TakeWhile(line => line != "Build FAILED.").Where(line => line.Length > 0);
        foreach (var line in evidence.TakeLast(25)) write($"   ! {line}");
        return $"The Quickstart is not as told. {_title}: {exception.Message}.";
    }

    /// <summary>`213 bytes`, `255 KB`, `2.62 MB`.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1000 => $"{bytes} bytes",
        < 1_000_000 => $"{(bytes / 1e3).ToString("F0", CultureInfo.InvariantCulture)} KB",
        _ => $"{(bytes / 1e6).ToString("F2", CultureInfo.InvariantCulture)} MB",
    };
}
