using ModelTrack.Content;

namespace ModelTrack.Storage.Store;

/// <summary>What this machine knows about an artifact.</summary>
/// <param name="Size">Bytes of all its files.</param>
/// <param name="Files">How many files a directory has; null for a file.</param>
/// <param name="SavedHere">Put in the store by a save on this machine, as opposed to fetched.</param>
public sealed record ArtifactRecord(Sha256Hash Id, bool IsDirectory, long Size, int? Files, bool SavedHere)
{
    /// <summary>The remotes that were themselves seen to hold all of it, newest last.</summary>
    public IReadOnlyList<RemoteConfirmation> ConfirmedBy { get; init; } = [];
}

/// <param name="Remote">The remote's identity.</param>
/// <param name="When">When it was seen, by this machine's clock.</param>
public sealed record RemoteConfirmation(string Remote, DateTimeOffset When);
