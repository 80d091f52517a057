using System.IO.Compression;

namespace ModelTrack.Storage.Formats;

/// <summary>Compresses a frame where that pays. Stateless; the bytes it makes may differ between versions of the runtime.</summary>
internal static class FrameEncoder
{
    // On CSV and JSON quality 2 gives 25 % and 18 % at 180 to 250 MB/s, decoded at 600 to 850 (docs/chunking.md); more costs much and saves little.
    private const int Quality = 2;
    private const int SampleQuality = 1;
    private const int WindowBits = 18;

    // Weights in float32, float16 and int8 come out at 87 to 93 % and decode at 160 to 270 MB/s: slower than most disks and many networks.
    private const double Pays = 0.85;

    // Below this, trying costs no more than sampling.
    private const int SampleFrom = 24 << 10;
    private const int SamplePart = 4 << 10;
    private const int SampleParts = 3;

    // Headers alone would eat what so little could save.
    private const int Smallest = 128;

    /// <summary>Writes the frame's stored form to <paramref name="destination"/>, which has at least the raw length.</summary>
    public static (byte Codec, int Length) Encode(ReadOnlySpan<byte> raw, Span<byte> destination)
    {
        if (raw.Length >= Smallest && (raw.Length < SampleFrom || SampleShowsThatItPays(raw)))
        {
            // A destination of the largest length that pays makes the encoder itself give up.
            if (BrotliEncoder.TryCompress(raw, destination[..(int)(raw.Length * Pays)], out var length, Quality, WindowBits)) return (FrameCodec.Brotli, length);
        }

        raw.CopyTo(destination);
        return (FrameCodec.None, raw.Length);
    }

    private static bool SampleShowsThatItPays(ReadOnlySpan<byte> raw)
    {
        Span<byte> sample = stackalloc byte[SampleParts * SamplePart];
        var step = (raw.Length - SamplePart) / (SampleParts - 1);
        for (var part = 0; part < SampleParts; part++) raw.Slice(part * step, SamplePart).CopyTo(sample[(part * SamplePart)..]);
        Span<byte> compressed = stackalloc byte[(int)(SampleParts * SamplePart * Pays)];
        return BrotliEncoder.TryCompress(sample, compressed, out _, SampleQuality, WindowBits);
    }
}
