using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>
/// Brings to the output what producers made after MSBuild had copied. MSBuild compares size and time only; this goes by the identity
/// that the pointer names, which it keeps per output in a record.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class CopyTrackedArtifacts : ArtifactTask
{
    /// <summary>What the save of this build said of each artifact.</summary>
    public ITaskItem[] Saved { get; set; } = [];

    /// <summary>What was no file when MSBuild made its copy lists.</summary>
    public ITaskItem[] LeftOut { get; set; } = [];

    public string OutputDirectory { get; set; } = "";

    [Required]
    public string Configuration { get; set; } = "";

    /// <summary>Tells this output from the others of the configuration: framework and runtime.</summary>
    public string OutputName { get; set; } = "";

    /// <summary>The outer build has no output of its own and sees to those of all frameworks.</summary>
    public bool IsOuterBuild { get; set; }

    /// <summary>None items for what MSBuild's copy lists lack, for publish and for referencing projects.</summary>
    [Output]
    public ITaskItem[] Produced { get; private set; } = [];

    private protected override string Verb => "copy";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken)
    {
        // Nothing makes a pin in a build: MSBuild has copied it.
        artifacts = [.. artifacts.Where(a => !a.Artifact.IsPinned)];
        var leftOut = LeftOut.Select(item => item.GetMetadata(ItemNames.FullPath)).ToHashSet(StringComparer.Ordinal);
        Produced = [.. artifacts
            .Where(a => leftOut.Contains(a.Artifact.FullPath) && (OutputPlaces.IsCopied(a.Item) || OutputPlaces.IsPacked(a.Item)) && File.Exists(a.Artifact.FullPath))
            .Select(a => OutputPlaces.ToNone(a.Item, a.Artifact.FullPath, OutputPlaces.TargetPathOf(a, settings)))];
        var copied = artifacts.Where(a => OutputPlaces.GoesToOutput(a.Item)).ToList();
        if (copied.Count == 0) return Task.FromResult(OperationResult.Nothing);
        var folder = Path.Combine(settings.IntermediateDirectory, "modeltrack", "outputs");
        var outputs = IsOuterBuild
            ? OutputCopies.ReadAll(folder, Configuration + "-")
            : [OutputCopies.Read(Path.Combine(folder, $"{Configuration}-{OutputName}"), Path.GetFullPath(OutputDirectory, settings.ProjectDirectory))];
        foreach (var output in outputs)
        {
            output.Update(copied, Saved, settings, log, cancellationToken);
        }

        return Task.FromResult(OperationResult.Nothing);
    }
}
