namespace ModelTrack.Operations;

/// <summary>What a verb did.</summary>
/// <param name="Succeeded">False after at least one error was said.</param>
public sealed record OperationResult(bool Succeeded, IReadOnlyList<ArtifactResult> Artifacts)
{
    public static OperationResult Nothing { get; } = new(true, []);
}

/// <summary>What a verb did to one artifact.</summary>
/// <param name="Action">`none`, `restored`, `saved`, `fetched`, `pushed`, `failed`.</param>
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
    long BytesMoved);
