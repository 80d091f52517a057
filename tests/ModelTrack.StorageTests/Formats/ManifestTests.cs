using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.StorageTests.Formats;

[TestClass]
public class ManifestTests
{
    [TestMethod]
    public void A_small_manifest_has_its_body_inline_and_reads_back()
    {
        var chunks = Chunks(100, packs: 3);
        var root = ManifestReader.ParseRoot(Write(chunks), "manifest");

        Assert.IsNotNull(root.InlineBody);
        Assert.IsEmpty(root.Pieces);
        Assert.AreEqual(Info(chunks), root.Info);
        var body = ManifestReader.ParseBody(root, [], "manifest");
        CollectionAssert.AreEqual(chunks, body.ToArray());
        Assert.AreEqual(new Chunk(chunks[7].Hash, chunks[7].Length), body.ChunkAt(7));
        CollectionAssert.AreEqual(Packs(3).ToArray(), root.Packs.ToArray());
    }

    [TestMethod]
    [Rule("Manifests 5")]
    public void A_large_body_is_cut_into_pieces_that_make_it_again()
    {
        var chunks = Chunks(5000, packs: 9);
        var (bytes, pieces) = WritePieces(chunks, []);
        var root = ManifestReader.ParseRoot(bytes, "manifest");

        Assert.IsNull(root.InlineBody);
        CollectionAssert.AreEqual(pieces.Select(p => p.Hash).ToArray(), root.Pieces.Select(p => p.Hash).ToArray());
        Assert.IsTrue(pieces.All(p => p.Bytes.Length <= 32 << 10) && pieces.SkipLast(1).All(p => p.Bytes.Length >= 2 << 10));
        CollectionAssert.AreEqual(chunks, ManifestReader.ParseBody(root, [.. pieces.Select(p => p.Bytes)], "manifest").ToArray());
    }

    [TestMethod]
    public void An_artifact_without_bytes_has_a_manifest_without_chunks()
    {
        var root = ManifestReader.ParseRoot(Write([]), "manifest");
        Assert.AreEqual(0, root.Info.TotalSize);
        Assert.IsEmpty(ManifestReader.ParseBody(root, [], "manifest"));
    }

    [TestMethod]
    [Rule("Manifests 6")]
    public void One_changed_chunk_of_500_MB_costs_about_a_hundredth_of_a_megabyte_of_manifest()
    {
        var old = Chunks(16_000, packs: 32);
        var (oldRoot, oldPieces) = WritePieces(old, []);
        var changed = old.ToArray();
        changed[9000] = changed[9000] with { Hash = Samples.Hash(-1), Pack = Packs(33)[^1].Id };
        var (newRoot, newPieces) = WritePieces(changed, ManifestReader.ParseRoot(oldRoot, "manifest").Packs);

        var sent = newPieces.Except(oldPieces, new ByHash()).Sum(p => p.Bytes.Length) + newRoot.Length;
        Assert.IsLessThan(50_000, sent);
    }

    [TestMethod]
    public void One_changed_chunk_of_40_GB_costs_under_a_megabyte()
    {
        const int Average = 32 << 10;
        const int PerPack = PackFormat.MaxSize / Average;
        var packs = Packs((int)(40_000_000_000 / PackFormat.MaxSize) + 2);
        var info = new ManifestInfo(Samples.Hash(99), false, 40_000_000_000 / Average * Average, 0);
        var sent = new HashSet<Sha256Hash>();
        IReadOnlyList<PackEntry> table = [];
        long bytes = 0;
        foreach (var changed in new[] { -1, 600_000 })
        {
            var writer = new ManifestWriter(info, table);
            for (var i = 0; i < info.TotalSize / Average; i++)
            {
                var (hash, pack) = i == changed ? (Samples.Hash(-1), packs[^1]) : (Samples.Hash(i), packs[i / PerPack]);
                writer.Add(new ChunkLocation(hash, Average, pack.Id, new FrameRef((uint)(16 + (i % PerPack * (Average - 100))), Average, Average, FrameCodec.None), 0));
            }

            var pieces = writer.CutBody();
            bytes = pieces.Where(p => sent.Add(p.Hash)).Sum(p => (long)p.Bytes.Length);
            var locations = pieces.Select(p => new ChunkLocation(p.Hash, p.Bytes.Length, packs[^1].Id, new FrameRef(16, p.Bytes.Length, p.Bytes.Length, FrameCodec.None), 0));
            var root = writer.Finish([.. locations], packs, default);
            table = ManifestReader.ParseRoot(root, "manifest").Packs;
            bytes += root.Length;
        }

        Assert.IsLessThan(1_000_000 - ChunkCutter.Contents.MaxSize, bytes);
    }

