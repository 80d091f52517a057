using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Commits what ModelTrack changed, and tags it.</summary>
[MSBuildMultiThreadableTask]
public sealed class CommitPointers : RepositoryTask
{
    public string? Message { get; set; }

    /// <summary>Relative to the folder in which the build was started.</summary>
    public string? MessageFile { get; set; }

    public string? Tag { get; set; }

    private protected override string Verb => "commit";

    private protected override Task<OperationResult> RunAsync(RepositoryOptions options, BuildLog log, CancellationToken cancellationToken) =>
        CommitOperation.RunAsync(
            options with { Message = Text(Message), MessageFile = Text(MessageFile) is { } file ? Path.GetFullPath(file, StartedIn) : null, Tag = Text(Tag) },
            log, cancellationToken);
}
