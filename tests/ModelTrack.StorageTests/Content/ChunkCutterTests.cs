using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using ModelTrack.Content;
using ModelTrack.StorageTests.Formats;

namespace ModelTrack.StorageTests.Content;

[TestClass]
public class ChunkCutterTests
{
    private static readonly ChunkCutter s_small = new(128, 512, 2048, 1024);

    [TestMethod]
    [Rule("Chunks 5")]
    public void The_gear_table_is_the_documented_one()
    {
        Assert.AreEqual(0x1192d07d52ded445UL, ChunkCutter.Gear[0]);
        Assert.AreEqual(0xcf1fc839037785b3UL, ChunkCutter.Gear[255]);
        for (var value = 0; value < 256; value++)
        {
            var hash = System.Security.Cryptography.SHA256.HashData([.. "mt1"u8, (byte)value]);
            Assert.AreEqual(BinaryPrimitives.ReadUInt64LittleEndian(hash), ChunkCutter.Gear[value]);
        }
    }

    [TestMethod]
    [Rule("Chunks 2")]
    [Rule("Chunks 4")]
    public void Contents_are_cut_where_the_golden_vector_says()
    {
        var lengths = ChunkCutter.Contents.Cut(GoldenContent(1 << 20));
        Assert.AreEqual("44077 12006 36838 32924 48742 12256 34922 39961 74528 39723 38112 12859 36407 35746 32883 14547 47209 33738 17777 35403 38219 33119 60025 33722 46493 47620 39565 33127 33514 2514", string.Join(' ', lengths));
    }

    [TestMethod]
    public void Bodies_of_manifests_are_cut_where_the_golden_vector_says()
    {
        var lengths = ChunkCutter.ManifestBodies.Cut(GoldenContent(128 << 10));
        Assert.AreEqual("14462 5144 8592 11350 4529 9650 2356 13717 2257 10607 10257 2198 13688 2197 9252 5974 4842", string.Join(' ', lengths));
    }

    [TestMethod]
    [Rule("Chunks 2")]
    [Rule("Chunks 3")]
    [Rule("Chunks 4")]
    public void A_cut_is_where_the_rule_says_word_by_word()
    {
        foreach (var content in new[] { Samples.Random(60_000), Samples.Text(60_000), new byte[20_000], Samples.Random(1023), [] })
        {
            CollectionAssert.AreEqual(CutByTheRule(content, s_small).ToArray(), s_small.Cut(content));
        }
    }

    [TestMethod]
    public void Lengths_are_within_bounds_and_make_the_content()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<(PositiveInt Length, int Seed, bool IsText)>(), input =>
        {
            var length = input.Length.Get * 37;
            var content = input.IsText ? Samples.Text(length, input.Seed) : Samples.Random(length, input.Seed);
            var lengths = s_small.Cut(content);
            return lengths.Sum() == length &&
                lengths.All(l => l is > 0 and <= 2048) &&
                lengths.SkipLast(1).All(l => l >= 128) &&
                (length >= 1024 || lengths.Count == 1);
        }).QuickCheckThrowOnFailure();
    }

    [TestMethod]
    [Rule("Chunks 1")]
    public void A_content_below_64_KiB_is_one_chunk_and_one_of_64_KiB_is_cut_by_the_rule()
    {
        Assert.IsEmpty(ChunkCutter.Contents.Cut([]));
        CollectionAssert.AreEqual(new[] { 1 }, ChunkCutter.Contents.Cut([7]));
        CollectionAssert.AreEqual(new[] { 65_535 }, ChunkCutter.Contents.Cut(Samples.Random(65_535)));
        Assert.IsGreaterThan(1, ChunkCutter.Contents.Cut(Samples.Random(65_536)).Count);
    }

    [TestMethod]
    public void Where_a_chunk_ends_does_not_depend_on_how_much_is_seen_beyond_its_largest_size()
    {
        var content = Samples.Text(50_000);
        var random = new Random(4);
        for (var at = 0; at < content.Length - 2048;)
        {
            var all = s_small.Next(content.AsSpan(at), at == 0);
            var seen = s_small.Next(content.AsSpan(at, 2048 + random.Next(content.Length - at - 2048)), at == 0);
            Assert.AreEqual(all, seen);
            at += all;
        }
    }

    [TestMethod]
    public void An_edit_changes_only_chunks_near_it()
    {
        foreach (var content in new[] { Samples.Random(4 << 20), Samples.Text(4 << 20) })
        {
            var before = Hashes(content);
            var middle = content.Length / 2;
            var edits = new byte[][]
            {
                [.. content[..middle], (byte)(content[middle] ^ 1), .. content[(middle + 1)..]],
                [.. content[..middle], .. Samples.Random(1000), .. content[middle..]],
                [.. content[..middle], .. content[(middle + 1000)..]],
                [1, .. content],
                content[1..],
            };
            foreach (var edited in edits) Assert.IsLessThanOrEqualTo(4, Hashes(edited).Except(before).Count());
        }
    }

    [TestMethod]
    public void The_average_of_noise_is_near_the_aim()
    {
        var lengths = ChunkCutter.Contents.Cut(Samples.Random(32 << 20));
        Assert.IsTrue(lengths.Average() is > 30_000 and < 42_000, $"{lengths.Average()}");
    }

    /// <summary>Block number i, from 0, is the SHA-256 of i as eight little-endian bytes.</summary>
    internal static byte[] GoldenContent(int length)
    {
        var content = new byte[length];
        Span<byte> number = stackalloc byte[8];
        for (var at = 0; at < length; at += Sha256Hash.Size)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, at / Sha256Hash.Size);
            Sha256Hash.Of(number).CopyTo(content.AsSpan(at));
        }

        return content;
    }

    private static HashSet<Sha256Hash> Hashes(byte[] content)
    {
        var hashes = new HashSet<Sha256Hash>();
        var at = 0;
        foreach (var length in ChunkCutter.Contents.Cut(content))
        {
            hashes.Add(Sha256Hash.Of(content.AsSpan(at, length)));
            at += length;
        }

        return hashes;
    }

    /// <summary>docs/formats.md, "Chunks", as slowly as it is written there.</summary>
    private static List<int> CutByTheRule(byte[] content, ChunkCutter cutter)
    {
        var bits = System.Numerics.BitOperations.Log2((uint)cutter.AverageSize);
        var lengths = new List<int>();
        for (var start = 0; start < content.Length;)
        {
            var rest = content.Length - start;
            var length = Math.Min(rest, cutter.MaxSize);
            if (start > 0 || rest >= cutter.WholeBelow)
            {
                for (var candidate = cutter.MinSize; candidate < length; candidate++)
                {
                    ulong hash = 0;
                    for (var i = 0; i < 64; i++) hash += ChunkCutter.Gear[content[start + candidate - 1 - i]] << i;
                    var limit = 1UL << (64 - (candidate < cutter.AverageSize ? bits + 2 : bits - 2));
                    if (hash < limit) length = candidate;
                }
            }

            lengths.Add(length);
            start += length;
        }

        return lengths;
    }
}
