using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Makes the work tree match the pointers, and tells a build what it finds there.</summary>
[MSBuildMultiThreadableTask]
public sealed class RestoreTrackedArtifacts : ArtifactTask
{
    /// <summary>Contents that are no file here: directories, and what neither content nor pointer gave. Named as their None items are.</summary>
    [Output]
    public ITaskItem[] NotFiles { get; private set; } = [];

    /// <summary>Files that a producer of this build may still make, as the None items that they will be.</summary>
    [Output]
    public ITaskItem[] Awaited { get; private set; } = [];

    /// <summary>The files of directories and pins that are copied or packed, as None items.</summary>
    [Output]
    public ITaskItem[] DirectoryFiles { get; private set; } = [];

    private protected override string Verb => "restore";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken)
    {
        if (!CalledByName)
        {
            if (settings.Revision is { } revision) throw BuildErrors.RevisionInBuild(revision);
            OutputPlaces.RefuseCollisions(artifacts, settings);
        }

        var tracked = Tracked(artifacts);
        var done = CalledByName || settings.RestoreOnBuild ? UnchangedArtifacts.Find(tracked, settings.Operation, forRestore: true) : OperationResult.Nothing;
        return done is not null ? Task.FromResult(Finish(done, artifacts, settings, log)) : RestoreAsync(tracked, artifacts, settings, log, cancellationToken);
    }

    private async Task<OperationResult> RestoreAsync(
        IReadOnlyList<TrackedArtifact> tracked, IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken)
    {
        var result = await RestoreOperation.RunAsync(tracked, settings.Operation, log, cancellationToken).ConfigureAwait(false);
        if (!CalledByName) KnownProject.RememberAfter(result, tracked, settings.Operation);
        return Finish(result, artifacts, settings, log);
    }

    private OperationResult Finish(OperationResult result, IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log)
    {
        if (!CalledByName && result.Succeeded)
        {
            SayLateChanges(result, settings, log);
            OutputHint.Say(artifacts, result, settings, log);
            NotFiles = [.. Artifacts.Where(item => !ArtifactItems.IsPinned(item) && !File.Exists(ArtifactItems.ContentPath(item))).Select(ArtifactItems.ToContentItem)];
            Awaited = [.. artifacts
                .Where(a => a.Artifact.Listed && !a.Artifact.IsPinned && a.Artifact.RestoreOnBuild && !settings.Locked && OutputPlaces.GoesToOutput(a.Item) && !Path.Exists(a.Artifact.FullPath))
                .Select(a => OutputPlaces.ToNone(a.Item, a.Artifact.FullPath, OutputPlaces.TargetPathOf(a, settings)))];
            DirectoryFiles = [.. artifacts
                .Where(a => (OutputPlaces.IsCopied(a.Item) || OutputPlaces.IsPacked(a.Item)) && IsExpanded(a.Artifact))
                .SelectMany(a => OutputPlaces.FilesOf(a, settings))];
        }

        DirectoryExcludes.Write(artifacts, settings);
        return result;
    }

    /// <summary>What is no None item at evaluation, and is here.</summary>
    private static bool IsExpanded(TrackedArtifact artifact) => Directory.Exists(artifact.FullPath) || (artifact.IsPinned && File.Exists(artifact.FullPath));

    /// <summary>A hook that runs after Save leaves a file that differs from its pointer; one that agrees by now was saved by another project.</summary>
    private static void SayLateChanges(OperationResult result, ProjectSettings settings, BuildLog log)
    {
        var late = LateChanges.Take(settings);
        if (late.Count == 0) return;
        var different = result.Artifacts.Where(a => a.Status != "in step").Select(a => a.DisplayName).Intersect(late).ToList();
        if (different.Count > 0) log.Warn(BuildErrors.ChangedAfterSave(string.Join(", ", different)));
    }
}
