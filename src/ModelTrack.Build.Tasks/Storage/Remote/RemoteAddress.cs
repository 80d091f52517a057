using System.Buffers;
using System.Text.RegularExpressions;

namespace ModelTrack.Storage.Remote;

public enum RemoteKind
{
    /// <summary>A folder: a path, a `file://` URL, a UNC share.</summary>
    Folder,
    S3,
    Http,
}

/// <summary>Where a remote is, without anything secret: an address is told in messages, logs and records.</summary>
public sealed partial record RemoteAddress
{
    private const int MaxLength = 2048;
    private static readonly SearchValues<char> s_queryMarks = SearchValues.Create("?#");

    private RemoteAddress(RemoteKind kind, string location)
    {
        Kind = kind;
        Location = location;
    }

    public RemoteKind Kind { get; }

    /// <summary>A folder's full path, or a URL without a trailing slash.</summary>
    public string Location { get; }

    /// <summary>Reads an address as a person writes it.</summary>
    /// <param name="address">A path (relative ones to <paramref name="baseDirectory"/>), a UNC path, or a `file`, `s3`, `http` or `https` URL.</param>
    /// <exception cref="Diagnostics.ModelTrackException">It is none of these, or carries user-info, a query or a fragment.</exception>
    public static RemoteAddress Parse(string address, string baseDirectory)
    {
        var text = address.Trim();
        if (text.Length == 0) throw StorageErrors.AddressUnreadable(text, "it is empty");
        if (text.Length > MaxLength || text.Any(char.IsControl)) throw StorageErrors.AddressUnreadable(Shown(text), "it is too long or holds control characters");

        var scheme = Scheme().Match(text);
        if (!scheme.Success) return Folder(text, baseDirectory);

        if (UserInfo().IsMatch(text)) throw StorageErrors.AddressHasSecret(Shown(text), "user-info");
        if (text.AsSpan().ContainsAny(s_queryMarks)) throw StorageErrors.AddressHasSecret(Shown(text), text.Contains('?', StringComparison.Ordinal) ? "a query" : "a fragment");

        return scheme.Groups[1].Value.ToLowerInvariant() switch
        {
            "file" => FolderOfUrl(text),
            "s3" => Url(RemoteKind.S3, text),
            "http" or "https" => Url(RemoteKind.Http, text),
            var other => throw StorageErrors.AddressSchemeUnknown(Shown(text), other),
        };
    }

    public override string ToString() => Location;

    private static RemoteAddress Folder(string text, string baseDirectory)
    {
        // What people paste from `git remote -v`; a folder of that name is nobody's wish.
        if (ScpLike().IsMatch(text)) throw StorageErrors.AddressSchemeUnknown(Shown(text), "ssh");
        if (!OperatingSystem.IsWindows())
        {
            if (text.StartsWith(@"\\", StringComparison.Ordinal)) throw StorageErrors.AddressNeedsWindows(text);
            text = text.Replace('\\', '/');
        }

        try
        {
            return new RemoteAddress(RemoteKind.Folder, Path.TrimEndingDirectorySeparator(Path.GetFullPath(text, baseDirectory)));
        }
        catch (Exception e) when (e is ArgumentException or IOException or NotSupportedException)
        {
            throw StorageErrors.AddressUnreadable(text, e.Message);
        }
    }

    private static RemoteAddress FolderOfUrl(string text)
    {
        // The short form, `file:/path`, which Uri knows on some systems only.
        var rest = text["file:".Length..];
        if (!rest.StartsWith("//", StringComparison.Ordinal)) text = "file://" + rest;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !uri.IsFile || uri.LocalPath.Contains('\0', StringComparison.Ordinal))
        {
            throw StorageErrors.AddressUnreadable(Shown(text), "it is not a file URL");
        }

        var isLocal = uri.Host.Length == 0 || uri.IsLoopback;
        if (!isLocal && !OperatingSystem.IsWindows()) throw StorageErrors.AddressNeedsWindows(Shown(text));

        var path = isLocal && uri.Host.Length > 0 ? new Uri("file://" + uri.AbsolutePath).LocalPath : uri.LocalPath;
        return Folder(path, Path.GetPathRoot(Environment.SystemDirectory) is { Length: > 0 } root ? root : "/");
    }

    private static RemoteAddress Url(RemoteKind kind, string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0) throw StorageErrors.AddressUnreadable(Shown(text), "it names no host");
        if (Dots().IsMatch(Uri.UnescapeDataString(uri.OriginalString))) throw StorageErrors.AddressUnreadable(Shown(text), "its path holds '.' or '..'");

        return new RemoteAddress(kind, text.TrimEnd('/'));
    }

    /// <summary>
    /// The address as a message may show it: nothing before the last `@`, since a password may hold any mark, and nothing from where a query begins.
    /// Where the two overlap, either may be secret, and the scheme alone is shown.
    /// </summary>
    private static string Shown(string text)
    {
        var start = SchemeAndSlashes().Match(text).Length;
        var query = text.AsSpan().IndexOfAny(s_queryMarks);
        var host = start > 0 ? text.LastIndexOf('@') + 1 : 0;
        if (query >= 0 && host > query) return text[..start] + "…";

        if (query >= 0) text = text[..query];
        if (host > 0) text = text[..start] + text[host..];
        return text.Length > MaxLength ? text[..MaxLength] + "…" : text;
    }

    // One letter is a drive.
    [GeneratedRegex("^([A-Za-z][A-Za-z0-9+.-]+):(?://|(?<=file:)/)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();

    [GeneratedRegex("^([A-Za-z][A-Za-z0-9+.-]+:/*)[^/]*@", RegexOptions.CultureInvariant)]
    private static partial Regex UserInfo();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9+.-]+:/*", RegexOptions.CultureInvariant)]
    private static partial Regex SchemeAndSlashes();

    [GeneratedRegex(@"^[^/\\@]+@[^/\\:]+:", RegexOptions.CultureInvariant)]
    private static partial Regex ScpLike();

    [GeneratedRegex(@"/\.{1,2}(/|$)", RegexOptions.CultureInvariant)]
    private static partial Regex Dots();
}
