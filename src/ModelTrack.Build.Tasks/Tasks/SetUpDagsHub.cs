using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Makes a repository on DagsHub the remote.</summary>
[MSBuildMultiThreadableTask]
public sealed class SetUpDagsHub : RepositoryTask
{
    /// <summary>`OWNER/REPO`, or the repository's address.</summary>
    public string? DagsHub { get; set; }

    private protected override string Verb => "setup dagshub";

    private protected override Task<OperationResult> RunAsync(RepositoryOptions options, BuildLog log, CancellationToken cancellationToken) =>
        DagsHubOperation.RunAsync(options with { DagsHub = DagsHub }, log, cancellationToken);
}
