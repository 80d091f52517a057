using ModelTrack.Diagnostics;

namespace ModelTrack.UnitTests.Support;

/// <summary>Keeps what an operation said.</summary>
internal sealed class CapturingLog : IOperationLog
{
    private readonly Lock _lock = new();

    public List<string> Reports { get; } = [];

    public List<string> Details { get; } = [];

    public List<Diagnostic> Warnings { get; } = [];

    public List<Diagnostic> Errors { get; } = [];

    public TransferProgress Progress { get; } = new();

    public void Report(string line)
    {
        lock (_lock) Reports.Add(line);
    }

    public void Detail(string line)
    {
        lock (_lock) Details.Add(line);
    }

    public void Warn(Diagnostic warning)
    {
        lock (_lock) Warnings.Add(warning);
    }

    public void Error(Diagnostic error)
    {
        lock (_lock) Errors.Add(error);
    }

    public override string ToString() => string.Join(Environment.NewLine, [.. Errors.Select(e => e.ToString()), .. Warnings.Select(w => w.ToString()), .. Reports]);
}
