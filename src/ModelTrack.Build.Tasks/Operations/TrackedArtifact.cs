using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>A file or directory that a project tracks, as its items say.</summary>
public sealed record TrackedArtifact
{
    /// <summary>The content's full path, without a trailing separator; a pinned one's is under obj.</summary>
    public required string FullPath { get; init; }

    /// <summary>What a person calls it: relative to the project, with `/`.</summary>
    public required string DisplayName { get; init; }

    /// <summary>Whether the project lists it, as opposed to found by its pointer.</summary>
    public bool Listed { get; init; }

    /// <summary>False for bulk data that only a verb called by name brings.</summary>
    public bool RestoreOnBuild { get; init; } = true;

    /// <summary>A URL, a path or the name of a remote; null for the default one.</summary>
    public string? Remote { get; init; }

    /// <summary>Remotes that are asked before <see cref="Remote"/>; null for what all artifacts have.</summary>
    public IReadOnlyList<string>? RestoreFrom { get; init; }

    /// <summary>What a pinned item names, full, where its content would be in the work tree; null for others.</summary>
    public string? NamedPath { get; init; }

    /// <summary>The Git revision that a pinned item reads from.</summary>
    public string? Revision { get; init; }

    /// <summary>The other Git repository that a pinned item reads from.</summary>
    public string? Repository { get; init; }

    public LinkMode LinkMode { get; init; }

    /// <summary>Full path of a JSON file whose values go into the pointer at save; null for none.</summary>
    public string? MetricsFile { get; init; }

    /// <summary>What of a directory a verb was asked for: relative paths and globs; none for all of it.</summary>
    public IReadOnlyList<string> Parts { get; init; } = [];

    /// <summary>Pinned artifacts are read-only: restored under obj, never saved.</summary>
    public bool IsPinned => Revision is not null || Repository is not null;
}
