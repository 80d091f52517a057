using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;
using ModelTrack.Storage.Transports;
using ModelTrack.Workspace;

namespace ModelTrack.Operations.Pins;

/// <summary>A file at a URL, or a file or folder of this machine, that is no Git repository's: brought to the store as it is now.</summary>
internal static class PlainSource
{
    private const int BufferSize = 128 * 1024;
    private static readonly TimeSpan s_stall = TimeSpan.FromSeconds(60);

    /// <returns>What it is, and how many files a folder has.</returns>
    public static async Task<(ArtifactIdentity Identity, int? Files)> BringAsync(OperationSession session, LocalStore store, string source, CancellationToken cancellationToken)
    {
        if (UrlOf(source) is { } url) return (await DownloadAsync(session, store, url, cancellationToken).ConfigureAwait(false), null);
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source.Replace('\\', '/'), session.Options.ProjectDirectory));
        if (!Path.Exists(path)) throw PinErrors.SourceNotRead(source, "nothing is there");
        var artifact = new TrackedArtifact { FullPath = path, DisplayName = source };
        var scan = await ArtifactLook.ScanAsync(session, artifact, null, hashEverything: true, cancellationToken).ConfigureAwait(false);
        var look = new ArtifactLook { Artifact = artifact, Scan = scan, Pointer = null, State = null, Content = scan.Identity };
        var saved = await ContentSaving.StoreAsync(session, store, look, cancellationToken).ConfigureAwait(false);
        await store.FlushAsync(cancellationToken).ConfigureAwait(false);
        return (saved.Identity, saved.Files);
    }

    /// <summary>Null for a path. A secret in a URL would stand in the pointer.</summary>
    public static Uri? UrlOf(string source)
    {
        if (!source.Contains("://", StringComparison.Ordinal)) return null;
        if (!Uri.TryCreate(source, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
            throw PinErrors.SourceNotRead(WithoutSecrets(source), "a file comes from an https:// URL or from a path");
        return url.UserInfo.Length > 0 || url.Query.Length > 0
            ? throw PinErrors.SourceNotRead(WithoutSecrets(source), "a user, a password or a query would stand in the pointer for everybody to read; give a URL without")
            : url;
    }

    private static string WithoutSecrets(string source)
    {
        var query = source.IndexOf('?', StringComparison.Ordinal);
        var text = query < 0 ? source : source[..query];
        var start = text.IndexOf("://", StringComparison.Ordinal) + 3;
        var slash = text.IndexOf('/', start);
        var at = text.LastIndexOf('@', slash < 0 ? text.Length - 1 : slash);
        return at > start ? text[..start] + text[(at + 1)..] : text;
    }

    private static async Task<ArtifactIdentity> DownloadAsync(OperationSession session, LocalStore store, Uri url, CancellationToken cancellationToken)
    {
        if (session.Options.Offline) throw PinErrors.SourceNotRead(url.ToString(), "this run is offline (ModelTrackOffline)");
        var folder = Path.Combine(session.Options.IntermediateDirectory, "modeltrack");
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $"import-{Guid.NewGuid():N}.tmp");
        try
        {
            await DownloadAsync(session, url, temporary, cancellationToken).ConfigureAwait(false);
            var digest = await store.AddFileAsync(temporary, cancellationToken).ConfigureAwait(false);
            await store.FlushAsync(cancellationToken).ConfigureAwait(false);
            return new ArtifactIdentity(Artifacts.ArtifactKind.File, digest.Id.Sha256, digest.Id.Size);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw PinErrors.SourceNotRead(exception, url.ToString(), exception is OperationCanceledException ? "nothing came for a minute" : ProxyRefusal.Told(exception) ?? ForeignText.WithoutUserInfo(exception.Message));
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static async Task DownloadAsync(OperationSession session, Uri url, string target, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { UseCookies = false, ConnectTimeout = s_stall };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("ModelTrack");
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stall.CancelAfter(s_stall);
        using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, stall.Token).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        if (response.Content.Headers.ContentLength is { } length) session.Log.Progress.Expect(length);
        var body = await response.Content.ReadAsStreamAsync(stall.Token).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            using var file = File.Create(target);
            var buffer = new byte[BufferSize];
            while (true)
            {
                stall.CancelAfter(s_stall);
                var read = await body.ReadAsync(buffer, stall.Token).ConfigureAwait(false);
                if (read == 0) return;
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                session.Log.Progress.Advance(read);
            }
        }
    }
}
