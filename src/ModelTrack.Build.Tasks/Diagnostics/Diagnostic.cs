namespace ModelTrack.Diagnostics;

/// <summary>A coded message: what is wrong, where, and what to do.</summary>
/// <param name="Code">`MT` and four digits; `docs/codes.md` has a section for each.</param>
/// <param name="Text">Plain language, without the code.</param>
/// <param name="File">The file to blame, when one is.</param>
/// <param name="Line">1-based line in <paramref name="File"/>; 0 when unknown.</param>
/// <param name="Column">1-based column in <paramref name="File"/>; 0 when unknown.</param>
public sealed record Diagnostic(string Code, string Text, string? File = null, int Line = 0, int Column = 0)
{
    public override string ToString() => File is null ? $"{Code}: {Text}" : $"{File}({Line},{Column}): {Code}: {Text}";
}
