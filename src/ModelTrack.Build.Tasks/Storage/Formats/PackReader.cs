using System.Buffers;
using System.Buffers.Binary;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Formats;

/// <summary>What a pack holds, by its trailer. The frames' bytes are proved only by the chunks' hashes.</summary>
/// <param name="Id">SHA-256 of the trailer, to be compared with the pack's name.</param>
/// <param name="Size">Of the whole pack.</param>
/// <param name="Chunks">In the order in which they lie in the frames.</param>
public sealed record PackContents(Sha256Hash Id, int Size, IReadOnlyList<FrameRef> Frames, IReadOnlyList<ChunkLocation> Chunks)
{
    public PackEntry Entry => new(Id, Size);
}

/// <summary>Reads packs, whole or from their end. Any bytes give a value or a coded error.</summary>
public static class PackReader
{
    /// <summary>Reads a whole pack.</summary>
    /// <param name="source">What to blame: the pack's key or path.</param>
    public static PackContents Parse(ReadOnlySpan<byte> pack, string source)
    {
        if (pack.Length < FormatHeader.Size + PackFormat.FooterSize || !pack.StartsWith(PackFormat.Magic)) throw Damaged(source, "it does not start as a pack does");
        FormatHeader.CheckVersion(pack[4..], source);
        var (trailerAt, trailerLength) = FindTrailer(pack[^PackFormat.FooterSize..], pack.Length, source);

        var sections = new SectionReader(pack[..^PackFormat.FooterSize][FormatHeader.Size..]);
        int framesAt = -1, framesLength = 0, lastAt = -1;
        while (sections.MoveNext())
        {
            lastAt = FormatHeader.Size + sections.Offset;
            if (sections.Tag.SequenceEqual(PackFormat.FramesTag))
            {
                if (framesAt >= 0) throw Damaged(source, "it has two sections of frames");
                (framesAt, framesLength) = (lastAt, sections.Length);
            }
            else if (!sections.Tag.SequenceEqual(PackFormat.TrailerTag) && sections.IsRequired)
            {
                throw FormatHeader.NeedsNewer(pack[4..], source, sections.TagText);
            }
            else if (sections.Tag.SequenceEqual(PackFormat.TrailerTag) && lastAt != trailerAt)
            {
                throw Damaged(source, "its trailer is not where its end says");
            }
        }

        if (sections.IsBroken || lastAt != trailerAt || framesAt < 0) throw Damaged(source, "its sections don't fit its length");

        var contents = ParseTrailer(pack.Slice(trailerAt, trailerLength), pack.Length, source);
        var stored = contents.Frames.Sum(f => (long)f.StoredLength);
        if (stored != framesLength || (contents.Frames.Count > 0 && contents.Frames[0].Offset != framesAt)) throw Damaged(source, "its frames are not where its trailer says");
        return contents;
    }

    /// <summary>Where the trailer is, by the pack's last <see cref="PackFormat.FooterSize"/> bytes.</summary>
    /// <param name="packSize">The size of the object as its place tells it.</param>
    public static (int Offset, int Length) FindTrailer(ReadOnlySpan<byte> footer, long packSize, string source)
    {
        if (footer.Length != PackFormat.FooterSize || !footer[8..].SequenceEqual(PackFormat.EndMagic)) throw Damaged(source, "it does not end as a pack does");

        var length = BinaryPrimitives.ReadUInt32LittleEndian(footer);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(footer[4..]);
        if (size != packSize || size > PackFormat.MaxSize) throw Damaged(source, $"it is {packSize} bytes long and says {size}");
        if (length < PackFormat.TrailerHeadSize || length > size - PackFormat.SizeOf(0, 0, 0) + PackFormat.TrailerHeadSize) throw Damaged(source, "its trailer is longer than it");
        return ((int)(size - PackFormat.FooterSize - length), (int)length);
    }

