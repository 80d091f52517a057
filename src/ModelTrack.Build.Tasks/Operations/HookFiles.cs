using ModelTrack.Diagnostics;
using ModelTrack.Git;

namespace ModelTrack.Operations;

/// <summary>Git's hooks that restore at once after a switch or a merge. A hook of the user's own stays as it is.</summary>
internal static class HookFiles
{
    private const string Marker = "ModelTrackInit made this hook";

    private static readonly string[] s_names = ["post-checkout", "post-merge"];

    /// <param name="projects">Project files, full.</param>
    public static async Task InstallAsync(string root, IReadOnlyList<string> projects, IOperationLog log, CancellationToken cancellationToken)
    {
        var folder = await new GitWork(root).FindHooksFolderAsync(cancellationToken).ConfigureAwait(false);
        Directory.CreateDirectory(folder);
        foreach (var path in s_names.Select(name => Path.Combine(folder, name)))
        {
            if (File.Exists(path) && !IsOurs(path))
            {
                log.Report($"{path} is yours and stays as it is. To restore there too, add to it: {string.Join("; ", projects.Select(p => Command(root, p)))}");
                continue;
            }

            await File.WriteAllTextAsync(path, Script(root, projects), cancellationToken).ConfigureAwait(false);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
            log.Report($"wrote {path}: after a switch or a merge it restores the models of {HumanText.Count(projects.Count, "project")}");
        }
    }

    public static async Task RemoveAsync(string root, CancellationToken cancellationToken)
    {
        var folder = await new GitWork(root).FindHooksFolderAsync(cancellationToken).ConfigureAwait(false);
        foreach (var path in s_names.Select(name => Path.Combine(folder, name)).Where(p => File.Exists(p) && IsOurs(p)))
        {
            File.Delete(path);
        }
    }

    /// <summary>The package's folder changes with its version, so that the tasks are found by a build. A hook that fails never fails Git.</summary>
    private static string Script(string root, IReadOnlyList<string> projects) => $"""
        #!/bin/sh
        # {Marker}: it brings the models after a switch or a merge. Delete it to leave that to the next build.
        # A checkout of single files, and a checkout by ModelTrack itself, do not need it.
        if [ "$3" = 0 ] || [ -n "$MODELTRACK_IN_BUILD" ]; then exit 0; fi
        unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX
        {string.Join('\n', projects.Select(p => $"[ ! -f {Quoted(Relative(root, p))} ] || {Command(root, p)} || echo 'ModelTrack: the models were not restored; the next build tries again.' >&2"))}
        exit 0

        """.ReplaceLineEndings("\n");

    private static string Command(string root, string project) => $"dotnet build {Quoted(Relative(root, project))} -t:ModelTrackRestore -nologo -v:m";

    private static string Relative(string root, string project) => Path.GetRelativePath(root, project).Replace('\\', '/');

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static bool IsOurs(string path) => File.ReadAllText(path).Contains(Marker, StringComparison.Ordinal);
}
