using System.Collections.Concurrent;
using ModelTrack.Diagnostics;

namespace ModelTrack.StorageTests.Support;

/// <summary>Keeps what an operation said.</summary>
internal sealed class TestLog : IOperationLog
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public ConcurrentQueue<string> Details { get; } = new();

    public ConcurrentQueue<Diagnostic> Warnings { get; } = new();

    public ConcurrentQueue<Diagnostic> Errors { get; } = new();

    public TransferProgress Progress { get; } = new();

    public void Report(string line) => Lines.Enqueue(line);

    public void Detail(string line) => Details.Enqueue(line);

    public void Warn(Diagnostic warning) => Warnings.Enqueue(warning);

    public void Error(Diagnostic error) => Errors.Enqueue(error);
}
