using ModelTrack.Content;

namespace ModelTrack.Storage.Store;

/// <summary>One name for a place, by whatever links or letters it is reached.</summary>
internal static class RealPath
{
    private const int MostLinks = 40;

    /// <summary>The full path with the links of its folders resolved; the last name itself is not followed, and nothing needs to exist.</summary>
    public static string Of(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var links = 0;
        var folder = Path.GetDirectoryName(full);
        var real = folder is null ? full : Path.Combine(Folder(folder, ref links), Path.GetFileName(full));

        // One file has many spellings where letters' case does not matter. Elsewhere two files may share a lock by this, which does no harm.
        return OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? real.ToUpperInvariant() : real;
    }

    private static string Folder(string folder, ref int links)
    {
        var parent = Path.GetDirectoryName(folder);
        if (parent is null) return folder;

        var real = Path.Combine(Folder(parent, ref links), Path.GetFileName(folder));
        try
        {
            if (links >= MostLinks || !FileStat.TryGet(real, out var stat) || stat.Kind != FileKind.Link || new DirectoryInfo(real).LinkTarget is not { } target) return real;

            links++;
            return Folder(Path.GetFullPath(target, Path.GetDirectoryName(real)!), ref links);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            return real;
        }
    }
}
