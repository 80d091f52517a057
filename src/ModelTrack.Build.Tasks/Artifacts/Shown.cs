using System.Globalization;
using System.Text;

namespace ModelTrack.Artifacts;

/// <summary>Text from outside as a message can show it: on one line, not endless, and without characters that hide or turn others.</summary>
internal static class Shown
{
    private const int Longest = 200;

    public static string Text(string text)
    {
        var shown = new StringBuilder(Math.Min(text.Length, Longest));
        for (var i = 0; i < text.Length; i++)
        {
            if (shown.Length >= Longest) return shown.Append('…').ToString();
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) shown.Append(c).Append(text[++i]);
            else if (IsPlain(c)) shown.Append(c);
            else shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return shown.ToString();
    }

    private static bool IsPlain(char c) => c is >= ' ' and <= '~' || (c > '~' && CharUnicodeInfo.GetUnicodeCategory(c) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned));
}
