using System.Buffers.Binary;
using System.IO.Hashing;
using ModelTrack.Content;

namespace ModelTrack.Storage.Store;

/// <summary>What is known of a whole-file entry: the stat under which its bytes were last seen to be right, and how it is cut.</summary>
/// <param name="UnflushedBoot">The start of the system in which it was written without a flush; zero once it is durable.</param>
/// <param name="ChunkCount">0 when the recipe is not known (or the content is empty).</param>
/// <param name="IsClaimed">The recipe is what a remote's manifest says: its lengths make the content, its hashes nobody has computed here yet.</param>
internal sealed record FileRecord(
    ContentId Id, long MTimeNs, ulong Inode, FastHash Xxh128, bool SavedHere, Guid UnflushedBoot, int ChunkCount, ulong RecipeChecksum, bool IsClaimed = false)
{
    public const int HeaderSize = 128;

    private const int ChunkSize = Sha256Hash.Size + sizeof(int);
    private const uint Magic = 0x5246544D; // "MTFR"
    private const ushort Version = 1;
    private const ushort SavedHereFlag = 1;
    private const ushort ClaimedFlag = 2;
    private const int ChecksumOffset = HeaderSize - sizeof(ulong);

    /// <summary>
    /// Whether an entry with this stat holds the right bytes as far as a stat can tell. Content that was not flushed is not trusted after
    /// another start of the system: its length may have reached the disk before its bytes.
    /// </summary>
    public bool Vouches(FileStat stat) =>
        stat.Kind == FileKind.File && stat.Size == Id.Size && stat.MTimeNs == MTimeNs && stat.Inode == Inode
        && (UnflushedBoot == Guid.Empty || UnflushedBoot == LinuxFiles.Boot);

    public long TotalSize => HeaderSize + ((long)ChunkCount * ChunkSize);

    /// <summary>The record and its recipe as they stand on the disk.</summary>
    public static byte[] Write(FileRecord record, IReadOnlyList<Chunk> chunks)
    {
        var bytes = new byte[HeaderSize + ((long)chunks.Count * ChunkSize)];
        var at = bytes.AsSpan(HeaderSize);
        foreach (var chunk in chunks)
        {
            chunk.Hash.CopyTo(at);
            BinaryPrimitives.WriteInt32LittleEndian(at[Sha256Hash.Size..], chunk.Length);
            at = at[ChunkSize..];
        }

        WriteHeader(record with { ChunkCount = chunks.Count, RecipeChecksum = XxHash3.HashToUInt64(bytes.AsSpan(HeaderSize)) }, bytes);
        return bytes;
    }

    /// <summary>The first <see cref="HeaderSize"/> bytes; the recipe stays as it is.</summary>
    public static void WriteHeader(FileRecord record, Span<byte> header)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)((record.SavedHere ? SavedHereFlag : 0) | (record.IsClaimed ? ClaimedFlag : 0)));
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], record.Id.Size);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], record.MTimeNs);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], record.Inode);
        record.Xxh128.WriteBigEndian(header[32..]);
        record.UnflushedBoot.TryWriteBytes(header[48..], bigEndian: true, out _);
        record.Id.Sha256.CopyTo(header[64..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[96..], record.ChunkCount);
        BinaryPrimitives.WriteUInt64LittleEndian(header[104..], record.RecipeChecksum);
        BinaryPrimitives.WriteUInt64LittleEndian(header[ChecksumOffset..], XxHash3.HashToUInt64(header[..ChecksumOffset]));
    }

    /// <summary>Null when the bytes are no record of <paramref name="id"/>.</summary>
    public static FileRecord? ParseHeader(ReadOnlySpan<byte> header, Sha256Hash id, long length)
    {
        if (header.Length < HeaderSize
            || BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic
            || BinaryPrimitives.ReadUInt16LittleEndian(header[4..]) != Version
            || BinaryPrimitives.ReadUInt64LittleEndian(header[ChecksumOffset..]) != XxHash3.HashToUInt64(header[..ChecksumOffset])
            || new Sha256Hash(header.Slice(64, Sha256Hash.Size)) != id)
        {
            return null;
        }

        var flags = BinaryPrimitives.ReadUInt16LittleEndian(header[6..]);
        var record = new FileRecord(
            new ContentId(id, BinaryPrimitives.ReadInt64LittleEndian(header[8..])),
            BinaryPrimitives.ReadInt64LittleEndian(header[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(header[24..]),
            FastHash.ReadBigEndian(header[32..]),
            (flags & SavedHereFlag) != 0,
            new Guid(header.Slice(48, 16), bigEndian: true),
            BinaryPrimitives.ReadInt32LittleEndian(header[96..]),
            BinaryPrimitives.ReadUInt64LittleEndian(header[104..]),
            (flags & ClaimedFlag) != 0);
        return record.Id.Size >= 0 && record.ChunkCount >= 0 && record.TotalSize == length ? record : null;
    }

    /// <summary>Null when the bytes are not the recipe that the header speaks of.</summary>
    public IReadOnlyList<Chunk>? ParseRecipe(ReadOnlySpan<byte> recipe)
    {
        if (recipe.Length != TotalSize - HeaderSize || XxHash3.HashToUInt64(recipe) != RecipeChecksum) return null;

        var chunks = new Chunk[ChunkCount];
        var total = 0L;
        for (var i = 0; i < chunks.Length; i++)
        {
            var at = recipe[(i * ChunkSize)..];
            var length = BinaryPrimitives.ReadInt32LittleEndian(at[Sha256Hash.Size..]);
            if (length <= 0) return null;
            chunks[i] = new Chunk(new Sha256Hash(at[..Sha256Hash.Size]), length);
            total += length;
        }

        return total == Id.Size ? chunks : null;
    }
}
