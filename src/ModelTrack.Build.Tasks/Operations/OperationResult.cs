namespace ModelTrack.Operations;

/// <summary>What a verb did.</summary>
/// <param name="Succeeded">False after at least one error was said.</param>
public sealed record OperationResult(bool Succeeded, IReadOnlyList<ArtifactResult> Artifacts)
{
    public static OperationResult Nothing { get; } = new(true, []);

    /// <summary>What a report says, where that is not a row for each artifact; null for <see cref="Artifacts"/>.</summary>
    public IReadOnlyList<ReportRow>? Rows { get; init; }
}

/// <summary>A line of a report as a program reads it.</summary>
/// <param name="Name">The artifact, or the file in it, relative to the project.</param>
/// <param name="Values">By name, in the order in which they are shown; empty for nothing.</param>
public sealed record ReportRow(string Name, IReadOnlyList<KeyValuePair<string, string>> Values);

/// <summary>What a verb did to one artifact.</summary>
/// <param name="Action">`none`, `restored`, `saved`, `fetched`, `pushed`, `committed`, `failed`.</param>
/// <param name="Sha256">The identity that the pointer names after the verb; null without a pointer.</param>
/// <param name="Status">As ModelTrackStatus says it, such as `in step` or `modified`.</param>
/// <param name="BytesMoved">Placed, stored or sent by this verb.</param>
/// <param name="IsDirectory">Null when neither content nor pointer is there.</param>
public sealed record ArtifactResult(
    string FullPath,
    string DisplayName,
    string PointerPath,
    string Action,
    string Status,
    string? Sha256,
    long Size,
    int? Files,
    bool? IsDirectory,
    long BytesMoved)
{
    /// <summary>How the pointer stands to HEAD, as ModelTrackStatus says it; null where it was not asked, or there is no Git.</summary>
    public string? Head { get; init; }
}
