using ModelTrack.Content;

namespace ModelTrack.Storage;

/// <summary>
/// An artifact as storage sees it: contents that lie one after the other. A file artifact is its one content.
/// A directory artifact is its listing (whose SHA-256 is the artifact's) and then its files in the listing's order,
/// empty and repeated ones included.
/// </summary>
/// <param name="Id">The artifact's SHA-256, as its pointer names it; always that of the first blob.</param>
public sealed record ArtifactContent(Sha256Hash Id, bool IsDirectory, IReadOnlyList<ContentId> Blobs)
{
    public static ArtifactContent OfFile(ContentId file) => new(file.Sha256, false, [file]);
}
