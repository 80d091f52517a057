using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Brings to the store what the pointers name.</summary>
[MSBuildMultiThreadableTask]
public sealed class FetchTrackedArtifacts : ArtifactTask
{
    private protected override string Verb => "fetch";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken) =>
        FetchOperation.RunAsync(Tracked(artifacts), settings.Operation, log, cancellationToken);
}
