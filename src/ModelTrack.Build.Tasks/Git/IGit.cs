namespace ModelTrack.Git;

/// <summary>
/// The few questions that ModelTrack asks of a Git work tree. Paths are full or relative to the work tree's root, with either separator.
/// A question that Git cannot answer is a coded error; "no commit yet" and "not there" are answers, the latter also for a path outside of the work tree.
/// </summary>
public interface IGit
{
    /// <summary>The work tree's root, full.</summary>
    string Root { get; }

    /// <summary>Which of <paramref name="paths"/> Git ignores, with the rule that does it. Tracked files count too, as far as rules name them.</summary>
    Task<IReadOnlyList<IgnoredPath>> FindIgnoredAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken);

    /// <summary>The files in Git's index at or under <paramref name="paths"/>, relative to the root with `/`.</summary>
    Task<IReadOnlyList<string>> ListTrackedAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken);

    /// <summary>The commit that last changed <paramref name="path"/> in the history of HEAD; null when none did.</summary>
    Task<CommitInfo?> FindLastChangeAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// The file's text in the newest <paramref name="count"/> first-parent commits that changed it, newest first; empty without history.
    /// A shallow clone gives what it has.
    /// </summary>
    Task<IReadOnlyList<byte[]>> ReadHistoryAsync(string path, int count, CancellationToken cancellationToken);

    /// <summary>
    /// Every version in the history of all branches and tags of files at or under <paramref name="paths"/> whose name ends with <paramref name="extension"/>,
    /// each text once, with a path that it had. A shallow clone gives what it has.
    /// </summary>
    Task<IReadOnlyList<(string Path, byte[] Text)>> ReadAllVersionsAsync(IReadOnlyCollection<string> paths, string extension, CancellationToken cancellationToken);

    /// <summary>Whether history was cut off when the repository was cloned.</summary>
    Task<bool> IsShallowAsync(CancellationToken cancellationToken);

    /// <summary>The URL of `origin`, else of the only remote; null without one.</summary>
    Task<string?> FindOriginAsync(CancellationToken cancellationToken);

    /// <summary>The commit that <paramref name="revision"/> names: a commit, tag, branch or anything that Git reads as one, such as `HEAD~2`; null when there is none.</summary>
    Task<CommitInfo?> ResolveAsync(string revision, CancellationToken cancellationToken);

    /// <summary>The bytes of a regular file at <paramref name="commit"/>; null when that commit has none under this path. A partial clone fetches what it left out.</summary>
    Task<byte[]?> ReadFileAsync(string commit, string path, CancellationToken cancellationToken);

    /// <summary>As <see cref="ReadFileAsync"/> for many; those that the commit has, in any order.</summary>
    Task<IReadOnlyList<GitFile>> ReadFilesAsync(string commit, IReadOnlyCollection<string> paths, CancellationToken cancellationToken);

    /// <summary>The regular files of <paramref name="commit"/> at any depth, or those under <paramref name="folder"/>, relative to the root with `/`; without submodules' files.</summary>
    Task<IReadOnlyList<string>> ListFilesAsync(string commit, string? folder, CancellationToken cancellationToken);

    /// <summary>
    /// What <paramref name="paths"/> (relative to the root, with `/`) have been in the history of <paramref name="commit"/>, newest first: an entry for each commit
    /// in which a file is none of what it is in the commit's parents. A shallow clone gives what it has.
    /// </summary>
    Task<IReadOnlyList<FileVersion>> ReadVersionsAsync(string commit, IReadOnlyCollection<string> paths, CancellationToken cancellationToken);

    /// <summary>What each of <paramref name="paths"/> (relative to the root, with `/`) is at each of <paramref name="commits"/>; without what a commit has not.</summary>
    Task<IReadOnlyList<CommitFile>> ReadAtAsync(IReadOnlyCollection<string> commits, IReadOnlyCollection<string> paths, CancellationToken cancellationToken);

    /// <summary>All tags that lead to a commit, sorted by name.</summary>
    Task<IReadOnlyList<TagInfo>> ListTagsAsync(CancellationToken cancellationToken);

    /// <summary>Where the work tree or the index differs from HEAD, files that Git does not know and does not ignore included, sorted by path.</summary>
    Task<IReadOnlyList<GitChange>> FindChangesAsync(CancellationToken cancellationToken);
}

/// <param name="Path">As it was asked for.</param>
/// <param name="Rule">The pattern that ignores it.</param>
/// <param name="Source">The file and line where the pattern stands, such as `.gitignore:12`.</param>
public sealed record IgnoredPath(string Path, string Rule, string Source);

/// <param name="Id">The commit's full object name.</param>
public sealed record CommitInfo(string Id, string Author, DateTimeOffset Date, string Subject)
{
    public string ShortId => Id[..Math.Min(10, Id.Length)];
}

/// <param name="Path">Relative to the root, with `/`.</param>
public sealed record GitFile(string Path, byte[] Bytes);

/// <summary>A file as a commit has it.</summary>
/// <param name="CommitId">As it was asked for.</param>
public sealed record CommitFile(string CommitId, string Path, byte[] Bytes);

/// <summary>What a commit made of a file.</summary>
/// <param name="Bytes">Null when the commit removed it.</param>
public sealed record FileVersion(CommitInfo Commit, string Path, byte[]? Bytes);

public sealed record TagInfo(string Name, string CommitId);

/// <param name="Path">Relative to the root, with `/`.</param>
public sealed record GitChange(string Path, GitChangeKind Kind);

public enum GitChangeKind
{
    /// <summary>Not in the index; `git add` has not been told of it.</summary>
    Untracked,

    /// <summary>In the index and not in HEAD.</summary>
    Added,

    Modified,

    Deleted,

    /// <summary>A merge left it unresolved.</summary>
    Unmerged,
}
