using System.Buffers.Binary;
using ModelTrack.Content;

namespace ModelTrack.Storage.Formats;

/// <summary>Packs by number, 36 bytes each: id and size; a tombstone is all zeros.</summary>
internal static class PackTable
{
    public const int EntrySize = Sha256Hash.Size + sizeof(uint);

    public static void Write(Span<byte> destination, IReadOnlyList<PackEntry> packs)
    {
        for (var i = 0; i < packs.Count; i++)
        {
            var entry = destination[(i * EntrySize)..];
            packs[i].Id.CopyTo(entry);
            BinaryPrimitives.WriteInt32LittleEndian(entry[Sha256Hash.Size..], packs[i].Size);
        }
    }

    /// <returns>Null when an entry is impossible.</returns>
    public static PackEntry[]? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % EntrySize != 0) return null;

        var packs = new PackEntry[bytes.Length / EntrySize];
        for (var i = 0; i < packs.Length; i++)
        {
            var entry = bytes.Slice(i * EntrySize, EntrySize);
            var id = new Sha256Hash(entry[..Sha256Hash.Size]);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(entry[Sha256Hash.Size..]);
            if (size > PackFormat.MaxSize || id.IsZero != (size == 0)) return null;
            packs[i] = new PackEntry(id, (int)size);
        }

        return packs;
    }
}
