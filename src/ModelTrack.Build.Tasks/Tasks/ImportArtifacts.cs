using Microsoft.Build.Framework;
using ModelTrack.Operations;
using ModelTrack.Operations.Pins;

namespace ModelTrack.Tasks;

/// <summary>Makes an artifact of elsewhere one of this project, with a pointer that says where it came from.</summary>
[MSBuildMultiThreadableTask]
public sealed class ImportArtifacts : ArtifactTask
{
    private protected override string Verb => "import";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken) =>
        ImportOperation.RunAsync(settings.Operation, log, cancellationToken);
}
