using System.Buffers.Binary;
using System.Numerics;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Formats;

/// <summary>
/// Chunks by hash, as one block of bytes that is searched where it lies: opening it costs a checksum, a look-up a few comparisons.
/// It is derived data: what is wrong with it is a coded error, and it can be rebuilt from the packs' trailers. Safe for several threads.
/// </summary>
public sealed class LocationTable
{
    private const int HeadSize = FormatHeader.Size + 12;
    private const int ChecksumSize = 16;
    private const int MaxBits = 20;

    private readonly ReadOnlyMemory<byte> _fanOut;
    private readonly ReadOnlyMemory<byte> _records;
    private readonly PackEntry[] _packs;
    private readonly int _bits;
    private readonly string _source;

    private LocationTable(ReadOnlyMemory<byte> fanOut, ReadOnlyMemory<byte> records, PackEntry[] packs, int bits, string source)
    {
        _fanOut = fanOut;
        _records = records;
        _packs = packs;
        _bits = bits;
        _source = source;
    }

    public static LocationTable Empty { get; } = Parse(Write([], []), "");

    private static ReadOnlySpan<byte> Magic => "MTIX"u8;

    public int Count => _records.Length / LocationRecord.Size;

    public IReadOnlyList<PackEntry> Packs => _packs;

    /// <summary>Checks the bytes' checksum and bounds; the table keeps using them.</summary>
    /// <param name="source">What to blame: the file's path.</param>
    public static LocationTable Parse(ReadOnlyMemory<byte> bytes, string source)
    {
        var span = bytes.Span;
        if (span.Length < HeadSize + ChecksumSize || !span.StartsWith(Magic)) throw Damaged(source, "it does not start as an index does");
        FormatHeader.CheckVersion(span[Magic.Length..], source);
        if (FastHash.Of(span[..^ChecksumSize]) != FastHash.ReadLittleEndian(span[^ChecksumSize..])) throw Damaged(source, "its checksum is wrong");

        var bits = BinaryPrimitives.ReadUInt32LittleEndian(span[FormatHeader.Size..]);
        var packCount = BinaryPrimitives.ReadUInt32LittleEndian(span[(FormatHeader.Size + 4)..]);
        var count = BinaryPrimitives.ReadUInt32LittleEndian(span[(FormatHeader.Size + 8)..]);
        if (bits > MaxBits) throw Damaged(source, "its fan-out is too large");
        var packsAt = HeadSize;
        var fanOutAt = packsAt + ((long)packCount * PackTable.EntrySize);
        var recordsAt = fanOutAt + (((1L << (int)bits) + 1) * sizeof(uint));
        if (recordsAt + ((long)count * LocationRecord.Size) + ChecksumSize != span.Length) throw Damaged(source, "its counts don't fit its length");

        var packs = PackTable.TryRead(span[packsAt..(int)fanOutAt]) ?? throw Damaged(source, "its table of packs is impossible");
        var fanOut = bytes[(int)fanOutAt..(int)recordsAt];
        uint last = 0;
        for (var at = 0; at < fanOut.Length; at += sizeof(uint))
        {
            var next = BinaryPrimitives.ReadUInt32LittleEndian(fanOut.Span[at..]);
            if (next < last || next > count || (at == 0 && next != 0)) throw Damaged(source, "its fan-out is not in order");
            last = next;
        }

        if (last != count) throw Damaged(source, "its fan-out does not reach its end");
        return new LocationTable(fanOut, bytes[(int)recordsAt..^ChecksumSize], packs, (int)bits, source);
    }

    public bool TryFind(Sha256Hash hash, out ChunkLocation location)
    {
        var bucket = BucketOf(hash, _bits);
        var low = FanOut(bucket);
        var high = FanOut(bucket + 1);
        while (low < high)
        {
            var middle = (int)(((uint)low + (uint)high) >> 1);
            var order = LocationRecord.HashOf(Record(middle)).CompareTo(hash);
            if (order == 0)
            {
                location = Checked(middle);
                return true;
            }

            if (order < 0) low = middle + 1;
            else high = middle;
        }

        location = default;
        return false;
    }

    /// <summary>All chunks, ordered by hash.</summary>
    public IEnumerable<ChunkLocation> All()
    {
        for (var i = 0; i < Count; i++) yield return Checked(i);
    }

    /// <summary>The bytes of a table. Of equal hashes the first wins.</summary>
    /// <param name="packs">Every pack that a location names.</param>
    public static byte[] Write(IEnumerable<PackEntry> packs, IEnumerable<ChunkLocation> locations)
    {
        var entries = packs.DistinctBy(p => p.Id).ToArray();
        var numbers = new Dictionary<Sha256Hash, int>(entries.Length);
        for (var i = 0; i < entries.Length; i++) numbers.Add(entries[i].Id, i);

        var all = locations as ChunkLocation[] ?? [.. locations];
        var order = new int[all.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(order, (x, y) => all[x].Hash.CompareTo(all[y].Hash) is var byHash && byHash != 0 ? byHash : x.CompareTo(y));
        var count = 0;
        foreach (var index in order)
        {
            if (count == 0 || all[order[count - 1]].Hash != all[index].Hash) order[count++] = index;
        }

        // Sixteen to thirty-two records to a bucket.
        var bits = Math.Clamp(BitOperations.Log2((uint)count + 1) - 4, 0, MaxBits);
        var fanOutAt = HeadSize + (entries.Length * PackTable.EntrySize);
        var recordsAt = fanOutAt + (((1 << bits) + 1) * sizeof(uint));
        var bytes = new byte[checked(recordsAt + (count * LocationRecord.Size) + ChecksumSize)];
        var span = bytes.AsSpan();
        FormatHeader.Write(span, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(span[FormatHeader.Size..], bits);
        BinaryPrimitives.WriteInt32LittleEndian(span[(FormatHeader.Size + 4)..], entries.Length);
        BinaryPrimitives.WriteInt32LittleEndian(span[(FormatHeader.Size + 8)..], count);
        PackTable.Write(span[HeadSize..], entries);

        var bucket = 0;
        for (var i = 0; i < count; i++)
        {
            var location = all[order[i]];
            for (; bucket <= BucketOf(location.Hash, bits); bucket++) BinaryPrimitives.WriteInt32LittleEndian(span[(fanOutAt + (bucket * sizeof(uint)))..], i);
            LocationRecord.Write(span[(recordsAt + (i * LocationRecord.Size))..], location, numbers[location.Pack]);
        }

        for (; bucket <= 1 << bits; bucket++) BinaryPrimitives.WriteInt32LittleEndian(span[(fanOutAt + (bucket * sizeof(uint)))..], count);
        FastHash.Of(span[..^ChecksumSize]).WriteLittleEndian(span[^ChecksumSize..]);
        return bytes;
    }

    private static int BucketOf(Sha256Hash hash, int bits) => bits == 0 ? 0 : (int)(hash.Prefix >> (64 - bits));

    private int FanOut(int bucket) => BinaryPrimitives.ReadInt32LittleEndian(_fanOut.Span[(bucket * sizeof(uint))..]);

    private ReadOnlySpan<byte> Record(int index) => _records.Span.Slice(index * LocationRecord.Size, LocationRecord.Size);

    private ChunkLocation Checked(int index)
    {
        var record = Record(index);
        return FrameCodec.IsKnown(LocationRecord.CodecOf(record)) && LocationRecord.IsPossible(record, _packs)
            ? LocationRecord.Read(record, _packs)
            : throw Damaged(_source, $"its record {index} is impossible");
    }

    private static ModelTrackException Damaged(string source, string problem) => StorageErrors.TableUnreadable(source, problem);
}
