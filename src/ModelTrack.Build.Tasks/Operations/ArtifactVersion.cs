using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>One version of an artifact that is to be at a remote.</summary>
/// <param name="Files">How many files a directory's pointer counts.</param>
/// <param name="IsPresent">The pointer in the workspace names it, and not only Git's history.</param>
internal sealed record ArtifactVersion(TrackedArtifact Artifact, ArtifactIdentity Identity, int? Files, bool IsPresent)
{
    /// <summary>The present pointers, and those of Git's whole history where all versions are asked for; each content once.</summary>
    public static async Task<List<ArtifactVersion>> FindAsync(OperationSession session, IReadOnlyList<TrackedArtifact> artifacts, CancellationToken cancellationToken)
    {
        var versions = new List<ArtifactVersion>();
        var known = new HashSet<Sha256Hash>();
        foreach (var artifact in artifacts)
        {
            if (PointerFile.Read(PointerFile.PathFor(artifact.FullPath)) is { } pointer && known.Add(pointer.Sha256))
            {
                versions.Add(new ArtifactVersion(artifact, ArtifactIdentity.Of(pointer), pointer.Files, IsPresent: true));
            }
        }

        if (!session.Options.AllVersions) return versions;
        if (session.Git is not { } git) throw OperationErrors.NotARepository("ModelTrackAllVersions", session.Options.ProjectDirectory);
        if (await git.IsShallowAsync(cancellationToken).ConfigureAwait(false))
        {
            session.Log.Report("This clone is shallow: versions before its edge are left out. git fetch --unshallow brings the rest of the history.");
        }

        // Without a selection also what the project once tracked and no longer does.
        List<string> paths = [.. artifacts.Select(a => session.RepositoryPath(PointerFile.PathFor(a.FullPath)))];
        if (session.Options.Artifacts.Count == 0) paths.Add(session.RepositoryPath(session.Options.ProjectDirectory));
        foreach (var (path, text) in await git.ReadAllVersionsAsync(paths, PointerFile.Extension, cancellationToken).ConfigureAwait(false))
        {
            if (RevisionPointers.TryParse(text) is not { } pointer || !known.Add(pointer.Sha256)) continue;
            var full = Path.GetFullPath(path[..^PointerFile.Extension.Length], session.Root);
            var name = Path.GetRelativePath(session.Options.ProjectDirectory, full).Replace('\\', '/');
            var earlier = new TrackedArtifact { FullPath = full, DisplayName = $"{name} (earlier version {pointer.Sha256.ToShortString()})" };
            versions.Add(new ArtifactVersion(earlier, ArtifactIdentity.Of(pointer), pointer.Files, IsPresent: false));
        }

        return versions;
    }
}
