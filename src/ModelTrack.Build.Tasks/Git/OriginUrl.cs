namespace ModelTrack.Git;

/// <summary>A repository by the URL of its origin: the same text for everybody who clones it the same way, without credentials.</summary>
public static class OriginUrl
{
    /// <summary>
    /// Without user and password, query, `.git` and slashes at its end: `https://github.com/a/b`, `github.com:a/b`. A local path stays as it is.
    /// </summary>
    public static string Normalize(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        var text = url.Trim();
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        var start = scheme < 0 ? 0 : scheme + 3;
        var slash = text.IndexOf('/', start);
        var authority = slash < 0 ? text.Length : slash;

        // A password may hold an @, a host cannot. `user@host:path` has no scheme, and a path may have an @ behind a slash.
        var at = text.AsSpan(start, authority - start).LastIndexOf('@');
        if (at >= 0) text = text[..start] + text[(start + at + 1)..];
        if (scheme >= 0 && text.AsSpan().IndexOfAny('?', '#') is >= 0 and var end) text = text[..end];
        text = text.TrimEnd('/');
        return text.EndsWith(".git", StringComparison.Ordinal) && !text.EndsWith("/.git", StringComparison.Ordinal) ? text[..^4].TrimEnd('/') : text;
    }

    /// <summary>What stands for the origin of a work tree that has none: its place on this machine.</summary>
    public static string OfFolder(string folder) => new UriBuilder("file", MachineName, -1, Path.GetFullPath(folder).Replace('\\', '/')).Uri.AbsoluteUri.TrimEnd('/');

    private static string MachineName
    {
        get
        {
            var name = string.Concat(Environment.MachineName.Where(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
            return name.Length == 0 ? "localhost" : name;
        }
    }
}
