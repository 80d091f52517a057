using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Operations.Pins;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>
/// The answer that nearly every build gets: each artifact is a file that is as it was last seen, in step with a pointer that is as it was last read.
/// Found by stats alone and without anything asynchronous, since an idle build spends most of ModelTrack's time in the JIT: async methods, and
/// generics over our own values, are compiled anew in each build even where all else was compiled ahead of time.
/// </summary>
public static class UnchangedArtifacts
{
    /// <param name="forRestore">Leaves out what a build does not restore.</param>
    /// <returns>Null when an artifact has to be looked at more closely; nothing was done then.</returns>
    public static OperationResult? Find(IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, bool forRestore)
    {
        if (options.Explicit || options.Artifacts.Count > 0) return null;
        if (forRestore && !PinRecord.Vouches(artifacts, options)) return null;
        var layout = WorkspaceLayout.Find(options.ProjectDirectory, options.IntermediateDirectory);
        var states = new ArtifactStateStore(layout.StateRoot);
        var results = new List<ArtifactResult>(artifacts.Count);
        foreach (var artifact in artifacts)
        {
            if (forRestore && !artifact.RestoreOnBuild) continue;
            if (!forRestore && artifact.IsPinned) continue;
            if (states.Load(artifact.FullPath) is not { } state || !IsUnchanged(state)) return null;
            WorkspacePaths.RefuseLinksOnTheWay(layout.RepositoryRoot ?? options.ProjectDirectory, artifact.FullPath);
            results.Add(Results.Of(artifact, "none", StatusText.InStep, state.Base, null));
        }

        return new OperationResult(true, results);
    }

    /// <summary>Whether content and pointer are what the state remembers of them, and these agree, so that there is nothing to remember either.</summary>
    private static bool IsUnchanged(ArtifactState state)
    {
        if (state.Restoring is not null || state.Directory is not null || (state.Told & ToldOnce.Untracked) != 0) return false;
        if (state.Base is not { } known || state.Pointer is not { } pointer || state.File is not { } file) return false;
        return known.Kind == ArtifactKind.File
            && known == pointer.Identity
            && known.Sha256 == file.Sha256
            && known.Size == file.Stat.Size
            && (known.Executable == file.Stat.Executable || !FileStat.HasExecutableBit)
            && FileStat.TryGet(PointerFile.PathFor(state.FullPath), out var pointerNow)
            && pointer.Vouches(pointerNow)
            && FileStat.TryGet(state.FullPath, out var fileNow)
            && file.Vouches(fileNow);
    }
}
