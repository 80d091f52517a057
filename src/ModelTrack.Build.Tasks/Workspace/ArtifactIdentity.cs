using ModelTrack.Artifacts;
using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>What decides whether two artifacts, or an artifact and its pointer, are the same.</summary>
/// <param name="Sha256">Of the file's bytes, or of the directory's canonical listing.</param>
/// <param name="Executable">Of a file; a directory's files have theirs in its listing.</param>
public readonly record struct ArtifactIdentity(ArtifactKind Kind, Sha256Hash Sha256, long Size, bool Executable = false)
{
    // Written out, since the generated ones go through comparers that the JIT has to compile in every build.
    public bool Equals(ArtifactIdentity other) =>
        Kind == other.Kind && Size == other.Size && Executable == other.Executable && Sha256 == other.Sha256;

    public override int GetHashCode() => Sha256.GetHashCode();

    public static ArtifactIdentity Of(Pointer pointer) => new(pointer.Kind, pointer.Sha256, pointer.Size, pointer.Executable);
}
