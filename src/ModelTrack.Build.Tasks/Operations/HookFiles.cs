using ModelTrack.Diagnostics;
using ModelTrack.Git;

namespace ModelTrack.Operations;

/// <summary>
/// Git's hooks: those that restore at once after a switch or a merge, and the one that keeps commits from being pushed before their content. A hook of the
/// user's own stays as it is.
/// </summary>
internal static class HookFiles
{
    private const string Marker = "ModelTrackInit made this hook";
    private const string PrePush = "pre-push";

    private static readonly string[] s_names = ["post-checkout", "post-merge", PrePush];

    /// <param name="projects">Project files, full.</param>
    public static async Task InstallAsync(string root, IReadOnlyList<string> projects, IOperationLog log, CancellationToken cancellationToken)
    {
        var folder = await new GitWork(root).FindHooksFolderAsync(cancellationToken).ConfigureAwait(false);
        Directory.CreateDirectory(folder);
        foreach (var name in s_names)
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path) && !IsOurs(path))
            {
                log.Report(name == PrePush
                    ? $"{path} is yours and stays as it is, so that nothing keeps commits from being pushed before their content. To have that too, make room for ModelTrack's hook, run ModelTrackInit again, and call yours from it."
                    : $"{path} is yours and stays as it is. To restore there too, add to it: {string.Join("; ", projects.Select(p => RestoreCommand(root, p)))}");
                continue;
            }

            await File.WriteAllTextAsync(path, name == PrePush ? PushScript(root, projects) : RestoreScript(root, projects), cancellationToken).ConfigureAwait(false);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
            log.Report(name == PrePush
                ? $"wrote {path}: it refuses to push commits whose content no remote has"
                : $"wrote {path}: after a switch or a merge it restores the models of {HumanText.Count(projects.Count, "project")}");
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
    private static string RestoreScript(string root, IReadOnlyList<string> projects) => $"""
        #!/bin/sh
        # {Marker}: it brings the models after a switch or a merge. Delete it to leave that to the next build.
        # A checkout of single files, and a checkout by ModelTrack itself, do not need it.
        if [ "$3" = 0 ] || [ -n "$MODELTRACK_IN_BUILD" ]; then exit 0; fi
        unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX
        {string.Join('\n', projects.Select(p => $"[ ! -f {Quoted(Relative(root, p))} ] || {RestoreCommand(root, p)} || echo 'ModelTrack: the models were not restored; the next build tries again.' >&2"))}
        exit 0

        """.ReplaceLineEndings("\n");

    /// <summary>Starts a build only when a pointer is pushed. The first project that is there asks for all.</summary>
    private static string PushScript(string root, IReadOnlyList<string> projects) => $"""
        #!/bin/sh
        # {Marker}: it refuses to push commits whose content no remote has. Pass it by with git push --no-verify; delete it to be rid of it.
        MODELTRACK_PUSH_REMOTE=$1
        MODELTRACK_PUSH_LIST="$(git rev-parse --absolute-git-dir)/modeltrack-push.$$"
        export MODELTRACK_PUSH_REMOTE MODELTRACK_PUSH_LIST
        trap 'rm -f "$MODELTRACK_PUSH_LIST"' EXIT
        cat > "$MODELTRACK_PUSH_LIST"
        unset GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS
        found=
        while read -r local_ref local_id remote_ref remote_id; do
          if [ -z "$found" ]; then found=$(git rev-list -n 1 "$local_id" --not --remotes="$1" -- '*.track' 2>/dev/null); fi
        done < "$MODELTRACK_PUSH_LIST"
        if [ -z "$found" ]; then exit 0; fi
        unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX
        for project in {string.Join(' ', projects.Select(p => Quoted(Relative(root, p))))}; do
          if [ -f "$project" ]; then
            dotnet build "$project" -t:_ModelTrackCheckPush -nologo -v:m >&2 && exit 0
            echo 'ModelTrack: nothing is pushed. What is to be done stands above; git push --no-verify pushes all the same.' >&2
            exit 1
          fi
        done
        exit 0

        """.ReplaceLineEndings("\n");

    private static string RestoreCommand(string root, string project) => $"dotnet build {Quoted(Relative(root, project))} -t:ModelTrackRestore -nologo -v:m";

    private static string Relative(string root, string project) => Path.GetRelativePath(root, project).Replace('\\', '/');

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static bool IsOurs(string path) => File.ReadAllText(path).Contains(Marker, StringComparison.Ordinal);
}
