namespace ModelTrack.Diagnostics;

/// <summary>
/// An expected failure with a coded, plain-language text. The edge (a task) logs it as an error;
/// any other exception is a bug and keeps its stack.
/// </summary>
public sealed class ModelTrackException(Diagnostic diagnostic, Exception? inner = null)
    : Exception(diagnostic.Text, inner)
{
    public Diagnostic Diagnostic { get; } = diagnostic;

    public string Code => Diagnostic.Code;

    /// <summary>The same failure, blamed on a place in a file.</summary>
    public ModelTrackException At(string file, int line = 0, int column = 0) =>
        new(Diagnostic with { File = file, Line = line, Column = column }, InnerException);
}
