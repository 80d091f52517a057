using System.Buffers.Binary;
using ModelTrack.Content;

namespace ModelTrack.Storage.Formats;

/// <summary>A finished pack.</summary>
/// <param name="Id">SHA-256 of the trailer: the pack's name.</param>
/// <param name="Chunks">In the order in which they were added.</param>
public sealed record PackFile(Sha256Hash Id, ReadOnlyMemory<byte> Bytes, IReadOnlyList<ChunkLocation> Chunks)
{
    public PackEntry Entry => new(Id, Bytes.Length);
}

/// <summary>
/// Writes a pack in memory: the same chunks in the same order make the same pack. Consecutive chunks share frames, which are compressed where
/// a sample shows that it pays. For one thread; several writers may work side by side.
/// </summary>
public sealed class PackWriter : IDisposable
{
    private readonly int _maxSize;
    private readonly List<FrameRef> _frames = [];
    private readonly List<int> _chunksInFrame = [];
    private readonly List<Chunk> _chunks = [];
    private FrameBuilder? _open = new();
    private byte[] _bytes;
    private int _end = PackFormat.FramesOffset;

    /// <param name="maxSize">The size that the pack, trailer included, never exceeds.</param>
    /// <param name="buffer">Where the pack is written, when it is long enough; the finished pack lies in it, until its owner uses it otherwise.</param>
    public PackWriter(int maxSize = PackFormat.MaxSize, byte[]? buffer = null)
    {
        _bytes = buffer ?? [];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxSize, PackFormat.MaxSize);
        _maxSize = maxSize;
    }

    public int ChunkCount => _chunks.Count + (_open?.Chunks.Count ?? 0);

    /// <summary>Raw bytes of all chunks so far.</summary>
    public long RawLength { get; private set; }

    /// <summary>Adds a chunk after the others; false, with nothing done, when the pack may have no room for it.</summary>
    /// <param name="hash">SHA-256 of <paramref name="bytes"/>, trusted.</param>
    /// <param name="bytes">1 to <see cref="PackFormat.MaxChunk"/> bytes, copied.</param>
    public bool TryAdd(Sha256Hash hash, ReadOnlySpan<byte> bytes)
    {
        var open = Open;
        if (!open.HasRoomFor(bytes.Length)) AppendOpen();

        // The open frame may shrink: count it as it is only once it is closed.
        if (!HasRoomFor(bytes.Length))
        {
            AppendOpen();
            if (!HasRoomFor(bytes.Length)) return false;
        }

        open.Add(hash, bytes);
        RawLength += bytes.Length;
        return true;
    }

    /// <summary>Adds the chunks of a frame that is encoded already; false, with nothing done, when the pack has no room for it.</summary>
    internal bool TryAdd(EncodedFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        _ = Open;
        AppendOpen();
        if (PackFormat.SizeOf(_end - PackFormat.FramesOffset + frame.Stored.Length, _frames.Count + 1, _chunks.Count + frame.Chunks.Count) > _maxSize) return false;
        Append(frame.Codec, frame.RawLength, frame.Stored.Length, frame.Chunks, Reserve(frame.Stored.Length, frame.Stored.Span));
        RawLength += frame.RawLength;
        return true;
    }

    /// <summary>
    /// Ends the current frame and tells where every chunk so far is, with a zero pack id: for a manifest's body, whose pieces then follow in the same pack.
    /// </summary>
    public IReadOnlyList<ChunkLocation> CloseFrame()
    {
        _ = Open;
        AppendOpen();
        return Locations(default);
    }

    /// <summary>Ends the pack; the writer takes nothing more.</summary>
    public PackFile Finish()
    {
        if (ChunkCount == 0) throw new InvalidOperationException("A pack has at least one chunk.");
        _ = Open;
        AppendOpen();

        var trailerLength = PackFormat.TrailerHeadSize + (_frames.Count * PackFormat.FrameEntrySize) + (_chunks.Count * PackFormat.ChunkEntrySize);
        var trailerAt = _end + SectionReader.HeadSize;
        var size = trailerAt + trailerLength + PackFormat.FooterSize;
        if (_bytes.Length < size) Array.Resize(ref _bytes, size);
        var pack = _bytes.AsSpan(0, size);

        FormatHeader.Write(pack, PackFormat.Magic);
        SectionReader.WriteHead(pack[FormatHeader.Size..], PackFormat.FramesTag, _end - PackFormat.FramesOffset);
        SectionReader.WriteHead(pack[_end..], PackFormat.TrailerTag, trailerLength);
        var trailer = pack.Slice(trailerAt, trailerLength);
        WriteTrailer(trailer);
        var footer = pack[^PackFormat.FooterSize..];
        BinaryPrimitives.WriteInt32LittleEndian(footer, trailerLength);
        BinaryPrimitives.WriteInt32LittleEndian(footer[4..], size);
        PackFormat.EndMagic.CopyTo(footer[8..]);

        var id = Sha256Hash.Of(trailer);
        var file = new PackFile(id, _bytes.AsMemory(0, size), Locations(id));
        Dispose();
        return file;
    }

    public void Dispose()
    {
        _open?.Dispose();
        _open = null;
        _bytes = [];
    }

    private FrameBuilder Open => _open ?? throw new InvalidOperationException("The pack is finished.");

    private bool HasRoomFor(int length) =>
        PackFormat.SizeOf(_end - PackFormat.FramesOffset + Open.Length + length, _frames.Count + 1, ChunkCount + 1) <= _maxSize;

    private void AppendOpen()
    {
        var open = Open;
        if (open.Length == 0) return;

        var at = Reserve(open.Length, []);
        var (codec, length) = FrameEncoder.Encode(open.Raw, _bytes.AsSpan(at));
        Append(codec, open.Length, length, open.Chunks, at);
        open.Clear();
    }

    private int Reserve(int length, ReadOnlySpan<byte> content)
    {
        if (_bytes.Length < _end + length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max((long)_bytes.Length * 2, _end + length), Math.Max(_maxSize, _end + length)));
        }

        content.CopyTo(_bytes.AsSpan(_end));
        return _end;
    }

    private void Append(byte codec, int rawLength, int storedLength, IReadOnlyList<Chunk> chunks, int at)
    {
        _frames.Add(new FrameRef((uint)at, storedLength, rawLength, codec));
        _chunksInFrame.Add(chunks.Count);
        _chunks.AddRange(chunks);
        _end = at + storedLength;
    }

    private void WriteTrailer(Span<byte> trailer)
    {
        FormatHeader.WriteVersion(trailer);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[4..], PackFormat.FramesOffset);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[8..], _frames.Count);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[12..], _chunks.Count);
        var at = PackFormat.TrailerHeadSize;
        for (var i = 0; i < _frames.Count; i++, at += PackFormat.FrameEntrySize)
        {
            var frame = _frames[i];
            BinaryPrimitives.WriteUInt32LittleEndian(trailer[at..], frame.Codec | ((uint)frame.RawLength << 8));
            BinaryPrimitives.WriteInt32LittleEndian(trailer[(at + 4)..], frame.StoredLength);
            BinaryPrimitives.WriteInt32LittleEndian(trailer[(at + 8)..], _chunksInFrame[i]);
        }

        foreach (var chunk in _chunks)
        {
            chunk.Hash.CopyTo(trailer[at..]);
            BinaryPrimitives.WriteInt32LittleEndian(trailer[(at + Sha256Hash.Size)..], chunk.Length);
            at += PackFormat.ChunkEntrySize;
        }
    }

    private ChunkLocation[] Locations(Sha256Hash pack)
    {
        var locations = new ChunkLocation[_chunks.Count];
        var at = 0;
        for (var i = 0; i < _frames.Count; i++)
        {
            var offset = 0;
            for (var end = at + _chunksInFrame[i]; at < end; at++)
            {
                locations[at] = new ChunkLocation(_chunks[at].Hash, _chunks[at].Length, pack, _frames[i], offset);
                offset += _chunks[at].Length;
            }
        }

        return locations;
    }
}
