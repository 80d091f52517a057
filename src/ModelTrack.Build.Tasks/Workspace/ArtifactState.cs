using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>
/// What one worktree remembers of one artifact. A hint for speed and a base for three-way decisions: losing it loses nothing.
/// </summary>
public sealed record ArtifactState
{
    /// <summary>The artifact's full path, without a trailing separator.</summary>
    public required string FullPath { get; init; }

    /// <summary>What the pointer named when content and pointer were last in step; null when they never were, as far as is known.</summary>
    public ArtifactIdentity? Base { get; init; }

    /// <summary>
    /// The target of a restore that was begun and not completed: while it stands, what is in place may be a mixture and is not to be saved.
    /// </summary>
    public ArtifactIdentity? Restoring { get; init; }

    /// <summary>The pointer file as it was last read.</summary>
    public PointerStamp? Pointer { get; init; }

    /// <summary>The artifact as it was last seen, when it was a file.</summary>
    public ObservedFile? File { get; init; }

    /// <summary>The artifact as it was last seen, when it was a directory.</summary>
    public ObservedDirectory? Directory { get; init; }

    /// <summary>Which parts are in place of a directory that is not here as a whole; null when it is, or is no directory.</summary>
    public PartialContent? Partial { get; init; }

    /// <summary>What a person has been told once and need not hear again.</summary>
    public ToldOnce Told { get; init; }
}

/// <summary>The pointer file's stat and what was read from it, so that nothing is parsed while the file stays as it is.</summary>
/// <param name="Files">How many files a directory's pointer counts.</param>
/// <param name="ObservedAtNs">When looking began: before the pointer was read.</param>
public readonly record struct PointerStamp(FileStat Stat, ArtifactIdentity Identity, int? Files, long ObservedAtNs)
{
    /// <inheritdoc cref="ObservedFile.Vouches"/>
    public bool Vouches(in FileStat now) => now == Stat && !FileTime.IsRacy(Stat.MTimeNs, ObservedAtNs);

    /// <summary>The present time for <see cref="ObservedAtNs"/>: take it, then stat, then read.</summary>
    public static long Now() => FileTime.NowNs();
}

[Flags]
public enum ToldOnce
{
    None = 0,

    /// <summary>The pointer was taken away: the content is no longer tracked.</summary>
    Untracked = 1,

    /// <summary>The content goes to no output.</summary>
    NotInOutput = 2,

    /// <summary>No remote is set: the content is saved on this machine only.</summary>
    NoRemote = 4,

    /// <summary>The content is in no store and no remote.</summary>
    Nowhere = 8,
}
