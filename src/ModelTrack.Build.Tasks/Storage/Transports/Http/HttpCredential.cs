using System.Net.Http.Headers;
using System.Text;
using ModelTrack.Git;

namespace ModelTrack.Storage.Transports.Http;

internal enum CredentialKind
{
    Basic,
    Bearer,

    /// <summary>Azure's shared access signature: parameters of the URL's query.</summary>
    Sas,
}

/// <summary>What proves to a server who asks. Its text never shows the secret.</summary>
internal sealed class HttpCredential
{
    private readonly string _secret;

    private HttpCredential(CredentialKind kind, string secret, string source, GitCredential? fromGit)
    {
        Kind = kind;
        _secret = secret;
        Source = source;
        FromGit = fromGit;
    }

    public CredentialKind Kind { get; }

    /// <summary>Where it came from, for a person: the names of variables, or Git's credential helper.</summary>
    public string Source { get; }

    public GitCredential? FromGit { get; }

    public static HttpCredential Basic(string user, string password, string source, GitCredential? fromGit = null) =>
        new(CredentialKind.Basic, Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")), source, fromGit);

    /// <remarks>
    /// A bearer token holds no `&amp;` (RFC 6750), and every SAS has a signature beside other parameters: the two cannot be taken for one another.
    /// </remarks>
    public static HttpCredential OfToken(string token, string source)
    {
        var query = token.TrimStart('?');
        return query.Contains('&', StringComparison.Ordinal) && query.Split('&').Any(part => part.StartsWith("sig=", StringComparison.Ordinal))
            ? new HttpCredential(CredentialKind.Sas, query, source, null)
            : new HttpCredential(CredentialKind.Bearer, token, source, null);
    }

    /// <summary>Puts it on a request.</summary>
    public void ApplyTo(HttpRequestMessage request)
    {
        switch (Kind)
        {
            case CredentialKind.Basic:
                request.Headers.Authorization = new AuthenticationHeaderValue("Basic", _secret);
                break;
            case CredentialKind.Bearer:
                request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + _secret);
                break;
            case CredentialKind.Sas:
                var url = request.RequestUri!;
                request.RequestUri = new UriBuilder(url) { Query = url.Query.Length > 1 ? $"{url.Query[1..]}&{_secret}" : _secret }.Uri;
                break;
        }
    }

    public override string ToString() => $"{Kind} from {Source}";
}
