using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Lets the verbs of the repository know how this project reaches its content (see <see cref="KnownProject"/>).</summary>
[MSBuildMultiThreadableTask]
public sealed class RememberProject : ArtifactTask
{
    private protected override string Verb => "remember";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken)
    {
        KnownProject.Remember(Tracked(artifacts), settings.Operation);
        return Task.FromResult(OperationResult.Nothing);
    }
}
