using System.Text;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <summary>
/// A remote in the packed layout: chunks in packs, one manifest per artifact, which is written last and is the commit.
/// All that comes from it is untrusted until hashes agree. Methods may be called from several threads. It disposes its transport.
/// </summary>
public sealed class PackedRemote : IAsyncDisposable
{
    private readonly RemoteSession _session;
    private readonly RemoteManifests _manifests;
    private readonly RemoteLayout _layout;
    private readonly SemaphoreSlim _registering = new(1, 1);
    private readonly HashSet<string> _registered = [];

    /// <param name="transport">Retried, limited and counted by whoever opened it.</param>
    public PackedRemote(ITransport transport, LocalStore store, IOperationLog log, TimeProvider? time = null)
    {
        _session = new RemoteSession(transport, store, log, time ?? TimeProvider.System);
        _manifests = new RemoteManifests(_session);
        _layout = new RemoteLayout(_session);
    }

    /// <summary>A stable name of the remote, without anything secret; the store confirms artifacts under it.</summary>
    public string Identity => _session.Identity;

    /// <summary>Whether it has answered for something in a way that means absent or forbidden; that is reported as absent.</summary>
    public bool HidesAbsence => _session.Transport.Traits.HidesAbsence;

    /// <summary>Sends what the remote lacks of an artifact whose contents are all in the store; returns when the remote itself has shown that all is there.</summary>
    /// <param name="bases">Up to eight earlier artifacts, likeliest first, whose chunks at the remote may be reused. The remote's own hint is added.</param>
    /// <param name="recentPath">The repository-relative path of the pointer, `/`-separated, under which a hint for later pushes is kept; null for none.</param>
    public Task<PushResult> PushAsync(ArtifactContent artifact, IReadOnlyList<Sha256Hash> bases, string? recentPath, CancellationToken cancellationToken) =>
        PushAsync(artifact, _ => Task.FromResult(bases), recentPath, cancellationToken);

    /// <inheritdoc cref="PushAsync(ArtifactContent, IReadOnlyList{Sha256Hash}, string?, CancellationToken)"/>
    /// <param name="findBases">Asked only when something is to be sent: finding bases may cost a look through Git's history.</param>
    public Task<PushResult> PushAsync(ArtifactContent artifact, FindBases findBases, string? recentPath, CancellationToken cancellationToken) =>
        GuardAsync(() => new Pusher(_session, _manifests, _layout).PushAsync(artifact, findBases, findContent: null, recentPath, cancellationToken));

    /// <summary>As the other, for an artifact of which the store has a part: the rest has to be at the remote, in bases, and is not received.</summary>
    /// <param name="findContent">Gives a base's contents in order; null when they are not known.</param>
    /// <exception cref="ModelTrackException">A content is neither in the store nor in a base at the remote. Nothing was sent.</exception>
    public Task<PushResult> PushPartAsync(
        ArtifactContent artifact, FindBases findBases, FindContent findContent, string? recentPath, CancellationToken cancellationToken) =>
        GuardAsync(() => new Pusher(_session, _manifests, _layout).PushAsync(artifact, findBases, findContent, recentPath, cancellationToken));

    /// <summary>Sees to it that an artifact stays at the remote that this machine does not have whole and so cannot send: as a push does of one that is there.</summary>
    /// <returns>False when the remote does not have all of it either.</returns>
    public Task<bool> KeepAsync(Sha256Hash artifact, CancellationToken cancellationToken) =>
        GuardAsync(() => new Pusher(_session, _manifests, _layout).KeepAsync(artifact, cancellationToken));

    /// <summary>Copies to another remote what that lacks of an artifact, each pack verified on its way; returns when the target itself has shown that all is there.</summary>
    /// <param name="recentPath">As for a push; null for no hint.</param>
    /// <returns>Null when this remote does not have the artifact and the target has it neither.</returns>
    public Task<CopyResult?> CopyToAsync(PackedRemote target, Sha256Hash artifact, string? recentPath, CancellationToken cancellationToken) =>
        target.GuardAsync(() =>
            new RemoteCopier(_session, _manifests, target._session, target._manifests, target._layout).CopyAsync(artifact, recentPath, cancellationToken));

    /// <summary>The artifact's manifest as the remote has it now; null when it has none, a coded error when it is damaged.</summary>
    public Task<RemoteArtifact?> FindAsync(Sha256Hash artifact, CancellationToken cancellationToken) => GuardAsync(async () =>
        await _manifests.FindAsync(artifact, trustCache: true, cancellationToken).ConfigureAwait(false) is { } manifest ? new RemoteArtifact(manifest) : null);

    /// <summary>The verified bytes of a directory's listing, from the store when it has them; afterwards the store does.</summary>
    public Task<byte[]> ReadListingAsync(RemoteArtifact artifact, CancellationToken cancellationToken) =>
        GuardAsync(() => new Fetcher(_session, _manifests).ReadListingAsync(artifact.Manifest, cancellationToken));