    [TestMethod]
    [Rule("Manifests 6")]
    public void Packs_keep_their_numbers_unused_ones_become_tombstones_and_new_ones_follow()
    {
        var four = Packs(5);
        var chunks = Chunks(90, packs: 5).Where(c => c.Pack != four[1].Id).Select(c => c.Pack == four[4].Id ? c with { Pack = default } : c).ToArray();
        var writer = new ManifestWriter(Info(chunks), four[..4]);
        foreach (var chunk in chunks) writer.Add(chunk);
        writer.CutBody();
        var root = ManifestReader.ParseRoot(writer.Finish([], [four[4]], four[4].Id), "manifest");

        Assert.HasCount(5, root.Packs);
        Assert.IsTrue(root.Packs[1].IsTombstone);
        Assert.AreEqual(four[0], root.Packs[0]);
        Assert.AreEqual(four[4], root.Packs[4]);
        Assert.AreEqual(four[4].Id, ManifestReader.ParseBody(root, [], "manifest").First(c => c.Pack != four[0].Id && c.Pack != four[2].Id && c.Pack != four[3].Id).Pack);
    }

    [TestMethod]
    [Rule("Manifests 6")]
    public void A_table_of_which_over_half_are_tombstones_is_made_anew()
    {
        var packs = Packs(10);
        var chunks = Chunks(50, packs: 10).Where(c => c.Pack == packs[2].Id || c.Pack == packs[9].Id || c.Pack == packs[5].Id).ToArray();
        var writer = new ManifestWriter(Info(chunks), packs);
        foreach (var chunk in chunks) writer.Add(chunk);
        writer.CutBody();
        var root = ManifestReader.ParseRoot(writer.Finish([], [], default), "manifest");

        CollectionAssert.AreEqual(new[] { packs[2], packs[5], packs[9] }, root.Packs.ToArray());
        CollectionAssert.AreEqual(chunks, ManifestReader.ParseBody(root, [], "manifest").ToArray());
    }

    [TestMethod]
    public void A_pack_that_only_pieces_use_is_no_tombstone()
    {
        var chunks = Chunks(5000, packs: 3);
        var pieces = Packs(4)[3];
        var (bytes, _) = WritePieces(chunks, Packs(4), pieces.Id);
        var root = ManifestReader.ParseRoot(bytes, "manifest");
        Assert.AreEqual(pieces, root.Packs[3]);
        Assert.IsTrue(root.Pieces.All(p => p.Pack == pieces.Id));
    }

