using System.Collections;
using ModelTrack.Content;

namespace ModelTrack.Storage.Formats;

/// <summary>What a manifest says of its artifact.</summary>
/// <param name="TotalSize">Bytes of all contents in order, a directory's listing included; empty contents have no chunk.</param>
/// <param name="ListingSize">How many of them are the listing; 0 for a file.</param>
public sealed record ManifestInfo(Sha256Hash Artifact, bool IsDirectory, long TotalSize, long ListingSize);

/// <summary>Numbers of the manifest format; docs/formats.md has the layout.</summary>
public static class ManifestFormat
{
    /// <summary>The largest root.</summary>
    public const int MaxRootSize = 16 * 1024 * 1024;

    /// <summary>The most chunks that an artifact may have: half a terabyte at the usual 32 KiB.</summary>
    public const int MaxChunks = 16 * 1024 * 1024;

    /// <summary>A longer body is cut into pieces.</summary>
    public const int MaxInlineBody = 64 * 1024;

    internal const int InfoSize = 64;
    internal const byte File = 0;
    internal const byte Directory = 1;

    internal static ReadOnlySpan<byte> Magic => "MTMF"u8;

    internal static ReadOnlySpan<byte> InfoTag => "INFO"u8;

    internal static ReadOnlySpan<byte> PacksTag => "PCKS"u8;

    internal static ReadOnlySpan<byte> BodyTag => "BODY"u8;

    internal static ReadOnlySpan<byte> PiecesTag => "PIEC"u8;
}

/// <summary>The part of a manifest that is read first; it says where the body is.</summary>
public sealed class ManifestRoot
{
    internal ManifestRoot()
    {
    }

    public required ManifestInfo Info { get; init; }

    /// <summary>The packs by number, tombstones included.</summary>
    public required IReadOnlyList<PackEntry> Packs { get; init; }

    /// <summary>How many records the body has.</summary>
    public required int ChunkCount { get; init; }

    /// <summary>Where the body's pieces are, in order; empty when the body is inline.</summary>
    public required IReadOnlyList<ChunkLocation> Pieces { get; init; }

    /// <summary>The body's bytes when they stand in the root.</summary>
    public required ReadOnlyMemory<byte>? InlineBody { get; init; }

    /// <summary>The four version bytes, by which a reader that knows too little names the package needed.</summary>
    internal ReadOnlyMemory<byte> Version { get; init; }
}

/// <summary>The chunks that make an artifact, in order. Records are read from the bytes as they are asked for.</summary>
public sealed class ManifestBody : IReadOnlyList<ChunkLocation>
{
    private readonly ReadOnlyMemory<byte> _records;
    private readonly IReadOnlyList<PackEntry> _packs;

    /// <param name="records">Checked.</param>
    internal ManifestBody(ReadOnlyMemory<byte> records, IReadOnlyList<PackEntry> packs)
    {
        _records = records;
        _packs = packs;
        Count = records.Length / LocationRecord.Size;
    }

    public int Count { get; }

    public ChunkLocation this[int index] => LocationRecord.Read(_records.Span.Slice(index * LocationRecord.Size, LocationRecord.Size), _packs);

    /// <summary>Hash and length alone, without the location.</summary>
    public Chunk ChunkAt(int index)
    {
        var record = _records.Span.Slice(index * LocationRecord.Size, LocationRecord.Size);
        return new Chunk(LocationRecord.HashOf(record), LocationRecord.LengthOf(record));
    }

    public IEnumerator<ChunkLocation> GetEnumerator()
    {
        for (var i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
