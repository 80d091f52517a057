using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>An artifact's content as the store has it.</summary>
/// <param name="Scan">What was looked at when it was stored: for the state.</param>
/// <param name="BytesStored">How much the store did not have.</param>
internal sealed record SavedContent(ArtifactIdentity Identity, int? Files, ArtifactScan Scan, long BytesStored)
{
    /// <summary>Of a directory that is here in parts: the files of it that are in place. The others may not be in the store.</summary>
    public IReadOnlyList<string> Here { get; init; } = [];
}

/// <summary>Puts an artifact's present content in the store. Durable only after the store's flush.</summary>
internal static class ContentSaving
{
    private const int Attempts = 3;

    /// <summary>Stores what a look saw, and the listing of the whole for which it stands; where files change meanwhile, what they are then.</summary>
    public static async Task<SavedContent> StoreAsync(OperationSession session, LocalStore store, ArtifactLook look, CancellationToken cancellationToken)
    {
        var (artifact, scan) = (look.Artifact, look.Scan);
        for (var attempt = 1; ; attempt++)
        {
            var saved = scan.Directory is { } directory
                ? await StoreDirectoryAsync(store, look, scan, directory, session, cancellationToken).ConfigureAwait(false)
                : await StoreFileAsync(store, artifact, scan, session, cancellationToken).ConfigureAwait(false);
            if (saved is not null) return saved;
            if (attempt == Attempts) throw OperationErrors.KeepsChanging(artifact.DisplayName);
            scan = await ArtifactLook.ScanAsync(session, artifact, session.States.Load(artifact.FullPath), hashEverything: false, cancellationToken).ConfigureAwait(false);
            if (scan.IsMissing) throw OperationErrors.KeepsChanging(artifact.DisplayName);
        }
    }

