using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelTrack.Content;

/// <summary>A SHA-256 value: 32 bytes, written as 64 lower-case hexadecimal digits, ordered by its bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct Sha256Hash : IEquatable<Sha256Hash>, IComparable<Sha256Hash>
{
    public const int Size = 32;
    public const int HexLength = 64;

    // Big-endian words, so that comparing the words compares the bytes.
    private readonly ulong _a, _b, _c, _d;

    /// <param name="bytes">Exactly 32 bytes.</param>
    public Sha256Hash(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Size);
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>True for the value of 32 zero bytes, which stands for "none" in the binary formats.</summary>
    public bool IsZero => (_a | _b | _c | _d) == 0;

    /// <summary>The first eight bytes, as a number that orders as they do.</summary>
    internal ulong Prefix => _a;

    /// <summary>The hash of <paramref name="data"/>.</summary>
    [SkipLocalsInit]
    public static Sha256Hash Of(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[Size];
        System.Security.Cryptography.SHA256.HashData(data, hash);
        return new Sha256Hash(hash);
    }

    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _d);
    }

    /// <summary>Reads exactly 64 lower-case hexadecimal digits; anything else is false.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Sha256Hash hash) =>
        TryParse(text.AsSpan(), out hash);

    /// <inheritdoc cref="TryParse(string?, out Sha256Hash)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out Sha256Hash hash)
    {
        hash = default;
        if (text.Length != HexLength || text.ContainsAnyExcept(s_lowerHex))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[Size];
        Convert.FromHexString(text, bytes, out _, out _);
        hash = new Sha256Hash(bytes);
        return true;
    }

    /// <exception cref="FormatException">The text is not 64 lower-case hexadecimal digits.</exception>
    public static Sha256Hash Parse(string text) =>
        TryParse(text, out var hash) ? hash : throw new FormatException($"'{text}' is not a SHA-256 in lower-case hexadecimal.");

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>The first ten digits, for a person.</summary>
    public string ToShortString() => _a.ToString("x16", CultureInfo.InvariantCulture)[..10];

    public bool Equals(Sha256Hash other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    public override bool Equals(object? obj) => obj is Sha256Hash other && Equals(other);

    public override int GetHashCode() => _a.GetHashCode();

    public int CompareTo(Sha256Hash other)
    {
        var order = _a.CompareTo(other._a);
        if (order != 0) return order;
        order = _b.CompareTo(other._b);
        if (order != 0) return order;
        order = _c.CompareTo(other._c);
        return order != 0 ? order : _d.CompareTo(other._d);
    }

    public static bool operator ==(Sha256Hash left, Sha256Hash right) => left.Equals(right);
    public static bool operator !=(Sha256Hash left, Sha256Hash right) => !left.Equals(right);
    public static bool operator <(Sha256Hash left, Sha256Hash right) => left.CompareTo(right) < 0;
    public static bool operator >(Sha256Hash left, Sha256Hash right) => left.CompareTo(right) > 0;
    public static bool operator <=(Sha256Hash left, Sha256Hash right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Sha256Hash left, Sha256Hash right) => left.CompareTo(right) >= 0;

    private static readonly System.Buffers.SearchValues<char> s_lowerHex = System.Buffers.SearchValues.Create("0123456789abcdef");
}
