using System.Text.RegularExpressions;
using ModelTrack.Storage.Remote;

namespace ModelTrack.Storage.Transports.S3;

/// <summary>Where objects stand: the bucket, what comes before each key, and the server.</summary>
/// <param name="Endpoint">The server's URL; null for Amazon's.</param>
/// <param name="Region">Null where neither settings, environment nor the endpoint's name tell it.</param>
internal sealed partial record S3Place(string Bucket, string Prefix, Uri? Endpoint, string? Region, bool PathStyle)
{
    /// <summary>What a compatible server takes when nobody says otherwise.</summary>
    public const string DefaultRegion = "us-east-1";

    /// <summary>Over https a body's own hash need not be signed: the way is safe, and Content-MD5 is what every server checks.</summary>
    public bool IsEncrypted => Endpoint is null || Endpoint.Scheme == Uri.UriSchemeHttps;

    /// <param name="url">`s3://bucket/prefix`.</param>
    /// <exception cref="Diagnostics.ModelTrackException">The endpoint is no URL.</exception>
    public static S3Place Of(string url, RemoteSettings settings, Func<string, string?> variable)
    {
        var rest = url["s3://".Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var bucket = slash < 0 ? rest : rest[..slash];
        var prefix = slash < 0 ? "" : rest[(slash + 1)..].Trim('/');

        var endpoint = ServerOf(url, settings.Endpoint, "Endpoint of its TrackedRemote")
            ?? ServerOf(url, variable("AWS_ENDPOINT_URL_S3"), "AWS_ENDPOINT_URL_S3")
            ?? ServerOf(url, variable("AWS_ENDPOINT_URL"), "AWS_ENDPOINT_URL");
        var region = Given(settings.Region) ?? (endpoint is null ? null : RegionInHost().Match(endpoint.Host) is { Success: true } match ? match.Groups[1].Value : null)
            ?? Given(variable("AWS_REGION")) ?? Given(variable("AWS_DEFAULT_REGION"));
        var pathStyle = settings.ForcePathStyle ?? (endpoint is not null && !WantsBucketInHost().IsMatch(endpoint.Host));
        return new S3Place(bucket, prefix.Length == 0 ? "" : prefix + "/", endpoint, region, pathStyle);
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static Uri? ServerOf(string remote, string? text, string source)
    {
        if (Given(text) is not { } given) return null;
        if (!Uri.TryCreate(given, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps) || uri.UserInfo.Length > 0 || uri.Query.Length > 0)
        {
            throw StorageErrors.S3EndpointUnreadable(remote, source);
        }

        return uri;
    }

    /// <summary>`s3.us-west-004.backblazeb2.com`, `s3.eu-central-1.amazonaws.com` and those who name theirs alike.</summary>
    [GeneratedRegex(@"(?:^|\.)s3[.-]([a-z]{2}(?:-[a-z]+)+-\d+)\.", RegexOptions.CultureInvariant)]
    private static partial Regex RegionInHost();

    /// <summary>Services that refuse a bucket in the path.</summary>
    [GeneratedRegex(@"(?:^|\.)(?:amazonaws\.com(?:\.cn)?|aliyuncs\.com|myqcloud\.com|volces\.com)$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex WantsBucketInHost();
}
