using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Git;

namespace ModelTrack.Operations;

/// <summary>A pointer as a commit has it.</summary>
/// <param name="ContentPath">Of what it points to: relative to the repository's root, with `/`.</param>
internal sealed record RevisionPointer(string ContentPath, Pointer Pointer);

/// <summary>The pointers of a commit, from Git and not from items: the running evaluation is of another commit.</summary>
internal static class RevisionPointers
{
    /// <exception cref="ModelTrackException">One of them is no pointer; the message blames it with its commit.</exception>
    public static async Task<IReadOnlyList<RevisionPointer>> ReadAllAsync(IGit git, CommitInfo commit, CancellationToken cancellationToken)
    {
        var files = await git.ListFilesAsync(commit.Id, null, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(git, commit, [.. files.Where(IsPointer)], cancellationToken).ConfigureAwait(false);
    }

    /// <param name="pointerPaths">Relative to the root, with `/`; those that the commit has not are left out.</param>
    public static async Task<IReadOnlyList<RevisionPointer>> ReadAsync(
        IGit git, CommitInfo commit, IReadOnlyCollection<string> pointerPaths, CancellationToken cancellationToken)
    {
        var files = await git.ReadFilesAsync(commit.Id, pointerPaths, cancellationToken).ConfigureAwait(false);
        return [.. files
            .Select(f => new RevisionPointer(f.Path[..^PointerFile.Extension.Length], PointerFormat.Parse(f.Bytes, $"{f.Path}@{commit.ShortId}")))
            .OrderBy(p => p.ContentPath, StringComparer.Ordinal)];
    }

    /// <summary>The pointers that a commit has in the project's folder or for what it lists elsewhere, with the item where there is one.</summary>
    public static async Task<IReadOnlyList<(TrackedArtifact Artifact, RevisionPointer Pointer)>> FindOfProjectAsync(
        OperationSession session, IGit git, CommitInfo commit, IReadOnlyList<TrackedArtifact> artifacts, CancellationToken cancellationToken)
    {
        var items = artifacts.Where(a => !a.IsPinned).ToDictionary(a => session.RepositoryPath(a.FullPath));
        var files = await git.ListFilesAsync(commit.Id, session.Options.ProjectDirectory, cancellationToken).ConfigureAwait(false);
        var project = session.RepositoryPath(session.Options.ProjectDirectory);
        // A pointer in another project's folder is that project's.
        var others = files.Where(f => f.EndsWith("proj", StringComparison.Ordinal) && Path.GetExtension(f).Length > 0)
            .Select(f => Path.GetDirectoryName(f)!.Replace('\\', '/')).Where(f => f != (project == "." ? "" : project)).Distinct().ToList();
        var own = files.Where(f => IsPointer(f) && !others.Exists(o => f.StartsWith(o + "/", StringComparison.Ordinal)));
        var paths = own.Concat(items.Keys.Select(PointerFile.PathFor)).ToHashSet(StringComparer.Ordinal);
        return [.. (await ReadAsync(git, commit, paths, cancellationToken).ConfigureAwait(false)).Select(p => (items.GetValueOrDefault(p.ContentPath) ?? Found(session, p), p))];
    }

    private static TrackedArtifact Found(OperationSession session, RevisionPointer pointer)
    {
        var path = Path.GetFullPath(pointer.ContentPath, session.Root);
        return new TrackedArtifact { FullPath = path, DisplayName = Path.GetRelativePath(session.Options.ProjectDirectory, path).Replace('\\', '/') };
    }

    /// <summary>An old commit may hold anything under a pointer's name: null then.</summary>
    public static Pointer? TryParse(byte[] bytes)
    {
        try
        {
            return PointerFormat.Parse(bytes, "history");
        }
        catch (ModelTrackException)
        {
            return null;
        }
    }

    public static bool IsPointer(string path) =>
        path.EndsWith(PointerFile.Extension, StringComparison.Ordinal) && Path.GetFileName(path).Length > PointerFile.Extension.Length;

    /// <summary>The commit that the user named, or a coded error that says what the verb needs.</summary>
    public static async Task<CommitInfo> ResolveAsync(IGit git, string? revision, string verb, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(revision)) throw VersionErrors.NoRevision(verb);
        return await git.ResolveAsync(revision, cancellationToken).ConfigureAwait(false) ?? throw VersionErrors.NotARevision(revision, verb);
    }
}
