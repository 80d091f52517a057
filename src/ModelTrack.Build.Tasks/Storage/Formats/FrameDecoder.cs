using System.IO.Compression;

namespace ModelTrack.Storage.Formats;

/// <summary>Turns stored frames back into bytes. Stateless and safe for several threads.</summary>
public static class FrameDecoder
{
    /// <summary>Decodes a frame; a frame that does not decode to exactly its raw length is a coded error.</summary>
    /// <param name="stored">Exactly the frame's stored bytes.</param>
    /// <param name="destination">At least the frame's raw length; only that much is written.</param>
    /// <param name="source">What to blame: the pack's key or path.</param>
    public static void Decode(ReadOnlySpan<byte> stored, in FrameRef frame, Span<byte> destination, string source)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, frame.RawLength);
        if (stored.Length != frame.StoredLength) throw Damaged(frame, source);

        var raw = destination[..frame.RawLength];
        switch (frame.Codec)
        {
            case FrameCodec.None:
                if (stored.Length != raw.Length) throw Damaged(frame, source);
                stored.CopyTo(raw);
                break;
            case FrameCodec.Brotli:
                if (!BrotliDecoder.TryDecompress(stored, raw, out var written) || written != raw.Length) throw Damaged(frame, source);
                break;
            case FrameCodec.Deflate:
                Inflate(stored, raw, frame, source);
                break;
            default:
                throw FormatHeader.NeedsNewer([0, 0, 0, 0], source, $"codec {frame.Codec}");
        }
    }

    private static unsafe void Inflate(ReadOnlySpan<byte> stored, Span<byte> raw, in FrameRef frame, string source)
    {
        if (stored.IsEmpty) throw Damaged(frame, source);

        fixed (byte* start = stored)
        {
            using var input = new UnmanagedMemoryStream(start, stored.Length);
            using var inflater = new DeflateStream(input, CompressionMode.Decompress);
            try
            {
                // One byte more must be the end: a frame that goes on is not the one that the trailer means.
                var count = inflater.ReadAtLeast(raw, raw.Length, throwOnEndOfStream: false);
                if (count != raw.Length || inflater.ReadByte() >= 0) throw Damaged(frame, source);
            }
            catch (InvalidDataException failure)
            {
                throw StorageErrors.PackUnreadable(source, Problem(frame), failure);
            }
        }
    }

    private static Diagnostics.ModelTrackException Damaged(in FrameRef frame, string source) => StorageErrors.PackUnreadable(source, Problem(frame));

    private static string Problem(in FrameRef frame) => $"the frame at byte {frame.Offset} does not decode to its {frame.RawLength} bytes";
}
