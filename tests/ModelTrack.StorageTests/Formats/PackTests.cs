using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.StorageTests.Formats;

[TestClass]
public class PackTests
{
    [TestMethod]
    public void Every_chunk_of_a_pack_comes_back_by_its_location()
    {
        var chunks = Samples.Chunks(60);
        var pack = Pack(chunks);

        Assert.AreEqual(chunks.Count, pack.Chunks.Count);
        for (var i = 0; i < chunks.Count; i++) CollectionAssert.AreEqual(chunks[i], Read(pack.Bytes, pack.Chunks[i]));
    }

    [TestMethod]
    [Rule("Packs 1")]
    public void A_pack_read_whole_or_by_its_trailer_tells_what_its_writer_told()
    {
        var pack = Pack(Samples.Chunks(60));

        var whole = PackReader.Parse(pack.Bytes.Span, "pack");
        var (offset, length) = PackReader.FindTrailer(pack.Bytes.Span[^PackFormat.FooterSize..], pack.Bytes.Length, "pack");
        var trailer = PackReader.ParseTrailer(pack.Bytes.Span.Slice(offset, length), pack.Bytes.Length, "pack");

        Assert.AreEqual(pack.Entry, whole.Entry);
        Assert.AreEqual(pack.Entry, trailer.Entry);
        CollectionAssert.AreEqual(pack.Chunks.ToArray(), whole.Chunks.ToArray());
        CollectionAssert.AreEqual(pack.Chunks.ToArray(), trailer.Chunks.ToArray());
        Assert.AreEqual(pack.Id, Sha256Hash.Of(pack.Bytes.Span.Slice(offset, length)));
    }

    [TestMethod]
    public void The_same_chunks_make_the_same_pack()
    {
        var chunks = Samples.Chunks(40);
        Assert.IsTrue(Pack(chunks).Bytes.Span.SequenceEqual(Pack(chunks).Bytes.Span));
    }

    [TestMethod]
    public void A_full_pack_takes_no_more_and_stays_within_its_limit()
    {
        foreach (var compressible in new[] { false, true })
        {
            using var writer = new PackWriter(1 << 20);
            var added = 0;
            for (var i = 0; ; i++)
            {
                var chunk = compressible ? Samples.Text(50_000, i) : Samples.Random(50_000, i);
                if (!writer.TryAdd(Sha256Hash.Of(chunk), chunk)) break;
                added++;
            }

            var pack = writer.Finish();
            Assert.AreEqual(added, pack.Chunks.Count);
            Assert.IsLessThanOrEqualTo(1 << 20, pack.Bytes.Length);
            Assert.IsGreaterThan((1 << 20) - 60_000, pack.Bytes.Length);
            Assert.IsEmpty(PackReader.FindDamage(pack.Bytes.Span, PackReader.Parse(pack.Bytes.Span, "pack"), CancellationToken.None));
        }
    }

    [TestMethod]
    [Rule("Packs 2")]
    public void A_full_pack_of_the_largest_size_has_at_most_16_777_216_bytes()
    {
        var chunk = Samples.Random(PackFormat.MaxChunk);
        using var writer = new PackWriter();
        while (writer.TryAdd(Sha256Hash.Of(chunk), chunk))
        {
        }

        Assert.AreEqual(63, writer.ChunkCount);
        Assert.IsLessThanOrEqualTo(16_777_216, writer.Finish().Bytes.Length);
    }

    [TestMethod]
    [Rule("Packs 5")]
    public void Chunks_that_compress_share_compressed_frames_of_up_to_256_KiB_and_noise_is_stored_as_it_is()
    {
        var text = Pack([.. Enumerable.Range(0, 1000).Select(i => Samples.Text(1000, i))]);
        Assert.AreEqual(4, text.Chunks.Select(c => c.Frame).Distinct().Count());
        Assert.IsTrue(text.Chunks.All(c => c.Frame.Codec == FrameCodec.Brotli && c.Frame.RawLength <= PackFormat.FrameTarget));
        Assert.IsLessThan(500_000, text.Bytes.Length);

        var noise = Pack([Samples.Random(100_000)]);
        Assert.AreEqual(FrameCodec.None, noise.Chunks[0].Frame.Codec);
        Assert.AreEqual(100_000, noise.Chunks[0].Frame.StoredLength);
    }

