using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>The way from a repository's root to an artifact.</summary>
internal static class WorkspacePaths
{
    /// <summary>Stats; what can't be asked is a coded error.</summary>
    public static bool TryStat(string path, out FileStat stat)
    {
        try
        {
            return FileStat.TryGet(path, out stat);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WorkspaceErrors.NotReadable(e, path);
        }
    }

    /// <summary>No folder strictly between <paramref name="root"/> and <paramref name="fullPath"/> may be a link. Outside of the root nothing is checked: what leads there is the user's own.</summary>
    public static void RefuseLinksOnTheWay(string? root, string fullPath)
    {
        foreach (var folder in FoldersOnTheWay(root, fullPath))
        {
            if (!TryStat(folder, out var stat)) return;
            if (stat.Kind == FileKind.Link) throw WorkspaceErrors.SymbolicLink(folder);
        }
    }

    /// <summary>The folders strictly between, from the root down.</summary>
    public static IEnumerable<string> FoldersOnTheWay(string? root, string fullPath)
    {
        if (root is null) yield break;
        var start = Path.TrimEndingDirectorySeparator(root);
        if (!IsBelow(start, fullPath)) yield break;

        // A root of the file system keeps its separator.
        var at = start.Length;
        while (true)
        {
            at = fullPath.IndexOf(Path.DirectorySeparatorChar, Math.Min(at + 1, fullPath.Length));
            if (at < 0) yield break;
            yield return fullPath[..at];
        }
    }

    /// <summary>The names of folders in which Git and the build keep what steers them.</summary>
    public static bool IsForbiddenName(ReadOnlySpan<char> name) =>
        name.Equals(".git", StringComparison.OrdinalIgnoreCase)
        || name.Equals("obj", StringComparison.OrdinalIgnoreCase)
        || name.Equals("bin", StringComparison.OrdinalIgnoreCase);

    /// <summary>An artifact is not placed in such a folder of the repository.</summary>
    /// <param name="pinsRoot">A folder within which only what comes below it counts.</param>
    public static void RefuseForbiddenPlace(string root, string? pinsRoot, string fullPath)
    {
        var start = Path.TrimEndingDirectorySeparator(pinsRoot is not null && IsBelow(pinsRoot, fullPath) ? pinsRoot : root);
        if (IsBelow(start, fullPath)) RefuseForbiddenParts(fullPath.AsSpan(start.Length), fullPath);
    }

    /// <summary>Refuses a relative path that leads into such a folder, or into ModelTrack's own.</summary>
    public static void RefuseForbiddenParts(ReadOnlySpan<char> relative, string fullPath)
    {
        foreach (var range in relative.SplitAny(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar))
        {
            var part = relative[range];
            if (IsForbiddenName(part)) throw WorkspaceErrors.ForbiddenPlace(fullPath, part.ToString());
            if (part.Equals(Placement.WorkFolder, StringComparison.OrdinalIgnoreCase)) throw WorkspaceErrors.ReservedFolder(fullPath);
        }
    }

    public static bool IsBelow(string folder, string fullPath)
    {
        var comparison = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return fullPath.Length > folder.Length
            && fullPath.StartsWith(folder, comparison)
            && (Path.EndsInDirectorySeparator(folder) || fullPath[folder.Length] == Path.DirectorySeparatorChar);
    }
}
