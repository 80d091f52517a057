using System.Text.Json;
using ModelTrack.Content;

namespace ModelTrack.Artifacts;

public enum ArtifactKind
{
    File,
    Directory,
}

/// <summary>
/// What Git holds in place of a content. Its identity is <see cref="Kind"/>, <see cref="Sha256"/>, <see cref="Size"/> and
/// <see cref="Executable"/>; the rest is told along. Two pointers are equal when they are written alike.
/// </summary>
/// <param name="Sha256">Of the file's bytes, or of the directory's canonical listing.</param>
/// <param name="Size">Bytes of the file, or of all the directory's files together.</param>
/// <param name="Files">How many files a directory has; null for a file.</param>
public sealed record Pointer(ArtifactKind Kind, Sha256Hash Sha256, long Size, int? Files = null, bool Executable = false)
{
    public JsonElement? Stage { get; init; }

    public JsonElement? Metrics { get; init; }

    public JsonElement? Source { get; init; }

    /// <summary>Free-form; kept as it is when the pointer is rewritten.</summary>
    public JsonElement? Meta { get; init; }

    /// <summary>Whether both name the same content in the same form, whatever they tell along.</summary>
    public bool SameContent(Pointer other) =>
        Kind == other.Kind && Sha256 == other.Sha256 && Size == other.Size && Executable == other.Executable;

    public bool Equals(Pointer? other) =>
        other is not null && SameContent(other) && Files == other.Files
        && JsonText.AreAlike(Stage, other.Stage) && JsonText.AreAlike(Metrics, other.Metrics)
        && JsonText.AreAlike(Source, other.Source) && JsonText.AreAlike(Meta, other.Meta);

    public override int GetHashCode() => HashCode.Combine(Kind, Sha256, Size, Executable);
}
