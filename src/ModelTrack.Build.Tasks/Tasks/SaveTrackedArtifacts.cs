using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Records what the work tree holds: contents to the store, pointers beside them.</summary>
[MSBuildMultiThreadableTask]
public sealed class SaveTrackedArtifacts : ArtifactTask
{
    /// <summary>
    /// False in the builds of a project's other frameworks and in its outer build. They save what is there, so that a build of one
    /// framework alone does, but never beside a producer, and what is not there yet is the producing build's to miss.
    /// </summary>
    public bool IsProducer { get; set; } = true;

    private protected override string Verb => "save";

    private protected override Task<OperationResult> RunAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken)
    {
        if (CalledByName) return SaveAsync(artifacts, settings, log, cancellationToken);
        if (!settings.SaveOnBuild) return Task.FromResult(OperationResult.Nothing);
        var held = TakeLock(settings);
        try
        {
            if (held is null && !IsProducer)
            {
                log.Detail("The build of the producing framework saves.");
                return Task.FromResult(OperationResult.Nothing);
            }

            var here = IsProducer ? artifacts : [.. artifacts.Where(a => Path.Exists(a.Artifact.FullPath))];
            if (UnchangedArtifacts.Find(Tracked(here), settings.Operation, forRestore: false) is { } unchanged)
            {
                DirectoryExcludes.Write(here, settings);
                return Task.FromResult(Finish(unchanged, artifacts, here, settings, log));
            }

            var saving = SaveForBuildAsync(artifacts, here, settings, log, held, cancellationToken);
            held = null;
            return saving;
        }
        finally
        {
            held?.Dispose();
        }
    }

    private async Task<OperationResult> SaveForBuildAsync(
        IReadOnlyList<ArtifactItem> artifacts, IReadOnlyList<ArtifactItem> here, ProjectSettings settings, BuildLog log, IDisposable? held, CancellationToken cancellationToken)
    {
        using (held)
        {
            return Finish(await SaveAsync(here, settings, log, cancellationToken).ConfigureAwait(false), artifacts, here, settings, log);
        }
    }

    private OperationResult Finish(
        OperationResult result, IReadOnlyList<ArtifactItem> artifacts, IReadOnlyList<ArtifactItem> here, ProjectSettings settings, BuildLog log)
    {
        OutputHint.Say(artifacts, result, settings, log);
        LateChanges.Watch(BuildEngine4, here, settings);
        var written = result.Artifacts.Where(a => a.Action == "saved").Select(a => a.DisplayName + ".track").ToList();
        if (settings.OnBuildServer && written.Count > 0) log.Warn(BuildErrors.PointerNotCommitted(string.Join(", ", written)));
        return result;
    }

    /// <summary>The producing build has taken it before its producers ran, and gives it back by this.</summary>
    private IDisposable? TakeLock(ProjectSettings settings) => IsProducer
        ? BuildEngine4.UnregisterTaskObject(ProducingLock.KeyOf(settings.IntermediateDirectory), RegisteredTaskObjectLifetime.Build) as IDisposable
        : ProducingLock.TryTake(settings.IntermediateDirectory);

    private static async Task<OperationResult> SaveAsync(
        IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings, BuildLog log, CancellationToken cancellationToken)
    {
        var result = await SaveOperation.RunAsync(Tracked(artifacts), settings.Operation, log, cancellationToken).ConfigureAwait(false);
        KnownProject.RememberAfter(result, Tracked(artifacts), settings.Operation);
        DirectoryExcludes.Write(artifacts, settings);
        return result;
    }
}
