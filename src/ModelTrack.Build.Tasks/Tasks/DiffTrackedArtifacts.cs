using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Says in what artifacts differ between two revisions, or a revision and the workspace.</summary>
[MSBuildMultiThreadableTask]
public sealed class DiffTrackedArtifacts : ArtifactTask
{
    private protected override string Verb => "diff";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken) =>
        DiffOperation.RunAsync(Tracked(artifacts), settings.Operation, settings.Revision, log, cancellationToken);
}