    /// <summary>Brings contents to the store; chunks that <paramref name="bases"/> have in the store are not fetched.</summary>
    /// <param name="content">All of the artifact, as its listing says.</param>
    /// <param name="wanted">Contents of <paramref name="content"/>; those already in the store cost nothing.</param>
    /// <exception cref="ModelTrackException">The remote has not what its manifest says. Contents that were whole stay in the store.</exception>
    public Task<FetchResult> FetchAsync(
        RemoteArtifact artifact,
        ArtifactContent content,
        IReadOnlyCollection<ContentId> wanted,
        IReadOnlyList<ArtifactContent> bases,
        CancellationToken cancellationToken) =>
        GuardAsync(() => new Fetcher(_session, _manifests).FetchAsync(artifact.Manifest, content, wanted, bases, cancellationToken));

    /// <summary>Hashes what the remote holds of the artifacts.</summary>
    /// <param name="artifacts">With no blobs where a directory's listing is not known; its chunks can then be healed only if the store has them packed.</param>
    /// <param name="percent">How many of the packs are read, 1 to 100; manifests and the presence of packs are always checked.</param>
    /// <param name="heal">Replace bad packs and manifests from contents in the store.</param>
    public Task<RemoteVerifyReport> VerifyAsync(IReadOnlyCollection<ArtifactContent> artifacts, int percent, bool heal, CancellationToken cancellationToken) =>
        GuardAsync(() => new RemoteVerifier(_session, _manifests, new Pusher(_session, _manifests, _layout)).RunAsync(artifacts, percent, heal, cancellationToken));

    /// <summary>The hint: artifacts lately pushed under this pointer's path, newest first; empty when there is none.</summary>
    public Task<IReadOnlyList<Sha256Hash>> RecentAsync(string recentPath, CancellationToken cancellationToken) =>
        GuardAsync(() => new RecentHints(_session).ReadAsync(recentPath, cancellationToken));

    /// <summary>
    /// Makes a repository known to this remote's garbage collection, which asks for every one of them. Asks nobody when the store remembers that
    /// it is; after content was sent, it is also made sure that it is known under its present URL.
    /// </summary>
    /// <param name="workspace">The work tree's folder, full.</param>
    /// <param name="findUrl">Its origin's URL without credentials.</param>
    /// <param name="hasSent">Whether this push sent content.</param>
    public Task RegisterRepositoryAsync(string workspace, Func<CancellationToken, Task<string>> findUrl, bool hasSent, CancellationToken cancellationToken) =>
        GuardAsync<object?>(async () =>
        {
            // One at a time: were two written, and this process killed after the one's note and before the other's end, nobody would come by what is left.
            await _registering.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                var known = _session.Store.FindRegistration(Identity, workspace);
                if (known is not null && !hasSent) return null;
                var url = await findUrl(cancellationToken).ConfigureAwait(false);
                var key = RemoteKeys.Repository(url);
                if (known == url && _registered.Contains(key)) return null;

                // A remote that was emptied, and made anew by somebody else, has forgotten it.
                if (known != url || await _session.Transport.HeadAsync(key, cancellationToken).ConfigureAwait(false) is null)
                {
                    await _session.Transport.PutAsync(key, Encoding.UTF8.GetBytes(url + "\n"), onlyIfAbsent: false, cancellationToken).ConfigureAwait(false);
                    _session.Store.NoteRegistration(Identity, workspace, url);
                }

                _registered.Add(key);
                return null;
            }
            finally
            {
                _registering.Release();
            }
        });

    /// <summary>The repositories that ever pushed here: garbage collection has to hear of each.</summary>
    public Task<IReadOnlyList<KnownRepository>> RepositoriesAsync(CancellationToken cancellationToken) =>
        GuardAsync(() => new RemoteListing(_session, _manifests).RepositoriesAsync(cancellationToken));

    /// <summary>Condemns what no pointer names; deletes nothing.</summary>
    public Task<RemoteGcReport> MarkAsync(RemoteGcRequest request, CancellationToken cancellationToken) =>
        GuardAsync(() => new RemoteMarker(_session, _manifests).RunAsync(request, cancellationToken));

    /// <summary>Deletes what was condemned a grace period ago and is still garbage.</summary>
    public Task<RemoteGcReport> SweepAsync(RemoteGcRequest request, CancellationToken cancellationToken) =>
        GuardAsync(() => new RemoteSweeper(_session, _manifests).RunAsync(request, cancellationToken));

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        _registering.Dispose();
        await _session.Transport.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<T> GuardAsync<T>(Func<Task<T>> operation)
    {
        try
        {
            return await operation().ConfigureAwait(false);
        }
        catch (TransportException e)
        {
            throw StorageErrors.RemoteFailed(e, Identity);
        }
    }
}

/// <summary>Finds earlier artifacts that are like the one to be sent, likeliest first.</summary>
public delegate Task<IReadOnlyList<Sha256Hash>> FindBases(CancellationToken cancellationToken);

/// <summary>All contents of an artifact in order; null when they are not known.</summary>
public delegate Task<ArtifactContent?> FindContent(Sha256Hash artifact, CancellationToken cancellationToken);
