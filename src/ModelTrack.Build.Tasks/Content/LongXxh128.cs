using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelTrack.Content;

/// <summary>
/// XXH128 of a content that comes in pieces. The same value as <see cref="XxHash128"/>, which a short process runs unoptimised for its first
/// few hundred megabytes, since its loops lie in methods that the JIT has to see often before it optimises them; here the one loop is optimised from
/// its first turn. Algorithm: XXH3, 128 bits, seed 0, by Yann Collet (xxHash's specification, "XXH3 for input larger than 240 bytes").
/// </summary>
internal sealed class LongXxh128
{
    private const int Stripe = 64;
    private const int StripesPerBlock = 16;
    private const int Block = Stripe * StripesPerBlock;
    private const int LastStripeSecret = 121;
    private const int LowSecret = 11;
    private const int HighSecret = 117;
    private const int ShortContent = 240;

    private const ulong Prime32A = 0x9E3779B1, Prime32B = 0x85EBCA77, Prime32C = 0xC2B2AE3D;
    private const ulong PrimeA = 0x9E3779B185EBCA87, PrimeB = 0xC2B2AE3D27D4EB4F, PrimeC = 0x165667B19E3779F9, PrimeD = 0x85EBCA77C2B2AE63, PrimeE = 0x27D4EB2F165667C5;

    private readonly ulong[] _sums = [Prime32C, PrimeA, PrimeB, PrimeC, PrimeD, Prime32B, PrimeE, Prime32A];

    // What is left of the last piece: a block is only known to be a whole one when something follows it. Before it, the last stripe of the block before.
    private readonly byte[] _held = new byte[Stripe + Block];
    private int _count;
    private long _length;

    public void Append(ReadOnlySpan<byte> content)
    {
        _length += content.Length;
        if (_count > 0)
        {
            var taken = Math.Min(Block - _count, content.Length);
            content[..taken].CopyTo(_held.AsSpan(Stripe + _count));
            _count += taken;
            content = content[taken..];
            if (content.IsEmpty) return;

            AddBlocks(_sums, MemoryMarshal.Cast<byte, ulong>(_held.AsSpan(Stripe, Block)), Secret);
            _held.AsSpan(Block, Stripe).CopyTo(_held);
            _count = 0;
        }

        var whole = (content.Length - 1) / Block * Block;
        if (whole > 0)
        {
            AddBlocks(_sums, MemoryMarshal.Cast<byte, ulong>(content[..whole]), Secret);
            content.Slice(whole - Stripe, Stripe).CopyTo(_held);
            content = content[whole..];
        }

        content.CopyTo(_held.AsSpan(Stripe));
        _count = content.Length;
    }

    /// <summary>The value of all that was appended; nothing may be appended after it.</summary>
    public FastHash Finish()
    {
        if (_length <= ShortContent) return FastHash.Of(_held.AsSpan(Stripe, _count));

        var stripes = (_count - 1) / Stripe;
        for (var i = 0; i < stripes; i++) AddStripe(Word(_held.AsSpan(Stripe + (i * Stripe), Stripe)), i * 8);
        AddStripe(Word(_held.AsSpan(_count, Stripe)), LastStripeSecret);
        return new FastHash(Merge(HighSecret, ~((ulong)_length * PrimeB)), Merge(LowSecret, (ulong)_length * PrimeA));
    }

    private static ReadOnlySpan<ulong> Word(ReadOnlySpan<byte> bytes) => MemoryMarshal.Cast<byte, ulong>(bytes);

    private void AddStripe(ReadOnlySpan<ulong> stripe, int secret)
    {
        for (var i = 0; i < 8; i++)
        {
            var key = stripe[i] ^ SecretWord(secret + (i * 8));
            _sums[i ^ 1] += stripe[i];
            _sums[i] += (uint)key * (key >> 32);
        }
    }

    private ulong Merge(int secret, ulong start)
    {
        for (var i = 0; i < 4; i++)
        {
            var high = Math.BigMul(_sums[2 * i] ^ SecretWord(secret + (16 * i)), _sums[(2 * i) + 1] ^ SecretWord(secret + (16 * i) + 8), out var low);
            start += high ^ low;
        }

        start ^= start >> 37;
        start *= 0x165667919E3779F9;
        return start ^ (start >> 32);
    }

