using System.Buffers.Binary;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Formats;

/// <summary>Reads manifests. Any bytes give a value or a coded error; nothing is allocated for a claim that the bytes don't back.</summary>
public static class ManifestReader
{
    /// <summary>Whether the bytes are a manifest that ends with its own hash: a torn one is absent to a push.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> root) =>
        root.Length > FormatHeader.Size + Sha256Hash.Size && root.Length <= ManifestFormat.MaxRootSize && root.StartsWith(ManifestFormat.Magic) &&
        Sha256Hash.Of(root[..^Sha256Hash.Size]) == new Sha256Hash(root[^Sha256Hash.Size..]);

    /// <param name="bytes">The whole object; the root keeps using it.</param>
    /// <param name="source">What to blame: the manifest's key or path.</param>
    public static ManifestRoot ParseRoot(ReadOnlyMemory<byte> bytes, string source)
    {
        if (bytes.Length > ManifestFormat.MaxRootSize) throw TooLarge(source, "bytes", (ulong)bytes.Length, ManifestFormat.MaxRootSize);
        if (!bytes.Span.StartsWith(ManifestFormat.Magic)) throw Damaged(source, "it does not start as a manifest does");
        if (!IsWhole(bytes.Span)) throw Damaged(source, "it does not end with the hash of its bytes");

        var version = bytes.Slice(ManifestFormat.Magic.Length, FormatHeader.Size - ManifestFormat.Magic.Length);
        FormatHeader.CheckVersion(version.Span, source);

        var content = bytes[FormatHeader.Size..^Sha256Hash.Size];
        var parts = FindParts(content, version.Span, source);
        var (info, chunkCount) = ParseInfo(parts.Info.Span, version.Span, source);
        var packs = PackTable.TryRead(parts.Packs.Span) ?? throw Damaged(source, "its table of packs is impossible");

        var bodyLength = chunkCount * LocationRecord.Size;
        if (parts.Body is { } body)
        {
            if (body.Length != bodyLength) throw Damaged(source, "its body does not have the chunks that it claims");
        }
        else if (PiecesLength(parts.Pieces.Span, packs, version.Span, source) != bodyLength)
        {
            throw Damaged(source, "its body's pieces don't have the chunks that it claims");
        }

        return new ManifestRoot
        {
            Info = info,
            Packs = packs,
            ChunkCount = (int)chunkCount,
            InlineBody = parts.Body,
            Pieces = new ManifestBody(parts.Pieces, packs),
            Version = version,
        };
    }

    /// <summary>Reads the body: inline, or from the pieces that the caller fetched.</summary>
    /// <param name="pieces">One for each of <see cref="ManifestRoot.Pieces"/>, in order; their hashes are checked here. Empty for an inline body.</param>
    public static ManifestBody ParseBody(ManifestRoot root, IReadOnlyList<ReadOnlyMemory<byte>> pieces, string source)
    {
        ArgumentNullException.ThrowIfNull(root);
        var body = root.InlineBody ?? Join(root, pieces, source);
        var records = body.Span;
        long total = 0;
        for (var at = 0; at < records.Length; at += LocationRecord.Size)
        {
            var record = records.Slice(at, LocationRecord.Size);
            CheckRecord(record, root.Packs, root.Version.Span, source);
            total += LocationRecord.LengthOf(record);
        }

        return total == root.Info.TotalSize
            ? new ManifestBody(body, root.Packs)
            : throw Damaged(source, $"its chunks have {total} bytes, and it claims {root.Info.TotalSize}");
    }

    private static Parts FindParts(ReadOnlyMemory<byte> content, ReadOnlySpan<byte> version, string source)
    {
        var parts = new Parts();
        var seen = 0;
        var sections = new SectionReader(content.Span);
        while (sections.MoveNext())
        {
            var bytes = content.Slice(sections.Offset, sections.Length);
            var part = 0;
            if (sections.Tag.SequenceEqual(ManifestFormat.InfoTag)) (parts.Info, part) = (bytes, 1);
            else if (sections.Tag.SequenceEqual(ManifestFormat.PacksTag)) (parts.Packs, part) = (bytes, 2);
            else if (sections.Tag.SequenceEqual(ManifestFormat.BodyTag)) (parts.Body, part) = (bytes, 4);
            else if (sections.Tag.SequenceEqual(ManifestFormat.PiecesTag)) (parts.Pieces, part) = (bytes, 8);
            else if (sections.IsRequired) throw FormatHeader.NeedsNewer(version, source, sections.TagText);

            if ((seen & part) != 0) throw Damaged(source, $"it has {sections.TagText} twice");
            seen |= part;
        }

        if (sections.IsBroken) throw Damaged(source, "its sections don't fit its length");
        return seen is (1 | 2 | 4) or (1 | 2 | 8) ? parts : throw Damaged(source, "it lacks a section");
    }

