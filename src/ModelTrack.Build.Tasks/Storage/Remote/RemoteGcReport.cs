using ModelTrack.Content;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Remote;

/// <summary>What garbage collection of a remote goes by.</summary>
/// <param name="Apply">False only looks.</param>
/// <param name="Grace">How long garbage stays: an object is that old before it is condemned, and condemned that long before it is deleted.</param>
/// <param name="FindRoots">The artifacts that any pointer names, asked for anew in each run.</param>
public sealed record RemoteGcRequest(bool Apply, TimeSpan Grace, Func<CancellationToken, Task<IReadOnlySet<Sha256Hash>>> FindRoots);

/// <summary>What a mark or a sweep found and did.</summary>
public sealed record RemoteGcReport
{
    public StoreShare Manifests { get; init; }

    public StoreShare Packs { get; init; }

    /// <summary>Condemned by this mark, or deleted by this sweep.</summary>
    public StoreShare GarbageManifests { get; init; }

    public StoreShare GarbagePacks { get; init; }

    /// <summary>Named by nothing, and too young to be condemned.</summary>
    public StoreShare Young { get; init; }

    /// <summary>Condemned, and kept by the sweep: named again, or written again.</summary>
    public int Spared { get; init; }

    /// <summary>Packs of which little was used, whose rest was packed anew.</summary>
    public StoreShare Repacked { get; init; }

    /// <summary>When the list of the condemned was made, by the remote's clock; null when there is none.</summary>
    public DateTimeOffset? Condemned { get; init; }

    /// <summary>Artifacts whose manifests are damaged: as long as they are, no pack goes.</summary>
    public IReadOnlyList<Sha256Hash> Damaged { get; init; } = [];

    /// <summary>A sweep found no list of condemned.</summary>
    public bool NothingMarked { get; init; }
}

/// <summary>A repository that pushed to a remote.</summary>
/// <param name="Name">The hash of its origin's URL.</param>
/// <param name="Url">Without credentials; null when what stands there is not the URL of that hash.</param>
public sealed record KnownRepository(Sha256Hash Name, string? Url);
