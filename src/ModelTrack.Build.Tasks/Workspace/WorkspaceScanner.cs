using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Workspace;

/// <summary>
/// Looks at an artifact in the workspace and says which content it is. What its stat vouches for is not read; what was merely touched is
/// read once, for the fast hash; only what changed is hashed with SHA-256. Symbolic links and special files are coded errors.
/// </summary>
public static class WorkspaceScanner
{
    /// <param name="fullPath">Of the artifact; a link anywhere below <see cref="ScanOptions.Root"/> on the way to it is an error.</param>
    /// <param name="state">What is remembered of it; null for nothing.</param>
    public static async Task<ArtifactScan> ScanAsync(string fullPath, ArtifactState? state, ScanOptions options, CancellationToken cancellationToken)
    {
        // What no restore could place is not saved either.
        if (options.Root is { } root) WorkspacePaths.RefuseForbiddenPlace(root, options.PinsRoot, fullPath);
        WorkspacePaths.RefuseLinksOnTheWay(options.Root, fullPath);
        if (!WorkspacePaths.TryStat(fullPath, out var stat)) return new ArtifactScan { StateIsCurrent = state is null or { File: null, Directory: null } };
        switch (stat.Kind)
        {
            case FileKind.File:
                return await ScanFileAsync(fullPath, stat, state?.File, options, cancellationToken).ConfigureAwait(false);
            case FileKind.Directory:
                return await new DirectoryScanner(fullPath, state?.Directory, options, cancellationToken).RunAsync().ConfigureAwait(false);
            case FileKind.Link:
                throw WorkspaceErrors.SymbolicLink(fullPath);
            default:
                throw WorkspaceErrors.SpecialFile(fullPath);
        }
    }

    private static async Task<ArtifactScan> ScanFileAsync(
        string path, FileStat stat, ObservedFile? known, ScanOptions options, CancellationToken cancellationToken)
    {
        if (!options.HashEverything && known is { } before && before.Vouches(stat)) return Found(before, options, current: true, 0);
        var reader = new ContentReader(options, cancellationToken);
        var observed = await reader.ReadAsync(path, stat, known).ConfigureAwait(false);
        return Found(observed, options, current: false, reader.BytesRead);
    }

    private static ArtifactScan Found(in ObservedFile file, ScanOptions options, bool current, long bytesRead) => new()
    {
        Identity = new ArtifactIdentity(
            ArtifactKind.File, file.Sha256, file.Stat.Size, options.HasExecutableBit ? file.Stat.Executable : options.BaseExecutable),
        File = file,
        StateIsCurrent = current,
        BytesRead = bytesRead,
    };
}

/// <summary>What a scan is told.</summary>
public sealed record ScanOptions
{
    /// <summary>The repository's (else the project's) folder: from there down, no part of the way may be a symbolic link. Null checks the artifact alone.</summary>
    public string? Root { get; init; }

    /// <summary>A folder in obj where artifacts are even so: pinned ones are.</summary>
    public string? PinsRoot { get; init; }

    /// <summary>Rules that leave files of a directory to Git; null for none.</summary>
    public IIgnoreRules? Ignore { get; init; }

    /// <summary>
    /// The listing before, asked for only when needed: names keep its Unicode form, and where files have no executable bit, theirs is its.
    /// A file's is <see cref="BaseExecutable"/>.
    /// </summary>
    public Func<Task<Listing?>>? BaseListing { get; init; }

    public bool BaseExecutable { get; init; }

    /// <summary>Counts the bytes that are hashed.</summary>
    public TransferProgress? Progress { get; init; }

    /// <summary>
    /// Reads and hashes what has to be: by default for the hashes alone. A save gives the store's own way in, so that the bytes are read and hashed once.
    /// Called from several threads, in no promised order.
    /// </summary>
    public Func<string, FileStat, CancellationToken, Task<ContentDigest>>? Read { get; init; }

    /// <summary>Believe no stat and no fast hash: read every byte with SHA-256.</summary>
    public bool HashEverything { get; init; }

    /// <summary>Whether files' executable bits mean something here.</summary>
    internal bool HasExecutableBit { get; init; } = FileStat.HasExecutableBit;
}

/// <summary>
/// Rules by which files of a directory artifact are left to Git. Asked from several threads; a folder is always asked about before what is in it, and
/// what is in an ignored one is not asked about.
/// </summary>
public interface IIgnoreRules
{
    /// <summary>Whether any rule may name something directly in the folder; most often none does, and its names are not looked at one by one.</summary>
    /// <param name="relativeFolder">Relative to the artifact, with `/`; empty for the artifact itself.</param>
    bool AppliesIn(string relativeFolder);

    /// <param name="relativePath">Relative to the artifact, with `/`.</param>
    bool IsIgnored(string relativePath, bool isDirectory);
}

/// <summary>What a scan found.</summary>
public sealed class ArtifactScan
{
    /// <summary>Null when nothing is there.</summary>
    public ArtifactIdentity? Identity { get; init; }

    /// <summary>The file's observation, for the state; null unless a file is there.</summary>
    public ObservedFile? File { get; init; }

    /// <summary>The directory's observation, for the state; null unless a directory is there.</summary>
    public ObservedDirectory? Directory { get; init; }

    /// <summary>Whether the state that the scan was given says all of this already, so that it need not be saved for it.</summary>
    public bool StateIsCurrent { get; init; }

    /// <summary>How many bytes were read to find out.</summary>
    public long BytesRead { get; init; }

    public bool IsMissing => Identity is null;

    /// <summary>How many files a directory has; null for a file.</summary>
    public int? Files => Directory?.FileCount;
}
