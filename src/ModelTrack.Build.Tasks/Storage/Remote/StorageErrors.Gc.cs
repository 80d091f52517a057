using ModelTrack.Diagnostics;

namespace ModelTrack.Storage;

internal static partial class StorageErrors
{
    public static ModelTrackException SweepDied(string remote) => Catalog.Error("MT3401", remote);

    public static ModelTrackException CondemnedUnreadable(string remote) => Catalog.Error("MT3402", remote);

    public static ModelTrackException KeepsBeingCollected(string remote) => Catalog.Error("MT3403", remote);
}
