using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>
/// A directory as it was once seen: every file's stat and hashes. Immutable. Its memory is its file form, fixed-width records beside the paths'
/// bytes, so that loading 20,000 of them parses nothing.
/// </summary>
public sealed class ObservedDirectory
{
    /// <summary>
    /// path offset u32 | path length u16 | flags u8 | 0 | size i64 | mtime i64 | ctime i64 | inode u64 | observed at i64 | XXH128 16 | SHA-256 32.
    /// </summary>
    internal const int RecordSize = 96;

    private const byte ExecutableFlag = 1;
    private const byte EmptyDirectoryFlag = 2;

    private readonly ReadOnlyMemory<byte> _records;
    private readonly ReadOnlyMemory<byte> _paths;
    private int[]? _slots;

    private ObservedDirectory(ArtifactIdentity identity, int fileCount, ReadOnlyMemory<byte> records, ReadOnlyMemory<byte> paths)
    {
        Identity = identity;
        FileCount = fileCount;
        _records = records;
        _paths = paths;
    }

    /// <summary>Of the listing of what was seen.</summary>
    public ArtifactIdentity Identity { get; }

    public int FileCount { get; }

    /// <summary>Relative path (with `/`) and observation of every file, in the listing's order.</summary>
    public IEnumerable<KeyValuePair<string, ObservedFile>> Files
    {
        get
        {
            for (var i = 0; i < Count; i++)
                if (!IsEmptyDirectory(i)) yield return KeyValuePair.Create(PathText(i), File(i));
        }
    }

    /// <summary>Files and empty directories.</summary>
    internal int Count => _records.Length / RecordSize;

    public bool TryGetFile(string relativePath, out ObservedFile file)
    {
        var index = Find(Encoding.UTF8.GetBytes(relativePath));
        file = index < 0 || IsEmptyDirectory(index) ? default : File(index);
        return index >= 0 && !IsEmptyDirectory(index);
    }

    /// <summary>Whether names may have another Unicode form here than in the listing before; plain ASCII has one form only.</summary>
    internal bool MayBeRespelled => !Ascii.IsValid(_paths.Span);

    /// <param name="written">The listing before, whose spelling of a name is kept; it matters only where <see cref="MayBeRespelled"/>.</param>
    public Listing ToListing(Listing? written = null) => Listing.Create(Entries(), written);

    /// <summary>
    /// A memory for a later scan to check by stat: these files and the newly <paramref name="placed"/> ones. It is not yet the directory as it is.
    /// </summary>
    public static ObservedDirectory Hint(ObservedDirectory? known, IEnumerable<KeyValuePair<string, ObservedFile>> placed)
    {
        var files = new Dictionary<string, ObservedFile>(StringComparer.Ordinal);
        if (known is not null)
        {
            foreach (var (path, file) in known.Files) files[path] = file;
        }

        foreach (var (path, file) in placed) files[path] = file;
        var entries = new List<(byte[] Path, ObservedFile? File)>(files.Count);
        foreach (var (path, file) in files) entries.Add((Encoding.UTF8.GetBytes(path), file));
        entries.Sort((a, b) => a.Path.AsSpan().SequenceCompareTo(b.Path));
        var builder = new Builder(entries.Count);
        foreach (var (path, file) in entries) builder.Add(path, file!.Value);
        return builder.Build(default);
    }

    internal ReadOnlySpan<byte> Path(int index)
    {
        var record = Record(index);
        return _paths.Span.Slice(
            (int)BinaryPrimitives.ReadUInt32LittleEndian(record), BinaryPrimitives.ReadUInt16LittleEndian(record[4..]));
    }

    internal string PathText(int index) => Encoding.UTF8.GetString(Path(index));

    internal bool IsEmptyDirectory(int index) => (Record(index)[6] & EmptyDirectoryFlag) != 0;

