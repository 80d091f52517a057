using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace ModelTrack.TestServers;

/// <summary>Folders and their listing, as WebDAV servers have them.</summary>
public sealed partial class ObjectServer
{
    private int MakeFolder(string folder)
    {
        if (folder.Length == 0 || _folders.ContainsKey(folder)) return 405;
        if (folder.LastIndexOf('/') is > 0 and var end && !_folders.ContainsKey(folder[..end])) return 409;
        _folders[folder] = true;
        return 201;
    }

    private async Task ListAsync(HttpContext context, string folder)
    {
        var prefix = folder.Length == 0 ? "" : folder + "/";
        var members = Objects.Where(item => item.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        if (folder.Length > 0 && members.Count == 0 && !_folders.ContainsKey(folder))
        {
            context.Response.StatusCode = 404;
            return;
        }

        var text = new StringBuilder("""<?xml version="1.0" encoding="utf-8"?><D:multistatus xmlns:D="DAV:">""");
        Folder(text, prefix);
        if (context.Request.Headers["Depth"] != "0")
        {
            foreach (var name in members.Where(item => item.Key.IndexOf('/', prefix.Length) > 0).Select(item => item.Key[prefix.Length..item.Key.IndexOf('/', prefix.Length)]).Distinct())
            {
                Folder(text, prefix + name + "/");
            }

            foreach (var (key, stored) in members.Where(item => item.Key.IndexOf('/', prefix.Length) < 0))
            {
                text.Append(CultureInfo.InvariantCulture, $"<D:response><D:href>{_options.BasePath}/{key}</D:href><D:propstat><D:prop><D:resourcetype/><D:getcontentlength>{stored.Bytes.Length}</D:getcontentlength><D:getlastmodified>{stored.Time:R}</D:getlastmodified></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>");
            }
        }

        text.Append("</D:multistatus>");
        context.Response.StatusCode = 207;
        context.Response.ContentType = "application/xml; charset=utf-8";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), context.RequestAborted);
    }

    private void Folder(StringBuilder text, string prefix) =>
        text.Append(CultureInfo.InvariantCulture, $"<D:response><D:href>{_options.BasePath}/{prefix}</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>");
}
