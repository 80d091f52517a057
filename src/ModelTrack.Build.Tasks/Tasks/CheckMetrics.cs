using Microsoft.Build.Framework;
using ModelTrack.Operations;
using ModelTrack.Operations.Pins;

namespace ModelTrack.Tasks;

/// <summary>Fails a build whose models do not have the metrics that ModelTrackRequireMetric demands.</summary>
[MSBuildMultiThreadableTask]
public sealed class CheckMetrics : ArtifactTask
{
    private protected override string Verb => "check";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken) =>
        MetricGate.RunAsync(Tracked(artifacts), settings.Operation, log, cancellationToken);
}