    /// <summary>The loop. Optimised at once, whatever the JIT thinks of a method that it has never seen run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddBlocks(ulong[] sums, ReadOnlySpan<ulong> words, ReadOnlySpan<byte> secret)
    {
        var (s0, s1, s2, s3, s4, s5, s6, s7) = (sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]);
        // Stripe i goes with the secret from its eighth byte times i: the words of one row of this table.
        Span<ulong> keys = stackalloc ulong[StripesPerBlock + 8];
        MemoryMarshal.Cast<byte, ulong>(secret[..((StripesPerBlock + 8) * 8)]).CopyTo(keys);
        ref var at = ref MemoryMarshal.GetReference(words);
        ref var key = ref MemoryMarshal.GetReference(keys);
        for (var blocks = words.Length / (Block / 8); blocks > 0; blocks--)
        {
            for (var i = 0; i < StripesPerBlock; i++)
            {
                ref var k = ref Unsafe.Add(ref key, i);
                var (d0, d1, d2, d3) = (at, Unsafe.Add(ref at, 1), Unsafe.Add(ref at, 2), Unsafe.Add(ref at, 3));
                var (k0, k1, k2, k3) = (d0 ^ k, d1 ^ Unsafe.Add(ref k, 1), d2 ^ Unsafe.Add(ref k, 2), d3 ^ Unsafe.Add(ref k, 3));
                s0 += d1 + ((uint)k0 * (k0 >> 32));
                s1 += d0 + ((uint)k1 * (k1 >> 32));
                s2 += d3 + ((uint)k2 * (k2 >> 32));
                s3 += d2 + ((uint)k3 * (k3 >> 32));
                var (d4, d5, d6, d7) = (Unsafe.Add(ref at, 4), Unsafe.Add(ref at, 5), Unsafe.Add(ref at, 6), Unsafe.Add(ref at, 7));
                var (k4, k5, k6, k7) = (d4 ^ Unsafe.Add(ref k, 4), d5 ^ Unsafe.Add(ref k, 5), d6 ^ Unsafe.Add(ref k, 6), d7 ^ Unsafe.Add(ref k, 7));
                s4 += d5 + ((uint)k4 * (k4 >> 32));
                s5 += d4 + ((uint)k5 * (k5 >> 32));
                s6 += d7 + ((uint)k6 * (k6 >> 32));
                s7 += d6 + ((uint)k7 * (k7 >> 32));
                at = ref Unsafe.Add(ref at, 8);
            }

            ref var scramble = ref Unsafe.Add(ref key, StripesPerBlock);
            s0 = (s0 ^ (s0 >> 47) ^ scramble) * Prime32A;
            s1 = (s1 ^ (s1 >> 47) ^ Unsafe.Add(ref scramble, 1)) * Prime32A;
            s2 = (s2 ^ (s2 >> 47) ^ Unsafe.Add(ref scramble, 2)) * Prime32A;
            s3 = (s3 ^ (s3 >> 47) ^ Unsafe.Add(ref scramble, 3)) * Prime32A;
            s4 = (s4 ^ (s4 >> 47) ^ Unsafe.Add(ref scramble, 4)) * Prime32A;
            s5 = (s5 ^ (s5 >> 47) ^ Unsafe.Add(ref scramble, 5)) * Prime32A;
            s6 = (s6 ^ (s6 >> 47) ^ Unsafe.Add(ref scramble, 6)) * Prime32A;
            s7 = (s7 ^ (s7 >> 47) ^ Unsafe.Add(ref scramble, 7)) * Prime32A;
        }

        (sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]) = (s0, s1, s2, s3, s4, s5, s6, s7);
    }

    private static ulong SecretWord(int at) => MemoryMarshal.Read<ulong>(Secret[at..]);

    private static ReadOnlySpan<byte> Secret =>
    [
        0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c, 0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb,
        0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f, 0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
        0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c, 0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb,
        0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3, 0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
        0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d, 0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31,
        0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64, 0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
        0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e, 0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc,
        0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce, 0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
    ];
}
