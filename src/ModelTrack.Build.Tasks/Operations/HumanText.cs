using System.Globalization;
using ModelTrack.Git;

namespace ModelTrack.Operations;

/// <summary>Sizes and times as a person reads them.</summary>
internal static class HumanText
{
    private static readonly string[] s_units = ["B", "KB", "MB", "GB", "TB"];

    /// <summary>Decimal units, three significant digits: `4 B`, `12.3 MB`, `501 MB`.</summary>
    public static string Size(long bytes)
    {
        double value = bytes;
        var unit = 0;
        // 999.5 would print as 1000 of its unit.
        while (value >= 999.5 && unit < s_units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        var format = unit == 0 || value >= 99.95 ? "F0" : value >= 9.995 ? "F1" : "F2";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {s_units[unit]}";
    }

    /// <summary>`0.04 s`, `3.2 s`, `2 min 5 s`.</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        < 1 => $"{time.TotalSeconds.ToString("F2", CultureInfo.InvariantCulture)} s",
        < 60 => $"{time.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)} s",
        _ => $"{(int)time.TotalMinutes} min {time.Seconds} s",
    };

    /// <summary>`12.3 MB`, or `20,000 files, 12.3 MB` for a directory.</summary>
    public static string Extent(long bytes, int? files) => files switch
    {
        null => Size(bytes),
        1 => $"1 file, {Size(bytes)}",
        _ => $"{files.Value.ToString("N0", CultureInfo.InvariantCulture)} files, {Size(bytes)}",
    };

    /// <summary>`a, b`, and of many the first ten.</summary>
    public static string Names(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(10)) + (names.Count > 10 ? $" and {names.Count - 10} more" : "");

    /// <summary>`1 version`, `20,000 versions`.</summary>
    public static string Count(int count, string what) =>
        count == 1 ? $"1 {what}" : $"{count.ToString("N0", CultureInfo.InvariantCulture)} {what}s";

    /// <summary>`1 file`, `1,204 files`.</summary>
    public static string Count(int count, string one, string? many = null) =>
        count == 1 ? $"1 {one}" : $"{count.ToString("N0", CultureInfo.InvariantCulture)} {many ?? one + "s"}";

    /// <summary>`2026-01-02`, of the author's own day.</summary>
    public static string Date(DateTimeOffset date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>`v1.0 3f2a1b9c0d`, or the short commit alone where that is what the user wrote.</summary>
    public static string Revision(string name, CommitInfo commit) =>
        commit.Id.StartsWith(name, StringComparison.OrdinalIgnoreCase) ? commit.ShortId : $"{name} {commit.ShortId}";
}
