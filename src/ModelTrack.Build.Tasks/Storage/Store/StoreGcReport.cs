namespace ModelTrack.Storage.Store;

/// <summary>What garbage collection does with a content.</summary>
internal enum ContentFate
{
    /// <summary>A pointer that somebody can get back to names it.</summary>
    Reachable,

    /// <summary>It was stored or used within a day.</summary>
    Recent,

    /// <summary>No remote was seen to hold it: this may be the only copy.</summary>
    NotPushed,

    Garbage,
}

/// <summary>So many contents of so many bytes.</summary>
public readonly record struct StoreShare(int Count, long Bytes)
{
    public StoreShare With(long bytes) => new(Count + 1, Bytes + bytes);

    public static StoreShare operator +(StoreShare one, StoreShare other) => Add(one, other);

    public static StoreShare Add(StoreShare one, StoreShare other) => new(one.Count + other.Count, one.Bytes + other.Bytes);
}

/// <summary>What garbage collection of a store found, and removed unless it was a dry run.</summary>
public sealed record StoreGcReport
{
    public StoreShare Reachable { get; init; }

    public StoreShare Recent { get; init; }

    public StoreShare NotPushed { get; init; }

    /// <summary>Contents that go.</summary>
    public StoreShare Garbage { get; init; }

    /// <summary>Garbage that stays because most of its pack is in use.</summary>
    public StoreShare KeptInPacks { get; init; }

    public int PacksRemoved { get; init; }

    public int PacksRewritten { get; init; }

    /// <summary>Bytes that files of contents, packs and notes take on the disk, less what replaces them.</summary>
    public long Freed { get; init; }

    /// <summary>Cached manifests, records without a content, bad files that were set aside, leftovers.</summary>
    public StoreShare Notes { get; init; }

    public bool IsNothing => Garbage.Count == 0 && Notes.Count == 0;
}