    /// <summary>Reads a trailer alone.</summary>
    /// <param name="packSize">The size of the whole pack.</param>
    public static PackContents ParseTrailer(ReadOnlySpan<byte> trailer, int packSize, string source)
    {
        if (trailer.Length < PackFormat.TrailerHeadSize) throw Damaged(source, "its trailer is cut off");
        FormatHeader.CheckVersion(trailer, source);

        long offset = BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]);
        var frameCount = BinaryPrimitives.ReadUInt32LittleEndian(trailer[8..]);
        var chunkCount = BinaryPrimitives.ReadUInt32LittleEndian(trailer[12..]);
        if (PackFormat.TrailerHeadSize + ((long)frameCount * PackFormat.FrameEntrySize) + ((long)chunkCount * PackFormat.ChunkEntrySize) != trailer.Length)
        {
            throw Damaged(source, "its trailer's counts don't fit the trailer");
        }

        var id = Sha256Hash.Of(trailer);
        var frames = new FrameRef[frameCount];
        var chunks = new ChunkLocation[chunkCount];
        var framesEnd = packSize - PackFormat.FooterSize - trailer.Length - SectionReader.HeadSize;
        var frameAt = PackFormat.TrailerHeadSize;
        var chunkAt = PackFormat.TrailerHeadSize + ((int)frameCount * PackFormat.FrameEntrySize);
        uint next = 0;
        for (var i = 0; i < frames.Length; i++, frameAt += PackFormat.FrameEntrySize)
        {
            var coded = BinaryPrimitives.ReadUInt32LittleEndian(trailer[frameAt..]);
            var codec = (byte)coded;
            var raw = coded >> 8;
            var stored = BinaryPrimitives.ReadUInt32LittleEndian(trailer[(frameAt + 4)..]);
            var count = BinaryPrimitives.ReadUInt32LittleEndian(trailer[(frameAt + 8)..]);
            if (!FrameCodec.IsKnown(codec)) throw FormatHeader.NeedsNewer(trailer, source, $"codec {codec}");
            if (raw is 0 or > PackFormat.MaxFrame || stored == 0 || (codec == FrameCodec.None && stored != raw) ||
                offset < FormatHeader.Size || offset + stored > framesEnd || count > chunkCount - next)
            {
                throw Damaged(source, $"frame {i} is impossible");
            }

            frames[i] = new FrameRef((uint)offset, (int)stored, (int)raw, codec);
            uint within = 0;
            for (var end = next + count; next < end; next++, chunkAt += PackFormat.ChunkEntrySize)
            {
                var length = BinaryPrimitives.ReadUInt32LittleEndian(trailer[(chunkAt + Sha256Hash.Size)..]);
                if (length == 0 || length > raw - within) throw Damaged(source, $"chunk {next} does not lie in its frame");
                chunks[next] = new ChunkLocation(new Sha256Hash(trailer.Slice(chunkAt, Sha256Hash.Size)), (int)length, id, frames[i], (int)within);
                within += length;
            }

            if (within != raw) throw Damaged(source, $"frame {i} is not filled by its chunks");
            offset += stored;
        }

        if (next != chunkCount) throw Damaged(source, "chunks lie in no frame");
        return new PackContents(id, packSize, frames, chunks);
    }

    /// <summary>Hashes every chunk of a whole pack.</summary>
    /// <returns>The chunks whose bytes are not what their hashes say, or whose frame does not decode; empty for a good pack.</returns>
    public static IReadOnlyList<ChunkLocation> FindDamage(ReadOnlySpan<byte> pack, PackContents contents, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(contents);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pack.Length, contents.Size);
        var damaged = new List<ChunkLocation>();
        var raw = ArrayPool<byte>.Shared.Rent(contents.Frames.Select(f => f.RawLength).DefaultIfEmpty().Max());
        try
        {
            FrameRef? decoded = null;
            var isDecoded = false;
            foreach (var chunk in contents.Chunks)
            {
                if (decoded != chunk.Frame)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    decoded = chunk.Frame;
                    isDecoded = TryDecode(pack, chunk.Frame, raw);
                }

                if (!isDecoded || Sha256Hash.Of(raw.AsSpan(chunk.Offset, chunk.Length)) != chunk.Hash) damaged.Add(chunk);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(raw);
        }

        return damaged;
    }

    private static bool TryDecode(ReadOnlySpan<byte> pack, in FrameRef frame, Span<byte> raw)
    {
        try
        {
            FrameDecoder.Decode(pack.Slice((int)frame.Offset, frame.StoredLength), frame, raw, "pack");
            return true;
        }
        catch (ModelTrackException)
        {
            return false;
        }
    }

    private static ModelTrackException Damaged(string source, string problem) => StorageErrors.PackUnreadable(source, problem);
}
