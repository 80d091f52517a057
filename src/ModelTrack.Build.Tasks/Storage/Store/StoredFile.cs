using ModelTrack.Content;

namespace ModelTrack.Storage.Store;

/// <summary>A whole content in the store, checked by its record.</summary>
/// <param name="Path">Read-only for everyone: whoever copies it checks <paramref name="Xxh128"/>, whoever links or clones it checks <paramref name="Stat"/>.</param>
/// <param name="Stat">Of the entry, as it was when it was checked.</param>
/// <param name="Foreign">Owned by another user: to be copied and hashed with SHA-256, never linked or cloned.</param>
public sealed record StoredFile(string Path, ContentId Id, FastHash Xxh128, FileStat Stat, bool Foreign = false);
