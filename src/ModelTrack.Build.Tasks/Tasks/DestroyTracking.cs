using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Takes ModelTrack out of a repository and leaves the models in place.</summary>
[MSBuildMultiThreadableTask]
public sealed class DestroyTracking : RepositoryTask
{
    private protected override string Verb => "destroy";

    private protected override Task<OperationResult> RunAsync(RepositoryOptions options, BuildLog log, CancellationToken cancellationToken) =>
        DestroyOperation.RunAsync(options, log, cancellationToken);
}
