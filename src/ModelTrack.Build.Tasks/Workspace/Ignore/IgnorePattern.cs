using System.Text;

namespace ModelTrack.Workspace.Ignore;

/// <summary>
/// One line of an ignore file, with Git's meaning of it, to the byte. Matching takes time in proportion to pattern times path, whatever the pattern.
/// </summary>
internal sealed class IgnorePattern
{
    /// <summary>Longer ones match nothing: no path is as long.</summary>
    private const int MaxLength = 4096;

    private readonly IgnoreToken[] _tokens;
    private readonly byte[] _literal;
    private readonly Shape _shape;

    private enum Shape : byte
    {
        General,

        /// <summary>No special character.</summary>
        Literal,

        /// <summary>`*` and then no special character, for a name.</summary>
        Suffix,

    }

    private IgnorePattern(string text, bool negated, bool onlyFolders, bool anchored, IgnoreToken[] tokens)
    {
        Text = text;
        IsNegated = negated;
        OnlyFolders = onlyFolders;
        IsAnchored = anchored;
        _tokens = tokens;
        var literals = _tokens.AsSpan();
        _shape = AllLiteral(literals) ? Shape.Literal
            : !anchored && literals[0].Kind == IgnoreTokenKind.Star && AllLiteral(literals = literals[1..]) ? Shape.Suffix
            : Shape.General;
        _literal = _shape is Shape.Literal or Shape.Suffix ? literals.ToArray().Select(t => t.Byte).ToArray() : [];
    }

    /// <summary>Without `!`, the slash at the end that asks for a folder, and the one at the beginning.</summary>
    public string Text { get; }

    /// <summary>`!`: what it names is not ignored after all.</summary>
    public bool IsNegated { get; }

    /// <summary>A slash at the end.</summary>
    public bool OnlyFolders { get; }

    /// <summary>A slash elsewhere: it names paths from the file's own folder on; any other names names, in whatever folder.</summary>
    public bool IsAnchored { get; }

    /// <param name="line">Without its end.</param>
    /// <returns>Null for a comment, an empty line, and what can match nothing.</returns>
    public static IgnorePattern? Parse(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty || line[0] == '#') return null;
        var zero = line.IndexOf((byte)0);
        if (zero >= 0) line = line[..zero];
        line = TrimSpaces(line);
        var negated = !line.IsEmpty && line[0] == '!';
        if (negated) line = line[1..];
        var onlyFolders = !line.IsEmpty && line[^1] == '/';
        if (onlyFolders) line = line[..^1];
        if (line.IsEmpty || line.Length > MaxLength) return null;
        var anchored = line.Contains((byte)'/');
        if (anchored && line[0] == '/') line = line[1..];
        var tokens = Tokens(line, anchored);
        return tokens is null ? null : new IgnorePattern(Encoding.Latin1.GetString(line), negated, onlyFolders, anchored, tokens);
    }

    /// <param name="path">An anchored pattern's: relative to the file's folder. Another's: the name alone.</param>
    public bool Matches(ReadOnlySpan<byte> path) => _shape switch
    {
        Shape.Literal => path.SequenceEqual(_literal),
        Shape.Suffix => path.EndsWith(_literal),
        _ => new IgnoreMatch(_tokens, stackalloc bool[_tokens.Length + 1], stackalloc bool[_tokens.Length + 1]).Run(path),
    };

    /// <summary>Whether an anchored pattern could match something in the folder.</summary>
    /// <param name="folder">With a slash at its end, or empty.</param>
    public bool Reaches(ReadOnlySpan<byte> folder)
    {
        var match = new IgnoreMatch(_tokens, stackalloc bool[_tokens.Length + 1], stackalloc bool[_tokens.Length + 1]);
        match.Feed(folder);
        return match.IsAlive;
    }

    /// <summary>What is left of an anchored pattern for paths in the folder; several patterns where `**` could end before, within or after it.</summary>
    /// <param name="folder">With a slash at its end, or empty.</param>
    public IReadOnlyList<string> Within(ReadOnlySpan<byte> folder)
    {
        if (folder.IsEmpty) return [Text];
        var match = new IgnoreMatch(_tokens, stackalloc bool[_tokens.Length + 1], stackalloc bool[_tokens.Length + 1]);
        match.Feed(folder);
        return match.Remainders();
    }

    private static ReadOnlySpan<byte> TrimSpaces(ReadOnlySpan<byte> line)
    {
        var end = 0;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == ' ') continue;
            if (line[i] == '\\') i++;
            end = i + 1;
        }

        return line[..Math.Min(end, line.Length)];
    }

    private static bool AllLiteral(ReadOnlySpan<IgnoreToken> tokens)
    {
        foreach (var token in tokens)
            if (token.Kind != IgnoreTokenKind.Literal) return false;
        return true;
    }

    private static IgnoreToken[]? Tokens(ReadOnlySpan<byte> pattern, bool anchored)
    {
        var tokens = new List<IgnoreToken>(pattern.Length);
        var special = false;
        for (var at = 0; at < pattern.Length;)
        {
            var c = pattern[at];
            switch (c)
            {
                case (byte)'\\':
                    if (++at >= pattern.Length) return null;
                    tokens.Add(new IgnoreToken(IgnoreTokenKind.Literal, pattern[at++]));
                    special = true;
                    break;
                case (byte)'?':
                    tokens.Add(new IgnoreToken(IgnoreTokenKind.Any));
                    at++;
                    special = true;
                    break;
                case (byte)'[':
                    if (!IgnoreClass.TryParse(pattern[at..], out var set, out var length)) return null;
                    tokens.Add(set);
                    at += length;
                    special = true;
                    break;
                case (byte)'*':
                    var start = at;
                    while (at < pattern.Length && pattern[at] == '*') at++;

                    // Git compares what stands before the first special character by itself, and so takes the rest for a beginning.
                    var begins = start == 0 || pattern[start - 1] == '/' || !special;
                    var slash = at < pattern.Length && pattern[at] == '/' ? 1
                        : at + 1 < pattern.Length && pattern[at] == '\\' && pattern[at + 1] == '/' ? 2 : 0;
                    special = true;
                    if (!anchored || at - start == 1 || !begins || (slash == 0 && at < pattern.Length))
                    {
                        tokens.Add(new IgnoreToken(IgnoreTokenKind.Star));
                    }
                    else if (slash != 1)
                    {
                        tokens.Add(new IgnoreToken(IgnoreTokenKind.Everything));
                    }
                    else
                    {
                        tokens.Add(new IgnoreToken(IgnoreTokenKind.FoldersOrNothing));
                        tokens.Add(new IgnoreToken(IgnoreTokenKind.Folders));
                        at += slash;
                    }

                    break;
                default:
                    tokens.Add(new IgnoreToken(IgnoreTokenKind.Literal, c));
                    at++;
                    break;
            }
        }

        return [.. tokens];
    }
}
