using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Store;

/// <summary>The records beside the whole-file entries. Losing one loses nothing: it is made again by hashing.</summary>
internal sealed class FileRecords(StoreContext context)
{
    private static readonly TimeSpan s_renewAfter = TimeSpan.FromHours(1);

    /// <summary>The entry's record; null when there is none, or it is unreadable (then it is set aside, with a warning).</summary>
    public FileRecord? Find(Sha256Hash id)
    {
        var path = context.Layout.Record(id);
        var record = Read(path, id, out var isThere, out var size);
        if (record is null && isThere)
        {
            // A header is rewritten in place when its content becomes durable; this read may have met that write.
            record = Read(path, id, out isThere, out size);
        }

        if (record is null && isThere)
        {
            context.Log.Warn(StorageErrors.RecordDamaged(new ContentId(id, size), context.SetAside(path, "record")));
        }

        return record;
    }

    /// <summary>Best effort: where the store cannot be written, the entry is hashed again at its next use.</summary>
    public void TryWrite(FileRecord record, IReadOnlyList<Chunk> chunks)
    {
        try
        {
            Write(record, chunks);
        }
        catch (ModelTrackException e)
        {
            context.Log.Detail($"The record of {record.Id.Sha256.ToShortString()} was not written: {e.Message}");
        }
    }

    public void Write(FileRecord record, IReadOnlyList<Chunk> chunks) =>
        context.WriteWhole(context.Layout.Record(record.Id.Sha256), FileRecord.Write(record, chunks), "store.record");

    /// <summary>Notes that the entry's bytes are on the disk for sure.</summary>
    public void MarkDurable(Sha256Hash id) =>
        Mark(id, record => record.UnflushedBoot == Guid.Empty ? null : record with { UnflushedBoot = Guid.Empty, SavedHere = true });

    /// <summary>Notes that the recipe's hashes are those of the entry's bytes.</summary>
    public void MarkProven(FileRecord proven) =>
        Mark(proven.Id.Sha256, record => record.IsClaimed && record.RecipeChecksum == proven.RecipeChecksum ? record with { IsClaimed = false } : null);

    private void Mark(Sha256Hash id, Func<FileRecord, FileRecord?> change)
    {
        var path = context.Layout.Record(id);
        try
        {
            if (Read(path, id, out _, out _) is not { } record || change(record) is not { } changed) return;

            Span<byte> header = stackalloc byte[FileRecord.HeaderSize];
            header.Clear();
            FileRecord.WriteHeader(changed, header);
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.Write(handle, header, 0);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            context.Log.Detail($"The record of {id.ToShortString()} was not renewed: {e.Message}");
        }
    }

    /// <summary>Null when the record has no recipe.</summary>
    public IReadOnlyList<Chunk>? Recipe(FileRecord record)
    {
        if (record.ChunkCount == 0) return record.Id.Size == 0 ? [] : null;

        try
        {
            var bytes = File.ReadAllBytes(context.Layout.Record(record.Id.Sha256));
            return bytes.Length == record.TotalSize ? record.ParseRecipe(bytes.AsSpan(FileRecord.HeaderSize)) : null;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            return null;
        }
    }

    /// <summary>A hit renews the record: garbage collection spares what was used within a day.</summary>
    public void Renew(Sha256Hash id) => context.Renew(context.Layout.Record(id));

    public static void Renew(string path)
    {
        try
        {
            var now = DateTime.UtcNow;
            if (now - File.GetLastWriteTimeUtc(path) > s_renewAfter) File.SetLastWriteTimeUtc(path, now);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
        }
    }

    private static FileRecord? Read(string path, Sha256Hash id, out bool isThere, out long size)
    {
        size = 0;
        isThere = false;
        try
        {
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            isThere = true;
            Span<byte> header = stackalloc byte[FileRecord.HeaderSize];
            var count = RandomAccess.Read(handle, header, 0);
            return FileRecord.ParseHeader(header[..count], id, RandomAccess.GetLength(handle));
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            return null;
        }
    }
}
