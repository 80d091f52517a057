using System.Diagnostics.CodeAnalysis;
using Microsoft.Build.Framework;
using ModelTrack.Operations;
using ModelTrack.Operations.Merging;

namespace ModelTrack.Tasks;

/// <summary>A verb for the artifacts of one project: items in, one operation, items out.</summary>
public abstract class ArtifactTask : ModelTrackTask
{
    /// <summary>TrackedArtifact items as the project has them, by content or by pointer; none when the last one was taken away.</summary>
    public ITaskItem[] Artifacts { get; set; } = [];

    /// <summary>TrackedRemote items.</summary>
    public ITaskItem[] Remotes { get; set; } = [];

    /// <summary>The project, with a metadatum per property (see Properties.targets).</summary>
    [Required]
    [NotNull]
    public ITaskItem? Options { get; set; }

    /// <summary>Whether somebody asked for this verb, as opposed to a build of which it is a part.</summary>
    public bool CalledByName { get; set; }

    /// <summary>An item per artifact: ContentPath, PointerPath, Action, Status, Sha256, Kind, Size, Files, BytesMoved.</summary>
    [Output]
    public ITaskItem[] Results { get; private set; } = [];

    internal override string? LogDirectory => Path.GetFullPath(Options.GetMetadata("IntermediateDirectory"), Path.GetDirectoryName(Options.GetMetadata(ItemNames.FullPath))!);

    internal override string? BlamedFile => Options.GetMetadata(ItemNames.FullPath);

    /// <summary>As a report names it, such as `push`.</summary>
    private protected abstract string Verb { get; }

    private protected abstract Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken);

    internal sealed override Task<bool> RunAsync(BuildLog log, CancellationToken cancellationToken)
    {
        var settings = ProjectSettings.Read(Options, ArtifactItems.ReadRemotes(Remotes));
        settings = settings with { Operation = settings.Operation with { Explicit = CalledByName } };
        var running = RunAsync(ArtifactItems.Read(Artifacts, settings), settings, log, cancellationToken);
        // What is done already needs no state machine (see UnchangedArtifacts).
        return running.IsCompletedSuccessfully ? Task.FromResult(Finish(running.Result, settings)) : FinishAsync(running, settings);
    }

    private async Task<bool> FinishAsync(Task<OperationResult> running, ProjectSettings settings) => Finish(await running.ConfigureAwait(false), settings);

    private bool Finish(OperationResult result, ProjectSettings settings)
    {
        Results = ResultItems.ToItems(result);
        TellMergeDriver(result, settings);
        if (CalledByName && settings.ReportFile is { } file) ResultItems.WriteReport(file, Verb, result);
        return result.Succeeded;
    }

    /// <summary>A build that had something to do keeps the merge driver's knowledge of package and remotes fresh; an idle one pays nothing.</summary>
    private void TellMergeDriver(OperationResult result, ProjectSettings settings)
    {
        foreach (var artifact in result.Artifacts)
        {
            if (artifact.Action is not ("restored" or "saved" or "pushed" or "fetched")) continue;
            RefreshMergeDriver(settings);
            return;
        }
    }

    /// <summary>What is not known is not merged by file: no build fails of it.</summary>
    private void RefreshMergeDriver(ProjectSettings settings)
    {
        try
        {
            if (!MergeDriver.IsInstalled(settings.Operation.ProjectDirectory)) return;
            KnownProject.Remember(Tracked(ArtifactItems.Read(Artifacts, settings)), settings.Operation);
            MergeDriver.NotePackage(settings.Operation.ProjectDirectory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.LogMessage(MessageImportance.Low, "{0}", $"The merge driver was not told of this package and its remotes: {exception.Message}");
        }
    }

    private protected static IReadOnlyList<TrackedArtifact> Tracked(IReadOnlyList<ArtifactItem> artifacts) => [.. artifacts.Select(a => a.Artifact)];
}
