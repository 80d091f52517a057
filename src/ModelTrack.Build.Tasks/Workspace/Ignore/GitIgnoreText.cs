using System.Text;

namespace ModelTrack.Workspace.Ignore;

/// <summary>
/// A `.gitignore` of which all lines but ours stay as they are. Whether it had an end at its last line is seen from its present last line, so that what
/// was added can be taken away without a trace.
/// </summary>
/// <param name="text">A character for each byte; null for no file.</param>
internal sealed class GitIgnoreText(string? text)
{
    /// <summary>Each with its end.</summary>
    private readonly List<string> _lines = Split(text ?? "");

    /// <summary>Whether the file ends as Git would have it. A file of no bytes does not, so that it is not taken for a new one.</summary>
    private readonly bool _ends = text is null || text.EndsWith('\n');

    /// <summary>Null when no file is left.</summary>
    public byte[]? ToBytes() => _lines.Count == 0 && _ends ? null : Encoding.Latin1.GetBytes(string.Concat(_lines));

    /// <summary>Puts an artifact's lines in the place of those that it had, or at the end.</summary>
    /// <returns>Whether that changes anything.</returns>
    public bool Put(string plain, IReadOnlyList<string> wanted)
    {
        var own = FindOwn(plain);
        if (own.Select(i => Content(_lines[i])).SequenceEqual(wanted) && (own.Count == 0 || own[^1] - own[0] == own.Count - 1)) return false;

        var end = _lines.Count > 0 && _lines[0].EndsWith("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        var place = own.Count > 0 ? own[0] : _lines.Count;
        if (!_ends && _lines.Count > 0) _lines[^1] += end;
        for (var i = own.Count - 1; i >= 0; i--) _lines.RemoveAt(own[i]);
        _lines.InsertRange(place, wanted.Select(line => line + end));
        if (!_ends && _lines.Count > 0) _lines[^1] = Content(_lines[^1]);
        return true;
    }

    private List<int> FindOwn(string plain)
    {
        var own = new List<int>();
        for (var i = 0; i < _lines.Count; i++)
        {
            var line = Content(_lines[i]);
            if (line == plain)
            {
                own.Add(i);
            }
            else if (line == GitIgnoreRules.Everything(plain) && i + 1 < _lines.Count && Content(_lines[i + 1]) == GitIgnoreRules.Folders(plain))
            {
                var last = EndOfBlock(plain, i + 1);
                for (; i < last; i++) own.Add(i);
                own.Add(i);
            }
        }

        return own;
    }

    /// <summary>Where the lines that begin here end; without their last one (somebody edited them) only the first two are surely ours.</summary>
    private int EndOfBlock(string plain, int second)
    {
        for (var i = second + 1; i < _lines.Count; i++)
        {
            var line = Content(_lines[i]);
            if (line == GitIgnoreRules.Last(plain)) return i;
            if (!line.StartsWith(plain + "/", StringComparison.Ordinal) && !line.StartsWith($"!{plain}/", StringComparison.Ordinal)) break;
        }

        return second;
    }

    private static string Content(string line) =>
        line.EndsWith("\r\n", StringComparison.Ordinal) ? line[..^2] : line.EndsWith('\n') ? line[..^1] : line;

    private static List<string> Split(string text)
    {
        var lines = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at);
            end = end < 0 ? text.Length : end + 1;
            lines.Add(text[at..end]);
            at = end;
        }

        return lines;
    }
}
