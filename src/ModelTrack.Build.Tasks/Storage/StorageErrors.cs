using ModelTrack.Diagnostics;

namespace ModelTrack.Storage;

/// <summary>Every coded message of the storage room; its parts stand beside what they speak of.</summary>
internal static partial class StorageErrors
{
    public static MessageCatalog Catalog { get; } = new(typeof(StorageErrors));
}
