using System.IO.Compression;
using FsCheck;
using FsCheck.Fluent;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.StorageTests.Formats;

/// <summary>Whatever the bytes: a value or a coded error, never another exception.</summary>
[TestClass]
public class AnyBytesTests
{
    private const int Rounds = 4000;

    [TestMethod]
    public void Any_bytes_are_a_pack_or_a_coded_error() => Prop.ForAll<byte[]>(bytes =>
    {
        ReadPack(bytes);
        ReadPack([.. "MTPK"u8, 1, 0, 0, 1, .. bytes]);
        Try(() => PackReader.ParseTrailer([1, 0, 0, 1, 16, 0, 0, 0, .. bytes], 1 << 20, "pack"));
    }).QuickCheckThrowOnFailure();

    [TestMethod]
    public void Any_bytes_are_a_manifest_or_a_coded_error() => Prop.ForAll<byte[]>(bytes =>
    {
        ReadManifest(bytes);
        ReadManifest(ManifestTests.Altered([.. "MTMF"u8, 1, 0, 0, 1, .. bytes, .. new byte[32]], _ => { }));
    }).QuickCheckThrowOnFailure();

    [TestMethod]
    public void Any_bytes_are_a_frame_or_a_coded_error() => Prop.ForAll<byte[], byte>((bytes, codec) =>
    {
        Try(() => FrameDecoder.Decode(bytes, new FrameRef(16, bytes.Length, 1000, (byte)(codec % 5)), new byte[1000], "pack"));
    }).QuickCheckThrowOnFailure();

    [TestMethod]
    public void A_pack_with_any_of_its_bytes_replaced_is_a_pack_or_a_coded_error()
    {
        var good = PackTests.Pack(Samples.Chunks(6)).Bytes.ToArray();
        Mutate(good, good.Length - 400, ReadPack);
    }

    [TestMethod]
    public void A_manifest_with_any_of_its_bytes_replaced_and_its_hash_made_right_is_a_manifest_or_a_coded_error()
    {
        var good = ManifestTests.Write(ManifestTests.Chunks(8, packs: 2));
        Mutate(good, 0, bytes =>
        {
            ReadManifest(bytes);
            if (bytes.Length > 40) ReadManifest(ManifestTests.Altered(bytes, _ => { }));
        });

        var (pieced, pieces) = ManifestTests.WritePieces(ManifestTests.Chunks(1200, packs: 2), []);
        Mutate(pieced, 0, bytes =>
        {
            if (bytes.Length <= 40) return;
            var altered = ManifestTests.Altered(bytes, _ => { });
            Try(() =>
            {
                var root = ManifestReader.ParseRoot(altered, "manifest");
                if (root.Pieces.Count == pieces.Count) _ = ManifestReader.ParseBody(root, [.. pieces.Select(p => p.Bytes)], "manifest").Sum(c => (long)c.Length);
            });
        });
    }

    [TestMethod]
    public void A_compressed_frame_with_any_of_its_bytes_replaced_is_that_many_bytes_or_a_coded_error()
    {
        var text = Samples.Text(20_000);
        foreach (var codec in new[] { FrameCodec.Deflate, FrameCodec.Brotli })
        {
            var good = Compress(text, codec);
            var raw = new byte[text.Length];
            Mutate(good, 0, bytes => Try(() => FrameDecoder.Decode(bytes, new FrameRef(16, bytes.Length, text.Length, codec), raw, "pack")));
        }
    }

    [TestMethod]
    [Rule("Packs 4")]
    [Rule("Packs 6")]
    public void A_frame_of_every_codec_decodes_to_its_length_and_to_no_other()
    {
        var text = Samples.Text(20_000);
        foreach (var codec in new[] { FrameCodec.None, FrameCodec.Deflate, FrameCodec.Brotli })
        {
            var stored = codec == FrameCodec.None ? text : Compress(text, codec);
            var raw = new byte[text.Length + 10];
            FrameDecoder.Decode(stored, new FrameRef(16, stored.Length, text.Length, codec), raw, "pack");
            CollectionAssert.AreEqual(text, raw[..text.Length]);
            foreach (var wrong in new[] { text.Length - 1, text.Length + 1 })
            {
                Assert.AreEqual("MT3001", Assert.ThrowsExactly<ModelTrackException>(() => FrameDecoder.Decode(stored, new FrameRef(16, stored.Length, wrong, codec), raw, "pack")).Code);
            }
        }

        Assert.AreEqual("MT3003", Assert.ThrowsExactly<ModelTrackException>(() => FrameDecoder.Decode(text, new FrameRef(16, text.Length, 5, 3), new byte[5], "pack")).Code);
    }

    internal static byte[] Compress(byte[] raw, byte codec)
    {
        using var stored = new MemoryStream();
        using (Stream encoder = codec == FrameCodec.Deflate ? new DeflateStream(stored, CompressionLevel.Optimal) : new BrotliStream(stored, CompressionLevel.Optimal))
        {
            encoder.Write(raw);
        }

        return stored.ToArray();
    }

    /// <summary>Bytes replaced, cut out, put in; the seed is the round, so that a failure can be had again.</summary>
    private static void Mutate(byte[] good, int from, Action<byte[]> read)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var random = new Random(round);
            var bytes = good.ToList();
            for (var edits = random.Next(1, 4); edits > 0; edits--)
            {
                var at = random.Next(2) == 0 ? random.Next(bytes.Count) : random.Next(Math.Min(from, bytes.Count - 1), bytes.Count);
                var value = random.Next(3) switch { 0 => (byte)0, 1 => byte.MaxValue, _ => (byte)random.Next(256) };
                switch (random.Next(4))
                {
                    case 0: bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at - 1)); break;
                    case 1: bytes.Insert(at, value); break;
                    default: bytes[at] = value; break;
                }
            }

            read([.. bytes]);
        }
    }

    private static void ReadPack(byte[] bytes) => Try(() =>
    {
        var contents = PackReader.Parse(bytes, "pack");
        PackReader.FindDamage(bytes, contents, CancellationToken.None);
    });

    private static void ReadManifest(byte[] bytes) => Try(() =>
    {
        var root = ManifestReader.ParseRoot(bytes, "manifest");
        if (root.Pieces.Count == 0) _ = ManifestReader.ParseBody(root, [], "manifest").Sum(c => (long)c.Length);
    });

    private static void Try(Action read)
    {
        try
        {
            read();
        }
        catch (ModelTrackException e)
        {
            Assert.StartsWith("MT30", e.Code);
        }
    }
}
