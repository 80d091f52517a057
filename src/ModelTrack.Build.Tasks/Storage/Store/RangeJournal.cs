using System.Buffers.Binary;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;

namespace ModelTrack.Storage.Store;

/// <summary>
/// Notes which ranges of an incoming file were written, behind the file's own bytes, so that file and notes change hands by one rename.
/// Each note has a checksum; a reader stops at the first that is not whole. Not safe for several threads.
/// </summary>
internal sealed class RangeJournal(SafeFileHandle file, long contentSize)
{
    private const int EntrySize = 24;
    private const int MostEntries = 1 << 20;

    private int _entries;

    public void Add(long start, long length)
    {
        if (_entries >= MostEntries) return;

        Span<byte> entry = stackalloc byte[EntrySize];
        BinaryPrimitives.WriteInt64LittleEndian(entry, start);
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], length);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], Checksum(entry));
        RandomAccess.Write(file, entry, contentSize + ((long)_entries * EntrySize));
        _entries++;
    }

    /// <summary>What an earlier process noted; anything unreadable ends the list.</summary>
    public RangeSet Read()
    {
        var ranges = new RangeSet();
        var length = Math.Min(RandomAccess.GetLength(file) - contentSize, (long)MostEntries * EntrySize);
        if (length < EntrySize) return ranges;

        var bytes = new byte[length];
        var count = RandomAccess.Read(file, bytes, contentSize);
        for (var at = 0; at + EntrySize <= count; at += EntrySize)
        {
            var entry = bytes.AsSpan(at, EntrySize);
            var start = BinaryPrimitives.ReadInt64LittleEndian(entry);
            var size = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
            if (BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]) != Checksum(entry)) break;
            if (start < 0 || size <= 0 || size > contentSize || start > contentSize - size) break;

            ranges.Add(start, size);
        }

        return ranges;
    }

    /// <summary>Begins anew with these ranges.</summary>
    public void Rewrite(RangeSet ranges)
    {
        Clear();
        foreach (var (start, end) in ranges.Ranges) Add(start, end - start);
    }

    /// <summary>Cuts the notes off, so that the file is the content alone.</summary>
    public void Clear()
    {
        RandomAccess.SetLength(file, contentSize);
        _entries = 0;
    }

    private ulong Checksum(ReadOnlySpan<byte> entry) => XxHash3.HashToUInt64(entry[..16], contentSize);
}
