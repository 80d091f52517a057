using System.Globalization;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Operations.Merging;
using ModelTrack.Storage;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>
/// Brings one artifact's contents to the store: from what is there already, else from its remotes, one after the other. What one remote delivered
/// stays when the next has to go on. What cannot be had is one coded error that tells where it was looked for.
/// </summary>
/// <param name="files">How many files the pointer counts; null for a file, and where no pointer says it.</param>
internal sealed class ContentDelivery(OperationSession session, LocalStore store, TrackedArtifact artifact, ArtifactIdentity identity, int? files)
{
    private readonly List<(RemotePlace Place, string Why)> _failed = [];
    private readonly List<string> _deliverers = [];
    private IReadOnlyList<RemotePlace>? _sources;
    private RemoteArtifact? _found;
    private PackedRemote? _remote;
    private int _source;
    private int _told;

    /// <summary>Bytes that came over the wire.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>Where they came from, for a person; null when nothing was fetched.</summary>
    public string? Source => BytesReceived > 0 ? string.Join(" and ", _deliverers) : null;

    /// <summary>The listing of a directory artifact.</summary>
    public async Task<Listing> ListingAsync(CancellationToken cancellationToken)
    {
        if (await ListingReader.FindAsync(store, identity.Sha256, cancellationToken).ConfigureAwait(false) is { } here) return here;
        var bytes = await FromAnyAsync((remote, found) => remote.ReadListingAsync(found, cancellationToken), cancellationToken).ConfigureAwait(false);
        BytesReceived += bytes.Length;
        var source = $"listing {identity.Sha256.ToShortString()} at {_deliverers[^1]}";
        return files is null ? Listing.Parse(bytes, source) : Listing.Parse(bytes, new Pointer(identity.Kind, identity.Sha256, identity.Size, files), source);
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
        try
        {
            await FetchAsync(
                listing.ToArtifactContent(), missing, formerly is null ? [] : [formerly.ToArtifactContent()], cancellationToken).ConfigureAwait(false);
        }
        catch (ModelTrackException exception) when (exception.Code == OperationErrors.CannotDeliverCode)
        {
            if (!await FromMergedAsync(missing, formerly, cancellationToken).ConfigureAwait(false)) throw;
        }
    }

    /// <summary>A directory that was merged here and not pushed yet has its contents from two that other people may have pushed.</summary>
    /// <returns>False when it is not one, or they are not all of it.</returns>
    private async Task<bool> FromMergedAsync(IReadOnlyList<ContentId> missing, Listing? formerly, CancellationToken cancellationToken)
    {
        foreach (var (parent, count) in MergedFrom.Find(session.Layout, identity.Sha256))
        {
            if (await ListingReader.FindAsync(store, parent.Sha256, cancellationToken).ConfigureAwait(false) is not { } listing) continue;
            var open = missing.Where(id => !store.Contains(id)).ToHashSet();
            var here = listing.Entries.Where(e => !e.IsEmptyDirectory && open.Contains(e.Content)).Select(e => e.Content).Distinct().ToList();
            if (here.Count == 0) continue;
            var delivery = new ContentDelivery(session, store, artifact, parent, count);
            await delivery.FilesAsync(listing, here, formerly, cancellationToken).ConfigureAwait(false);
            BytesReceived += delivery.BytesReceived;
            _deliverers.AddRange(delivery._deliverers.Except(_deliverers).ToList());
        }

        return missing.All(store.Contains);
    }

    private Task<FetchResult> FetchAsync(
        ArtifactContent content, IReadOnlyCollection<ContentId> wanted, IReadOnlyList<ArtifactContent> bases, CancellationToken cancellationToken) =>
        FromAnyAsync(async (remote, found) =>
        {
            var result = await remote.FetchAsync(found, content, wanted, bases, cancellationToken).ConfigureAwait(false);
            BytesReceived += result.BytesReceived;
            store.ConfirmRemote(identity.Sha256, remote.Identity);
            return result;
        }, cancellationToken);