    /// <summary>
    /// Before present content is replaced: what equals the base was stored once, and a store can be lost. Whatever it has not any more, it gets again.
    /// </summary>
    public static async Task KeepAsync(OperationSession session, LocalStore store, ArtifactLook look, CancellationToken cancellationToken)
    {
        var isSafe = look.Scan.Directory is { } directory ? directory.Files.All(f => store.Contains(f.Value.Id))
            : look.Scan.File is not { } file || store.Contains(file.Id);
        if (isSafe) return;
        await StoreAsync(session, store, look, cancellationToken).ConfigureAwait(false);
        await store.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <returns>Null when the file was not what the scan saw.</returns>
    private static async Task<SavedContent?> StoreFileAsync(
        LocalStore store, TrackedArtifact artifact, ArtifactScan scan, OperationSession session, CancellationToken cancellationToken)
    {
        var file = scan.File!.Value;
        session.Log.Progress.Expect(file.Id.Size);
        if (!store.TryKeep(file.Id))
        {
            var digest = await store.AddFileAsync(artifact.FullPath, cancellationToken).ConfigureAwait(false);
            if (digest.Id != file.Id) return null;
        }

        session.Log.Progress.Advance(file.Id.Size);
        store.RecordArtifact(new ArtifactRecord(file.Sha256, IsDirectory: false, file.Id.Size, Files: null, SavedHere: true));
        return new SavedContent(scan.Identity!.Value, null, scan, scan.BytesRead);
    }

    private static async Task<SavedContent?> StoreDirectoryAsync(
        LocalStore store, ArtifactLook look, ArtifactScan scan, ObservedDirectory directory, OperationSession session, CancellationToken cancellationToken)
    {
        var listing = look.Whole is { } whole ? await whole(directory, cancellationToken).ConfigureAwait(false)
            : directory.ToListing(directory.MayBeRespelled ? await WrittenAsync(session, store, look.Artifact, directory, cancellationToken).ConfigureAwait(false) : null);
        var recorded = look.Whole is null ? directory.Files : directory.Files.Where(f => listing.TryGet(f.Key, out var entry) && entry.Content == f.Value.Id);
        using var writer = store.BeginSmall();
        var missing = recorded.Where(f => !IsKept(store, writer, f.Value.Id)).DistinctBy(f => f.Value.Id).ToList();
        session.Log.Progress.Expect(missing.Sum(f => f.Value.Id.Size));
        var stored = await StoreFilesAsync(store, look.Artifact, session, missing, writer, cancellationToken).ConfigureAwait(false);
        if (!stored) return null;

        if (look.Whole is null && listing.Id != directory.Identity.Sha256)
        {
            // The store has lost the listing whose spelling the look went by.
            var respelled = new ArtifactIdentity(ArtifactKind.Directory, listing.Id, listing.TotalSize);
            scan = new ArtifactScan { Identity = respelled, Directory = directory.WithIdentity(respelled), BytesRead = scan.BytesRead };
        }

        await store.AddListingAsync(listing.ToBytes(), writer, cancellationToken).ConfigureAwait(false);
        await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        store.RecordArtifact(new ArtifactRecord(listing.Id, IsDirectory: true, listing.TotalSize, listing.FileCount, SavedHere: true));
        return new SavedContent(
            new ArtifactIdentity(ArtifactKind.Directory, listing.Id, listing.TotalSize), listing.FileCount, scan, missing.Sum(f => f.Value.Id.Size))
        {
            Here = look.Whole is null ? [] : [.. recorded.Select(f => f.Key)],
        };
    }

    /// <summary>The listing that spells the directory's names as its identity has them: its own, or the base's.</summary>
    private static async Task<Listing?> WrittenAsync(
        OperationSession session, LocalStore store, TrackedArtifact artifact, ObservedDirectory directory, CancellationToken cancellationToken)
    {
        if (await ListingReader.FindAsync(store, directory.Identity.Sha256, cancellationToken).ConfigureAwait(false) is { } own) return own;
        return session.States.Load(artifact.FullPath)?.Base is { Kind: ArtifactKind.Directory } known
            ? await ListingReader.FindAsync(store, known.Sha256, cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <summary>
    /// For a save's look: what has to be read is stored in the same pass. Small files of a directory wait for their packs, which want them in order.
    /// </summary>
    public static async Task<ContentDigest> StoreWhileReadingAsync(
        OperationSession session, TrackedArtifact artifact, string path, FileStat stat, CancellationToken cancellationToken)
    {
        if (path == artifact.FullPath || stat.Size >= LocalStore.SmallLimit)
        {
            var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
            return await store.AddFileAsync(path, cancellationToken).ConfigureAwait(false);
        }

        using var source = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        return await ContentHasher.HashAsync(source, new HashOptions(Cut: false), null, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the store has it; what is there is then made durable with what this save writes, whoever wrote it.</summary>
    private static bool IsKept(LocalStore store, SmallContentWriter writer, ContentId id) => (id.Size < LocalStore.SmallLimit && writer.TryKeep(id)) || store.TryKeep(id);

    /// <returns>False when a file was not what the scan saw.</returns>
    private static async Task<bool> StoreFilesAsync(
        LocalStore store,
        TrackedArtifact artifact,
        OperationSession session,
        List<KeyValuePair<string, ObservedFile>> files,
        SmallContentWriter writer,
        CancellationToken cancellationToken)
    {
        var changed = 0;
        // Small ones in the listing's order, so that neighbours share a pack and compress together.
        foreach (var batch in files.Where(f => f.Value.Id.Size < LocalStore.SmallLimit).Chunk(256))
        {
            var contents = new byte[]?[batch.Length];
            await Parallel.ForAsync(0, batch.Length, cancellationToken, async (i, token) =>
                contents[i] = await ReadSmallAsync(PathOf(artifact, batch[i].Key), token).ConfigureAwait(false)).ConfigureAwait(false);
            for (var i = 0; i < batch.Length; i++)
            {
                if (contents[i] is not { Length: < LocalStore.SmallLimit } content || writer.Add(content) != batch[i].Value.Id) return false;
                session.Log.Progress.Advance(content.Length);
            }
        }

        var large = files.Where(f => f.Value.Id.Size >= LocalStore.SmallLimit);
        await Parallel.ForEachAsync(large, cancellationToken, async (file, token) =>
        {
            var digest = await store.AddFileAsync(PathOf(artifact, file.Key), token).ConfigureAwait(false);
            if (digest.Id != file.Value.Id) Interlocked.Exchange(ref changed, 1);
            session.Log.Progress.Advance(digest.Id.Size);
        }).ConfigureAwait(false);
        return changed == 0;
    }

    /// <summary>Null when it is not there any more.</summary>
    private static async Task<byte[]?> ReadSmallAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WorkspaceErrors.NotReadable(e, path);
        }
    }

    private static string PathOf(TrackedArtifact artifact, string relativePath) => Path.Combine(artifact.FullPath, relativePath);
}
