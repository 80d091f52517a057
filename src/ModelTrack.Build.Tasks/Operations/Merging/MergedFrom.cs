using System.Globalization;
using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Workspace;

namespace ModelTrack.Operations.Merging;

/// <summary>
/// Which two directories a merged one came from. Until it is pushed no remote has a manifest of it, and what the store lacks of it is found by theirs.
/// Kept in Git's own folder, for all worktrees of the clone.
/// </summary>
internal static class MergedFrom
{
    public static void Remember(WorkspaceLayout layout, Sha256Hash merged, Pointer ours, Pointer theirs)
    {
        if (PathOf(layout, merged) is not { } path) return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(Line(ours) + Line(theirs)), "merged.write", flush: true);
    }

    /// <summary>Empty for what no merge of this clone made.</summary>
    public static IReadOnlyList<(ArtifactIdentity Identity, int Files)> Find(WorkspaceLayout layout, Sha256Hash merged)
    {
        if (PathOf(layout, merged) is not { } path || !File.Exists(path)) return [];
        var parents = new List<(ArtifactIdentity, int)>();
        foreach (var line in File.ReadAllLines(path))
        {
            var fields = line.Split(' ');
            if (fields.Length == 3 && Sha256Hash.TryParse(fields[0], out var hash)
                && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                && int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var files)
                && hash != merged)
            {
                parents.Add((new ArtifactIdentity(ArtifactKind.Directory, hash, size), files));
            }
        }

        return parents;
    }

    private static string Line(Pointer pointer) => string.Create(CultureInfo.InvariantCulture, $"{pointer.Sha256} {pointer.Size} {pointer.Files}\n");

    private static string? PathOf(WorkspaceLayout layout, Sha256Hash merged) =>
        layout.CommonGitDirectory is { } git ? Path.Combine(git, "modeltrack", "merged", merged.ToString()) : null;
}
