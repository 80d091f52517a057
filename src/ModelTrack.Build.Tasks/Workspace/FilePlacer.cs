using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>
/// Brings contents to their place in the workspace. One for an operation: all that it places gets one time, so that what was made from something
/// else is not older only because it was copied first.
/// </summary>
public sealed class FilePlacer(PlacementOptions options)
{
    // So much earlier that a change right after the placing gets another time, and the placed file need not be hashed again to be trusted.
    private const long BackDateNs = FileTime.FineGranularityNs + 10_000_000;

    private readonly long _mtimeNs = AvoidWholeSecond(FileTime.NowNs() - BackDateNs);

    /// <summary>How long after a file was written placing has to begin for the placed files to be newer than it.</summary>
    public static TimeSpan NewerAfter { get; } = TimeSpan.FromMicroseconds((2 * BackDateNs) / 1000);

    public PlacementOptions Options { get; } = options;

    /// <summary>Removes what a killed placing left beside an artifact that needs no placing any more.</summary>
    public static void RemoveLeftovers(string fullPath)
    {
        if (Path.GetDirectoryName(fullPath) is { } beside) WorkFolder.Sweep(beside);
    }

    /// <summary>
    /// Begins with one artifact, under its lock. Checks the way to it: no symbolic link below <see cref="PlacementOptions.Root"/>, nothing in .git, obj or bin.
    /// </summary>
    /// <param name="isDirectory">What the artifact is to be. A missing directory is built beside its place and renamed once, at <see cref="Placement.Complete"/>.</param>
    public Placement Begin(string fullPath, bool isDirectory)
    {
        WorkspacePaths.RefuseForbiddenPlace(Options.Root, Options.PinsRoot, fullPath);
        WorkspacePaths.RefuseLinksOnTheWay(Options.Root, fullPath);
        var present = WorkspacePaths.TryStat(fullPath, out var stat) ? stat : (FileStat?)null;
        switch (present?.Kind)
        {
            case FileKind.Link:
                throw WorkspaceErrors.SymbolicLink(fullPath);
            case FileKind.Other:
                throw WorkspaceErrors.SpecialFile(fullPath);
            case FileKind.File when isDirectory:
                throw WorkspaceErrors.WrongKind(fullPath, "file", "folder");
            default:
                return new Placement(fullPath, isDirectory, present is null, Options, _mtimeNs);
        }
    }

    private static long AvoidWholeSecond(long ns) => ns % 1_000_000_000 == 0 ? ns - 1_000_000 : ns;
}

public sealed record PlacementOptions
{
    /// <summary>The repository's (else the project's) folder. What leads there is the user's own affair.</summary>
    public required string Root { get; init; }

    public LinkMode LinkMode { get; init; }

    /// <summary>A folder in which artifacts are placed although it is in obj: pinned ones are.</summary>
    public string? PinsRoot { get; init; }
}
