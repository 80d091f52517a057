namespace ModelTrack.Workspace;

/// <summary>Where a workspace keeps what: found by walking up, without asking Git.</summary>
/// <param name="RepositoryRoot">The worktree's folder; null where there is no Git.</param>
/// <param name="GitDirectory">Git's own folder of this worktree; null where there is no Git.</param>
/// <param name="StateRoot">Where artifacts' states are.</param>
public sealed record WorkspaceLayout(string? RepositoryRoot, string? GitDirectory, string StateRoot)
{
    private const string GitDirPrefix = "gitdir:";
    private const int MaxGitFile = 8192;

    /// <summary>Git's own folder that all worktrees of a clone share; null where there is no Git.</summary>
    public string? CommonGitDirectory
    {
        get
        {
            if (GitDirectory is null) return null;
            var named = Path.Combine(GitDirectory, "commondir");
            return File.Exists(named) ? Path.GetFullPath(File.ReadAllText(named).Trim(), GitDirectory) : GitDirectory;
        }
    }

    /// <param name="directory">The project's folder, full.</param>
    /// <param name="intermediateDirectory">The project's obj folder, full: the states go there where there is no Git.</param>
    public static WorkspaceLayout Find(string directory, string intermediateDirectory)
    {
        for (var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (GitDirectoryOf(folder) is { } gitDirectory)
                return new WorkspaceLayout(folder, gitDirectory, Path.Combine(gitDirectory, "modeltrack", "state"));
        }

        return new WorkspaceLayout(null, null, Path.Combine(Path.GetFullPath(intermediateDirectory), "modeltrack", "state"));
    }

    /// <summary>A folder that Git would take for a repository, or the one that a `.git` file (of a worktree, of a submodule) names.</summary>
    private static string? GitDirectoryOf(string folder)
    {
        var git = Path.Combine(folder, ".git");
        if (Directory.Exists(git)) return File.Exists(Path.Combine(git, "HEAD")) ? git : null;

        try
        {
            var file = new FileInfo(git);
            if (!file.Exists || file.Length > MaxGitFile) return null;
            var text = File.ReadAllText(git);
            if (!text.StartsWith(GitDirPrefix, StringComparison.Ordinal)) return null;
            var named = Path.GetFullPath(text[GitDirPrefix.Length..].Trim(), folder);
            return Directory.Exists(named) ? named : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
