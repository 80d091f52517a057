using System.Globalization;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>
/// Brings one artifact's contents to the store: from what is there already, else from its remote. What cannot be had is one coded error
/// that tells where it was looked for.
/// </summary>
internal sealed class ContentDelivery(OperationSession session, LocalStore store, TrackedArtifact artifact, ArtifactIdentity identity, int? files)
{
    private readonly List<string> _tried = [];
    private RemoteArtifact? _found;
    private PackedRemote? _remote;

    /// <summary>Bytes that came over the wire.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>Where they came from, for a person; null when nothing was fetched.</summary>
    public string? Source => BytesReceived > 0 ? _remote?.Identity : null;

    /// <summary>The listing of a directory artifact.</summary>
    public async Task<Listing> ListingAsync(CancellationToken cancellationToken)
    {
        if (await ListingReader.FindAsync(store, identity.Sha256, cancellationToken).ConfigureAwait(false) is { } here) return here;
        var (remote, found) = await FindAsync(cancellationToken).ConfigureAwait(false);
        var bytes = await AskAsync(remote, () => remote.ReadListingAsync(found, cancellationToken), cancellationToken).ConfigureAwait(false);
        BytesReceived += bytes.Length;
        return Listing.Parse(bytes, new Pointer(identity.Kind, identity.Sha256, identity.Size, files), $"listing {identity.Sha256.ToShortString()} at {remote.Identity}");
    }

    /// <summary>The content of a file artifact as the store has it afterwards.</summary>
    public async Task<StoredFile> FileAsync(ArtifactIdentity? formerly, CancellationToken cancellationToken)
    {
        var id = new ContentId(identity.Sha256, identity.Size);
        if (await store.FindFileAsync(id, cancellationToken).ConfigureAwait(false) is { } here) return here;
        IReadOnlyList<ArtifactContent> bases = formerly is { Kind: ArtifactKind.File } former
            ? [ArtifactContent.OfFile(new ContentId(former.Sha256, former.Size))]
            : [];
        await FetchAsync(ArtifactContent.OfFile(id), [id], bases, cancellationToken).ConfigureAwait(false);
        return await store.FindFileAsync(id, cancellationToken).ConfigureAwait(false)
            ?? throw await CannotDeliverAsync("it came and was damaged in the store at once", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Brings those of <paramref name="wanted"/> that the store lacks.</summary>
    public async Task FilesAsync(Listing listing, IReadOnlyCollection<ContentId> wanted, Listing? formerly, CancellationToken cancellationToken)
    {
        var missing = wanted.Where(id => !store.Contains(id)).ToList();
        if (missing.Count == 0) return;
        await FetchAsync(
            listing.ToArtifactContent(), missing, formerly is null ? [] : [formerly.ToArtifactContent()], cancellationToken).ConfigureAwait(false);
    }

    private async Task FetchAsync(
        ArtifactContent content, IReadOnlyCollection<ContentId> wanted, IReadOnlyList<ArtifactContent> bases, CancellationToken cancellationToken)
    {
        var (remote, found) = await FindAsync(cancellationToken).ConfigureAwait(false);
        var result = await AskAsync(remote, () => remote.FetchAsync(found, content, wanted, bases, cancellationToken), cancellationToken).ConfigureAwait(false);
        BytesReceived += result.BytesReceived;
        store.ConfirmRemote(identity.Sha256, remote.Identity);
    }

    private async Task<(PackedRemote Remote, RemoteArtifact Found)> FindAsync(CancellationToken cancellationToken)
    {
        if (_found is not null) return (_remote!, _found);
        var place = session.Remotes.PlaceOf(artifact);
        if (place is null) throw await CannotDeliverAsync("no remote is set (ModelTrackRemote)", cancellationToken).ConfigureAwait(false);
        if (session.Options.Offline) throw await CannotDeliverAsync($"{place} was not asked (ModelTrackOffline)", cancellationToken).ConfigureAwait(false);
        _remote = session.Remotes.Open(place, store);
        _found = await AskAsync(_remote, () => _remote.FindAsync(identity.Sha256, cancellationToken), cancellationToken).ConfigureAwait(false)
            ?? throw await CannotDeliverAsync($"{_remote.Identity} does not have it", cancellationToken).ConfigureAwait(false);
        return (_remote, _found);
    }

    private async Task<T> AskAsync<T>(PackedRemote remote, Func<Task<T>> request, CancellationToken cancellationToken)
    {
        try
        {
            return await request().ConfigureAwait(false);
        }
        catch (ModelTrackException exception)
        {
            throw await CannotDeliverAsync($"{remote.Identity} failed: {exception.Code}: {exception.Message}", cancellationToken, exception).ConfigureAwait(false);
        }
    }

    private async Task<ModelTrackException> CannotDeliverAsync(string why, CancellationToken cancellationToken, Exception? inner = null)
    {
        _tried.Add($"the store {store.Path} does not have it");
        _tried.Add(why);
        var error = OperationErrors.CannotDeliver(
            artifact.DisplayName,
            HumanText.Extent(identity.Size, files),
            identity.Sha256.ToShortString(),
            string.Join("; ", _tried.Distinct()),
            await WayOutAsync(cancellationToken).ConfigureAwait(false));
        return new ModelTrackException(error.Diagnostic with { File = PointerFile.PathFor(artifact.FullPath) }, inner);
    }

    /// <summary>Whom to ask: the commit that brought the pointer tells who has the content.</summary>
    private async Task<string> WayOutAsync(CancellationToken cancellationToken)
    {
        var push = session.Remotes.PlaceOf(artifact) is null
            ? "set ModelTrackRemote in ModelTrack.props, and run dotnet build -t:ModelTrackPush on the machine that saved it"
            : "run dotnet build -t:ModelTrackPush on the machine that saved it";
        if (session.Git is not { } git) return $"If it was saved and never pushed: {push}.";
        try
        {
            var commit = await git.FindLastChangeAsync(session.RepositoryPath(PointerFile.PathFor(artifact.FullPath)), cancellationToken).ConfigureAwait(false);
            return commit is null
                ? $"Its pointer is not committed. If it was saved and never pushed: {push}."
                : string.Create(CultureInfo.InvariantCulture, $"Its pointer came with commit {commit.ShortId} by {commit.Author} on {commit.Date:yyyy-MM-dd}. If it was never pushed: {push}.");
        }
        catch (ModelTrackException)
        {
            // The missing content is what the user has to hear of; Git's trouble would hide it.
            return $"If it was saved and never pushed: {push}.";
        }
    }
}
