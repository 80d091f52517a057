using ModelTrack.Diagnostics;

namespace ModelTrack.TestHost;

/// <summary>Says everything on the standard output, a line each, with its kind in front.</summary>
internal sealed class ConsoleLog : IOperationLog
{
    private readonly Lock _lock = new();

    public TransferProgress Progress { get; } = new();

    public void Report(string line) => Write("report", line);

    public void Detail(string line) => Write("detail", line);

    public void Warn(Diagnostic warning) => Write("warning", warning.ToString());

    public void Error(Diagnostic error) => Write("error", error.ToString());

    public void Write(string kind, string text)
    {
        lock (_lock) Console.Out.WriteLine($"{kind} {text.ReplaceLineEndings(" ")}");
    }
}
