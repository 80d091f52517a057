using System.Buffers.Binary;
using ModelTrack.Content;

namespace ModelTrack.Storage.Formats;

/// <summary>The 56 bytes by which manifests and tables say where a chunk is; its pack is a number in a table.</summary>
internal static class LocationRecord
{
    public const int Size = 56;
    private const int LengthAt = 32;
    private const int PackAt = 36;
    private const int FrameOffsetAt = 40;
    private const int StoredAt = 44;
    private const int OffsetAt = 48;
    private const int CodedAt = 52;

    public static void Write(Span<byte> record, in ChunkLocation chunk, int pack)
    {
        chunk.Hash.CopyTo(record);
        BinaryPrimitives.WriteInt32LittleEndian(record[LengthAt..], chunk.Length);
        WritePack(record, pack);
        BinaryPrimitives.WriteUInt32LittleEndian(record[FrameOffsetAt..], chunk.Frame.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(record[StoredAt..], chunk.Frame.StoredLength);
        BinaryPrimitives.WriteInt32LittleEndian(record[OffsetAt..], chunk.Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(record[CodedAt..], chunk.Frame.Codec | ((uint)chunk.Frame.RawLength << 8));
    }

    public static void WritePack(Span<byte> record, int pack) => BinaryPrimitives.WriteInt32LittleEndian(record[PackAt..], pack);

    public static int PackOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[PackAt..]);

    public static Sha256Hash HashOf(ReadOnlySpan<byte> record) => new(record[..Sha256Hash.Size]);

    public static int LengthOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[LengthAt..]);

    public static byte CodecOf(ReadOnlySpan<byte> record) => record[CodedAt];

    /// <param name="record">A checked one.</param>
    public static ChunkLocation Read(ReadOnlySpan<byte> record, IReadOnlyList<PackEntry> packs)
    {
        var coded = BinaryPrimitives.ReadUInt32LittleEndian(record[CodedAt..]);
        var frame = new FrameRef(
            BinaryPrimitives.ReadUInt32LittleEndian(record[FrameOffsetAt..]), BinaryPrimitives.ReadInt32LittleEndian(record[StoredAt..]), (int)(coded >> 8), (byte)coded);
        return new ChunkLocation(HashOf(record), LengthOf(record), packs[PackOf(record)].Id, frame, BinaryPrimitives.ReadInt32LittleEndian(record[OffsetAt..]));
    }

    /// <summary>Whether the chunk lies in its frame and the frame in a pack of the table. The codec is the caller's to look at.</summary>
    public static bool IsPossible(ReadOnlySpan<byte> record, IReadOnlyList<PackEntry> packs)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(record[LengthAt..]);
        var pack = BinaryPrimitives.ReadUInt32LittleEndian(record[PackAt..]);
        var frameOffset = BinaryPrimitives.ReadUInt32LittleEndian(record[FrameOffsetAt..]);
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(record[StoredAt..]);
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(record[OffsetAt..]);
        var raw = BinaryPrimitives.ReadUInt32LittleEndian(record[CodedAt..]) >> 8;
        return pack < packs.Count && !packs[(int)pack].IsTombstone &&
            frameOffset >= FormatHeader.Size && stored > 0 && (long)frameOffset + stored <= packs[(int)pack].Size &&
            raw <= PackFormat.MaxFrame && length > 0 && (long)offset + length <= raw &&
            (CodecOf(record) != FrameCodec.None || stored == raw);
    }
}
