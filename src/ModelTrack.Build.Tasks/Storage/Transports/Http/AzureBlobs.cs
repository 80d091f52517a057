using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Xml;
using System.Xml.Linq;

namespace ModelTrack.Storage.Transports.Http;

/// <summary>What Azure Blob Storage wants beyond plain HTTP, and its listing.</summary>
internal sealed class AzureBlobs
{
    /// <summary>Of 2020; every later service and Azurite speak it.</summary>
    private const string Version = "2020-10-02";

    private const int MaxPage = 64 * 1024 * 1024;

    private static readonly string[] s_hosts = [".blob.core.windows.net", ".blob.core.usgovcloudapi.net", ".blob.core.chinacloudapi.cn", ".blob.storage.azure.net"];

    private readonly Uri _container;
    private readonly string _folder;

    private AzureBlobs(Uri container, string folder)
    {
        _container = container;
        _folder = folder;
    }

    /// <summary>By its host, or because the token is a shared access signature, which only Azure has.</summary>
    public static bool IsAzure(Uri url, HttpCredential? credential) =>
        credential?.Kind == CredentialKind.Sas || s_hosts.Any(host => url.IdnHost.EndsWith(host, StringComparison.OrdinalIgnoreCase));

    /// <param name="url">The remote's: a container, or a folder in one; where the host is an address or localhost, the account comes first.</param>
    public static AzureBlobs Of(Uri url)
    {
        var segments = url.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var hasAccount = url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 || url.IsLoopback;
        var depth = Math.Min(segments.Length, hasAccount ? 2 : 1);
        var container = new Uri(url.GetLeftPart(UriPartial.Authority) + "/" + string.Join('/', segments[..depth]));
        var folder = string.Concat(segments[depth..].Select(part => Uri.UnescapeDataString(part) + "/"));
        return new AzureBlobs(container, folder);
    }

    public static void Prepare(HttpRequestMessage request)
    {
        request.Headers.TryAddWithoutValidation("x-ms-version", Version);
        if (request.Method == HttpMethod.Put) request.Headers.TryAddWithoutValidation("x-ms-blob-type", "BlockBlob");
    }

    public async IAsyncEnumerable<ObjectListing> ListAsync(HttpExchange exchange, string remote, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var marker = "";
        do
        {
            var query = $"?restype=container&comp=list&prefix={Uri.EscapeDataString(_folder + prefix)}" + (marker.Length == 0 ? "" : $"&marker={Uri.EscapeDataString(marker)}");
            using var answer = await exchange.SendAsync(HttpMethod.Get, new Uri(_container + query), $"list {prefix}", null, Prepare, cancellationToken).ConfigureAwait(false);
            if (answer.Status != HttpStatusCode.OK) throw HttpFailures.Of(answer, remote, writes: false);

            var page = Parse(await answer.ReadAllAsync(MaxPage, cancellationToken).ConfigureAwait(false));
            foreach (var blob in page.Descendants("Blob"))
            {
                var name = (string?)blob.Element("Name") ?? "";
                if (!name.StartsWith(_folder, StringComparison.Ordinal) || !TransportKeys.IsValid(name.AsSpan(_folder.Length))) continue;

                var properties = blob.Element("Properties");
                if (!long.TryParse((string?)properties?.Element("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var size)) continue;
                yield return new ObjectListing(name[_folder.Length..], size, Time((string?)properties?.Element("Last-Modified")));
            }

            marker = (string?)page.Root?.Element("NextMarker") ?? "";
        }
        while (marker.Length > 0);
    }

    private static XDocument Parse(byte[] page)
    {
        try
        {
            return HttpXml.Parse(page);
        }
        catch (XmlException e)
        {
            throw new TransportException($"the listing is no XML: {e.Message}", transient: true, e);
        }
    }

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