    [TestMethod]
    public void An_open_pack_tells_where_its_chunks_are_under_no_name_and_goes_on()
    {
        using var writer = new PackWriter();
        byte[] first = Samples.Text(5000), second = Samples.Text(7000, 2);
        writer.TryAdd(Sha256Hash.Of(first), first);
        var open = writer.CloseFrame().Single();
        writer.TryAdd(Sha256Hash.Of(second), second);
        var pack = writer.Finish();

        Assert.IsTrue(open.Pack.IsZero);
        Assert.AreEqual(open with { Pack = pack.Id }, pack.Chunks[0]);
        CollectionAssert.AreEqual(second, Read(pack.Bytes, pack.Chunks[1]));
    }

    [TestMethod]
    public void Any_changed_byte_of_a_pack_that_matters_is_noticed()
    {
        var pack = Pack(Samples.Chunks(12));
        var good = pack.Bytes.ToArray();
        var random = new Random(3);
        for (var round = 0; round < 400; round++)
        {
            var bytes = (byte[])good.Clone();
            var at = round < 60 ? round : round < 120 ? bytes.Length - (round - 59) : random.Next(bytes.Length);
            bytes[at] ^= (byte)(1 << random.Next(8));

            // The least version of a reader, which only a message uses; and Brotli has bits that don't change what is decoded.
            var harmless = at is 6 or 7 || pack.Chunks.Any(c => c.Frame.Codec == FrameCodec.Brotli && at >= c.Frame.Offset && at < c.Frame.Offset + c.Frame.StoredLength);

            try
            {
                var contents = PackReader.Parse(bytes, "pack");
                var bad = PackReader.FindDamage(bytes, contents, CancellationToken.None);
                Assert.IsTrue(harmless || bad.Count > 0 || contents.Id != pack.Id, $"a flip at {at} was not noticed");
            }
            catch (ModelTrackException)
            {
            }
        }
    }

    [TestMethod]
    [Rule("Packs 8")]
    public void A_cut_or_extended_pack_is_a_coded_error()
    {
        var pack = Pack(Samples.Chunks(12)).Bytes.ToArray();
        foreach (var length in Enumerable.Range(0, 200).Concat(Enumerable.Range(pack.Length - 300, 300)))
        {
            var cut = pack[..length];
            Assert.AreEqual("MT3001", Assert.ThrowsExactly<ModelTrackException>(() => PackReader.Parse(cut, "pack")).Code);
        }

        Assert.AreEqual("MT3001", Assert.ThrowsExactly<ModelTrackException>(() => PackReader.Parse([.. pack, 0], "pack")).Code);
    }

    [TestMethod]
    [Rule("Packs 2")]
    [Rule("Packs 8")]
    public void A_footer_that_tells_another_size_than_the_object_s_or_too_large_a_one_is_a_coded_error()
    {
        var pack = Pack(Samples.Chunks(12)).Bytes.ToArray();
        var footer = pack[^12..];
        foreach (var size in new[] { 0, pack.Length - 1, pack.Length + 1, long.MaxValue }) Refused(size);

        BitConverter.TryWriteBytes(footer.AsSpan(4), 16_777_216);
        PackReader.FindTrailer(footer, 16_777_216, "pack");
        BitConverter.TryWriteBytes(footer.AsSpan(4), 16_777_217);
        Refused(16_777_217);

        void Refused(long size) => Assert.AreEqual("MT3001", Assert.ThrowsExactly<ModelTrackException>(() => PackReader.FindTrailer(footer, size, "pack")).Code);
    }

    [TestMethod]
    [Rule("Packs 5")]
    public void A_frame_of_1_048_576_raw_bytes_is_read_and_a_longer_one_refused()
    {
        var largest = OneFrame(1_048_576);
        var contents = PackReader.Parse(largest.Bytes.Span, "pack");
        CollectionAssert.AreEqual(Samples.Text(1_048_576), Read(largest.Bytes, contents.Chunks.Single()));
        Assert.AreEqual("MT3001", Assert.ThrowsExactly<ModelTrackException>(() => PackReader.Parse(OneFrame(1_048_577).Bytes.Span, "pack")).Code);

        static PackFile OneFrame(int length)
        {
            var raw = Samples.Text(length);
            using var writer = new PackWriter();
            writer.TryAdd(new EncodedFrame(FrameCodec.Deflate, length, AnyBytesTests.Compress(raw, FrameCodec.Deflate), [new Chunk(Sha256Hash.Of(raw), length)]));
            return writer.Finish();
        }
    }

