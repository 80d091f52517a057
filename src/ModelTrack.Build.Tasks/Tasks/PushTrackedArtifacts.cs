using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Sends what the pointers name from the store to the remote.</summary>
[MSBuildMultiThreadableTask]
public sealed class PushTrackedArtifacts : ArtifactTask
{
    private protected override string Verb => "push";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken) =>
        PushOperation.RunAsync(Tracked(artifacts), settings.Operation, log, cancellationToken);
}
