using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Writes the configuration, the hooks when asked for, and what Git has to know.</summary>
[MSBuildMultiThreadableTask]
public sealed class InitializeRepository : RepositoryTask
{
    private protected override string Verb => "init";

    private protected override Task<OperationResult> RunAsync(RepositoryOptions options, BuildLog log, CancellationToken cancellationToken) =>
        InitOperation.RunAsync(options, log, cancellationToken);
}
