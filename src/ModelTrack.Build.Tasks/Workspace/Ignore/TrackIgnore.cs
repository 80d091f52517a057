using System.Collections.Concurrent;
using System.Text;

namespace ModelTrack.Workspace.Ignore;

/// <summary>
/// The rules of `.trackignore` files, by which files of a directory artifact are left to Git: those from the pointer's folder up to a root,
/// and those inside the directory. The syntax is that of `.gitignore`, the same on every system: case counts. The artifact itself is tracked
/// whatever they say, and the `.trackignore` files themselves are always left to Git. Files are read when first needed, and once.
/// </summary>
public sealed class TrackIgnore : IIgnoreRules
{
    public const string FileName = ".trackignore";

    private readonly string _artifactPath;

    // The way from the highest file's folder to the artifact; every file sees a path from some place in it on.
    private readonly byte[] _way;
    private readonly ConcurrentDictionary<string, IgnoreFolder> _folders = new(StringComparer.Ordinal);

    private TrackIgnore(string artifactPath, byte[] way, IgnoreFolder outside)
    {
        _artifactPath = artifactPath;
        _way = way;
        _folders[""] = outside.Below("", Read(""), way.Length);
    }

    /// <param name="artifactPath">The directory's full path. It need not be there.</param>
    /// <param name="root">The repository's (else the project's) folder; with null only the pointer's folder and the directory itself have rules.</param>
    public static TrackIgnore Find(string artifactPath, string? root)
    {
        artifactPath = Path.TrimEndingDirectorySeparator(Path.GetFullPath(artifactPath));
        var parent = Path.GetDirectoryName(artifactPath) ?? artifactPath;
        var top = root is null ? parent : Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        if (!IsWithin(parent, top)) top = parent;

        var way = Encoding.UTF8.GetBytes(Path.GetRelativePath(top, artifactPath).Replace(Path.DirectorySeparatorChar, '/') + "/");
        var rules = IgnoreFolder.None;
        var folder = top;
        for (var at = 0; at < way.Length;)
        {
            rules = rules.Outside(IgnoreFile.Read(Path.Combine(folder, FileName)), way.AsSpan(at), at);
            var length = way.AsSpan(at).IndexOf((byte)'/');
            folder = Path.Combine(folder, Encoding.UTF8.GetString(way, at, length));
            at += length + 1;
        }

        return new TrackIgnore(artifactPath, way, rules);
    }

    /// <inheritdoc/>
    public bool AppliesIn(string relativeFolder) => Folder(relativeFolder).Applies;

    /// <inheritdoc/>
    public bool IsIgnored(string relativePath, bool isDirectory)
    {
        var slash = relativePath.LastIndexOf('/');
        var folder = Folder(slash < 0 ? "" : relativePath[..slash]);
        return folder.IsIgnored
            || (folder.Applies && ((!isDirectory && IsRuleFile(relativePath, slash)) || Decide(folder, relativePath, isDirectory) is { IsNegated: false }));
    }

    /// <summary>Every set of rules that the directory is under, from the highest folder down, with what it has inside by now.</summary>
    /// <param name="ignoredBy">The patterns by which folders that are there are left to Git.</param>
    internal IReadOnlyList<IgnoreFolder> ReadAll(out HashSet<IgnorePattern> ignoredBy)
    {
        ignoredBy = [];
        var all = new List<IgnoreFolder>();
        var pending = new Stack<string>([""]);
        while (pending.TryPop(out var relative))
        {
            var folder = Folder(relative);
            all.Add(folder);
            foreach (var name in FoldersIn(relative))
            {
                var path = relative.Length == 0 ? name : $"{relative}/{name}";
                if (Decide(folder, path, true) is { IsNegated: false } pattern) ignoredBy.Add(pattern);
                else pending.Push(path);
            }
        }

        all.Sort(static (a, b) => string.CompareOrdinal(a.Relative, b.Relative));
        return all;
    }

    private static bool IsRuleFile(string path, int slash) => path.AsSpan(slash + 1).Equals(FileName, StringComparison.Ordinal);

    private static bool IsWithin(string path, string folder) =>
        path == folder || path.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private IgnoreFolder Folder(string relative)
    {
        if (_folders.TryGetValue(relative, out var known)) return known;
        var slash = relative.LastIndexOf('/');
        var above = Folder(slash < 0 ? "" : relative[..slash]);
        var ignored = above.IsIgnored || (above.Applies && Decide(above, relative, true) is { IsNegated: false });
        var folder = ignored ? IgnoreFolder.Ignored : above.Below(relative, Read(relative), _way.Length + Encoding.UTF8.GetByteCount(relative) + 1);
        return _folders.GetOrAdd(relative, folder);
    }

    private IgnoreFile? Read(string relative) => IgnoreFile.Read(Path.Combine(_artifactPath, relative, FileName));

    /// <summary>The last pattern that names the path, the nearest file first; null for none.</summary>
    private IgnorePattern? Decide(IgnoreFolder folder, string relativePath, bool isDirectory)
    {
        var length = _way.Length + Encoding.UTF8.GetMaxByteCount(relativePath.Length);
        var buffer = length <= 1024 ? stackalloc byte[1024] : new byte[length];
        _way.CopyTo(buffer);
        var path = buffer[..(_way.Length + Encoding.UTF8.GetBytes(relativePath, buffer[_way.Length..]))];
        return folder.Decide(path, isDirectory);
    }

    private IEnumerable<string> FoldersIn(string relative)
    {
        var options = new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        var path = Path.Combine(_artifactPath, relative);
        return Directory.Exists(path) ? Directory.EnumerateDirectories(path, "*", options).Select(p => Path.GetFileName(p)) : [];
    }
}
