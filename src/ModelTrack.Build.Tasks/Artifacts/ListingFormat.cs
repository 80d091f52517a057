using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using ModelTrack.Content;

namespace ModelTrack.Artifacts;

/// <summary>
/// A listing's exact bytes: a header, then a line for each file (`SHA-256 size -|x path`) and each empty directory (`dir path/`). There is one text for
/// a listing, so its hash is the directory's.
/// </summary>
internal static class ListingFormat
{
    private const int DirectoryOverhead = 4 + 1 + 1; // "dir ", "/", newline
    private const int FileOverhead = Sha256Hash.HexLength + 1 + 1 + 2 + 1; // hash, space, space, flag and space, newline

    private static readonly SearchValues<byte> s_lowerHex = SearchValues.Create("0123456789abcdef"u8);

    public static ReadOnlySpan<byte> Header => "modeltrack-listing 1\n"u8;

    private static ReadOnlySpan<byte> HeaderName => "modeltrack-listing "u8;

    private static ReadOnlySpan<byte> DirectoryMark => "dir "u8;

    public static int LengthOf(ListingEntry entry)
    {
        var path = Encoding.UTF8.GetByteCount(entry.Path);
        return entry.IsEmptyDirectory ? path + DirectoryOverhead : path + FileOverhead + Digits(entry.Size);
    }

    public static byte[] Write(ListingEntry[] entries, int length)
    {
        var bytes = new byte[length];
        Header.CopyTo(bytes);
        var at = Header.Length;
        Span<byte> hash = stackalloc byte[Sha256Hash.Size];
        foreach (var entry in entries)
        {
            var line = bytes.AsSpan(at);
            int written;
            if (entry.IsEmptyDirectory)
            {
                DirectoryMark.CopyTo(line);
                written = DirectoryMark.Length + Encoding.UTF8.GetBytes(entry.Path, line[DirectoryMark.Length..]);
                line[written++] = (byte)'/';
            }
            else
            {
                entry.Sha256.CopyTo(hash);
                Convert.TryToHexStringLower(hash, line, out written);
                line[written++] = (byte)' ';
                Utf8Formatter.TryFormat(entry.Size, line[written..], out var digits);
                written += digits;
                line[written++] = (byte)' ';
                line[written++] = entry.Executable ? (byte)'x' : (byte)'-';
                line[written++] = (byte)' ';
                written += Encoding.UTF8.GetBytes(entry.Path, line[written..]);
            }

            line[written++] = (byte)'\n';
            at += written;
        }

        return bytes;
    }

    public static Listing Parse(ReadOnlySpan<byte> bytes, string source, Sha256Hash? id = null)
    {
        if (bytes.Length > Listing.MaxBytes) throw ArtifactErrors.ListingTooLarge($"{bytes.Length} bytes ({source})", Listing.MaxBytes);
        CheckHeader(bytes, source);
        var body = bytes[Header.Length..];
        if (!Utf8.IsValid(body)) throw ArtifactErrors.ListingMalformed(source, LineOfInvalidUtf8(body), "bytes are not UTF-8");
        var count = body.Count((byte)'\n');
        if (count > Listing.MaxEntries) throw ArtifactErrors.ListingTooLarge($"{count} lines ({source})", Listing.MaxEntries);

        var entries = new ListingEntry[count];
        var names = new PathSet(count);
        var (total, files) = (0L, 0);
        ReadOnlySpan<byte> last = default;
        for (var i = 0; i < count; i++)
        {
            var end = body.IndexOf((byte)'\n');
            var reason = ParseLine(body[..end], out var entry, out var path);
            if (reason is null && path.SequenceCompareTo(last) <= 0) reason = "the path does not come after the one before in the order of UTF-8 bytes";
            if (reason is null && entry!.Size > long.MaxValue - total) reason = "the sizes' sum is too large";
            if (reason is not null) throw ArtifactErrors.ListingMalformed(source, i + 2, reason);
            RelativePaths.Check(entry!.Path);
            if (!names.TryAdd(entry.Path, out var first, out var second)) throw RelativePaths.Collision(first, second);
            entries[i] = entry;
            total += entry.Size;
            if (!entry.IsEmptyDirectory) files++;
            last = path;
            body = body[(end + 1)..];
        }

        if (!body.IsEmpty) throw ArtifactErrors.ListingMalformed(source, count + 2, "the last line has no end");
        return new Listing(entries, total, files, id ?? Sha256Hash.Of(bytes), bytes.Length);
    }

    private static void CheckHeader(ReadOnlySpan<byte> bytes, string source)
    {
        if (bytes.StartsWith(Header)) return;
        var end = bytes.IndexOf((byte)'\n');
        var line = end < 0 ? bytes : bytes[..end];
        if (line.StartsWith(HeaderName) && line.Length <= HeaderName.Length + 9
            && int.TryParse(line[HeaderName.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > Listing.Version)
            throw ArtifactErrors.NewerListing(source, version.ToString(CultureInfo.InvariantCulture));
        throw ArtifactErrors.ListingMalformed(source, 1, "it does not begin with 'modeltrack-listing 1'");
    }

    /// <returns>What is wrong; null for nothing.</returns>
    private static string? ParseLine(ReadOnlySpan<byte> line, out ListingEntry? entry, out ReadOnlySpan<byte> path)
    {
        entry = null;
        path = default;
        if (line.StartsWith(DirectoryMark))
        {
            path = line[DirectoryMark.Length..];
            if (!path.EndsWith((byte)'/')) return "an empty folder's path ends with '/'";
            path = path[..^1];
            if (path.Length > RelativePaths.MaxLength) return "the path is too long";
            entry = ListingEntry.EmptyDirectory(Encoding.UTF8.GetString(path));
            return null;
        }

        if (line.Length < FileOverhead || line[..Sha256Hash.HexLength].ContainsAnyExcept(s_lowerHex) || line[Sha256Hash.HexLength] != ' ')
            return "a line begins with 'dir ' or with 64 lower-case hexadecimal digits and a space";
        Span<byte> hash = stackalloc byte[Sha256Hash.Size];
        Convert.FromHexString(line[..Sha256Hash.HexLength], hash, out _, out _);

        var rest = line[(Sha256Hash.HexLength + 1)..];
        var space = rest.IndexOf((byte)' ');
        if (space < 1 || !long.TryParse(rest[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var size) || (rest[0] == '0' && space > 1))
            return "the size is a number in plain digits";
        rest = rest[(space + 1)..];
        if (rest.Length < 2 || rest[0] is not ((byte)'-' or (byte)'x') || rest[1] != ' ') return "after the size stands '-' or 'x', and a space";
        path = rest[2..];
        if (path.Length > RelativePaths.MaxLength) return "the path is too long";
        entry = new ListingEntry(Encoding.UTF8.GetString(path), false, new Sha256Hash(hash), size, rest[0] == 'x');
        return null;
    }

    private static int LineOfInvalidUtf8(ReadOnlySpan<byte> body)
    {
        for (var line = 2; ; line++)
        {
            var end = body.IndexOf((byte)'\n');
            if (end < 0 || !Utf8.IsValid(body[..end])) return line;
            body = body[(end + 1)..];
        }
    }

    private static int Digits(long value)
    {
        var digits = 1;
        while ((value /= 10) != 0) digits++;
        return digits;
    }
}
