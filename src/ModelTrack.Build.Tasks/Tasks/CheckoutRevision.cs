using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Goes to a revision, with code and models.</summary>
[MSBuildMultiThreadableTask]
public sealed class CheckoutRevision : RepositoryTask
{
    public string? Revision { get; set; }

    public string? Offline { get; set; }

    private protected override string Verb => "checkout";

    private protected override Task<OperationResult> RunAsync(RepositoryOptions options, BuildLog log, CancellationToken cancellationToken) =>
        CheckoutOperation.RunAsync(
            options with { Revision = Text(Revision), Offline = Boolean("ModelTrackOffline", Offline) }, log, cancellationToken);
}
