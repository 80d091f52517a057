using System.IO.Hashing;
using ModelTrack.Content;

namespace ModelTrack.StorageTests.Content;

[TestClass]
public sealed class LongXxh128Tests
{
    [TestMethod]
    public void It_gives_what_the_library_gives_at_every_length_around_its_borders()
    {
        var content = new byte[5000];
        new Random(1).NextBytes(content);
        for (var length = 0; length <= content.Length; length++)
        {
            Assert.AreEqual(FastHash.Of(content.AsSpan(0, length)), Hash(content.AsSpan(0, length), length), $"{length} bytes");
        }
    }

    [TestMethod]
    public void It_gives_the_same_however_the_content_is_cut_in_pieces()
    {
        var random = new Random(20_261_121);
        for (var round = 0; round < 2000; round++)
        {
            var content = new byte[random.Next(round % 2 == 0 ? 3000 : 300_000)];
            random.NextBytes(content);
            var hash = new LongXxh128();
            for (var at = 0; at < content.Length;)
            {
                var piece = Math.Min(content.Length - at, random.Next(5) switch { 0 => 0, 1 => random.Next(70), 2 => 1024, 3 => random.Next(4096), _ => random.Next(100_000) });
                hash.Append(content.AsSpan(at, piece));
                at += piece;
            }

            Assert.AreEqual((FastHash)XxHash128.HashToUInt128(content), hash.Finish(), $"round {round}, {content.Length} bytes");
        }
    }

    private static FastHash Hash(ReadOnlySpan<byte> content, int piece)
    {
        var hash = new LongXxh128();
        hash.Append(content[..(piece / 3)]);
        hash.Append(content[(piece / 3)..]);
        return hash.Finish();
    }
}
