using System.Globalization;
using System.Text;
using ModelTrack.Content;

namespace ModelTrack.StorageTests.Formats;

/// <summary>Bytes that are the same on every run.</summary>
internal static class Samples
{
    public static byte[] Random(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static byte[] Text(int length, int seed = 1)
    {
        var random = new Random(seed);
        var text = new StringBuilder(length + 80);
        for (var row = 0; text.Length < length; row++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{row},turn the light in room {random.Next(100)} {(random.Next(2) == 0 ? "on" : "off")},{random.NextDouble():F5}\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, length));
    }

    /// <summary>A few chunks of different kinds and sizes: text, noise, single bytes.</summary>
    public static List<byte[]> Chunks(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => (i % 3) switch
        {
            0 => Text(random.Next(1, 40_000), seed + i),
            1 => Random(random.Next(1, 100_000), seed + i),
            _ => [(byte)i],
        })];
    }

    public static Sha256Hash Hash(int number) => Sha256Hash.Of(BitConverter.GetBytes(number));
}
