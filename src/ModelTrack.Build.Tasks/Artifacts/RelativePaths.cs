using System.Diagnostics.CodeAnalysis;
using System.Text;
using ModelTrack.Diagnostics;

namespace ModelTrack.Artifacts;

/// <summary>
/// The names that may stand in a directory artifact: those that every system can hold, each in its own place, none of them leading elsewhere.
/// </summary>
public static class RelativePaths
{
    /// <summary>In UTF-8 bytes.</summary>
    public const int MaxLength = 4096;

    /// <exception cref="ModelTrackException">Names the path and the rule that it breaks.</exception>
    public static void Check(string path)
    {
        if (FindFault(path) is { } fault) throw fault.ToError(path);
    }

    /// <summary>Whether the path keeps all rules.</summary>
    public static bool IsAllowed(string path) => FindFault(path) is null;

    /// <summary>Refuses paths that are one name on some system: equal but for case or Unicode form, or a file where another has a directory.</summary>
    /// <param name="paths">Each allowed by itself, sorted by <see cref="Compare"/>.</param>
    public static void CheckSet(IEnumerable<string> paths)
    {
        if (Collide(paths, out var first, out var second)) throw Collision(first, second);
    }

    /// <summary>As <see cref="CheckSet"/>, as an answer.</summary>
    public static bool Collide(IEnumerable<string> paths, [NotNullWhen(true)] out string? first, [NotNullWhen(true)] out string? second)
    {
        var names = paths.TryGetNonEnumeratedCount(out var count) ? new PathSet(count) : new PathSet(0);
        foreach (var path in paths)
        {
            if (names.TryAdd(path, out first, out second)) continue;
            return true;
        }

        (first, second) = (null, null);
        return false;
    }

    /// <summary>The order of the paths' UTF-8 bytes.</summary>
    public static int Compare(string a, string b)
    {
        var common = a.AsSpan().CommonPrefixLength(b);
        if (common == a.Length || common == b.Length) return a.Length - b.Length;

        // Surrogates stand for what comes after U+FFFF.
        var (x, y) = (a[common], b[common]);
        return char.IsSurrogate(x) == char.IsSurrogate(y) ? x - y : char.IsSurrogate(x) ? 1 : -1;
    }

    /// <summary>The form in which paths are compared: Unicode's NFC. Not the one in which they are written.</summary>
    public static string ToComparable(string path) => Ascii.IsValid(path) || path.IsNormalized(NormalizationForm.FormC) ? path : path.Normalize(NormalizationForm.FormC);

    internal static ModelTrackException Collision(string first, string second) => ArtifactErrors.Collision(first, second, first == second
        ? "the one name stands there twice, or as a file and a folder"
        : "on some systems they are one name, since they differ only in case or in Unicode form");

    private static PathFault? FindFault(string path)
    {
        if (path.Length == 0) return PathFault.Leads("it is empty");
        if (path.Length > MaxLength || (path.Length > MaxLength / 3 && Encoding.UTF8.GetByteCount(path) > MaxLength))
            return PathFault.Unportable($"it is longer than {MaxLength} bytes");
        if (path[0] == '/') return PathFault.Leads("it is absolute");
        if (path is [_, ':', ..] && char.IsAsciiLetter(path[0])) return PathFault.Leads("it names a drive");
        if (path.StartsWith(@"\\", StringComparison.Ordinal)) return PathFault.Leads("it names another machine");

        var rest = path.AsSpan();
        while (true)
        {
            var slash = rest.IndexOf('/');
            if (PathComponent.FindFault(slash < 0 ? rest : rest[..slash]) is { } fault) return fault;
            if (slash < 0) return null;
            rest = rest[(slash + 1)..];
        }
    }
}
