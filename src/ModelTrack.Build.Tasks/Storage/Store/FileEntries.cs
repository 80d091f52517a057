using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Store;

/// <summary>The whole-file entries: a content under its name, with a record that tells when it was last seen to be right.</summary>
internal sealed class FileEntries(StoreContext context)
{
    private const int Attempts = 3;
    private const int BufferSize = 1 << 20;

    private readonly FileRecords _records = new(context);

    /// <summary>The entry after the check that its record allows; null when there is no good one.</summary>
    public async ValueTask<StoredFile?> FindAsync(ContentId id, CancellationToken cancellationToken)
    {
        var path = context.Layout.File(id.Sha256);
        if (!TryStat(path, out var stat, out var isForeign)) return null;

        var record = _records.Find(id.Sha256);
        if (record is not null && !isForeign && record.Vouches(stat))
        {
            _records.Renew(id.Sha256);
            return record.Id == id ? new StoredFile(path, id, record.Xxh128, stat) : null;
        }

        return await CheckAsync(id, record, isForeign, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As the name on the disk and its record have it, without any hashing: null when that is not known.</summary>
    public FileRecord? FindRecord(Sha256Hash id) =>
        TryStat(context.Layout.File(id), out var stat, out var isForeign) && !isForeign && _records.Find(id) is { } record && record.Vouches(stat) ? record : null;

    /// <summary>The entry's size; -1 when there is none.</summary>
    public long SizeOf(Sha256Hash id) =>
        TryStat(context.Layout.File(id), out var stat, out _) && stat.Kind == FileKind.File ? stat.Size : -1;

    /// <summary>Whether a good entry is there: by its record, or, where the record does not vouch for it, by hashing it now.</summary>
    public bool Contains(ContentId id)
    {
        if (!TryStat(context.Layout.File(id.Sha256), out var stat, out var isForeign) || stat.Kind != FileKind.File || stat.Size != id.Size) return false;
        if (!isForeign && _records.Find(id.Sha256) is { } record && record.Vouches(stat)) return true;

        return CheckNow(id, isForeign);
    }

    /// <summary>Hashes the entry whatever its record says; sets it aside when it is bad.</summary>
    public ValueTask<StoredFile?> CheckAsync(ContentId id, CancellationToken cancellationToken) =>
        TryStat(context.Layout.File(id.Sha256), out _, out var isForeign)
            ? CheckAsync(id, _records.Find(id.Sha256), isForeign, cancellationToken)
            : ValueTask.FromResult<StoredFile?>(null);

    private async ValueTask<StoredFile?> CheckAsync(ContentId id, FileRecord? record, bool isForeign, CancellationToken cancellationToken)
    {
        var path = context.Layout.File(id.Sha256);
        for (var attempt = 1; ; attempt++)
        {
            ContentDigest digest;
            FileStat before, after;
            try
            {
                using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.SequentialScan);
                before = FileStat.Of(handle);
                digest = await ContentHasher.HashAsync(handle, new HashOptions(Cut: true), copyTo: null, progress: null, cancellationToken).ConfigureAwait(false);
                after = FileStat.Of(handle);
            }
            catch (Exception e) when (StoreIo.IsAbsent(e))
            {
                return null;
            }
            catch (Exception e) when (StoreIo.IsFailure(e))
            {
                throw StoreIo.Coded(e, path);
            }

            // Another process may have put the same content in its place meanwhile.
            if (before != after && attempt < Attempts) continue;

            if (digest.Id.Sha256 != id.Sha256)
            {
                SetAside(id, before);
                return null;
            }

            // Right as it was read, and not to be vouched for: whoever uses it checks it again.
            if (before != after) return digest.Id == id ? new StoredFile(path, id, digest.Xxh128, after, isForeign) : null;

            KeepRecord(digest, after, record, isForeign);
            return digest.Id == id ? new StoredFile(path, id, digest.Xxh128, after, isForeign) : null;
        }
    }

    /// <summary>Lets a temp file that holds the whole content appear under its name. The file is closed here.</summary>
    /// <param name="isSaved">This is the content's only copy: it is made durable by the next flush.</param>
    /// <param name="isClaimed">The digest's chunks are a remote's word.</param>
    public StoredFile Publish(FileStream temp, ContentDigest digest, bool isSaved, bool isClaimed = false)
    {
        var path = context.Layout.File(digest.Id.Sha256);
        temp.Dispose();
        if (!FileStat.TryGet(temp.Name, out var stat)) throw new FileNotFoundException("A temp file was removed while it was written.", temp.Name);
        FailPoint.Hit("store.publish.written");
        StoreIo.Rename(temp.Name, path);
        if (isSaved) context.Batch.Add(path);
        FailPoint.Hit("store.publish.renamed");

        // The rename itself has changed the inode's own time.
        if (FileStat.TryGet(path, out var renamed) && renamed with { CTimeNs = stat.CTimeNs } == stat) stat = renamed;
        _records.TryWrite(NewRecord(digest, stat, isSaved, isDurable: false) with { IsClaimed = isClaimed }, digest.Chunks);
        FailPoint.Hit("store.publish.recorded");
        return new StoredFile(path, digest.Id, digest.Xxh128, stat);
    }

    /// <summary>An entry that is there already but was only fetched, or is another save's, is flushed with this save as well.</summary>
    public void KeepForFlush(FileRecord record)
    {
        _records.Renew(record.Id.Sha256);
        if (record.UnflushedBoot != Guid.Empty || LinuxFiles.Boot == Guid.Empty) context.Batch.Add(context.Layout.File(record.Id.Sha256));
    }

    /// <summary>Called after a flush with the paths that it made durable.</summary>
    public void MarkDurable(IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            if (IsEntry(path, out var id)) _records.MarkDurable(id);
        }
    }

