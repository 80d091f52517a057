using System.Diagnostics.CodeAnalysis;

namespace ModelTrack.Artifacts;

/// <summary>
/// Paths and the folders above them, each name once whatever its case and Unicode form. Paths come sorted by <see cref="RelativePaths.Compare"/>, so
/// that those of one folder follow each other.
/// </summary>
internal sealed class PathSet(int capacity)
{
    private readonly HashSet<string> _names = new(capacity, StringComparer.OrdinalIgnoreCase);

    // Only where the compared form is not the written one.
    private readonly Dictionary<string, string> _written = new(StringComparer.OrdinalIgnoreCase);
    private string _last = "";

    public bool TryAdd(string path, [NotNullWhen(false)] out string? first, [NotNullWhen(false)] out string? second)
    {
        // The folders that this path shares with the one before are known.
        var common = path.AsSpan().CommonPrefixLength(_last);
        var at = path.AsSpan(0, common).LastIndexOf('/') + 1;
        for (int slash; (slash = path.AsSpan(at).IndexOf('/')) >= 0; at += slash + 1)
        {
            if (!AddName(path[..(at + slash)], out first, out second)) return false;
        }

        _last = path;
        return AddName(path, out first, out second);
    }

    private bool AddName(string name, [NotNullWhen(false)] out string? first, [NotNullWhen(false)] out string? second)
    {
        var compared = RelativePaths.ToComparable(name);
        if (_names.Add(compared))
        {
            if (!ReferenceEquals(compared, name)) _written.Add(compared, name);
            (first, second) = (null, null);
            return true;
        }

        if (!_written.TryGetValue(compared, out first)) _names.TryGetValue(compared, out first);
        first ??= compared;
        second = name;
        return false;
    }
}
