using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Checks store, work tree and remote by hash, and heals from whichever copy is good.</summary>
[MSBuildMultiThreadableTask]
public sealed class VerifyTrackedArtifacts : ArtifactTask
{
    private protected override string Verb => "verify";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken) =>
        VerifyOperation.RunAsync(Tracked(artifacts), settings.Operation, log, cancellationToken);
}
