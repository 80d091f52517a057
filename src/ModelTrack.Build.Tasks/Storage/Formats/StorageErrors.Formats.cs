using ModelTrack.Diagnostics;

namespace ModelTrack.Storage;

internal static partial class StorageErrors
{
    public static ModelTrackException PackUnreadable(string source, string problem, Exception? inner = null) =>
        inner is null ? Catalog.Error("MT3001", source, problem) : Catalog.Error(inner, "MT3001", source, problem);

    public static ModelTrackException ManifestUnreadable(string source, string problem) => Catalog.Error("MT3002", source, problem);

    /// <param name="needed">The version of the package that its writer named.</param>
    public static ModelTrackException NeedsNewer(string source, string what, string needed, string present) =>
        Catalog.Error("MT3003", source, what, needed, present);

    public static ModelTrackException ManifestTooLarge(string source, string what, ulong claimed, long limit) =>
        Catalog.Error("MT3004", source, what, claimed, limit);

    /// <summary>Nothing is wrong with it: a newer version reads it.</summary>
    public static bool IsNewerFormat(ModelTrackException error) => error.Code == "MT3003";

    /// <summary>Whether a manifest is bad in itself, as opposed to one of a version that a later package reads.</summary>
    public static bool IsManifestDamage(ModelTrackException error) => error.Code is "MT3002" or "MT3004";

    public static ModelTrackException TableUnreadable(string source, string problem) => Catalog.Error("MT3005", source, problem);
}
