namespace ModelTrack.Workspace.Ignore;

/// <summary>The `[…]` of a pattern.</summary>
internal static class IgnoreClass
{
    /// <param name="pattern">From the bracket on.</param>
    /// <param name="length">How much of the pattern it takes.</param>
    /// <returns>False when it has no end or names no known class: then the whole pattern matches nothing.</returns>
    public static bool TryParse(ReadOnlySpan<byte> pattern, out IgnoreToken token, out int length)
    {
        token = default;
        length = 0;
        Span<bool> set = stackalloc bool[256];
        set.Clear();
        var at = 1;
        var negated = at < pattern.Length && pattern[at] is (byte)'!' or (byte)'^';
        if (negated) at++;
        var first = true;

        // The byte that a range could begin with; -1 after a range or a named class.
        for (var before = -1; ; first = false)
        {
            if (at >= pattern.Length) return false;
            var c = pattern[at++];
            if (c == ']' && !first) break;
            if (c == '-' && before > 0 && at < pattern.Length && pattern[at] != ']')
            {
                var end = pattern[at++];
                if (end == '\\')
                {
                    if (at >= pattern.Length) return false;
                    end = pattern[at++];
                }

                for (var i = before; i <= end; i++) set[i] = true;
                before = -1;
                continue;
            }

            if (c == '\\')
            {
                if (at >= pattern.Length) return false;
                c = pattern[at++];
            }
            else if (c == '[' && at < pattern.Length && pattern[at] == ':')
            {
                var close = pattern[(at + 1)..].IndexOf((byte)']');
                if (close < 0) return false;
                var name = pattern.Slice(at + 1, close);
                if (name.Length > 0 && name[^1] == ':')
                {
                    if (!TryAddNamed(name[..^1], set)) return false;
                    at += close + 2;
                    before = -1;
                    continue;
                }
            }

            set[c] = true;
            before = c;
        }

        UInt128 low = 0, high = 0;
        for (var i = 0; i < 256; i++)
        {
            if (set[i] == negated || i == '/') continue;
            if (i < 128) low |= UInt128.One << i;
            else high |= UInt128.One << (i - 128);
        }

        token = new IgnoreToken(IgnoreTokenKind.Class, 0, low, high);
        length = at;
        return true;
    }

    /// <summary>Of ASCII alone, as Git has it.</summary>
    private static bool TryAddNamed(ReadOnlySpan<byte> name, Span<bool> set)
    {
        Func<char, bool>? member = System.Text.Encoding.ASCII.GetString(name) switch
        {
            "alnum" => char.IsAsciiLetterOrDigit,
            "alpha" => char.IsAsciiLetter,
            "blank" => static c => c is ' ' or '\t',
            "cntrl" => static c => c is < ' ' or '\u007f',
            "digit" => char.IsAsciiDigit,
            "graph" => static c => c is > ' ' and <= '~',
            "lower" => char.IsAsciiLetterLower,
            "print" => static c => c is >= ' ' and <= '~',
            "punct" => static c => c is > ' ' and <= '~' && !char.IsAsciiLetterOrDigit(c),
            "space" => static c => c is ' ' or '\t' or '\n' or '\r',
            "upper" => char.IsAsciiLetterUpper,
            "xdigit" => char.IsAsciiHexDigit,
            _ => null,
        };
        if (member is null) return false;
        for (var i = 0; i < 128; i++) set[i] |= member((char)i);
        return true;
    }
}
