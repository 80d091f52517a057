using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Says which versions an artifact has had.</summary>
[MSBuildMultiThreadableTask]
public sealed class LogTrackedArtifacts : ArtifactTask
{
    private protected override string Verb => "log";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken) =>
        LogOperation.RunAsync(Tracked(artifacts), settings.Operation, settings.Revision, log, cancellationToken);
}
