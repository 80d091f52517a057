using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Workspace;

namespace ModelTrack.Operations.Merging;

/// <summary>
/// Git's merge driver for pointers in one clone: its configuration, a script in Git's own folder, and beside it a note of where the package is, since
/// that changes with each version. Whatever of it is missing or fails, Git merges the text, and a person settles the conflict.
/// </summary>
public static class MergeDriver
{
    private const string Section = "merge.modeltrack";
    private const string ScriptName = "merge.sh";
    private const string NoteName = "package";

    /// <summary>Relative to wherever Git is, so that a clone can be moved. Git itself quotes the path.</summary>
    private const string Command =
        "d=\"$(git rev-parse --git-common-dir)/modeltrack/merge.sh\"; if test -f \"$d\"; then sh \"$d\" %O %A %B %P; else git merge-file %A %O %B; fi";

    private const string Script = """
        #!/bin/sh
        # ModelTrackInit made this file: Git runs it, in the work tree's root, to merge two versions of a pointer: merge.sh BASE OURS THEIRS PATH
        here=$(CDPATH='' cd -- "$(dirname -- "$0")" && { pwd -W 2>/dev/null || pwd; })
        targets='' dotnet=''
        if [ -f "$here/package" ]; then { IFS= read -r targets; IFS= read -r dotnet; } < "$here/package"; fi
        if [ -n "$targets" ] && [ ! -f "$targets/Repository.proj" ]; then
          # That version is gone: another one of the same package does as well.
          for other in "${targets%/*/targets}"/*/targets; do if [ -f "$other/Repository.proj" ]; then targets=$other; fi; done
        fi
        if [ ! -x "$dotnet" ]; then dotnet=dotnet; fi

        if [ -f "$targets/Repository.proj" ]; then
          result=$here/merge-$$.txt
          rm -f "$result"
          MODELTRACK_MERGE_ROOT=$(pwd -W 2>/dev/null || pwd) MODELTRACK_MERGE_BASE=$1 MODELTRACK_MERGE_OURS=$2 MODELTRACK_MERGE_THEIRS=$3 \
          MODELTRACK_MERGE_PATH=$4 MODELTRACK_MERGE_RESULT=$result \
            "$dotnet" msbuild "$targets/Repository.proj" -t:MergePointer -nologo -noAutoResponse -nodeReuse:false -tl:off -v:n > "$here/merge.log" 2>&1 < /dev/null
          if [ -f "$result" ]; then
            IFS= read -r outcome < "$result"
            sed 1d "$result" >&2
            rm -f "$result"
            case $outcome in merged) exit 0 ;; conflict) exit 1 ;; esac
          fi
          echo "ModelTrack could not merge $4 ($here/merge.log says why), so that Git merges its text." >&2
        else
          echo "ModelTrack's package is not here, so that Git merges the text of $4. The next dotnet build brings it." >&2
        fi

        git merge-file -L ours -L base -L theirs "$2" "$1" "$3"

        """;

    public static async Task InstallAsync(string root, IOperationLog log, CancellationToken cancellationToken)
    {
        if (FolderOf(root) is not { } folder) return;
        Directory.CreateDirectory(folder);
        var script = Path.Combine(folder, ScriptName);
        var text = Encoding.UTF8.GetBytes(Script.ReplaceLineEndings("\n"));
        var isNew = !File.Exists(script);
        if (isNew || !File.ReadAllBytes(script).AsSpan().SequenceEqual(text)) AtomicFile.Write(script, text, "merge.driver");
        NotePackage(root);
        var work = new GitWork(root);
        await work.ConfigureAsync($"{Section}.name", "ModelTrack's pointers, directories file by file", cancellationToken).ConfigureAwait(false);
        await work.ConfigureAsync($"{Section}.driver", Command, cancellationToken).ConfigureAwait(false);
        // A base that was itself merged from two: the one that they came from does, and conflict markers would not.
        await work.ConfigureAsync($"{Section}.recursive", "binary", cancellationToken).ConfigureAwait(false);
        if (isNew) log.Report("set up this clone to merge pointers: changes to different files of one directory go together");
    }

    public static async Task RemoveAsync(string root, CancellationToken cancellationToken)
    {
        if (FolderOf(root) is not { } folder || !Directory.Exists(folder)) return;
        File.Delete(Path.Combine(folder, ScriptName));
        File.Delete(Path.Combine(folder, NoteName));
        await new GitWork(root).RemoveConfigurationAsync(Section, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether this clone merges pointers by ModelTrack.</summary>
    public static bool IsInstalled(string directory) => FolderOf(directory) is { } folder && File.Exists(Path.Combine(folder, ScriptName));

    /// <summary>Writes down where the package is that runs now.</summary>
    public static void NotePackage(string directory)
    {
        // The assembly is at tasks/FRAMEWORK/ of the package.
        var targets = Path.GetFullPath("../../targets", Path.GetDirectoryName(typeof(MergeDriver).Assembly.Location)!);
        if (FolderOf(directory) is not { } folder || !File.Exists(Path.Combine(targets, "Repository.proj"))) return;
        var host = Environment.ProcessPath is { } process && Path.GetFileNameWithoutExtension(process) == "dotnet" ? process : "";
        var text = Encoding.UTF8.GetBytes($"{targets.Replace('\\', '/')}\n{host.Replace('\\', '/')}\n");
        var note = Path.Combine(folder, NoteName);
        if (!File.Exists(note) || !File.ReadAllBytes(note).AsSpan().SequenceEqual(text)) AtomicFile.Write(note, text, "merge.note");
    }

    private static string? FolderOf(string directory) =>
        WorkspaceLayout.Find(directory, directory).CommonGitDirectory is { } git ? Path.Combine(git, "modeltrack") : null;
}
