using System.Buffers.Binary;
using System.Globalization;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Formats;

/// <summary>
/// The eight bytes that packs, manifests and tables start with: magic, format version, and the version of the package that reads what follows.
/// </summary>
internal static class FormatHeader
{
    public const int Size = 8;
    public const ushort Version = 1;

    // The first package whose reader takes all that this writer writes.
    private const byte ReaderMajor = 0;
    private const byte ReaderMinor = 1;

    private static readonly Version s_present = typeof(FormatHeader).Assembly.GetName().Version ?? new Version(0, 1);

    public static void Write(Span<byte> destination, ReadOnlySpan<byte> magic)
    {
        magic.CopyTo(destination);
        WriteVersion(destination[4..]);
    }

    /// <summary>The four bytes after the magic.</summary>
    public static void WriteVersion(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(destination, Version);
        destination[2] = ReaderMajor;
        destination[3] = ReaderMinor;
    }

    /// <summary>A coded error when <paramref name="versionBytes"/> are of another format version.</summary>
    public static void CheckVersion(ReadOnlySpan<byte> versionBytes, string source)
    {
        var version = BinaryPrimitives.ReadUInt16LittleEndian(versionBytes);
        if (version != Version) throw NeedsNewer(versionBytes, source, string.Create(CultureInfo.InvariantCulture, $"format version {version}"));
    }

    /// <param name="versionBytes">The four bytes after the magic, where the writer named the package that reads it.</param>
    public static ModelTrackException NeedsNewer(ReadOnlySpan<byte> versionBytes, string source, string what)
    {
        var needed = new Version(versionBytes[2], versionBytes[3]);

        // A writer that named a version which is not enough was wrong about it; all that is known is that this one does not do.
        var least = needed > new Version(s_present.Major, s_present.Minor) ? needed : new Version(s_present.Major, s_present.Minor + 1);
        return StorageErrors.NeedsNewer(source, what, least.ToString(2), s_present.ToString(2));
    }
}
