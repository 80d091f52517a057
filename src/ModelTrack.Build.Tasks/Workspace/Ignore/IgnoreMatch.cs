using System.Text;

namespace ModelTrack.Workspace.Ignore;

/// <summary>A pattern's run over a path: all places in the pattern at once, so that no pattern makes it slow.</summary>
internal ref struct IgnoreMatch
{
    private readonly ReadOnlySpan<IgnoreToken> _tokens;
    private Span<bool> _now;
    private Span<bool> _next;

    /// <param name="now">As many as tokens and one more; so <paramref name="next"/>.</param>
    public IgnoreMatch(ReadOnlySpan<IgnoreToken> tokens, Span<bool> now, Span<bool> next)
    {
        _tokens = tokens;
        _now = now;
        _next = next;
        _now.Clear();
        Enter(_now, 0);
    }

    public bool Run(ReadOnlySpan<byte> path)
    {
        Feed(path);
        return _now[^1];
    }

    public void Feed(ReadOnlySpan<byte> path)
    {
        foreach (var c in path)
        {
            _next.Clear();
            for (var i = 0; i < _tokens.Length; i++)
            {
                if (!_now[i]) continue;
                ref readonly var token = ref _tokens[i];
                switch (token.Kind)
                {
                    case IgnoreTokenKind.Literal when token.Byte == c:
                    case IgnoreTokenKind.Any when c != '/':
                    case IgnoreTokenKind.Class when token.Has(c):
                        Enter(_next, i + 1);
                        break;
                    case IgnoreTokenKind.Star when c != '/':
                    case IgnoreTokenKind.Everything:
                        Enter(_next, i);
                        break;
                    case IgnoreTokenKind.Folders:
                        Enter(_next, i);
                        if (c == '/') Enter(_next, i + 1);
                        break;
                }
            }

            var spare = _now;
            _now = _next;
            _next = spare;
        }
    }

    /// <summary>The patterns that what follows must match.</summary>
    public readonly IReadOnlyList<string> Remainders()
    {
        var texts = new List<string>();
        for (var i = 0; i < _tokens.Length; i++)
        {
            if (!_now[i]) continue;

            // A place that another one reaches without a byte says nothing of its own.
            var reached = (i > 0 && _now[i - 1] && _tokens[i - 1].Kind is not (IgnoreTokenKind.Literal or IgnoreTokenKind.Any or IgnoreTokenKind.Class))
                || (i > 1 && _now[i - 2] && _tokens[i - 2].Kind == IgnoreTokenKind.FoldersOrNothing);
            if (!reached) texts.Add(Render(_tokens[i..]));
        }

        return texts;
    }

    /// <summary>Whether anything that follows could match.</summary>
    public readonly bool IsAlive => _now[.._tokens.Length].Contains(true);

    /// <summary>Marks a place and those that follow it without a byte.</summary>
    private readonly void Enter(Span<bool> places, int place)
    {
        while (!places[place])
        {
            places[place] = true;
            if (place == _tokens.Length) return;
            switch (_tokens[place].Kind)
            {
                case IgnoreTokenKind.FoldersOrNothing:
                    Enter(places, place + 2);
                    place++;
                    break;
                case IgnoreTokenKind.Star or IgnoreTokenKind.Everything:
                    place++;
                    break;
                default:
                    return;
            }
        }
    }

    private static string Render(ReadOnlySpan<IgnoreToken> tokens)
    {
        var text = new StringBuilder();
        for (var i = 0; i < tokens.Length; i++)
        {
            var token = tokens[i];
            switch (token.Kind)
            {
                case IgnoreTokenKind.Literal:
                    if (token.Byte is (byte)'*' or (byte)'?' or (byte)'[' or (byte)'\\' || (token.Byte == ' ' && i == tokens.Length - 1)) text.Append('\\');
                    text.Append((char)token.Byte);
                    break;
                case IgnoreTokenKind.Any:
                    text.Append('?');
                    break;
                case IgnoreTokenKind.Star:
                    text.Append('*');
                    break;
                case IgnoreTokenKind.Everything:
                    text.Append("**");
                    break;
                case IgnoreTokenKind.FoldersOrNothing:
                    text.Append("**/");
                    i++;
                    break;
                case IgnoreTokenKind.Folders:
                    text.Append("**/");
                    break;
                case IgnoreTokenKind.Class:
                    text.Append('[');
                    for (var c = 1; c < 256; c++)
                        if (token.Has((byte)c) && c is not ('\n' or '\r')) text.Append('\\').Append((char)c);
                    text.Append(']');
                    break;
            }
        }

        return text.ToString();
    }
}
