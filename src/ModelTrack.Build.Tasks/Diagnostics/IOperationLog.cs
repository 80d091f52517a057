namespace ModelTrack.Diagnostics;

/// <summary>Where an operation says what it did. Implementations are safe for several threads.</summary>
public interface IOperationLog
{
    /// <summary>A line for a person: what was restored, saved or pushed, and what to do next.</summary>
    void Report(string line);

    /// <summary>A line for a log that somebody reads to answer a question.</summary>
    void Detail(string line);

    void Warn(Diagnostic warning);

    /// <summary>One of several errors; the operation fails after the last of them.</summary>
    void Error(Diagnostic error);

    /// <summary>How far long work is; one for the whole operation.</summary>
    TransferProgress Progress { get; }
}
