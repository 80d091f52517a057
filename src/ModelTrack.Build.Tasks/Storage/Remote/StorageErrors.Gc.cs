using System.Globalization;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage;

internal static partial class StorageErrors
{
    public static ModelTrackException SweepDied(string remote) => Catalog.Error("MT3401", remote);

    public static ModelTrackException CondemnedUnreadable(string remote) => Catalog.Error("MT3402", remote);

    public static ModelTrackException KeepsBeingCollected(string remote) => Catalog.Error("MT3403", remote);

    public static ModelTrackException CannotList(string remote) => Catalog.Error("MT3404", remote);

    public static ModelTrackException NoTimes(string remote) => Catalog.Error("MT3405", remote);

    public static ModelTrackException SweepUnderWay(string remote) => Catalog.Error("MT3406", remote);

    public static ModelTrackException TooEarly(string remote, DateTimeOffset marked, DateTimeOffset from) =>
        Catalog.Error("MT3407", remote, marked.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), from.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
}
