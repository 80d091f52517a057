using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Store;

/// <summary>
/// The machine's contents by SHA-256, shared by all of a user's clones. It holds the store's shared lock while open, makes its folders at the
/// first write, and serves reads where it cannot be written. All methods may be called from several threads.
/// </summary>
public sealed class LocalStore : IDisposable
{
    /// <summary>A directory's file below this size stands in a pack.</summary>
    public const int SmallLimit = 64 * 1024;

    private readonly StoreContext _context;
    private readonly FileEntries _files;
    private readonly FileSaver _saver;
    private readonly PackEntries _packs;
    private readonly StoreReader _reader;
    private readonly IncomingFiles _incoming;
    private readonly ArtifactRecords _artifacts;
    private readonly RegisteredWorkspaces _workspaces;

    private LocalStore(StoreContext context)
    {
        _context = context;
        _files = new FileEntries(context);
        _saver = new FileSaver(context, _files);
        _packs = new PackEntries(context);
        _reader = new StoreReader(context, _files, _packs);
        _incoming = new IncomingFiles(context, _files);
        _artifacts = new ArtifactRecords(context);
        _workspaces = new RegisteredWorkspaces(context);
    }

    /// <summary>`ModelTrack/store` in the user's local data folder.</summary>
    public static string DefaultPath
    {
        get
        {
            var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return data.Length > 0 ? System.IO.Path.Combine(data, "ModelTrack", "store") : throw StorageErrors.NoDataFolder();
        }
    }

    public string Path => _context.Layout.Root;

    public StoreLocks Locks => _context.Locks;

    /// <summary>Opens the store, waiting while it is being cleaned up.</summary>
    public static async ValueTask<LocalStore> OpenAsync(string path, IOperationLog log, CancellationToken cancellationToken)
    {
        var context = StoreContext.Open(path, log);
        await context.ShareAsync(cancellationToken).ConfigureAwait(false);
        return new LocalStore(context);
    }

    /// <summary>As <see cref="OpenAsync"/>, but fails at once, with a code, while the store is being cleaned up.</summary>
    public static LocalStore Open(string path, IOperationLog log)
    {
        var context = StoreContext.Open(path, log);
        context.Share();
        return new LocalStore(context);
    }

    // Whole files.

