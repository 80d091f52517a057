using System.Buffers.Binary;
using ModelTrack.Content;

namespace ModelTrack.Storage.Formats;

/// <summary>A piece of a manifest's body, to be stored as a chunk.</summary>
public readonly record struct ManifestPiece(Sha256Hash Hash, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// Writes a manifest in two steps: <see cref="CutBody"/> when all chunks were added, then, with the pieces stored, <see cref="Finish"/>.
/// Packs keep the numbers that they have in the base, so that an unchanged stretch of the body has unchanged bytes; new ones follow, unused ones
/// become tombstones, and when more than half are, the table is made anew. For one thread.
/// </summary>
public sealed class ManifestWriter
{
    private readonly ManifestInfo _info;
    private readonly List<PackEntry> _packs;
    private readonly List<bool> _used;
    private readonly Dictionary<Sha256Hash, int> _numbers = [];
    private byte[] _body = [];
    private int _length;
    private long _total;
    private int _openNumber = -1;
    private bool _isCut;

    /// <param name="basePacks">The pack table of the manifest that this one is likest to, tombstones included; empty without one.</param>
    public ManifestWriter(ManifestInfo info, IReadOnlyList<PackEntry> basePacks)
    {
        _info = info;
        _packs = [.. basePacks];
        _used = [.. Enumerable.Repeat(false, _packs.Count)];
        for (var i = 0; i < _packs.Count; i++)
        {
            if (!_packs[i].IsTombstone) _numbers.TryAdd(_packs[i].Id, i);
        }
    }

    public int ChunkCount => _length / LocationRecord.Size;

    /// <summary>The next chunk in order. A zero pack stands for the one pack that is still being written.</summary>
    public void Add(in ChunkLocation chunk)
    {
        if (_isCut) throw new InvalidOperationException("The body is cut.");
        if (ChunkCount == ManifestFormat.MaxChunks) throw StorageErrors.ManifestTooLarge(_info.Artifact.ToString(), "chunks", ManifestFormat.MaxChunks + 1UL, ManifestFormat.MaxChunks);

        if (_length + LocationRecord.Size > _body.Length) Array.Resize(ref _body, (int)Math.Min(Math.Max(64L * LocationRecord.Size, _body.Length * 2L), (long)ManifestFormat.MaxChunks * LocationRecord.Size));
        LocationRecord.Write(_body.AsSpan(_length), chunk, NumberOf(chunk.Pack));
        _length += LocationRecord.Size;
        _total += chunk.Length;
    }

    /// <summary>The pieces to store, in order; none when the body goes into the root.</summary>
    public IReadOnlyList<ManifestPiece> CutBody()
    {
        if (_total != _info.TotalSize) throw new InvalidOperationException($"The chunks have {_total} bytes, not {_info.TotalSize}.");
        if (!_isCut && _used.Count(used => !used) * 2 > _used.Count) Compact();
        _isCut = true;
        if (_length <= ManifestFormat.MaxInlineBody) return [];

        var pieces = new List<ManifestPiece>();
        var at = 0;
        foreach (var length in ChunkCutter.ManifestBodies.Cut(_body.AsSpan(0, _length)))
        {
            var bytes = _body.AsMemory(at, length);
            pieces.Add(new ManifestPiece(Sha256Hash.Of(bytes.Span), bytes));
            at += length;
        }

        return pieces;
    }

    /// <summary>The root's bytes.</summary>
    /// <param name="pieces">Where the pieces of <see cref="CutBody"/> are, in order; a piece of a base may be found there.</param>
    /// <param name="packs">Id and size of each pack in use that the base has not, in any order; more than needed is no harm.</param>
    /// <param name="openPack">The id that the zero pack has got; zero when there was none.</param>
    public byte[] Finish(IReadOnlyList<ChunkLocation> pieces, IEnumerable<PackEntry> packs, Sha256Hash openPack)
    {
        if (!_isCut) throw new InvalidOperationException("The body is not cut.");
        if (_openNumber >= 0) NameOpenPack(openPack);

        var list = new byte[pieces.Count * LocationRecord.Size];
        for (var i = 0; i < pieces.Count; i++)
        {
            var pack = pieces[i].Pack.IsZero ? openPack : pieces[i].Pack;
            LocationRecord.Write(list.AsSpan(i * LocationRecord.Size), pieces[i], NumberOf(pack));
        }

        var sizes = packs.DistinctBy(p => p.Id).ToDictionary(p => p.Id, p => p.Size);
        for (var i = 0; i < _packs.Count; i++)
        {
            if (!_used[i]) _packs[i] = default;
            else if (_packs[i].Size == 0) _packs[i] = _packs[i] with { Size = sizes[_packs[i].Id] };
        }

        return pieces.Count > 0
            ? WriteRoot(ManifestFormat.PiecesTag, list)
            : WriteRoot(ManifestFormat.BodyTag, _body.AsSpan(0, _length));
    }

    private byte[] WriteRoot(ReadOnlySpan<byte> bodyTag, ReadOnlySpan<byte> body)
    {
        var packsLength = _packs.Count * PackTable.EntrySize;
        var size = FormatHeader.Size + (3L * SectionReader.HeadSize) + ManifestFormat.InfoSize + packsLength + body.Length + Sha256Hash.Size;
        if (size > ManifestFormat.MaxRootSize) throw StorageErrors.ManifestTooLarge(_info.Artifact.ToString(), "bytes", (ulong)size, ManifestFormat.MaxRootSize);

        var root = new byte[size];
        FormatHeader.Write(root, ManifestFormat.Magic);
        var rest = root.AsSpan(FormatHeader.Size);

        var info = Section(ref rest, ManifestFormat.InfoTag, ManifestFormat.InfoSize);
        _info.Artifact.CopyTo(info);
        info[32] = _info.IsDirectory ? ManifestFormat.Directory : ManifestFormat.File;
        BinaryPrimitives.WriteInt64LittleEndian(info[40..], _info.TotalSize);
        BinaryPrimitives.WriteInt64LittleEndian(info[48..], _info.ListingSize);
        BinaryPrimitives.WriteInt64LittleEndian(info[56..], ChunkCount);

        PackTable.Write(Section(ref rest, ManifestFormat.PacksTag, packsLength), _packs);
        body.CopyTo(Section(ref rest, bodyTag, body.Length));
        Sha256Hash.Of(root.AsSpan(0, root.Length - Sha256Hash.Size)).CopyTo(rest);
        return root;
    }

    private static Span<byte> Section(ref Span<byte> rest, ReadOnlySpan<byte> tag, int length)
    {
        SectionReader.WriteHead(rest, tag, length);
        var section = rest.Slice(SectionReader.HeadSize, length);
        rest = rest[(SectionReader.HeadSize + length)..];
        return section;
    }

    private int NumberOf(Sha256Hash pack)
    {
        int number;
        if (pack.IsZero)
        {
            if (_openNumber < 0) _openNumber = AddPack(pack);
            number = _openNumber;
        }
        else if (!_numbers.TryGetValue(pack, out number))
        {
            _numbers.Add(pack, number = AddPack(pack));
        }

        _used[number] = true;
        return number;
    }

    private int AddPack(Sha256Hash id)
    {
        _packs.Add(new PackEntry(id, 0));
        _used.Add(false);
        return _packs.Count - 1;
    }

    private void NameOpenPack(Sha256Hash id)
    {
        if (id.IsZero) throw new InvalidOperationException("The open pack got no name.");
        _packs[_openNumber] = new PackEntry(id, 0);

        // The same chunks may have made a pack that the base has: both numbers then name it.
        _numbers.TryAdd(id, _openNumber);
    }

    private void Compact()
    {
        var numbers = new int[_packs.Count];
        var kept = 0;
        for (var i = 0; i < _packs.Count; i++)
        {
            numbers[i] = kept;
            if (!_used[i]) continue;
            _packs[kept] = _packs[i];
            if (i == _openNumber) _openNumber = kept;
            kept++;
        }

        _packs.RemoveRange(kept, _packs.Count - kept);
        _used.Clear();
        _used.AddRange(Enumerable.Repeat(true, kept));
        _numbers.Clear();
        for (var i = 0; i < kept; i++)
        {
            if (i != _openNumber) _numbers.TryAdd(_packs[i].Id, i);
        }

        for (var at = 0; at < _length; at += LocationRecord.Size)
        {
            var record = _body.AsSpan(at, LocationRecord.Size);
            LocationRecord.WritePack(record, numbers[LocationRecord.PackOf(record)]);
        }
    }
}
