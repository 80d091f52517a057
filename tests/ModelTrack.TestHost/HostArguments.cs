using ModelTrack.Operations;

namespace ModelTrack.TestHost;

/// <summary>`VERB --project DIR --store DIR [--remote DIR] [--from DIR] [--restore-from DIR]… --artifact NAME… [--part PATH]… [--bulk] [--locked] [--force] [--explicit]`.</summary>
internal sealed record HostArguments
{
    public required string Verb { get; init; }

    public string Project { get; init; } = "";

    public string Store { get; init; } = "";

    public string? Remote { get; init; }

    /// <summary>Copied from, by `mirror`.</summary>
    public string? From { get; init; }

    public IReadOnlyList<string> RestoreFrom { get; init; } = [];

    public IReadOnlyList<string> Artifacts { get; init; } = [];

    /// <summary>What ModelTrackArtifacts names.</summary>
    public IReadOnlyList<string> Parts { get; init; } = [];

    /// <summary>Builds do not restore the artifacts.</summary>
    public bool Bulk { get; init; }

    public bool Locked { get; init; }

    public bool Force { get; init; }

    public bool Explicit { get; init; }

    public IReadOnlyList<TrackedArtifact> Items =>
        [.. Artifacts.Select(name => new TrackedArtifact { FullPath = Path.GetFullPath(name, Project), DisplayName = name, Listed = true, RestoreOnBuild = !Bulk })];

    public OperationOptions Options => new()
    {
        ProjectDirectory = Project,
        ProjectFile = Path.Combine(Project, "p.csproj"),
        IntermediateDirectory = Path.Combine(Project, "obj"),
        StorePath = Store,
        DefaultRemote = Remote,
        FromRemote = From,
        RestoreFrom = RestoreFrom,
        Artifacts = Parts,
        Locked = Locked,
        Force = Force,
        Explicit = Explicit,
    };

    public static HostArguments Parse(string[] arguments)
    {
        var parsed = new HostArguments { Verb = arguments[0] };
        var artifacts = new List<string>();
        for (var i = 1; i < arguments.Length; i++)
        {
            parsed = arguments[i] switch
            {
                "--project" => parsed with { Project = arguments[++i] },
                "--store" => parsed with { Store = arguments[++i] },
                "--remote" => parsed with { Remote = arguments[++i] },
                "--from" => parsed with { From = arguments[++i] },
                "--restore-from" => parsed with { RestoreFrom = [.. parsed.RestoreFrom, arguments[++i]] },
                "--locked" => parsed with { Locked = true },
                "--force" => parsed with { Force = true },
                "--explicit" => parsed with { Explicit = true },
                "--bulk" => parsed with { Bulk = true },
                "--part" => parsed with { Parts = [.. parsed.Parts, arguments[++i]] },
                "--artifact" => Add(arguments[++i]),
                var unknown => throw new ArgumentException($"Unknown argument {unknown}."),
            };
        }

        return parsed with { Artifacts = artifacts };

        HostArguments Add(string artifact)
        {
            artifacts.Add(artifact);
            return parsed;
        }
    }
}
