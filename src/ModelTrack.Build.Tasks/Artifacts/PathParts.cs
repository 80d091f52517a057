namespace ModelTrack.Artifacts;

/// <summary>Parts of a directory: files and folders by their relative paths, a folder with all that is or will be in it.</summary>
public sealed class PathParts : IEquatable<PathParts>
{
    private readonly HashSet<string> _paths;

    private PathParts(HashSet<string> paths) => _paths = paths;

    public static PathParts None { get; } = new([]);

    /// <summary>The whole directory.</summary>
    public static PathParts All { get; } = new([""]);

    public bool IsAll => _paths.Contains("");

    public bool IsNone => _paths.Count == 0;

    /// <summary>In order, none inside another; one empty path stands for all.</summary>
    public IEnumerable<string> Paths => _paths.Order(StringComparer.Ordinal);

    public bool Contains(string path)
    {
        if (IsAll || _paths.Contains(path)) return true;
        if (IsNone) return false;
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (_paths.Contains(path[..slash])) return true;
        }

        return false;
    }

    public PathParts With(IEnumerable<string> paths)
    {
        var all = new PathParts([.. _paths, .. paths]);
        if (all.IsAll) return All;
        all._paths.RemoveWhere(path => Folder(path) is { } folder && all.Contains(folder));
        return all._paths.SetEquals(_paths) ? this : all;
    }

    public bool Equals(PathParts? other) => other is not null && _paths.SetEquals(other._paths);

    public override bool Equals(object? obj) => Equals(obj as PathParts);

    public override int GetHashCode() => _paths.Aggregate(0, (hash, path) => hash ^ path.GetHashCode(StringComparison.Ordinal));

    public override string ToString() => IsAll ? "all" : string.Join(", ", Paths);

    private static string? Folder(string path) => path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : null;
}
