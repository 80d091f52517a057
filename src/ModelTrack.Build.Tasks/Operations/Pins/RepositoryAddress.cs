using System.Text.RegularExpressions;
using ModelTrack.Artifacts;

namespace ModelTrack.Operations.Pins;

/// <summary>Another Git repository, as a person writes it: a URL, an SSH address or a folder.</summary>
/// <param name="Text">As Git takes it; nothing secret is in it.</param>
/// <param name="Folder">The full path of a folder; null for what is reached over a transport.</param>
internal sealed partial record RepositoryAddress(string Text, string? Folder)
{
    private const int MaxLength = 2048;

    /// <param name="baseDirectory">What a relative folder is relative to.</param>
    public static RepositoryAddress Parse(string text, string baseDirectory)
    {
        text = text.Trim();
        if (text.Length is 0 or > MaxLength) throw Wrong("it is empty or too long");
        if (text.Any(char.IsControl)) throw Wrong("it holds control characters");
        if (text[0] == '-') throw Wrong("it begins with a dash");
        if (Helper().IsMatch(text)) throw Wrong("helper programs are not started");
        if (Scheme().Match(text) is { Success: true } scheme)
        {
            if (scheme.Groups[1].Value.ToUpperInvariant() is not ("HTTPS" or "HTTP" or "SSH" or "GIT" or "FILE")) throw Wrong($"'{scheme.Groups[1].Value}' is no transport of Git's that is used here");
            var user = UserInfo().Match(text);
            var isSsh = scheme.Groups[1].Value.Equals("ssh", StringComparison.OrdinalIgnoreCase);
            if (user.Success && (!isSsh || user.Value.Contains(':', StringComparison.Ordinal))) throw new RepositoryAddress(UserInfo().Replace(text, ""), null).Secret();
            return new RepositoryAddress(text.TrimEnd('/'), null);
        }

        if (ScpLike().IsMatch(text)) return new RepositoryAddress(text.TrimEnd('/'), null);
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(text.Replace('\\', '/'), baseDirectory));
        return new RepositoryAddress(folder, folder);

        Diagnostics.ModelTrackException Wrong(string why) => PinErrors.NotARepository(Shown.Text(UserInfo().Replace(text, "")), why);
    }

    public override string ToString() => Text;

    private Diagnostics.ModelTrackException Secret() => PinErrors.NotARepository(Shown.Text(Text), "it holds a user or a password, which would stand in files and logs");

    [GeneratedRegex("^[A-Za-z0-9+.-]+::", RegexOptions.CultureInvariant)]
    private static partial Regex Helper();

    [GeneratedRegex("^([A-Za-z][A-Za-z0-9+.-]+)://", RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();

    [GeneratedRegex("(?<=^[A-Za-z][A-Za-z0-9+.-]+://)[^/@]*@", RegexOptions.CultureInvariant)]
    private static partial Regex UserInfo();

    // One letter before the colon is a drive.
    [GeneratedRegex(@"^(?:[^/\\:@\s]+@[^/\\:\s]+|[^/\\:@\s]{2,}):(?!//)\S", RegexOptions.CultureInvariant)]
    private static partial Regex ScpLike();
}
