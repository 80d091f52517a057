using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelTrack.Tasks;

/// <summary>Where artifacts go in the output: Link, TargetPath or the place in the project, else that in the repository.</summary>
internal static class OutputPlaces
{
    /// <summary>Whether the build copies the artifact anywhere.</summary>
    public static bool IsCopied(ITaskItem item) => GoesToOutput(item) || Copies(item.GetMetadata(ItemNames.CopyToPublishDirectory));

    public static bool GoesToOutput(ITaskItem item) => Copies(item.GetMetadata(ItemNames.CopyToOutputDirectory));

    public static bool IsPacked(ITaskItem item) => item.GetMetadata(ItemNames.Pack).Equals("true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Relative to the output folder, as AssignTargetPath would say, but for content outside the project.</summary>
    public static string TargetPathOf(ArtifactItem artifact, ProjectSettings settings)
    {
        var named = artifact.Artifact.NamedPath ?? artifact.Artifact.FullPath;
        var place = artifact.Item.GetMetadata(ItemNames.TargetPath);
        if (place.Length == 0) place = artifact.Item.GetMetadata(ItemNames.Link);
        if (place.Length == 0) place = Below(settings.ProjectDirectory, named);
        if (place.Length == 0 && settings.RepositoryRoot is { } root) place = Below(root, named);
        if (place.Length == 0) place = Path.GetFileName(named);
        place = Path.TrimEndingDirectorySeparator(place.Replace('\\', '/'));
        return Path.IsPathRooted(place) || place.Split('/').Contains("..")
            ? throw BuildErrors.OutsideOutput(artifact.Artifact.DisplayName, place)
            : place;
    }

    /// <summary>Two contents on one place: the build's result would depend on chance.</summary>
    public static void RefuseCollisions(IEnumerable<ArtifactItem> artifacts, ProjectSettings settings)
    {
        var taken = new Dictionary<string, ArtifactItem>(StringComparer.OrdinalIgnoreCase);
        foreach (var artifact in artifacts.Where(a => IsCopied(a.Item)))
        {
            var place = TargetPathOf(artifact, settings);
            if (!taken.TryAdd(place, artifact))
            {
                throw BuildErrors.SameTargetPath(place, taken[place].Artifact.DisplayName, artifact.Artifact.DisplayName);
            }
        }
    }

    /// <summary>The files of a directory (or of a pin, which may be a file) that the build copies or packs, each with its place.</summary>
    public static IEnumerable<TaskItem> FilesOf(ArtifactItem directory, ProjectSettings settings)
    {
        var place = TargetPathOf(directory, settings);
        if (File.Exists(directory.Artifact.FullPath))
        {
            yield return ToNone(directory.Item, directory.Artifact.FullPath, place);
            yield break;
        }

        foreach (var file in FilesBelow(directory.Artifact.FullPath))
        {
            yield return ToNone(directory.Item, file, $"{place}/{Path.GetRelativePath(directory.Artifact.FullPath, file).Replace('\\', '/')}");
        }
    }

    /// <summary>An item as None takes it; PreserveNewest becomes IfDifferent, since an older version has an older time.</summary>
    public static TaskItem ToNone(ITaskItem artifact, string file, string targetPath)
    {
        var item = new TaskItem(Escape(file));
        foreach (var name in (string[])[ItemNames.CopyToOutputDirectory, ItemNames.CopyToPublishDirectory])
        {
            item.SetMetadata(name, artifact.GetMetadata(name) is "PreserveNewest" ? "IfDifferent" : artifact.GetMetadata(name));
        }

        foreach (var name in (string[])[ItemNames.Pack, ItemNames.ExcludeFromSingleFile, ItemNames.Visible])
        {
            item.SetMetadata(name, artifact.GetMetadata(name));
        }

        item.SetMetadata(ItemNames.Link, Escape(targetPath));
        item.SetMetadata(ItemNames.TargetPath, Escape(targetPath));
        return item;
    }

    private static IEnumerable<string> FilesBelow(string directory)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return Directory.EnumerateFiles(directory, "*", options)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}.modeltrack{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
    }

    private static bool Copies(string value) => value.Length > 0 && !value.Equals("Never", StringComparison.OrdinalIgnoreCase);

    private static string Below(string root, string path)
    {
        root = Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar;
        return path.StartsWith(root, StringComparison.Ordinal) ? path[root.Length..] : "";
    }

    // A name may hold what MSBuild would take for an escape or a list.
    public static string Escape(string path) =>
        path.Replace("%", "%25", StringComparison.Ordinal).Replace(";", "%3B", StringComparison.Ordinal)
            .Replace("*", "%2A", StringComparison.Ordinal).Replace("?", "%3F", StringComparison.Ordinal);
}
