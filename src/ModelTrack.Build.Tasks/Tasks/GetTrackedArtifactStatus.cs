using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Says of each artifact whether content, pointer, store and remote agree.</summary>
[MSBuildMultiThreadableTask]
public sealed class GetTrackedArtifactStatus : ArtifactTask
{
    private protected override string Verb => "status";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken) =>
        StatusOperation.RunAsync(Tracked(artifacts), settings.Operation, log, cancellationToken);
}
