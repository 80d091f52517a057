using ModelTrack.Storage.Remote;

namespace ModelTrack.Operations;

/// <summary>What a build or a verb says about how to work; the same for all its artifacts.</summary>
public sealed record OperationOptions
{
    /// <summary>The project's folder, full.</summary>
    public required string ProjectDirectory { get; init; }

    /// <summary>The project file, full; messages blame it.</summary>
    public required string ProjectFile { get; init; }

    /// <summary>The project's obj folder, full.</summary>
    public required string IntermediateDirectory { get; init; }

    /// <summary>The machine's store, full; null for the default place.</summary>
    public string? StorePath { get; init; }

    public IReadOnlyList<RemoteDefinition> Remotes { get; init; } = [];

    /// <summary>A URL, a path (relative to <see cref="RemoteBaseDirectory"/>) or the name of one of <see cref="Remotes"/>; null when none is set.</summary>
    public string? DefaultRemote { get; init; }

    /// <summary>Remotes, each a URL, a path or a name, that are asked in this order before the one that an artifact is pushed to.</summary>
    public IReadOnlyList<string> RestoreFrom { get; init; } = [];

    /// <summary>For Push: copy from this remote to the other one, instead of from the store; null for the usual push.</summary>
    public string? FromRemote { get; init; }

    /// <summary>For Push: every version that Git's history names, not only the present ones.</summary>
    public bool AllVersions { get; init; }

    /// <summary>What a remote's relative path is relative to: the folder of ModelTrack.props, else the project's.</summary>
    public string? RemoteBaseDirectory { get; init; }

    /// <summary>A changed artifact is an error, and no pointer is written.</summary>
    public bool Locked { get; init; }

    public bool Offline { get; init; }

    public bool Force { get; init; }

    /// <summary>The verb was called by name, as opposed to a part of a build.</summary>
    public bool Explicit { get; init; }

    /// <summary>False where the items may be those of one framework among several: what they lack is not gone.</summary>
    public bool SeesAllItems { get; init; } = true;

    /// <summary>How many requests at once; null for what the transport says.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>For Import and Update: a commit, tag or branch; null for what is recorded, or HEAD.</summary>
    public string? Revision { get; init; }

    /// <summary>For Import: a Git repository, a URL or a path.</summary>
    public string? ImportFrom { get; init; }

    /// <summary>For Import: where the artifact goes, relative to the project; null for its own path or name.</summary>
    public string? ImportTo { get; init; }

    /// <summary>What metrics have to satisfy, each as written.</summary>
    public IReadOnlyList<string> RequiredMetrics { get; init; } = [];

    /// <summary>Paths or globs relative to the project; empty for all.</summary>
    public IReadOnlyList<string> Artifacts { get; init; } = [];

    /// <summary>For Verify: how much of the content is hashed, 1 to 100.</summary>
    public int Percent { get; init; } = 100;
}

/// <summary>A remote by name, as a TrackedRemote item gives it.</summary>
public sealed record RemoteDefinition(string Name, string Url, RemoteSettings Settings);