    /// <summary>
    /// Hashes a content of the store whatever its record says, for a caller that met other bytes than the record vouches for; a bad one is set aside.
    /// </summary>
    public async Task CheckFileAsync(ContentId id, CancellationToken cancellationToken) => await _files.CheckAsync(id, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// The content's entry, checked by its record; null when the store has no good one. One whose stat differs from its record is hashed first;
    /// a bad one is set aside with a warning.
    /// </summary>
    public async ValueTask<StoredFile?> FindFileAsync(ContentId id, CancellationToken cancellationToken)
    {
        var found = await _files.FindAsync(id, cancellationToken).ConfigureAwait(false);
        if (found is not null || id != ContentId.Empty) return found;

        // Nobody has to bring what everybody knows.
        _context.TryNote(() => _saver.Add([]));
        return await _files.FindAsync(id, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Saves a file: hashes the bytes that are stored, in the pass that copies them.</summary>
    public Task<ContentDigest> AddFileAsync(string sourcePath, CancellationToken cancellationToken) => _saver.AddAsync(sourcePath, cancellationToken);

    // Small contents, in packs.

    public SmallContentWriter BeginSmall() => _packs.BeginWrite();

    /// <summary>
    /// Reads packed contents pack by pack, each frame decoded once, every content verified before it is delivered.
    /// <paramref name="deliver"/> is called from several threads; its memory is good until it returns.
    /// </summary>
    /// <returns>What was not delivered: absent, or damaged (said by a warning).</returns>
    public Task<IReadOnlyList<ContentId>> ReadSmallAsync(
        IReadOnlyCollection<ContentId> ids, Func<ContentId, ReadOnlyMemory<byte>, CancellationToken, ValueTask> deliver, CancellationToken cancellationToken) => _packs.ReadAsync(ids, deliver, cancellationToken);

    /// <summary>Where a small content is packed; null when it is not.</summary>
    public ChunkLocation? FindSmall(Sha256Hash hash) => _packs.Find(hash);

    public string PackPath(Sha256Hash packId) => _context.Layout.Pack(packId);

    /// <summary>Takes in a fetched pack after checking its name and every chunk in it; a coded error when it is not what it says.</summary>
    public Task AddPackAsync(Sha256Hash packId, ReadOnlyMemory<byte> pack, CancellationToken cancellationToken) =>
        Task.Run(() => _packs.Add(packId, pack, cancellationToken), cancellationToken);

    // Either.

    /// <summary>
    /// Whether the content is there, as a file (by its record; hashed where that does not vouch for it) or packed (the pack is there with its right size).
    /// An empty content always is.
    /// </summary>
    public bool Contains(ContentId id) =>
        id.Size < SmallLimit ? _packs.Contains(id) || _files.Contains(id) : _files.Contains(id) || _packs.Contains(id);

    /// <summary>Whether a whole-file entry is there by its record; the next flush then makes it durable too, in case it is not yet.</summary>
    public bool TryKeep(ContentId id)
    {
        if (_files.FindRecord(id.Sha256) is not { } record || record.Id != id) return false;
        _files.KeepForFlush(record);
        return true;
    }

    /// <summary>The content's pieces, from its record or by cutting it again.</summary>
    public ValueTask<IReadOnlyList<Chunk>> ChunksOfAsync(ContentId id, CancellationToken cancellationToken) => _reader.ChunksAsync(id, proven: true, cancellationToken);

    /// <summary>As <see cref="ChunksOfAsync"/>, but a fetched content's hashes may be a remote's word still: for whoever checks what it makes of them.</summary>
    public ValueTask<IReadOnlyList<Chunk>> ClaimedChunksOfAsync(ContentId id, CancellationToken cancellationToken) => _reader.ChunksAsync(id, proven: false, cancellationToken);

    /// <summary>Fills <paramref name="destination"/> from the content; a coded error when the store has it not.</summary>
    public ValueTask ReadAsync(ContentId id, long offset, Memory<byte> destination, CancellationToken cancellationToken) => _reader.ReadAsync(id, offset, destination, cancellationToken);

    /// <summary>Stores a directory's listing: packed through <paramref name="with"/> (a pack of its own without it) when small, else as a file.</summary>
    public async Task<ContentId> AddListingAsync(ReadOnlyMemory<byte> listing, SmallContentWriter? with, CancellationToken cancellationToken)
    {
        if (listing.Length >= SmallLimit) return _saver.Add(listing.Span).Id;
        if (with is not null) return with.Add(listing);

        using var writer = BeginSmall();
        var id = writer.Add(listing);
        await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        return id;
    }

    /// <summary>The verified bytes of a listing; null when the store has it not.</summary>
    public Task<byte[]?> ReadListingAsync(Sha256Hash id, long maxBytes, CancellationToken cancellationToken) => _reader.ReadWholeAsync(id, maxBytes, cancellationToken);

    /// <summary>Makes all that was added since the last flush durable: files, then directories.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken) =>
        _files.MarkDurable(await _context.Batch.FlushAsync(Path, cancellationToken).ConfigureAwait(false));

    /// <summary>A place for a fetched content; not flushed, since it can be fetched again.</summary>
    public IncomingFile BeginIncoming(ContentId id) => _incoming.Begin(id);

    // Artifacts and workspaces.

    public ArtifactRecord? FindArtifact(Sha256Hash id) => _artifacts.Find(id);

    /// <summary>Remembers an artifact; what was known of it (saved here, confirmed) is kept.</summary>
    public void RecordArtifact(ArtifactRecord artifact) => _artifacts.Record(artifact);

    /// <summary>Notes that the remote itself was seen to hold all of the artifact.</summary>
    public void ConfirmRemote(Sha256Hash artifact, string remoteIdentity) => _artifacts.Confirm(artifact, remoteIdentity);

    /// <param name="remoteIdentity">Null asks for any remote.</param>
    public bool IsConfirmed(Sha256Hash artifact, string? remoteIdentity = null) =>
        _artifacts.Find(artifact) is { } record
        && (remoteIdentity is null ? record.ConfirmedBy.Count > 0 : record.ConfirmedBy.Any(confirmation => confirmation.Remote == remoteIdentity));

    /// <summary>Where the remote's manifest of an artifact is kept; its folder is made when the store can be written.</summary>
    public string ManifestCachePath(string remoteIdentity, Sha256Hash artifact) => _context.ManifestPath(remoteIdentity, artifact);

    /// <summary>The URL under which a workspace's repository was made known at a remote; null when this store knows of none.</summary>
    public string? FindRegistration(string remoteIdentity, string workspace)
    {
        try
        {
            return File.ReadAllText(_context.Layout.Registration(remoteIdentity, workspace));
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            return null;
        }
    }

    public void NoteRegistration(string remoteIdentity, string workspace, string url) => _context.TryNote(() =>
        _context.WriteWhole(_context.Layout.Registration(remoteIdentity, workspace), System.Text.Encoding.UTF8.GetBytes(url), "store.registration"));

    /// <summary>For a remote that was emptied: whoever pushes makes itself known anew.</summary>
    public void ForgetRegistrations(string remoteIdentity)
    {
        try
        {
            Directory.Delete(_context.Layout.Registrations(remoteIdentity), recursive: true);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            // There were none.
        }
    }

    /// <summary>Tells garbage collection of a workspace that uses this store.</summary>
    public void RegisterWorkspace(string root) => _workspaces.Register(root);

    public IReadOnlyList<string> Workspaces() => _workspaces.All();

    /// <summary>Hashes contents, all or <paramref name="percent"/> of them; sets bad ones aside and lists them.</summary>
    /// <param name="only">Null for everything in the store.</param>
    public Task<StoreVerifyReport> VerifyAsync(IReadOnlyCollection<ContentId>? only, int percent, CancellationToken cancellationToken) =>
        new StoreVerifier(_context, _files, _packs).RunAsync(only, percent, cancellationToken);

    public void Dispose()
    {
        _reader.Dispose();
        _context.Dispose();
    }
}
