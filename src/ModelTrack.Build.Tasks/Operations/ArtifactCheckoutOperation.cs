using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Workspace.Ignore;

namespace ModelTrack.Operations;

/// <summary>
/// Brings the pointers and contents that artifacts had at a revision, and leaves the code, HEAD and the index as they are. Fetched first, so that a
/// failure leaves the workspace alone.
/// </summary>
public static class ArtifactCheckoutOperation
{
    private const string Verb = "ModelTrackCheckout";

    public static async Task<OperationResult> RunAsync(
        IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, string? revision, IOperationLog log, CancellationToken cancellationToken)
    {
        options = options with { Locked = false, Explicit = true };
        await using var session = new OperationSession(options, log);
        var git = session.Git ?? throw OperationErrors.NotARepository(Verb, options.ProjectDirectory);
        var commit = await RevisionPointers.ResolveAsync(git, revision, Verb, cancellationToken).ConfigureAwait(false);
        var pointers = await SelectAsync(session, git, commit, revision!, artifacts, cancellationToken).ConfigureAwait(false);

        await new ProjectShare(options, pointers.ConvertAll(p => (p.Artifact, p.Pointer.Pointer))).RefuseToLoseAsync(revision!, log, cancellationToken).ConfigureAwait(false);
        var byPath = pointers.ToDictionary(p => p.Artifact.FullPath, p => p.Pointer);
        var selected = pointers.ConvertAll(p => p.Artifact);
        var fetched = await session.ForEachAsync(
            selected, (artifact, token) => FetchOperation.FetchAsync(session, artifact, byPath[artifact.FullPath].Pointer, token), cancellationToken).ConfigureAwait(false);
        if (!fetched.Succeeded)
        {
            log.Report("nothing was changed: pointers and contents are as they were");
            return fetched;
        }

        foreach (var artifact in selected)
        {
            WritePointer(session, artifact, byPath[artifact.FullPath]);
        }

        var restored = await RestoreOperation.RunAsync(selected, options with { Artifacts = [] }, log, cancellationToken).ConfigureAwait(false);
        log.Report($"{HumanText.Count(selected.Count, "pointer")} taken from {HumanText.Revision(revision!, commit)}; the code is as it was. next: dotnet build, and dotnet build -t:ModelTrackCommit to keep it");
        return restored;
    }

    /// <summary>Of the pointers that the commit has under the project or for its items, those that ModelTrackArtifacts names.</summary>
    private static async Task<List<(TrackedArtifact Artifact, RevisionPointer Pointer)>> SelectAsync(
        OperationSession session, IGit git, CommitInfo commit, string revision, IReadOnlyList<TrackedArtifact> artifacts, CancellationToken cancellationToken)
    {
        var there = await RevisionPointers.FindOfProjectAsync(session, git, commit, artifacts, cancellationToken).ConfigureAwait(false);
        try
        {
            var chosen = ArtifactSelection.Select([.. there.Select(t => t.Artifact)], session.Options).ToHashSet();
            return [.. there.Where(t => chosen.Contains(t.Artifact))];
        }
        catch (ModelTrackException exception) when (exception.Code == OperationErrors.NothingSelectedCode)
        {
            throw VersionErrors.NotAtRevision(string.Join('|', session.Options.Artifacts), revision, there.Count == 0 ? "none" : string.Join(", ", there.Take(20).Select(t => t.Artifact.DisplayName)));
        }
    }

    private static void WritePointer(OperationSession session, TrackedArtifact artifact, RevisionPointer pointer)
    {
        var rules = pointer.Pointer.Kind == ArtifactKind.Directory ? TrackIgnore.Find(artifact.FullPath, session.Root) : null;
        Directory.CreateDirectory(Path.GetDirectoryName(artifact.FullPath)!);
        GitIgnoreFile.Add(artifact.FullPath, rules, session.Layout.RepositoryRoot);
        PointerFile.Write(PointerFile.PathFor(artifact.FullPath), pointer.Pointer);
    }
}
