using ModelTrack.Content;

namespace ModelTrack.Storage.Store;

/// <summary>What hashing the store's contents found.</summary>
/// <param name="Checked">How many contents were hashed.</param>
/// <param name="Damaged">Were in the store with wrong bytes, and were set aside.</param>
/// <param name="Missing">Were asked for and are not in the store.</param>
public sealed record StoreVerifyReport(int Checked, long CheckedBytes, IReadOnlyList<ContentId> Damaged, IReadOnlyList<ContentId> Missing);
