using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Benchmarks.Chunking;

/// <summary>Size and rate of the codecs at hand on the kinds of data that people track, and what the writer of frames makes of them.</summary>
internal static class Codecs
{
    private const int Length = 16 << 20;
    private const int Frame = PackFormat.FrameTarget;

    private static readonly byte[] s_destination = new byte[2 * Frame];

    private delegate int Encoder(ReadOnlySpan<byte> raw);

    public static Task<int> RunAsync(string[] args)
    {
        var encoders = new List<(string Name, byte? Codec, Encoder Encode)>();
        foreach (var level in new[] { 1, 3, 6 }) encoders.Add(($"deflate {level}", FrameCodec.Deflate, raw => Deflate(raw, level)));
        foreach (var quality in new[] { 0, 1, 2, 3, 4 }) encoders.Add(($"Brotli {quality}", FrameCodec.Brotli, raw => Brotli(raw, quality)));
        byte codec = 0;
        encoders.Add(("**as written**", null, raw =>
        {
            (codec, var length) = FrameEncoder.Encode(raw, s_destination);
            return length;
        }
        ));

        Console.WriteLine($"| data | {string.Join(" | ", encoders.Select(e => e.Name))} |");
        Console.WriteLine($"|---|{string.Concat(encoders.Select(_ => "---|"))}");
        foreach (var (name, data) in Data())
        {
            var cells = encoders.Select(e => Measure(data, e.Encode, () => e.Codec ?? codec));
            Console.WriteLine($"| {name} | {string.Join(" | ", cells)} |");
        }

        return Task.FromResult(0);
    }

    private static string Measure(byte[] data, Encoder encode, Func<byte> codec)
    {
        var raw = new byte[Frame];
        var encoding = new List<long>();
        var decoding = new List<long>();
        long stored = 0;
        for (var at = 0; at + Frame <= data.Length; at += Frame)
        {
            var start = Stopwatch.GetTimestamp();
            var length = encode(data.AsSpan(at, Frame));
            var encoded = Stopwatch.GetTimestamp();
            FrameDecoder.Decode(s_destination.AsSpan(0, length), new FrameRef(0, length, Frame, codec()), raw, "frame");
            decoding.Add(Stopwatch.GetTimestamp() - encoded);
            encoding.Add(encoded - start);
            stored += length;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{100.0 * stored / ((long)encoding.Count * Frame):F1} % {Rate(encoding):F0} / {Rate(decoding):F0}");
    }

    /// <summary>Of the fastest quarter's slowest frame, in MB/s: what other processes took of the machine is not in it.</summary>
    private static double Rate(List<long> ticks) => Frame / 1e6 / ticks.Order().ElementAt(ticks.Count / 4) * Stopwatch.Frequency;

    private static int Brotli(ReadOnlySpan<byte> raw, int quality) =>
        BrotliEncoder.TryCompress(raw, s_destination, out var length, quality, 18) ? length : throw new InvalidOperationException();

    private static int Deflate(ReadOnlySpan<byte> raw, int level)
    {
        using var stored = new MemoryStream(s_destination);
        using (var encoder = new DeflateStream(stored, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true)) encoder.Write(raw);
        return (int)stored.Position;
    }

    private static IEnumerable<(string Name, byte[] Data)> Data()
    {
        var random = new Random(5);
        yield return ("CSV", Text(i => $"{i},{random.Next(1, 100)},{random.NextDouble():F6},{(random.Next(3) == 0 ? "kitchen" : "living room")},turn on the {(char)('a' + random.Next(26))} light,{random.NextDouble() * 1000:F2}\n"));
        yield return ("JSON lines", Text(i => $"{{\"id\":{i},\"image\":\"{random.Next(100_000):x6}.png\",\"boxes\":[{{\"x\":{random.Next(640)},\"y\":{random.Next(480)},\"label\":\"{(random.Next(2) == 0 ? "person" : "dog")}\",\"score\":{random.NextDouble():F4}}}]}}\n"));
        yield return ("float32 weights", Values(_ => (float)(Normal(random) * 0.05)));
        yield return ("float32, nine of ten zero", Values(_ => random.Next(10) == 0 ? (float)(Normal(random) * 0.05) : 0));
        yield return ("float16 weights", Values(_ => (Half)(Normal(random) * 0.05)));
        yield return ("int8 weights", Values(_ => (sbyte)Math.Clamp(Normal(random) * 30, -127, 127)));
        yield return ("noise", Values(_ => (byte)random.Next(256)));
    }

    private static byte[] Text(Func<int, FormattableString> row)
    {
        var text = new StringBuilder(Length + 200);
        for (var i = 0; text.Length < Length; i++) text.Append(row(i).ToString(CultureInfo.InvariantCulture));
        return Encoding.ASCII.GetBytes(text.ToString(0, Length));
    }

    private static unsafe byte[] Values<T>(Func<int, T> value)
        where T : unmanaged
    {
        var values = new T[Length / sizeof(T)];
        for (var i = 0; i < values.Length; i++) values[i] = value(i);
        return MemoryMarshal.AsBytes<T>(values).ToArray();
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
