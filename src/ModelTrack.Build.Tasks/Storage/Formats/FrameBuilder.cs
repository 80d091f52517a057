using System.Buffers;
using ModelTrack.Content;

namespace ModelTrack.Storage.Formats;

/// <summary>A frame in its stored form.</summary>
/// <param name="Chunks">In order; they are all of the frame.</param>
internal sealed record EncodedFrame(byte Codec, int RawLength, ReadOnlyMemory<byte> Stored, IReadOnlyList<Chunk> Chunks);

/// <summary>Collects the consecutive chunks of one frame.</summary>
internal sealed class FrameBuilder : IDisposable
{
    private readonly List<Chunk> _chunks = [];
    private byte[] _raw = [];

    public IReadOnlyList<Chunk> Chunks => _chunks;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Raw => _raw.AsSpan(0, Length);

    /// <summary>Whether a chunk of that length still belongs in this frame. An empty frame takes any chunk.</summary>
    public bool HasRoomFor(int length) => Length == 0 || Length + length <= PackFormat.FrameTarget;

    /// <param name="hash">SHA-256 of <paramref name="bytes"/>, trusted.</param>
    /// <param name="bytes">1 to <see cref="PackFormat.MaxChunk"/> bytes, copied.</param>
    public void Add(Sha256Hash hash, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bytes.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, PackFormat.MaxChunk);
        if (!HasRoomFor(bytes.Length)) throw new InvalidOperationException("The frame is full.");

        Grow(Length + bytes.Length);
        bytes.CopyTo(_raw.AsSpan(Length));
        Length += bytes.Length;
        _chunks.Add(new Chunk(hash, bytes.Length));
    }

    public void Dispose()
    {
        if (_raw.Length > 0) ArrayPool<byte>.Shared.Return(_raw);
        _raw = [];
        Clear();
    }

    public void Clear()
    {
        Length = 0;
        _chunks.Clear();
    }

    private void Grow(int length)
    {
        if (_raw.Length >= length) return;

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, Math.Min(_raw.Length * 2, PackFormat.FrameTarget)));
        Raw.CopyTo(larger);
        if (_raw.Length > 0) ArrayPool<byte>.Shared.Return(_raw);
        _raw = larger;
    }
}
