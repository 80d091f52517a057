using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Storage.Store;

namespace ModelTrack.Operations;

/// <summary>Directories' listings from the store.</summary>
internal static class ListingReader
{
    /// <summary>Null when the store has it not.</summary>
    public static async Task<Listing?> FindAsync(LocalStore store, Sha256Hash id, CancellationToken cancellationToken)
    {
        var bytes = await store.ReadListingAsync(id, Listing.MaxBytes, cancellationToken).ConfigureAwait(false);
        return bytes is null ? null : Listing.Parse(bytes, $"listing {id.ToShortString()}");
    }
}