    /// <summary>Asks the remotes, from the one that served last, until one does.</summary>
    private async Task<T> FromAnyAsync<T>(Func<PackedRemote, RemoteArtifact, Task<T>> request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var place = await NextAsync(cancellationToken).ConfigureAwait(false);
            var why = session.Remotes.Fallbacks.WhyUnreachable(place) is { } known && _source + 1 < _sources!.Count ? known : null;
            Exception? cause = null;
            if (why is null)
            {
                try
                {
                    _remote ??= session.Remotes.Open(place, store);
                    _found ??= await _remote.FindAsync(identity.Sha256, cancellationToken).ConfigureAwait(false);
                    if (_found is not null)
                    {
                        var result = await request(_remote, _found).ConfigureAwait(false);
                        NoteDelivered(place);
                        return result;
                    }

                    why = _remote.HidesAbsence
                        ? "it answered 403: it does not have it, or the credentials may not read there (s3:GetObject)"
                        : "it does not have it";
                }
                catch (ModelTrackException exception) when (!IsOfStore(exception))
                {
                    why = $"{exception.Code}: {exception.Message}";
                    cause = exception;
                    if (exception.Code == StorageErrors.RemoteFailedCode || (StorageErrors.IsOfTransport(exception) && !StorageErrors.IsOfOneObject(exception))) session.Remotes.Fallbacks.NoteUnreachable(place, why);
                }
            }

            _failed.Add((place, why));
            (_remote, _found) = (null, null);
            if (++_source == _sources!.Count) throw await CannotDeliverAsync(null, cancellationToken, cause).ConfigureAwait(false);
        }
    }

    private async Task<RemotePlace> NextAsync(CancellationToken cancellationToken)
    {
        _sources ??= session.Remotes.SourcesOf(artifact);
        if (_sources.Count == 0) throw await CannotDeliverAsync("no remote is set (ModelTrackRemote)", cancellationToken).ConfigureAwait(false);
        if (session.Options.Offline) throw await CannotDeliverAsync($"{string.Join(" and ", _sources)} was not asked (ModelTrackOffline)", cancellationToken).ConfigureAwait(false);
        if (_source == _sources.Count) throw await CannotDeliverAsync(null, cancellationToken).ConfigureAwait(false);
        return _sources[_source];
    }

    private void NoteDelivered(RemotePlace place)
    {
        if (!_deliverers.Contains(place.ToString())) _deliverers.Add(place.ToString());
        foreach (var (failed, why) in _failed.Skip(_told)) session.Remotes.Fallbacks.Note(artifact.DisplayName, failed.ToString(), why, place.ToString());
        _told = _failed.Count;
    }

    /// <summary>Another remote does not help against a full disk.</summary>
    private static bool IsOfStore(ModelTrackException exception) => exception.Code.StartsWith("MT33", StringComparison.Ordinal);

    private async Task<ModelTrackException> CannotDeliverAsync(string? why, CancellationToken cancellationToken, Exception? inner = null)
    {
        List<string> tried = [$"the store {store.Path} does not have it", .. _failed.Select(f => $"{f.Place}: {f.Why}")];
        if (why is not null) tried.Add(why);
        var error = OperationErrors.CannotDeliver(
            artifact.DisplayName,
            HumanText.Extent(identity.Size, files),
            identity.Sha256.ToShortString(),
            string.Join("; ", tried.Distinct()),
            await WayOutAsync(cancellationToken).ConfigureAwait(false));
        return new ModelTrackException(error.Diagnostic with { File = PointerFile.PathFor(artifact.FullPath) }, inner);
    }

    /// <summary>Whom to ask: the commit that brought the pointer tells who has the content.</summary>
    private async Task<string> WayOutAsync(CancellationToken cancellationToken)
    {
        if (artifact.Repository is { } source) return $"If it was saved there and never pushed: run dotnet build -t:ModelTrackPush in {source}, on the machine that saved it.";
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
