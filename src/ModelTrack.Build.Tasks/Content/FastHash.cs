using System.Buffers.Binary;
using System.IO.Hashing;

namespace ModelTrack.Content;

/// <summary>
/// An XXH128 value. Two words and not a UInt128: no method that handles one of those can be compiled ahead of time, and an idle build runs
/// little else than code that hands these values on.
/// </summary>
public readonly record struct FastHash(ulong High, ulong Low)
{
    public const int Size = 16;

    public static FastHash Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Size];
        XxHash128.Hash(content, hash);
        return ReadBigEndian(hash);
    }

    public static FastHash ReadLittleEndian(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(source[8..]), BinaryPrimitives.ReadUInt64LittleEndian(source));

    public static FastHash ReadBigEndian(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    public void WriteLittleEndian(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, Low);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], High);
    }

    public void WriteBigEndian(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    public static implicit operator FastHash(UInt128 value) => new((ulong)(value >> 64), (ulong)value);
}
