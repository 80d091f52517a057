using System.Text;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage;

namespace ModelTrack.Artifacts;

/// <summary>The canonical listing of a directory artifact: its files and its empty directories. Its SHA-256 is the artifact's.</summary>
public sealed class Listing
{
    /// <summary>No listing is larger; a larger one is refused by its length alone.</summary>
    public const long MaxBytes = 512L * 1024 * 1024;

    public const int MaxEntries = 4_000_000;

    internal const int Version = 1;

    private readonly ListingEntry[] _entries;

    internal Listing(ListingEntry[] entries, long totalSize, int fileCount, Sha256Hash id, int length)
    {
        _entries = entries;
        TotalSize = totalSize;
        FileCount = fileCount;
        Id = id;
        Length = length;
    }

    /// <summary>Sorted by the UTF-8 bytes of their paths.</summary>
    public IReadOnlyList<ListingEntry> Entries => _entries;

    /// <summary>Bytes of all files together.</summary>
    public long TotalSize { get; }

    public int FileCount { get; }

    /// <summary>The SHA-256 of <see cref="ToBytes"/>.</summary>
    public Sha256Hash Id { get; }

    /// <summary>How many bytes <see cref="ToBytes"/> gives.</summary>
    public int Length { get; }

    /// <summary>A directory without anything in it.</summary>
    public static Listing Empty { get; } = Create([]);

    /// <param name="entries">In any order.</param>
    /// <param name="written">A listing whose spelling of a path is kept where <paramref name="entries"/> spell it in another Unicode form; usually the base.</param>
    /// <exception cref="ModelTrackException">A path is not allowed, or two of them cannot stand side by side on every system.</exception>
    public static Listing Create(IEnumerable<ListingEntry> entries, Listing? written = null)
    {
        var sorted = entries.ToArray();
        if (written is not null) WrittenForms.Keep(sorted, written);
        Array.Sort(sorted, static (a, b) => RelativePaths.Compare(a.Path, b.Path));
        if (sorted.Length > MaxEntries) throw ArtifactErrors.ListingTooLarge($"{sorted.Length} files and empty folders", MaxEntries);

        var names = new PathSet(sorted.Length);
        var (total, files, length) = (0L, 0, (long)ListingFormat.Header.Length);
        foreach (var entry in sorted)
        {
            RelativePaths.Check(entry.Path);
            if (!names.TryAdd(entry.Path, out var first, out var second)) throw RelativePaths.Collision(first, second);
            length += ListingFormat.LengthOf(entry);
            if (entry.IsEmptyDirectory) continue;
            ArgumentOutOfRangeException.ThrowIfNegative(entry.Size, nameof(entries));
            total = checked(total + entry.Size);
            files++;
        }

        if (length > MaxBytes) throw ArtifactErrors.ListingTooLarge($"{length} bytes", MaxBytes);
        var bytes = ListingFormat.Write(sorted, (int)length);
        return new Listing(sorted, total, files, Sha256Hash.Of(bytes), bytes.Length);
    }

    /// <param name="source">What to blame.</param>
    public static Listing Parse(ReadOnlySpan<byte> bytes, string source) => ListingFormat.Parse(bytes, source);

    /// <summary>As the other, and held against the pointer that names it: hash, size, number of files.</summary>
    public static Listing Parse(ReadOnlySpan<byte> bytes, Pointer pointer, string source)
    {
        var id = Sha256Hash.Of(bytes);
        if (id != pointer.Sha256) throw ArtifactErrors.OtherListing(source, "SHA-256", id, pointer.Sha256);
        var listing = ListingFormat.Parse(bytes, source, id);
        if (listing.TotalSize != pointer.Size) throw ArtifactErrors.OtherListing(source, "size", listing.TotalSize, pointer.Size);
        if (listing.FileCount != pointer.Files) throw ArtifactErrors.OtherListing(source, "number of files", listing.FileCount, pointer.Files ?? 0);
        return listing;
    }

    public byte[] ToBytes() => ListingFormat.Write(_entries, Length);

    /// <summary>The entry of a path in whatever Unicode form.</summary>
    public bool TryGet(string path, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ListingEntry? entry)
    {
        var (low, high) = (0, _entries.Length - 1);
        while (low <= high)
        {
            var middle = low + ((high - low) / 2);
            var order = RelativePaths.Compare(_entries[middle].Path, path);
            if (order == 0)
            {
                entry = _entries[middle];
                return true;
            }

            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        // Spelled otherwise, if at all; ASCII has one spelling only.
        entry = null;
        if (Ascii.IsValid(path)) return false;
        return (_byForm ??= WrittenForms.Index(_entries)).TryGetValue(RelativePaths.ToComparable(path), out entry);
    }

    /// <summary>As storage sees it: the listing itself, then the files in order.</summary>
    public ArtifactContent ToArtifactContent()
    {
        var blobs = new ContentId[FileCount + 1];
        blobs[0] = new ContentId(Id, Length);
        var next = 1;
        foreach (var entry in _entries)
            if (!entry.IsEmptyDirectory) blobs[next++] = entry.Content;
        return new ArtifactContent(Id, true, blobs);
    }

    private Dictionary<string, ListingEntry>? _byForm;
}
