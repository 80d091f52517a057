using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Workspace;

namespace ModelTrack.Operations.Pins;

/// <summary>Which artifact of which repository a pin follows.</summary>
/// <param name="Path">Relative to the project, or in another repository to its root; with `/`.</param>
/// <param name="Repository">As the item writes it; null for the project's own.</param>
/// <param name="Revision">As the item writes it; null for another repository's HEAD.</param>
internal sealed record PinKey(string Path, string? Repository, string? Revision) : IComparable<PinKey>
{
    public int CompareTo(PinKey? other)
    {
        if (other is null) return 1;
        var byPath = string.CompareOrdinal(Path, other.Path);
        if (byPath != 0) return byPath;
        var byRepository = string.CompareOrdinal(Repository ?? "", other.Repository ?? "");
        return byRepository != 0 ? byRepository : string.CompareOrdinal(Revision ?? "", other.Revision ?? "");
    }

    /// <summary>`models/x.bin@ab-test`, with the repository behind it where it is another one.</summary>
    public override string ToString() => $"{Path}@{Revision ?? "HEAD"}{(Repository is null ? "" : $" of {Repository}")}";
}

/// <summary>What a pin was found to name, as modeltrack.lock.json keeps it.</summary>
/// <param name="Commit">The commit's full name.</param>
/// <param name="Files">How many files a directory has; null for a file.</param>
internal sealed record PinEntry(PinKey Key, string Commit, ArtifactKind Kind, Sha256Hash Sha256, long Size, int? Files, bool Executable)
{
    public ArtifactIdentity Identity => new(Kind, Sha256, Size, Executable);

    public Pointer ToPointer() => new(Kind, Sha256, Size, Files, Executable);

    public static PinEntry Of(PinKey key, string commit, Pointer pointer) =>
        new(key, commit, pointer.Kind, pointer.Sha256, pointer.Size, pointer.Files, pointer.Executable);
}