    internal FileStat Stat(int index)
    {
        var record = Record(index);
        return new FileStat(
            BinaryPrimitives.ReadInt64LittleEndian(record[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(record[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(record[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[32..]),
            (record[6] & ExecutableFlag) != 0,
            (record[6] & EmptyDirectoryFlag) != 0 ? FileKind.Directory : FileKind.File);
    }

    internal ObservedFile File(int index)
    {
        var record = Record(index);
        return new ObservedFile(
            Stat(index),
            new Sha256Hash(record.Slice(64, Sha256Hash.Size)),
            FastHash.ReadLittleEndian(record[48..]),
            ObservedAtNs(index));
    }

    internal ListingEntry[] Entries()
    {
        var entries = new ListingEntry[Count];
        for (var i = 0; i < entries.Length; i++) entries[i] = Entry(i);
        return entries;
    }

    internal ListingEntry Entry(int index) => IsEmptyDirectory(index)
        ? new ListingEntry(PathText(index), true, default, 0, false)
        : new ListingEntry(PathText(index), false, new Sha256Hash(Record(index).Slice(64, Sha256Hash.Size)), Stat(index).Size, Stat(index).Executable);

    /// <inheritdoc cref="ObservedFile.Vouches"/>
    internal bool Vouches(int index, in FileStat now) => FileTime.Same(Stat(index), now) && !FileTime.IsRacy(now.MTimeNs, ObservedAtNs(index));

    internal ObservedDirectory WithIdentity(ArtifactIdentity identity) => new(identity, FileCount, _records, _paths);

    /// <summary>The record of a path, or -1.</summary>
    internal int Find(ReadOnlySpan<byte> path)
    {
        var slots = _slots ??= BuildSlots();
        for (var slot = (int)XxHash3.HashToUInt64(path) & (slots.Length - 1); ; slot = (slot + 1) & (slots.Length - 1))
        {
            var index = slots[slot] - 1;
            if (index < 0 || Path(index).SequenceEqual(path)) return index;
        }
    }

    internal void Write(StateWriter writer)
    {
        writer.Identity(Identity);
        writer.Int32(FileCount);
        writer.Bytes(_paths.Span);
        writer.Bytes(_records.Span);
    }

    internal static ObservedDirectory Read(StateReader reader)
    {
        var identity = reader.Identity();
        var fileCount = reader.Int32();
        var paths = reader.Bytes();
        var records = reader.Bytes();
        if (records.Length % RecordSize != 0 || fileCount < 0 || fileCount > records.Length / RecordSize) throw new InvalidDataException();
        var read = new ObservedDirectory(identity, fileCount, records, paths);
        for (var i = 0; i < read.Count; i++)
        {
            var record = read.Record(i);
            if ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(record) + BinaryPrimitives.ReadUInt16LittleEndian(record[4..]) > (ulong)paths.Length)
                throw new InvalidDataException();
        }

        return read;
    }

    private long ObservedAtNs(int index) => BinaryPrimitives.ReadInt64LittleEndian(Record(index)[40..]);

    private ReadOnlySpan<byte> Record(int index) => _records.Span.Slice(index * RecordSize, RecordSize);

    private int[] BuildSlots()
    {
        var slots = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(Count * 2) + 2)];
        for (var i = 0; i < Count; i++)
        {
            var slot = (int)XxHash3.HashToUInt64(Path(i)) & (slots.Length - 1);
            while (slots[slot] != 0) slot = (slot + 1) & (slots.Length - 1);
            slots[slot] = i + 1;
        }

        return slots;
    }

    /// <summary>Takes entries in the order of their paths' bytes.</summary>
    internal sealed class Builder(int capacity)
    {
        private readonly byte[] _records = new byte[checked(capacity * RecordSize)];
        private byte[] _paths = new byte[Math.Max(16, capacity * 32)];
        private int _count;
        private int _pathBytes;
        private int _files;

        public void Add(ReadOnlySpan<byte> path, in ObservedFile file)
        {
            var record = Next(path, file.Stat.Executable ? ExecutableFlag : (byte)0);
            BinaryPrimitives.WriteInt64LittleEndian(record[8..], file.Stat.Size);
            BinaryPrimitives.WriteInt64LittleEndian(record[16..], file.Stat.MTimeNs);
            BinaryPrimitives.WriteInt64LittleEndian(record[24..], file.Stat.CTimeNs);
            BinaryPrimitives.WriteUInt64LittleEndian(record[32..], file.Stat.Inode);
            BinaryPrimitives.WriteInt64LittleEndian(record[40..], file.ObservedAtNs);
            file.Xxh128.WriteLittleEndian(record[48..]);
            file.Sha256.CopyTo(record[64..]);
            _files++;
        }

        public void AddEmptyDirectory(ReadOnlySpan<byte> path) => Next(path, EmptyDirectoryFlag);

        public ObservedDirectory Build(ArtifactIdentity identity) =>
            new(identity, _files, _records.AsMemory(0, _count * RecordSize), _paths.AsMemory(0, _pathBytes));

        private Span<byte> Next(ReadOnlySpan<byte> path, byte flags)
        {
            if (_pathBytes + path.Length > _paths.Length) Array.Resize(ref _paths, Math.Max(_paths.Length * 2, _pathBytes + path.Length));
            path.CopyTo(_paths.AsSpan(_pathBytes));
            var record = _records.AsSpan(_count++ * RecordSize, RecordSize);
            BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)_pathBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(record[4..], checked((ushort)path.Length));
            record[6] = flags;
            _pathBytes += path.Length;
            return record;
        }
    }
}
