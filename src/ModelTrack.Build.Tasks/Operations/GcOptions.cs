namespace ModelTrack.Operations;

/// <summary>Which half of a remote's garbage collection is meant.</summary>
public enum RemoteGcPhase
{
    Mark,
    Sweep,
}

/// <summary>Arguments of ModelTrackGc.</summary>
public sealed record GcOptions
{
    /// <summary>False only says what would happen.</summary>
    public bool Apply { get; init; }

    /// <summary>Null collects the machine's store.</summary>
    public RemoteGcPhase? Remote { get; init; }

    /// <summary>Folders of clones, beside the one that this runs in.</summary>
    public IReadOnlyList<string> Repositories { get; init; } = [];

    /// <summary>Workspaces or repositories' URLs that are gone for good.</summary>
    public IReadOnlyList<string> Dismissed { get; init; } = [];

    /// <summary>How long a remote's garbage stays; null for 14 days.</summary>
    public double? GraceDays { get; init; }

    public IReadOnlyList<RemoteDefinition> Remotes { get; init; } = [];

    /// <summary>What a remote's relative path is relative to.</summary>
    public string? RemoteBaseDirectory { get; init; }
}
