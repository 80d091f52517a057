using System.Text.RegularExpressions;

namespace ModelTrack.Operations;

/// <summary>A repository on DagsHub, and where its bucket is.</summary>
/// <param name="Host">The server's URL without a path or a trailing slash.</param>
internal sealed partial record DagsHubRepository(string Host, string Owner, string Name)
{
    public const string DefaultHost = "https://dagshub.com";

    /// <summary>For a DagsHub of one's own; DagsHub's Python client reads the same variable.</summary>
    public const string HostVariable = "DAGSHUB_CLIENT_HOST";

    public string Url => $"{Host}/{Owner}/{Name}";

    /// <summary>Tells whether the repository is there and the token may see it.</summary>
    public Uri Api => new($"{Host}/api/v1/repos/{Owner}/{Name}");

    /// <summary>The server of the buckets of this owner, for S3; the bucket has the repository's name.</summary>
    public string BucketEndpoint => $"{Host}/api/v1/repo-buckets/s3/{Owner}";

    /// <summary>Reads `OWNER/REPO`, or the repository's address as it is copied from a browser or from Git.</summary>
    /// <exception cref="Diagnostics.ModelTrackException">It is neither, or an address of another host: a token for this one must not go there.</exception>
    public static DagsHubRepository Parse(string? text, string? host)
    {
        var server = (string.IsNullOrWhiteSpace(host) ? DefaultHost : host.Trim()).TrimEnd('/');
        if (!Uri.TryCreate(server, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0)
        {
            throw DagsHubErrors.NotReached(null, HostVariable, "the variable holds no http(s) address");
        }

        var given = text?.Trim() ?? "";
        var name = given;
        if (given.Contains("://", StringComparison.Ordinal))
        {
            // What stands before the path may hold a password: it is not shown.
            if (!Uri.TryCreate(given, UriKind.Absolute, out var pasted)) throw DagsHubErrors.NotARepositoryName("the address given", server);
            name = pasted.AbsolutePath;
            given = pasted.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
            if (!string.Equals(pasted.IdnHost, uri.IdnHost, StringComparison.OrdinalIgnoreCase) || pasted.Port != uri.Port) throw DagsHubErrors.NotARepositoryName(given, server);
        }

        return Form().Match(name) is { Success: true } match
            ? new DagsHubRepository(server, match.Groups["owner"].Value, match.Groups["name"].Value)
            : throw DagsHubErrors.NotARepositoryName(given.Length <= 200 ? given : given[..200] + "…", server);
    }

    [GeneratedRegex(@"^/?(?<owner>[A-Za-z0-9_-][A-Za-z0-9._-]{0,99})/(?<name>[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}?)(\.git|\.dvc|\.s3|\.mlflow)?/?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
