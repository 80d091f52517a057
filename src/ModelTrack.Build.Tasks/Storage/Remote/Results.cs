using ModelTrack.Content;

namespace ModelTrack.Storage.Remote;

/// <param name="AlreadyThere">The remote had all of it, and nothing was sent.</param>
/// <param name="BytesSent">Of packs and manifests.</param>
public sealed record PushResult(bool AlreadyThere, long BytesSent, int PacksSent);

/// <param name="AlreadyThere">The target had all of it, and nothing was sent.</param>
/// <param name="TotalSize">Bytes of all the artifact's contents, a directory's listing included.</param>
/// <param name="BytesReceived">From the source: packs and the manifest.</param>
/// <param name="BytesSent">To the target.</param>
public sealed record CopyResult(bool AlreadyThere, long TotalSize, long BytesReceived, long BytesSent, int PacksSent);

/// <param name="Contents">How many contents came to the store.</param>
/// <param name="BytesReceived">From the remote; less than the contents' sizes where chunks were compressed or already here.</param>
public sealed record FetchResult(int Contents, long BytesReceived);

/// <summary>An artifact as the remote's manifest describes it. Untrusted until contents' hashes agree.</summary>
public sealed class RemoteArtifact
{
    internal RemoteArtifact(RemoteManifest manifest) => Manifest = manifest;

    public Sha256Hash Id => Manifest.Artifact;

    public bool IsDirectory => Manifest.Root.Info.IsDirectory;

    /// <summary>Bytes of all contents, a directory's listing included.</summary>
    public long TotalSize => Manifest.Root.Info.TotalSize;

    /// <summary>0 for a file.</summary>
    public long ListingSize => Manifest.Root.Info.ListingSize;

    internal RemoteManifest Manifest { get; }
}

/// <summary>What hashing the remote's objects found.</summary>
public sealed record RemoteVerifyReport
{
    public required int ManifestsChecked { get; init; }

    public required int PacksChecked { get; init; }

    public required long BytesChecked { get; init; }

    public required IReadOnlyList<RemoteDamage> Damage { get; init; }

    public bool IsGood => Damage.All(d => d.Healed);
}

/// <summary>One thing that is wrong at the remote.</summary>
/// <param name="Artifact">Whose content suffers.</param>
/// <param name="Key">The object.</param>
/// <param name="Problem">In plain words: missing, wrong size, wrong bytes.</param>
/// <param name="Healed">It was replaced from the store.</param>
public sealed record RemoteDamage(Sha256Hash Artifact, string Key, string Problem, bool Healed);
