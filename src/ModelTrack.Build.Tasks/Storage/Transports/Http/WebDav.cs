using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace ModelTrack.Storage.Transports.Http;

/// <summary>What a WebDAV server wants and offers beyond plain HTTP: folders that must be made first, and listings.</summary>
/// <param name="remote">The remote for a person.</param>
internal sealed class WebDav(HttpExchange exchange, string remote, Uri root) : IDisposable
{
    private const int MaxListing = 64 * 1024 * 1024;

    private static readonly XNamespace s_dav = "DAV:";
    private static readonly HttpMethod s_makeCollection = new("MKCOL");
    private static readonly HttpMethod s_findProperties = new("PROPFIND");
    private static readonly byte[] s_wanted = Encoding.UTF8.GetBytes(
        """<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>""");

    private readonly ConcurrentDictionary<string, bool> _made = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _making = new(1, 1);

    /// <summary>Makes the folders above an object, those of the remote itself too.</summary>
    /// <returns>False when the server makes no folders.</returns>
    /// <exception cref="TransportException">It would not now.</exception>
    /// <exception cref="Diagnostics.ModelTrackException">It would not for this user, or has no room.</exception>
    public async Task<bool> MakeParentsAsync(Uri url, CancellationToken cancellationToken)
    {
        await _making.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var parent = new Uri(url, ".");
            return _made.ContainsKey(parent.AbsolutePath) || await MakeAsync(parent, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _making.Release();
        }
    }

    /// <param name="folder">Ends with a slash.</param>
    private async Task<bool> MakeAsync(Uri folder, CancellationToken cancellationToken)
    {
        for (var isRepeat = false; ; isRepeat = true)
        {
            using (var answer = await exchange.SendAsync(s_makeCollection, folder, $"MKCOL {folder.AbsolutePath}", null, null, cancellationToken).ConfigureAwait(false))
            {
                // 405 is what the standard says of a folder that is there, and what a server says that knows no folders: the PUT that follows tells.
                if (answer.IsSuccess || answer.Status == HttpStatusCode.MethodNotAllowed)
                {
                    _made[folder.AbsolutePath] = true;
                    return true;
                }

                // The server is busy, or refuses this user: that cause is told, and not the PUT's answer, that there is no folder.
                if (IsRefusal(answer.Status)) throw HttpFailures.Of(answer, remote, writes: true);

                // The folder above is missing too.
                if (isRepeat || answer.Status is not (HttpStatusCode.Conflict or HttpStatusCode.NotFound) || folder.AbsolutePath.Length <= 1) return false;
            }

            if (!await MakeAsync(new Uri(folder, ".."), cancellationToken).ConfigureAwait(false)) return false;
        }
    }

    private static bool IsRefusal(HttpStatusCode status) => status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
        or HttpStatusCode.RequestTimeout or HttpStatusCode.Locked or (HttpStatusCode)425 or HttpStatusCode.TooManyRequests
        or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout or HttpStatusCode.InsufficientStorage;

    /// <summary>Whether the server lists folders, as far as it lets itself be asked.</summary>
    public async Task<bool> CanListAsync(CancellationToken cancellationToken)
    {
        using var answer = await FindAsync(Folder(""), "0", cancellationToken).ConfigureAwait(false);
        if (answer.Status == HttpStatusCode.MultiStatus) return true;
        if (!answer.IsAbsent) return false;

        // Nothing is there yet: the class that it claims must do.
        using var options = await exchange.SendAsync(HttpMethod.Options, Folder(""), "OPTIONS", null, null, cancellationToken).ConfigureAwait(false);
        return options.Header("DAV") is { Length: > 0 };
    }

    /// <summary>The objects below, folder by folder: whole trees at once are refused by many servers.</summary>
    public async IAsyncEnumerable<ObjectListing> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var end = prefix.LastIndexOf('/');
        var folders = new Stack<string>();
        folders.Push(end < 0 ? "" : prefix[..(end + 1)]);
        while (folders.TryPop(out var folder))
        {
            var url = Folder(folder);
            using var answer = await FindAsync(url, "1", cancellationToken).ConfigureAwait(false);
            if (answer.IsAbsent) continue;
            if (answer.Status != HttpStatusCode.MultiStatus) throw HttpFailures.Of(answer, remote, writes: false);

            foreach (var (name, isFolder, size, time) in Parse(await answer.ReadAllAsync(MaxListing, cancellationToken).ConfigureAwait(false), url))
            {
                var key = folder + name;
                if (!TransportKeys.IsValid(key)) continue;
                if (!isFolder)
                {
                    if (key.StartsWith(prefix, StringComparison.Ordinal)) yield return new ObjectListing(key, size, time);
                }
                else if (key.StartsWith(prefix, StringComparison.Ordinal) || prefix.StartsWith(key + "/", StringComparison.Ordinal))
                {
                    folders.Push(key + "/");
                }
            }
        }
    }

    public void Dispose() => _making.Dispose();

    // A server's root ends with a slash however it was written.
    private Uri Folder(string folder) => new(root.AbsoluteUri.TrimEnd('/') + "/" + folder);

    private Task<HttpAnswer> FindAsync(Uri url, string depth, CancellationToken cancellationToken) => exchange.SendAsync(
        s_findProperties,
        url,
        $"PROPFIND {url.AbsolutePath}",
        s_wanted,
        request =>
        {
            request.Headers.TryAddWithoutValidation("Depth", depth);
            request.Content!.Headers.ContentType = new("application/xml") { CharSet = "utf-8" };
        },
        cancellationToken);

    /// <summary>The folder's members: only what stands directly in it, whatever the answer names.</summary>
    private static List<(string Name, bool IsFolder, long Size, DateTimeOffset? Time)> Parse(byte[] bytes, Uri folder)
    {
        XDocument document;
        try
        {
            document = HttpXml.Parse(bytes);
        }
        catch (XmlException e)
        {
            throw new TransportException($"PROPFIND {folder.AbsolutePath}: the answer is no XML: {e.Message}", transient: true, e);
        }

        var members = new List<(string, bool, long, DateTimeOffset?)>();
        var above = Uri.UnescapeDataString(folder.AbsolutePath);
        foreach (var response in document.Descendants(s_dav + "response"))
        {
            if (!Uri.TryCreate(folder, (string?)response.Element(s_dav + "href") ?? "", out var url)) continue;
            var path = Uri.UnescapeDataString(url.AbsolutePath);
            if (!path.StartsWith(above, StringComparison.Ordinal)) continue;
            var name = path[above.Length..].TrimEnd('/');
            if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal)) continue;

            var properties = response.Elements(s_dav + "propstat").Elements(s_dav + "prop").Elements().ToLookup(element => element.Name);
            var isFolder = properties[s_dav + "resourcetype"].Elements(s_dav + "collection").Any();
            _ = long.TryParse((string?)properties[s_dav + "getcontentlength"].FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var size);
            DateTimeOffset? time = DateTimeOffset.TryParse(
                (string?)properties[s_dav + "getlastmodified"].FirstOrDefault(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed) ? parsed : null;
            members.Add((name, isFolder, size, time));
        }

        return members;
    }
}
