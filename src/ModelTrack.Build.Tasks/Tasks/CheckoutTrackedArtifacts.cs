using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Brings pointers and contents of a revision and leaves the code as it is.</summary>
[MSBuildMultiThreadableTask]
public sealed class CheckoutTrackedArtifacts : ArtifactTask
{
    private protected override string Verb => "checkout";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken) =>
        ArtifactCheckoutOperation.RunAsync(Tracked(artifacts), settings.Operation, settings.Revision, log, cancellationToken);
}
