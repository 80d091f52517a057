using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Sends what the pointers name from the store to the remote, or from one remote to another.</summary>
[MSBuildMultiThreadableTask]
public sealed class PushTrackedArtifacts : ArtifactTask
{
    private protected override string Verb => "push";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken) =>
        CalledByName && settings.Operation.FromRemote is not null
            ? MirrorOperation.RunAsync(Tracked(artifacts), settings.Operation, log, cancellationToken)
            : PushOperation.RunAsync(Tracked(artifacts), settings.Operation, log, cancellationToken);
}
