using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>Those pointers of a revision that one project answers for: by its remotes and its store they are fetched.</summary>
internal sealed class ProjectShare(OperationOptions options, IReadOnlyList<(TrackedArtifact Artifact, Pointer Pointer)> artifacts)
{
    /// <summary>
    /// A project answers for what it lists, then the nearest one above a pointer, then the first. Bulk data (RestoreOnBuild false) that is not in the
    /// workspace is left alone.
    /// </summary>
    public static IReadOnlyList<ProjectShare> Divide(
        IReadOnlyList<KnownProject> projects, IReadOnlyList<RevisionPointer> pointers, string root, RepositoryOptions repository)
    {
        var shares = projects.ToDictionary(p => p.Options.ProjectFile, _ => new List<(TrackedArtifact, Pointer)>());
        foreach (var pointer in pointers)
        {
            var path = Path.GetFullPath(pointer.ContentPath, root);
            var (project, item) = KnownProject.FindOwner(projects, path);
            var artifact = (item ?? new TrackedArtifact { FullPath = path, DisplayName = "" }) with { DisplayName = pointer.ContentPath };
            if (artifact.RestoreOnBuild || Path.Exists(path)) shares[project.Options.ProjectFile].Add((artifact, pointer.Pointer));
        }

        return [.. projects.Where(p => shares[p.Options.ProjectFile].Count > 0).Select(p => new ProjectShare(OptionsOf(p, repository), shares[p.Options.ProjectFile]))];
    }

    /// <summary>A coded error that names every artifact whose present content the revision's pointer would not let live.</summary>
    public async Task RefuseToLoseAsync(string revision, IOperationLog log, CancellationToken cancellationToken)
    {
        if (options.Force) return;
        await using var session = new OperationSession(options, log);
        var lost = new List<string>();
        foreach (var (artifact, pointer) in artifacts)
        {
            var look = await ArtifactLook.TakeAsync(session, artifact, cancellationToken).ConfigureAwait(false);
            // In step with either side, it is saved.
            if (look.Scan.IsMissing || look.IsInStep) continue;
            var input = look.Input(options) with { Pointer = ArtifactIdentity.Of(pointer) };
            if (Decision.Decide(input).Action != WorkspaceAction.Conflict) continue;
            var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
            var safe = look.Scan.File is { } file && store.Contains(file.Id);
            if (Decision.Decide(input with { ContentIsSafe = safe }).Action == WorkspaceAction.Conflict) lost.Add($"{artifact.DisplayName} ({HumanText.Extent(look.Scan.Identity!.Value.Size, look.Scan.Files)})");
        }

        if (lost.Count > 0) throw VersionErrors.WouldLose(string.Join(", ", lost), revision);
    }

    /// <returns>Whether all of it is in the store.</returns>
    public async Task<bool> FetchAsync(IOperationLog log, CancellationToken cancellationToken)
    {
        await using var session = new OperationSession(options, log);
        var pointers = artifacts.ToDictionary(a => a.Artifact, a => a.Pointer);
        var result = await session.ForEachAsync(
            [.. pointers.Keys], (artifact, token) => FetchOperation.FetchAsync(session, artifact, pointers[artifact], token), cancellationToken).ConfigureAwait(false);
        return result.Succeeded;
    }

    /// <summary>By the pointers that are in the workspace by now.</summary>
    public Task<OperationResult> RestoreAsync(IOperationLog log, CancellationToken cancellationToken) =>
        RestoreOperation.RunAsync([.. artifacts.Select(a => a.Artifact)], options, log, cancellationToken);

    /// <summary>Called by name, a verb of the repository is never locked: what it may not touch it refuses.</summary>
    private static OperationOptions OptionsOf(KnownProject project, RepositoryOptions repository) => project.Options with
    {
        Locked = false,
        Explicit = true,
        Force = repository.Force,
        Offline = repository.Offline,
        Artifacts = [],
    };
}
