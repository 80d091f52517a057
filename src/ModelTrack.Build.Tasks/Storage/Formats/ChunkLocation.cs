using ModelTrack.Content;

namespace ModelTrack.Storage.Formats;

/// <summary>Where the bytes of a frame lie in its pack, and how to get them back.</summary>
/// <param name="Offset">From the pack's first byte.</param>
/// <param name="StoredLength">Bytes in the pack.</param>
/// <param name="RawLength">Bytes after decoding.</param>
/// <param name="Codec">See <see cref="FrameCodec"/>.</param>
public readonly record struct FrameRef(uint Offset, int StoredLength, int RawLength, byte Codec);

/// <summary>Where a chunk is.</summary>
/// <param name="Hash">SHA-256 of the chunk's bytes.</param>
/// <param name="Pack">The pack's id; zero while its pack is still being written.</param>
/// <param name="Offset">In the decoded frame.</param>
public readonly record struct ChunkLocation(Sha256Hash Hash, int Length, Sha256Hash Pack, FrameRef Frame, int Offset);

/// <summary>A pack as a table names it.</summary>
/// <param name="Size">Of the whole object, in bytes.</param>
public readonly record struct PackEntry(Sha256Hash Id, int Size)
{
    /// <summary>Keeps the place of a pack that is no longer used, so that the others keep their numbers.</summary>
    public bool IsTombstone => Id.IsZero;
}
