using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>For Git's pre-push hook: an error when no remote has the content of what is about to be pushed.</summary>
[MSBuildMultiThreadableTask]
public sealed class CheckPush : RepositoryTask
{
    public string? PushRemote { get; set; }

    /// <summary>The file with the lines that Git gave the hook.</summary>
    public string? PushList { get; set; }

    public string? Offline { get; set; }

    private protected override string Verb => "check push";

    private protected override Task<OperationResult> RunAsync(RepositoryOptions options, BuildLog log, CancellationToken cancellationToken) =>
        PushCheckOperation.RunAsync(
            options with
            {
                PushRemote = Text(PushRemote),
                PushList = Text(PushList) is { } list ? Path.GetFullPath(list, StartedIn) : null,
                Offline = Boolean("ModelTrackOffline", Offline),
            },
            log, cancellationToken);
}
