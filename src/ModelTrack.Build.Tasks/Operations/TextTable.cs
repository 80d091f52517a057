using System.Globalization;

namespace ModelTrack.Operations;

/// <summary>Rows as aligned columns. A column that is empty in all rows is left out.</summary>
internal static class TextTable
{
    private const string Gap = "  ";

    /// <param name="rightAligned">Columns of sizes and counts, by index.</param>
    public static IReadOnlyList<string> Lines(IReadOnlyList<string[]> rows, params int[] rightAligned)
    {
        if (rows.Count == 0) return [];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(r => Width(r[column]))).ToArray();
        return [.. rows.Select(row => string.Join(Gap, Enumerable.Range(0, row.Length).Where(c => widths[c] > 0).Select(c => Pad(row[c], widths[c], rightAligned.Contains(c)))).TrimEnd())];
    }

    private static string Pad(string text, int width, bool right)
    {
        var space = new string(' ', width - Width(text));
        return right ? space + text : text + space;
    }

    /// <summary>As a terminal counts: a character with its accents is one.</summary>
    private static int Width(string text) => new StringInfo(text).LengthInTextElements;
}
