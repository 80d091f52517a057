namespace ModelTrack.Storage.Formats;

/// <summary>Numbers of the pack format; docs/formats.md has the layout.</summary>
public static class PackFormat
{
    /// <summary>The largest pack, trailer included.</summary>
    public const int MaxSize = 16 * 1024 * 1024;

    /// <summary>The longest chunk that a pack takes.</summary>
    public const int MaxChunk = 256 * 1024;

    /// <summary>The most raw bytes that a writer puts in a frame.</summary>
    public const int FrameTarget = 256 * 1024;

    /// <summary>The most raw bytes of a frame that a reader takes.</summary>
    public const int MaxFrame = 1024 * 1024;

    /// <summary>How many of a pack's last bytes to read in order to have its footer.</summary>
    public const int FooterSize = 12;

    internal const int FramesOffset = FormatHeader.Size + SectionReader.HeadSize;
    internal const int TrailerHeadSize = 16;
    internal const int FrameEntrySize = 12;
    internal const int ChunkEntrySize = 36;

    internal static ReadOnlySpan<byte> Magic => "MTPK"u8;

    internal static ReadOnlySpan<byte> EndMagic => "KPTM"u8;

    internal static ReadOnlySpan<byte> FramesTag => "FRMS"u8;

    internal static ReadOnlySpan<byte> TrailerTag => "TRLR"u8;

    /// <summary>The size of a pack with that much in it.</summary>
    internal static long SizeOf(long storedLength, long frames, long chunks) =>
        FramesOffset + storedLength + SectionReader.HeadSize + TrailerHeadSize + (frames * FrameEntrySize) + (chunks * ChunkEntrySize) + FooterSize;
}
