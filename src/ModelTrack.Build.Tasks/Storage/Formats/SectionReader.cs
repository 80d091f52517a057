using System.Buffers.Binary;
using System.Text;

namespace ModelTrack.Storage.Formats;

/// <summary>
/// Walks length-prefixed sections: a tag of four letters, a little-endian length, that many bytes. A reader that does not know a tag skips it
/// when its first letter is lower case and gives up when it is upper case.
/// </summary>
internal ref struct SectionReader(ReadOnlySpan<byte> bytes)
{
    public const int HeadSize = 8;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _next;

    /// <summary>The present section's tag.</summary>
    public ReadOnlySpan<byte> Tag { get; private set; }

    /// <summary>Where the present section's bytes start in the whole.</summary>
    public int Offset { get; private set; }

    public int Length { get; private set; }

    /// <summary>Set when the walk ended before the end of the bytes.</summary>
    public bool IsBroken { get; private set; }

    public readonly ReadOnlySpan<byte> Bytes => _bytes.Slice(Offset, Length);

    /// <summary>Whether a reader that does not know the section has to give up.</summary>
    public readonly bool IsRequired => Tag[0] is >= (byte)'A' and <= (byte)'Z';

    /// <summary>The tag for a person.</summary>
    public readonly string TagText => "section " + string.Concat(Encoding.Latin1.GetString(Tag).Select(c => char.IsAsciiLetterOrDigit(c) ? c : '?'));

    public bool MoveNext()
    {
        if (_next == _bytes.Length || IsBroken) return false;

        var rest = _bytes.Length - _next;
        if (rest < HeadSize || BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(_next + 4)..]) > (uint)(rest - HeadSize))
        {
            IsBroken = true;
            return false;
        }

        Tag = _bytes.Slice(_next, 4);
        Offset = _next + HeadSize;
        Length = (int)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(_next + 4)..]);
        _next = Offset + Length;
        return true;
    }

    public static void WriteHead(Span<byte> destination, ReadOnlySpan<byte> tag, int length)
    {
        tag.CopyTo(destination);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], (uint)length);
    }
}
