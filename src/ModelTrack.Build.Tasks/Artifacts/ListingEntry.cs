using ModelTrack.Content;

namespace ModelTrack.Artifacts;

/// <summary>A file of a directory artifact, or an empty directory in it.</summary>
/// <param name="Path">Relative, with `/`; canonical.</param>
public sealed record ListingEntry(string Path, bool IsEmptyDirectory, Sha256Hash Sha256, long Size, bool Executable)
{
    public static ListingEntry EmptyDirectory(string path) => new(path, true, default, 0, false);

    public static ListingEntry File(string path, ContentId content, bool executable = false) =>
        new(path, false, content.Sha256, content.Size, executable);

    /// <summary>The file's content.</summary>
    public ContentId Content => new(Sha256, Size);
}