    /// <summary>The recipe from the record, or by cutting again; null when the entry is not there.</summary>
    /// <param name="proven">A remote's word is not enough: such a recipe is hashed at its first use, and cut anew when it proves wrong.</param>
    public async ValueTask<IReadOnlyList<Chunk>?> ChunksAsync(ContentId id, bool proven, CancellationToken cancellationToken)
    {
        if (FindRecord(id.Sha256) is { } record && record.Id == id && _records.Recipe(record) is { } recipe)
        {
            if (!proven || !record.IsClaimed) return recipe;
            if (TryOpen(id.Sha256) is { } file && await RecipeProof.HoldsAsync(file, recipe, context.Layout.File(id.Sha256), cancellationToken).ConfigureAwait(false))
            {
                _records.MarkProven(record);
                return recipe;
            }

            context.Log.Detail($"The chunks of {id} are not what a remote's manifest called them; it is cut anew.");
        }

        if (SizeOf(id.Sha256) != id.Size || await CheckAsync(id, cancellationToken).ConfigureAwait(false) is null) return null;
        if (FindRecord(id.Sha256) is { IsClaimed: false } renewed && _records.Recipe(renewed) is { } cut) return cut;

        // A store that cannot be written keeps no record.
        using var handle = File.OpenHandle(context.Layout.File(id.Sha256), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.SequentialScan);
        return (await ContentHasher.HashAsync(handle, new HashOptions(Cut: true), copyTo: null, progress: null, cancellationToken).ConfigureAwait(false)).Chunks;
    }

    /// <summary>Opens a content that was found; null when it has gone meanwhile.</summary>
    public SafeFileHandle? TryOpen(Sha256Hash id)
    {
        var path = context.Layout.File(id);
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (StoreIo.IsAbsent(e))
        {
            return null;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, path);
        }
    }

    /// <summary>As <see cref="CheckAsync(ContentId, CancellationToken)"/>, for the rare time when a yes or no is asked about an entry without a good record.</summary>
    private bool CheckNow(ContentId id, bool isForeign)
    {
        using var handle = TryOpen(id.Sha256);
        if (handle is null) return false;

        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var fast = new LongXxh128();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var before = FileStat.Of(handle);
            var at = 0L;
            for (int count; (count = RandomAccess.Read(handle, buffer, at)) > 0; at += count)
            {
                sha.AppendData(buffer, 0, count);
                fast.Append(buffer.AsSpan(0, count));
            }

            var found = new ContentId(new Sha256Hash(sha.GetHashAndReset()), at);
            if (found != id)
            {
                SetAside(id, before);
                return false;
            }

            if (FileStat.Of(handle) != before) return true;

            // Without a recipe: it is cut when somebody asks.
            KeepRecord(new ContentDigest(id, fast.Finish(), []), before, _records.Find(id.Sha256), isForeign);
            return true;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, context.Layout.File(id.Sha256));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <param name="seen">Of the file that was found to be wrong.</param>
    private void SetAside(ContentId id, FileStat seen)
    {
        var path = context.Layout.File(id.Sha256);
        var aside = context.SetAside(path, "file");
        if (aside != path && FileStat.TryGet(aside, out var moved) && moved.Inode != seen.Inode)
        {
            // Another process had put a good one in its place after this one was read.
            StoreIo.Rename(aside, path);
            context.Batch.Add(path);
            return;
        }

        context.Log.Warn(StorageErrors.EntryDamaged(id, aside));
        StoreIo.TryDelete(context.Layout.Record(id.Sha256));
    }

    private void KeepRecord(ContentDigest digest, FileStat stat, FileRecord? record, bool isForeign)
    {
        // Who can write the entry can make it lie under the same stat, so another user's is never vouched for.
        if (!isForeign) _records.TryWrite(NewRecord(digest, stat, record?.SavedHere ?? true, isDurable: IsDurable(record)), digest.Chunks);
    }

    private static bool TryStat(string path, out FileStat stat, out bool isForeign)
    {
        try
        {
            var isThere = FileStat.TryGet(path, out stat, out var details);
            isForeign = isThere && details is { User: not 0 } known && known.User != LinuxFiles.User;
            return isThere;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, path);
        }
    }

    private bool IsEntry(string path, out Sha256Hash id)
    {
        id = default;
        return path.StartsWith(context.Layout.Files + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            && Sha256Hash.TryParse(Path.GetFileName(path.AsSpan()), out id);
    }

    // What was read back from the disk in a later start of the system is on the disk.
    private static bool IsDurable(FileRecord? record) =>
        record is not null && (record.UnflushedBoot == Guid.Empty || record.UnflushedBoot != LinuxFiles.Boot);

    private static FileRecord NewRecord(ContentDigest digest, FileStat stat, bool isSaved, bool isDurable) =>
        new(digest.Id, stat.MTimeNs, stat.Inode, digest.Xxh128, isSaved, isDurable ? Guid.Empty : LinuxFiles.Boot, 0, 0);
}