    private static (ManifestInfo Info, long ChunkCount) ParseInfo(ReadOnlySpan<byte> info, ReadOnlySpan<byte> version, string source)
    {
        if (info.Length != ManifestFormat.InfoSize) throw Damaged(source, "its first section has a wrong length");

        var kind = info[32];
        var total = BinaryPrimitives.ReadUInt64LittleEndian(info[40..]);
        var listing = BinaryPrimitives.ReadUInt64LittleEndian(info[48..]);
        var chunks = BinaryPrimitives.ReadUInt64LittleEndian(info[56..]);
        if (kind > ManifestFormat.Directory) throw FormatHeader.NeedsNewer(version, source, $"kind {kind}");
        if (chunks > ManifestFormat.MaxChunks) throw TooLarge(source, "chunks", chunks, ManifestFormat.MaxChunks);
        if (total > chunks * PackFormat.MaxFrame) throw TooLarge(source, "bytes in its chunks", total, (long)chunks * PackFormat.MaxFrame);
        if (listing > total || (kind == ManifestFormat.File && listing != 0)) throw Damaged(source, "its listing is longer than its contents");
        return (new ManifestInfo(new Sha256Hash(info[..Sha256Hash.Size]), kind == ManifestFormat.Directory, (long)total, (long)listing), (long)chunks);
    }

    private static long PiecesLength(ReadOnlySpan<byte> records, PackEntry[] packs, ReadOnlySpan<byte> version, string source)
    {
        if (records.Length % LocationRecord.Size != 0) throw Damaged(source, "its list of pieces has a wrong length");

        long length = 0;
        for (var at = 0; at < records.Length; at += LocationRecord.Size)
        {
            var record = records.Slice(at, LocationRecord.Size);
            CheckRecord(record, packs, version, source);
            length += LocationRecord.LengthOf(record);
        }

        return length;
    }

    private static void CheckRecord(ReadOnlySpan<byte> record, IReadOnlyList<PackEntry> packs, ReadOnlySpan<byte> version, string source)
    {
        var codec = LocationRecord.CodecOf(record);
        if (!FrameCodec.IsKnown(codec)) throw FormatHeader.NeedsNewer(version, source, $"codec {codec}");
        if (!LocationRecord.IsPossible(record, packs)) throw Damaged(source, $"its record of chunk {LocationRecord.HashOf(record)} is impossible");
    }

    private static byte[] Join(ManifestRoot root, IReadOnlyList<ReadOnlyMemory<byte>> pieces, string source)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(pieces.Count, root.Pieces.Count);
        for (var i = 0; i < pieces.Count; i++)
        {
            var expected = root.Pieces[i];
            if (pieces[i].Length != expected.Length || Sha256Hash.Of(pieces[i].Span) != expected.Hash) throw Damaged(source, $"piece {i} of its body has other bytes than it says");
        }

        // Backed by pieces that are here: their lengths were added up when the root was read.
        var body = new byte[root.ChunkCount * (long)LocationRecord.Size];
        var at = 0;
        foreach (var piece in pieces)
        {
            piece.CopyTo(body.AsMemory(at));
            at += piece.Length;
        }

        return body;
    }

    private static ModelTrackException Damaged(string source, string problem) => StorageErrors.ManifestUnreadable(source, problem);

    private static ModelTrackException TooLarge(string source, string what, ulong claimed, long limit) => StorageErrors.ManifestTooLarge(source, what, claimed, limit);

    private struct Parts
    {
        public ReadOnlyMemory<byte> Info;
        public ReadOnlyMemory<byte> Packs;
        public ReadOnlyMemory<byte>? Body;
        public ReadOnlyMemory<byte> Pieces;
    }
}
