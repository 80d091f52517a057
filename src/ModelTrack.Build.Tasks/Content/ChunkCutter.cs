using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ModelTrack.Content;

/// <summary>
/// Content-defined chunking `mt1`: normalised FastCDC. Whether a chunk may end at a place depends on the 64 bytes before it and on the
/// distance from the chunk's start, on nothing else; docs/formats.md has the exact rule. Stateless and safe for several threads.
/// </summary>
public sealed unsafe class ChunkCutter
{
    /// <summary>How many bytes before a place decide on it: what is older has been shifted out of the hash.</summary>
    internal const int Window = 64;

    // How much harder a cut is before the average size than at it, and how much easier after, in bits.
    private const int Normalisation = 2;

    private static readonly ulong* s_gear = MakeGear();

    private readonly ulong _early;
    private readonly ulong _late;

    internal ChunkCutter(int min, int average, int max, int wholeBelow)
    {
        MinSize = min;
        AverageSize = average;
        MaxSize = max;
        WholeBelow = wholeBelow;
        var bits = BitOperations.Log2((uint)average);
        _early = 1UL << (64 - bits - Normalisation);
        _late = 1UL << (64 - bits + Normalisation);
    }

    /// <summary>For contents: 8/32/128 KiB, and one chunk for a content under 64 KiB.</summary>
    public static ChunkCutter Contents { get; } = new(8 << 10, 32 << 10, 128 << 10, 64 << 10);

    /// <summary>For the bodies of manifests: 2/8/32 KiB.</summary>
    public static ChunkCutter ManifestBodies { get; } = new(2 << 10, 8 << 10, 32 << 10, 0);

    public int MinSize { get; }

    public int AverageSize { get; }

    public int MaxSize { get; }

    /// <summary>A content shorter than this is one chunk; at most <see cref="MaxSize"/>.</summary>
    public int WholeBelow { get; }

    /// <summary>The 256 values of the rolling hash: little-endian, the first eight bytes of SHA-256 of `mt1` and the byte.</summary>
    internal static ReadOnlySpan<ulong> Gear => new(s_gear, 256);

    /// <summary>The length of the chunk that starts where <paramref name="window"/> starts; 0 when that is empty.</summary>
    /// <param name="window">The content from a chunk's start on: all of it, or at least <see cref="MaxSize"/> bytes.</param>
    /// <param name="isFirst">Whether it is the content's first chunk.</param>
    public int Next(ReadOnlySpan<byte> window, bool isFirst)
    {
        if (window.Length <= MinSize || (isFirst && window.Length < WholeBelow)) return window.Length;

        var end = Math.Min(window.Length, MaxSize);
        fixed (byte* start = &MemoryMarshal.GetReference(window))
        {
            var gear = s_gear;
            ulong hash = 0;
            for (var at = MinSize - Window; at < MinSize; at++) hash = (hash << 1) + gear[start[at]];
            if (hash < _early) return MinSize;

            var length = MinSize;
            return Scan(start, ref length, Math.Min(AverageSize - 1, end), _early, ref hash) || Scan(start, ref length, end, _late, ref hash)
                ? length
                : end;
        }
    }

    /// <summary>The lengths of a whole content's chunks; none for an empty one.</summary>
    public List<int> Cut(ReadOnlySpan<byte> content)
    {
        var lengths = new List<int>((content.Length / AverageSize) + 1);
        for (var at = 0; at < content.Length;)
        {
            var length = Next(content[at..], at == 0);
            lengths.Add(length);
            at += length;
        }

        return lengths;
    }

    /// <summary>Looks for a cut at the lengths after <paramref name="length"/>, <paramref name="last"/> included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Scan(byte* start, ref int length, int last, ulong below, ref ulong hash)
    {
        var gear = s_gear;
        var at = start + length;
        var end = start + last;
        var h = hash;

        while (end - at >= 8)
        {
            h = (h << 1) + gear[at[0]];
            if (h < below) return Found(at + 1, start, ref length);
            h = (h << 1) + gear[at[1]];
            if (h < below) return Found(at + 2, start, ref length);
            h = (h << 1) + gear[at[2]];
            if (h < below) return Found(at + 3, start, ref length);
            h = (h << 1) + gear[at[3]];
            if (h < below) return Found(at + 4, start, ref length);
            h = (h << 1) + gear[at[4]];
            if (h < below) return Found(at + 5, start, ref length);
            h = (h << 1) + gear[at[5]];
            if (h < below) return Found(at + 6, start, ref length);
            h = (h << 1) + gear[at[6]];
            if (h < below) return Found(at + 7, start, ref length);
            h = (h << 1) + gear[at[7]];
            if (h < below) return Found(at + 8, start, ref length);
            at += 8;
        }

        while (at < end)
        {
            h = (h << 1) + gear[*at++];
            if (h < below) return Found(at, start, ref length);
        }

        length = (int)(at - start);
        hash = h;
        return false;
    }

    private static bool Found(byte* at, byte* start, ref int length)
    {
        length = (int)(at - start);
        return true;
    }

    // Outside the managed heap, so that the loop needs neither a pin nor a bounds check; it lives as long as the process.
    private static ulong* MakeGear()
    {
        var gear = (ulong*)NativeMemory.AlignedAlloc(256 * sizeof(ulong), 64);
        Span<byte> seed = [(byte)'m', (byte)'t', (byte)'1', 0];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        for (var value = 0; value < 256; value++)
        {
            seed[3] = (byte)value;
            SHA256.HashData(seed, hash);
            gear[value] = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        }

        return gear;
    }
}
