using LibGit2Sharp;

namespace ModelTrack.Git;

/// <summary>Trees and history by libgit2.</summary>
internal static class LibGit2History
{
    /// <param name="Blob">Null when the commit removed it.</param>
    internal sealed record Version(CommitInfo Commit, string Path, ObjectId? Blob);

    /// <summary>An entry for each commit in which a file is none of what it is in the commit's parents, newest first.</summary>
    public static IEnumerable<Version> Walk(Repository repository, Commit from, IReadOnlyList<string> paths, bool firstParent, CancellationToken cancellationToken)
    {
        var filter = new CommitFilter { IncludeReachableFrom = from, SortBy = CommitSortStrategies.Topological | CommitSortStrategies.Time, FirstParentOnly = firstParent };
        var seen = new Dictionary<ObjectId, ObjectId?[]>();
        foreach (var commit in repository.Commits.QueryBy(filter))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var own = Look(commit);
            var parents = (firstParent ? commit.Parents.Take(1) : commit.Parents).Select(Look).ToList();
            // Each is asked once as a parent and once as itself.
            seen.Remove(commit.Tree.Id);
            for (var i = 0; i < paths.Count; i++)
            {
                if (parents.Count == 0 ? own[i] is not null : parents.TrueForAll(p => p[i] != own[i])) yield return new Version(Describe(commit), paths[i], own[i]);
            }
        }

        ObjectId?[] Look(Commit commit)
        {
            var tree = commit.Tree.Id;
            if (!seen.TryGetValue(tree, out var blobs)) seen[tree] = blobs = [.. paths.Select(p => BlobAt(commit, p))];
            return blobs;
        }
    }

    /// <summary>Null when the commit has no regular file there.</summary>
    public static ObjectId? BlobAt(Commit commit, string path) => commit[path] is { } entry && IsFile(entry) ? entry.Target.Id : null;

    public static IReadOnlyList<string> Files(Commit commit, string folder)
    {
        var tree = folder == "." ? commit.Tree : commit[folder] is { TargetType: TreeEntryTargetType.Tree } entry ? (Tree)entry.Target : null;
        var files = new List<string>();
        if (tree is not null) Add(tree, folder == "." ? "" : folder + "/");
        return files;

        void Add(Tree parent, string prefix)
        {
            foreach (var entry in parent)
            {
                if (IsFile(entry)) files.Add(prefix + entry.Name);
                else if (entry.TargetType == TreeEntryTargetType.Tree) Add((Tree)entry.Target, $"{prefix}{entry.Name}/");
            }
        }
    }

    public static CommitInfo Describe(Commit commit) => new(commit.Sha, commit.Author.Name, commit.Author.When, commit.MessageShort ?? "");

    private static bool IsFile(TreeEntry entry) => entry.Mode is Mode.NonExecutableFile or Mode.ExecutableFile or Mode.NonExecutableGroupWritableFile;
}
