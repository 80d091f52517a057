using System.Globalization;
using System.Text;
using ModelTrack.Content;
using ModelTrack.Storage.Formats;
using ModelTrack.StorageTests.Content;

namespace ModelTrack.StorageTests.Formats;

/// <summary>
/// Files as version 1 wrote them, which every later version reads. They are never written again: with MODELTRACK_WRITE_GOLDEN naming the folder,
/// files that are missing in it are made, for a new version's set.
/// </summary>
[TestClass]
public class GoldenFileTests
{
    private const string Pack = "v1-pack.golden";
    private const string PiecesPack = "v1-pieces-pack.golden";
    private const string Inline = "v1-manifest-inline.golden";
    private const string Pieced = "v1-manifest-pieces.golden";
    private const string Index = "v1-index.golden";

    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "golden");

    [ClassInitialize]
    public static void WriteWhatIsMissing(TestContext _)
    {
        if (Environment.GetEnvironmentVariable("MODELTRACK_WRITE_GOLDEN") is not { Length: > 0 } folder) return;
        foreach (var (name, bytes) in Make())
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path)) File.WriteAllBytes(path, bytes);
        }
    }

    [TestMethod]
    public void The_pack_of_version_1_with_each_codec_gives_its_chunks()
    {
        var bytes = Read(Pack);
        var contents = PackReader.Parse(bytes, Pack);

        Assert.AreEqual("df6cc18dd1be2573638705f6f88008aa03ed5e296da57fef257efff529064d2a", contents.Id.ToString());
        CollectionAssert.AreEqual(new byte[] { FrameCodec.None, FrameCodec.Deflate, FrameCodec.Brotli }, contents.Frames.Select(f => f.Codec).ToArray());
        var expected = ChunksOfPack();
        Assert.HasCount(expected.Count, contents.Chunks);
        for (var i = 0; i < expected.Count; i++) CollectionAssert.AreEqual(expected[i], PackTests.Read(bytes, contents.Chunks[i]));
    }

    [TestMethod]
    public void The_manifest_of_version_1_with_its_body_inline_gives_its_artifact()
    {
        var root = ManifestReader.ParseRoot(Read(Inline), Inline);
        var pack = PackReader.Parse(Read(Pack), Pack);

        var chunks = ChunksOfPack();
        Assert.AreEqual(new ManifestInfo(Samples.Hash(1), true, chunks.Sum(c => c.Length), chunks[0].Length), root.Info);
        CollectionAssert.AreEqual(new[] { default, pack.Entry }, root.Packs.ToArray());
        CollectionAssert.AreEqual(pack.Chunks.ToArray(), ManifestReader.ParseBody(root, [], Inline).ToArray());
    }

    [TestMethod]
    public void The_manifest_of_version_1_with_its_body_in_pieces_gives_its_artifact()
    {
        var root = ManifestReader.ParseRoot(Read(Pieced), Pieced);
        var pack = Read(PiecesPack);
        var contents = PackReader.Parse(pack, PiecesPack);

        Assert.AreEqual(contents.Id, root.Pieces[0].Pack);
        var body = ManifestReader.ParseBody(root, [.. root.Pieces.Select(p => (ReadOnlyMemory<byte>)PackTests.Read(pack, p))], Pieced);
        CollectionAssert.AreEqual(ManyChunks(), body.ToArray());
        Assert.AreEqual(new ManifestInfo(Samples.Hash(2), false, ManyChunks().Sum(c => (long)c.Length), 0), root.Info);
    }

    [TestMethod]
    public void The_index_of_version_1_finds_its_chunks()
    {
        var table = LocationTable.Parse(Read(Index), Index);
        foreach (var chunk in ManyChunks())
        {
            Assert.IsTrue(table.TryFind(chunk.Hash, out var found));
            Assert.AreEqual(chunk, found);
        }
    }

    private static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(s_folder, name));

    private static Dictionary<string, byte[]> Make()
    {
        using var writer = new PackWriter();
        var frames = ChunksOfPack().Chunk(2).Zip([FrameCodec.None, FrameCodec.Deflate, FrameCodec.Brotli]);
        foreach (var (chunks, codec) in frames)
        {
            var raw = chunks.SelectMany(c => c).ToArray();
            var stored = codec == FrameCodec.None ? raw : AnyBytesTests.Compress(raw, codec);
            Assert.IsTrue(writer.TryAdd(new EncodedFrame(codec, raw.Length, stored, [.. chunks.Select(c => new Chunk(Sha256Hash.Of(c), c.Length))])));
        }

        var pack = writer.Finish();
        var inline = new ManifestWriter(new ManifestInfo(Samples.Hash(1), true, pack.Chunks.Sum(c => c.Length), pack.Chunks[0].Length), [new PackEntry(Samples.Hash(3), 1000)]);
        foreach (var chunk in pack.Chunks) inline.Add(chunk);
        inline.CutBody();

        var many = ManyChunks();
        var pieced = new ManifestWriter(new ManifestInfo(Samples.Hash(2), false, many.Sum(c => (long)c.Length), 0), []);
        foreach (var chunk in many) pieced.Add(chunk);
        var pieces = PackTests.Pack(pieced.CutBody().Select(p => p.Bytes.ToArray()));
        return new()
        {
            [Pack] = pack.Bytes.ToArray(),
            [PiecesPack] = pieces.Bytes.ToArray(),
            [Inline] = inline.Finish([], [pack.Entry], default),
            [Pieced] = pieced.Finish(pieces.Chunks, [.. ManyPacks(), pieces.Entry], default),
            [Index] = LocationTable.Write(ManyPacks(), many),
        };
    }

    // Nothing here may come from a generator of the runtime's, which a version could change.
    private static List<byte[]> ChunksOfPack() =>
        [ChunkCutterTests.GoldenContent(4096), ChunkCutterTests.GoldenContent(64), Text(0), Text(1), Text(2), Text(3)];

    private static byte[] Text(int number)
    {
        var text = new StringBuilder();
        for (var row = 0; row < 200 + number; row++) text.Append(CultureInfo.InvariantCulture, $"{number},{row},{row * 7919 % 1000},turn on the light in the kitchen\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static PackEntry[] ManyPacks() => [new(Samples.Hash(10), PackFormat.MaxSize), new(Samples.Hash(11), 9_000_000)];

    private static ChunkLocation[] ManyChunks() => [.. Enumerable.Range(0, 1300).Select(i =>
    {
        var length = 8192 + (i * 7919 % 50_000);
        var frame = new FrameRef((uint)(16 + (i % 650 * 10_000)), i % 2 == 0 ? length + 4 : 5000, length + 4, i % 2 == 0 ? FrameCodec.None : FrameCodec.Brotli);
        return new ChunkLocation(Samples.Hash(100 + i), length, Samples.Hash(i < 650 ? 10 : 11), frame, 4);
    })];
}
