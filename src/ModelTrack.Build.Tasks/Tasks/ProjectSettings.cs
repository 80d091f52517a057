using System.Globalization;
using Microsoft.Build.Framework;
using ModelTrack.Operations;
using ModelTrack.Workspace;

namespace ModelTrack.Tasks;

/// <summary>The public properties as a project has set them, read strictly from the item that Properties.targets makes of them.</summary>
internal sealed record ProjectSettings
{
    public required string ProjectFile { get; init; }

    public required string ProjectDirectory { get; init; }

    /// <summary>The project's obj folder, full.</summary>
    public required string IntermediateDirectory { get; init; }

    /// <summary>Null outside Git.</summary>
    public string? RepositoryRoot { get; init; }

    public bool OnBuildServer { get; init; }

    public bool RestoreOnBuild { get; init; }

    public bool SaveOnBuild { get; init; }

    public bool Locked { get; init; }

    public LinkMode LinkMode { get; init; }

    public string? Revision { get; init; }

    /// <summary>A file that gets a verb's result as JSON.</summary>
    public string? ReportFile { get; init; }

    /// <summary>What the operations are told, but for whether a verb was called by name.</summary>
    public required OperationOptions Operation { get; init; }

    public static ProjectSettings Read(ITaskItem options, IReadOnlyList<RemoteDefinition> remotes)
    {
        var projectFile = options.GetMetadata(ItemNames.FullPath);
        var projectDirectory = Path.GetDirectoryName(projectFile)!;
        var configuration = Text("ConfigurationFolder") ?? projectDirectory;
        var intermediate = Path.GetFullPath(Text("IntermediateDirectory") ?? "obj", projectDirectory);
        var locked = Boolean("ModelTrackLocked");
        // Switches that only the targets look at have to be right as well.
        foreach (var name in (string[])["ModelTrackEnabled", "EnableDefaultTrackedArtifactItems", "ModelTrackPushOnBuild", "ModelTrackInstallHooks"])
        {
            Boolean(name);
        }

        return new ProjectSettings
        {
            ProjectFile = projectFile,
            ProjectDirectory = projectDirectory,
            IntermediateDirectory = intermediate,
            RepositoryRoot = Text("RepositoryRoot"),
            OnBuildServer = Text("OnBuildServer") is not null,
            RestoreOnBuild = Boolean("ModelTrackRestoreOnBuild"),
            SaveOnBuild = Boolean("ModelTrackSaveOnBuild"),
            Locked = locked,
            LinkMode = Mode("ModelTrackLinkMode"),
            Revision = Text("ModelTrackRevision"),
            ReportFile = Text("ModelTrackReport") is { } report ? Path.GetFullPath(report, projectDirectory) : null,
            Operation = new OperationOptions
            {
                ProjectDirectory = projectDirectory,
                ProjectFile = projectFile,
                IntermediateDirectory = intermediate,
                StorePath = Text("ModelTrackStorePath") is { } store ? Path.GetFullPath(store, configuration) : null,
                Remotes = remotes,
                DefaultRemote = Text("ModelTrackRemote"),
                RestoreFrom = Values.List(Text("ModelTrackRestoreFrom")),
                FromRemote = Text("ModelTrackFromRemote"),
                AllVersions = Boolean("ModelTrackAllVersions"),
                RemoteBaseDirectory = configuration,
                Locked = locked,
                SeesAllItems = Text("TargetFrameworks") is null,
                Offline = Boolean("ModelTrackOffline"),
                Force = Boolean("ModelTrackForce"),
                MaxConnections = Number("ModelTrackMaxConnections", 1, 1024),
                Revision = Text("ModelTrackRevision"),
                ImportFrom = Text("ModelTrackFrom"),
                ImportTo = Text("ModelTrackTo"),
                RequiredMetrics = Values.List(Text("ModelTrackRequireMetric")),
                Artifacts = Values.List(Text("ModelTrackArtifacts")),
                Percent = Number("ModelTrackVerifyPercent", 1, 100) ?? 100,
            },
        };

        string? Text(string name) => options.GetMetadata(name) is { Length: > 0 } value ? value : null;

        bool Boolean(string name) => Values.Boolean(options.GetMetadata(name)) ?? throw BuildErrors.NotABoolean(name, options.GetMetadata(name));

        LinkMode Mode(string name) => Values.LinkMode(options.GetMetadata(name)) ?? throw BuildErrors.NotAValue(name, options.GetMetadata(name), Values.LinkModes);

        int? Number(string name, int least, int most) =>
            Text(name) is not { } value ? null
            : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
            : throw BuildErrors.NotAValue(name, value, $"a whole number from {least} to {most}");
    }
}
