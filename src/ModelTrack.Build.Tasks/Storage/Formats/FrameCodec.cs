namespace ModelTrack.Storage.Formats;

/// <summary>How a frame is stored. 3 and 4 are reserved for zstd and byte-grouped data.</summary>
public static class FrameCodec
{
    public const byte None = 0;

    /// <summary>Raw deflate, RFC 1951. Read; not written by this version, since Brotli was faster and smaller on all that was measured.</summary>
    public const byte Deflate = 1;

    /// <summary>Brotli, RFC 7932.</summary>
    public const byte Brotli = 2;

    public static bool IsKnown(byte codec) => codec <= Brotli;
}
