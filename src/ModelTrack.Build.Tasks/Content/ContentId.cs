namespace ModelTrack.Content;

/// <summary>The bytes of one file: their SHA-256 and how many there are.</summary>
public readonly record struct ContentId(Sha256Hash Sha256, long Size)
{
    /// <summary>The content of an empty file.</summary>
    public static ContentId Empty { get; } = new(Sha256Hash.Of([]), 0);

    public override string ToString() => $"{Sha256} ({Size} bytes)";
}

/// <summary>A piece of a content, in the order in which the pieces make it.</summary>
public readonly record struct Chunk(Sha256Hash Hash, int Length);

/// <summary>What one pass over a content found.</summary>
/// <param name="Xxh128">The fast hash by which a touched but equal file is recognised.</param>
/// <param name="Chunks">The content-defined pieces; empty for an empty content, or when no cutting was asked for.</param>
public sealed record ContentDigest(ContentId Id, FastHash Xxh128, IReadOnlyList<Chunk> Chunks);
