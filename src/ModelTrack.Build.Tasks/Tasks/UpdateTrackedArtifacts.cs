using Microsoft.Build.Framework;
using ModelTrack.Operations;
using ModelTrack.Operations.Pins;

namespace ModelTrack.Tasks;

/// <summary>Moves pins and imported artifacts to what their revisions name now.</summary>
[MSBuildMultiThreadableTask]
public sealed class UpdateTrackedArtifacts : ArtifactTask
{
    /// <summary>False in the build of one framework among several, which has not all items.</summary>
    public bool SeesAllItems { get; set; } = true;

    private protected override string Verb => "update";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken) =>
        UpdateOperation.RunAsync(Tracked(artifacts), settings.Operation with { SeesAllItems = SeesAllItems }, log, cancellationToken);
}