    [TestMethod]
    [Rule("Manifests 2")]
    public void A_torn_or_altered_manifest_is_not_whole_and_a_coded_error()
    {
        var good = Write(Chunks(40, packs: 2));
        Assert.IsTrue(ManifestReader.IsWhole(good));
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var bytes = (byte[])good.Clone();
            if (round % 3 == 0) bytes = bytes[..random.Next(bytes.Length)];
            else if (round % 3 == 1) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            else bytes = [.. bytes, (byte)round];
            Assert.IsFalse(ManifestReader.IsWhole(bytes));
            Assert.AreEqual("MT3002", Assert.ThrowsExactly<ModelTrackException>(() => ManifestReader.ParseRoot(bytes, "manifest")).Code);
        }
    }

    [TestMethod]
    [Rule("Manifests 3")]
    public void A_manifest_that_claims_more_chunks_or_bytes_than_any_artifact_has_takes_no_memory()
    {
        foreach (var (at, claim, code) in new[] { (56, 1UL << 63, "MT3004"), (56, 16_777_217UL, "MT3004"), (56, 16_777_216UL, "MT3002"), (40, 1UL << 63, "MT3004"), (48, 1UL << 63, "MT3002") })
        {
            var bytes = Altered(Write(Chunks(40, packs: 2)), m => BitConverter.TryWriteBytes(m.AsSpan(16 + at), claim));
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.AreEqual(code, Assert.ThrowsExactly<ModelTrackException>(() => ManifestReader.ParseRoot(bytes, "manifest")).Code);
            Assert.IsLessThan(100_000, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [TestMethod]
    [Rule("Sections and versions 1")]
    [Rule("Sections and versions 2")]
    [Rule("Sections and versions 3")]
    [Rule("Sections and versions 4")]
    public void What_a_newer_writer_requires_is_an_error_that_names_the_package_needed()
    {
        var good = Write(Chunks(40, packs: 2));
        var newer = new (string What, Action<byte[]> Alter)[]
        {
            ("format version 2", m => m[4] = 2),
            ("section NEWS", m => "NEWS"u8.CopyTo(m.AsSpan(8))),
            ("kind 2", m => m[16 + 32] = 2),
            ("codec 3", m => m[^(32 + 4)] = 3),
        };
        foreach (var (what, alter) in newer)
        {
            var bytes = Altered(good, m =>
            {
                m[6] = 7;
                m[7] = 3;
                alter(m);
            });
            var error = Assert.ThrowsExactly<ModelTrackException>(() => ManifestReader.ParseBody(ManifestReader.ParseRoot(bytes, "manifest"), [], "manifest"));
            Assert.AreEqual("MT3003", error.Code);
            Assert.Contains(what, error.Message);
            Assert.Contains("ModelTrack.Sdk 7.3 or later", error.Message);
        }
    }

    [TestMethod]
    [Rule("Sections and versions 2")]
    public void An_unknown_optional_section_is_skipped()
    {
        var chunks = Chunks(40, packs: 2);
        var good = Write(chunks);
        byte[] extended = [.. good[..8], .. "note"u8, 3, 0, 0, 0, 1, 2, 3, .. good[8..^32], .. new byte[32]];
        var root = ManifestReader.ParseRoot(Altered(extended, _ => { }), "manifest");
        CollectionAssert.AreEqual(chunks, ManifestReader.ParseBody(root, [], "manifest").ToArray());
    }

    [TestMethod]
    [Rule("Sections and versions 5")]
    public void Reserved_bytes_are_written_as_zero_and_not_looked_at()
    {
        const int Reserved = 16 + 33;
        var chunks = Chunks(40, packs: 2);
        var good = Write(chunks);
        CollectionAssert.AreEqual(new byte[7], good[Reserved..(Reserved + 7)]);

        var root = ManifestReader.ParseRoot(Altered(good, m => m.AsSpan(Reserved, 7).Fill(0xFF)), "manifest");
        Assert.AreEqual(Info(chunks), root.Info);
        CollectionAssert.AreEqual(chunks, ManifestReader.ParseBody(root, [], "manifest").ToArray());
    }

    [TestMethod]
    [Rule("Manifests 3")]
    public void A_manifest_with_a_section_too_few_or_too_many_is_a_coded_error()
    {
        var inline = Write(Chunks(40, packs: 2));
        var pieced = WritePieces(Chunks(5000, packs: 3), []).Root;
        foreach (var manifest in new[] { inline, pieced })
        {
            var sections = Sections(manifest);
            Assert.HasCount(3, sections);
            ManifestReader.ParseRoot(Of(sections), "manifest");
            foreach (var one in sections)
            {
                Refused([.. sections.Where(section => section != one)]);
                Refused([.. sections, one]);
            }
        }

        Refused([.. Sections(inline), Sections(pieced)[2]]);
        Refused([.. Sections(pieced), Sections(inline)[2]]);

        byte[] Of(IEnumerable<byte[]> sections) => Altered([.. inline[..8], .. sections.SelectMany(section => section), .. new byte[32]], _ => { });

        void Refused(IEnumerable<byte[]> sections) =>
            Assert.AreEqual("MT3002", Assert.ThrowsExactly<ModelTrackException>(() => ManifestReader.ParseRoot(Of(sections), "manifest")).Code);
    }

    [TestMethod]
    [Rule("Manifests 3")]
    public void A_manifest_of_more_than_16_777_216_bytes_is_refused_by_its_size()
    {
        Assert.AreEqual("MT3004", Assert.ThrowsExactly<ModelTrackException>(() => ManifestReader.ParseRoot(new byte[16_777_217], "manifest")).Code);

        // The largest is read: that it is none is another error.
        Assert.AreEqual("MT3002", Assert.ThrowsExactly<ModelTrackException>(() => ManifestReader.ParseRoot(new byte[16_777_216], "manifest")).Code);
    }

    [TestMethod]
    [Rule("Manifests 4")]
    public void A_record_that_names_a_tombstone_or_ends_beyond_its_pack_is_a_coded_error()
    {
        const int FirstPack = 8 + 8 + 64 + 8;
        var chunks = Chunks(40, packs: 2);
        var end = (int)chunks.Where(chunk => chunk.Pack == chunks[0].Pack).Max(chunk => chunk.Frame.Offset + chunk.Frame.StoredLength);
        Read(m => BitConverter.TryWriteBytes(m.AsSpan(FirstPack + 32), end));
        Refused(m => BitConverter.TryWriteBytes(m.AsSpan(FirstPack + 32), end - 1));
        Refused(m => m.AsSpan(FirstPack, 36).Clear());

        void Read(Action<byte[]> alter) => ManifestReader.ParseBody(ManifestReader.ParseRoot(Altered(Write(chunks), alter), "manifest"), [], "manifest");

        void Refused(Action<byte[]> alter) => Assert.AreEqual("MT3002", Assert.ThrowsExactly<ModelTrackException>(() => Read(alter)).Code);
    }

    [TestMethod]
    [Rule("Manifests 5")]
    public void A_piece_with_a_wrong_bit_is_a_coded_error()
    {
        var (bytes, pieces) = WritePieces(Chunks(5000, packs: 3), []);
        var root = ManifestReader.ParseRoot(bytes, "manifest");
        var wrong = pieces.Select(piece => piece.Bytes.ToArray()).ToArray();
        wrong[1][40] ^= 1;
        Assert.AreEqual(
            "MT3002", Assert.ThrowsExactly<ModelTrackException>(() => ManifestReader.ParseBody(root, [.. wrong.Select(piece => (ReadOnlyMemory<byte>)piece)], "manifest")).Code);
    }

    [TestMethod]
    [Rule("Manifests 4")]
    [Rule("Manifests 5")]
    public void A_body_with_a_wrong_piece_or_impossible_record_is_a_coded_error()
    {
        var (bytes, pieces) = WritePieces(Chunks(5000, packs: 3), []);
        var root = ManifestReader.ParseRoot(bytes, "manifest");
        var wrong = pieces.Select(p => (ReadOnlyMemory<byte>)p.Bytes.ToArray()).ToArray();
        wrong[1] = wrong[0];
        Assert.AreEqual("MT3002", Assert.ThrowsExactly<ModelTrackException>(() => ManifestReader.ParseBody(root, wrong, "manifest")).Code);

        // Length, pack, frame's place, stored length, offset in the frame.
        foreach (var field in new[] { 32, 36, 40, 44, 48 })
        {
            var altered = Altered(Write(Chunks(40, packs: 2)), m => BitConverter.TryWriteBytes(m.AsSpan(m.Length - 32 - 56 + field), uint.MaxValue));
            Assert.AreEqual("MT3002", Assert.ThrowsExactly<ModelTrackException>(() => ManifestReader.ParseBody(ManifestReader.ParseRoot(altered, "m"), [], "m")).Code);
        }
    }

    internal static PackEntry[] Packs(int count) => [.. Enumerable.Range(0, count).Select(i => new PackEntry(Samples.Hash(i), PackFormat.MaxSize - i))];

    internal static ChunkLocation[] Chunks(int count, int packs)
    {
        var random = new Random(count);
        var entries = Packs(packs);
        var chunks = new ChunkLocation[count];
        for (var i = 0; i < count; i++)
        {
            var length = random.Next(1, 60_000);
            var frame = new FrameRef((uint)(16 + random.Next(15 << 20)), length + 10, length + 10, FrameCodec.None);
            chunks[i] = new ChunkLocation(Samples.Hash(i + 1000), length, entries[i * packs / count].Id, frame, 5);
        }

        return chunks;
    }

    internal static ManifestInfo Info(IEnumerable<ChunkLocation> chunks) => new(Samples.Hash(99), false, chunks.Sum(c => (long)c.Length), 0);

    internal static byte[] Write(ChunkLocation[] chunks)
    {
        var writer = new ManifestWriter(Info(chunks), []);
        foreach (var chunk in chunks) writer.Add(chunk);
        Assert.IsEmpty(writer.CutBody());
        return writer.Finish([], Packs(100), default);
    }

    internal static (byte[] Root, IReadOnlyList<ManifestPiece> Pieces) WritePieces(ChunkLocation[] chunks, IReadOnlyList<PackEntry> basePacks, Sha256Hash? piecesPack = null)
    {
        var writer = new ManifestWriter(Info(chunks), basePacks);
        foreach (var chunk in chunks) writer.Add(chunk);
        var pieces = writer.CutBody();
        var locations = pieces.Select(p => new ChunkLocation(
            p.Hash, p.Bytes.Length, piecesPack ?? Packs(1)[0].Id, new FrameRef(16, p.Bytes.Length, p.Bytes.Length, FrameCodec.None), 0)).ToArray();
        return (writer.Finish(locations, Packs(100), default), pieces);
    }

    /// <summary>The sections with their heads, in order.</summary>
    private static List<byte[]> Sections(byte[] manifest)
    {
        var sections = new List<byte[]>();
        for (var at = 8; at < manifest.Length - 32;)
        {
            var end = at + 8 + BitConverter.ToInt32(manifest, at + 4);
            sections.Add(manifest[at..end]);
            at = end;
        }

        return sections;
    }

    /// <summary>With the hash at the end made right again.</summary>
    internal static byte[] Altered(byte[] manifest, Action<byte[]> alter)
    {
        var bytes = (byte[])manifest.Clone();
        alter(bytes);
        Sha256Hash.Of(bytes.AsSpan(0, bytes.Length - 32)).CopyTo(bytes.AsSpan(bytes.Length - 32));
        return bytes;
    }

    private sealed class ByHash : IEqualityComparer<ManifestPiece>
    {
        public bool Equals(ManifestPiece x, ManifestPiece y) => x.Hash == y.Hash;

        public int GetHashCode(ManifestPiece piece) => piece.Hash.GetHashCode();
    }
}