    [TestMethod]
    [Rule("Packs 5")]
    public void A_chunk_of_262_144_bytes_is_written_and_a_longer_one_is_not()
    {
        var chunk = Samples.Random(262_145);
        using var writer = new PackWriter();
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => writer.TryAdd(Sha256Hash.Of(chunk), chunk));
        Assert.IsTrue(writer.TryAdd(Sha256Hash.Of(chunk.AsSpan(1)), chunk.AsSpan(1)));
    }

    [TestMethod]
    [Rule("Packs 5")]
    public void A_frame_is_compressed_only_where_that_saves_15_percent()
    {
        var codecs = new HashSet<byte>();
        for (var noise = 0; noise <= 100; noise += 5)
        {
            // Of each hundred bytes so many are noise and the others alike.
            var bytes = Samples.Random(200_000);
            for (var i = 0; i < bytes.Length; i++)
            {
                if (i % 100 >= noise) bytes[i] = 7;
            }

            var frame = Pack([bytes]).Chunks[0].Frame;
            codecs.Add(frame.Codec);
            Assert.IsLessThanOrEqualTo(frame.Codec == FrameCodec.None ? 200_000 : 170_000, frame.StoredLength, $"{noise} %");
        }

        Assert.HasCount(2, codecs);
    }

    [TestMethod]
    [Rule("Sections and versions 1")]
    [Rule("Sections and versions 2")]
    [Rule("Sections and versions 3")]
    [Rule("Sections and versions 4")]
    public void What_a_newer_writer_requires_is_an_error_that_names_the_package_needed()
    {
        // One frame and one chunk: a trailer of 16 + 12 + 36 bytes before the footer.
        const int TrailerEnd = 12;
        const int Trailer = TrailerEnd + 64;
        var good = Pack([Samples.Random(5000)]).Bytes.ToArray();
        var newer = new (string What, byte[] Pack, Action<byte[]> Alter)[]
        {
            ("format version 2", good, p => p[4] = 2),
            ("format version 0", good, p => p[4] = 0),
            ("format version 2", good, p => p[^Trailer] = 2),
            ("section NEWS", WithSection(good, "NEWS"), _ => { }),
            ("codec 3", good, p => p[^(Trailer - 16)] = 3),
        };
        foreach (var (what, pack, alter) in newer)
        {
            byte[] bytes = [.. pack];
            (bytes[6], bytes[7], bytes[^(Trailer - 2)], bytes[^(Trailer - 3)]) = (7, 3, 7, 3);
            alter(bytes);
            var error = Assert.ThrowsExactly<ModelTrackException>(() => PackReader.Parse(bytes, "pack"));
            Assert.AreEqual("MT3003", error.Code);
            Assert.Contains(what, error.Message);
            Assert.Contains("ModelTrack.Sdk 7.3 or later", error.Message);
        }
    }

    [TestMethod]
    [Rule("Sections and versions 2")]
    public void An_unknown_optional_section_is_skipped()
    {
        var chunks = Samples.Chunks(20);
        var pack = WithSection(Pack(chunks).Bytes.ToArray(), "note");
        var contents = PackReader.Parse(pack, "pack");
        Assert.HasCount(chunks.Count, contents.Chunks);
        for (var i = 0; i < chunks.Count; i++) CollectionAssert.AreEqual(chunks[i], Read(pack, contents.Chunks[i]));
    }

    /// <summary>With a section before the frames, whose place the trailer and the footer then tell.</summary>
    private static byte[] WithSection(byte[] pack, string tag)
    {
        byte[] bytes = [.. pack[..8], .. System.Text.Encoding.ASCII.GetBytes(tag), 3, 0, 0, 0, 1, 2, 3, .. pack[8..]];
        var trailer = bytes.Length - 12 - BitConverter.ToInt32(bytes, bytes.Length - 12);
        BitConverter.TryWriteBytes(bytes.AsSpan(trailer + 4), 16 + 11);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 8), bytes.Length);
        return bytes;
    }

    internal static PackFile Pack(IEnumerable<byte[]> chunks)
    {
        using var writer = new PackWriter();
        foreach (var chunk in chunks) Assert.IsTrue(writer.TryAdd(Sha256Hash.Of(chunk), chunk));
        return writer.Finish();
    }

    internal static byte[] Read(ReadOnlyMemory<byte> pack, ChunkLocation chunk)
    {
        var raw = new byte[chunk.Frame.RawLength];
        FrameDecoder.Decode(pack.Span.Slice((int)chunk.Frame.Offset, chunk.Frame.StoredLength), chunk.Frame, raw, "pack");
        return raw[chunk.Offset..(chunk.Offset + chunk.Length)];
    }
}
