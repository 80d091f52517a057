using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage;

internal static partial class StorageErrors
{
    public static ModelTrackException ForeignStore(string path, string reason) => Catalog.Error("MT3301", path, reason);

    public static ModelTrackException DiskFull(Exception inner, string path) => Catalog.Error(inner, "MT3302", path);

    public static ModelTrackException StoreNotWritable(Exception inner, string path) => Catalog.Error(inner, "MT3303", path, inner.Message);

    public static ModelTrackException StoreFailed(Exception inner, string path) => Catalog.Error(inner, "MT3304", path, inner.Message);

    public static ModelTrackException SourceChanged(string path) => Catalog.Error("MT3305", path).At(path);

    public static ModelTrackException SourceUnreadable(Exception inner, string path) => Catalog.Error(inner, "MT3306", path, inner.Message).At(path);

    public static Diagnostic EntryDamaged(ContentId id, string movedTo) => Catalog.Message("MT3307", id, movedTo);

    public static Diagnostic RecordDamaged(ContentId id, string movedTo) => Catalog.Message("MT3308", id, movedTo);

    public static Diagnostic PackDamaged(Sha256Hash pack, string movedTo, int contents, int kept) =>
        Catalog.Message("MT3309", pack, movedTo, contents, kept);

    public static ModelTrackException BeingCleaned(string path) => Catalog.Error("MT3310", path);

    public static ModelTrackException NotAlone(string path, string reason) => Catalog.Error("MT3311", path, reason);

    public const string ContentAbsentCode = "MT3312";

    public static ModelTrackException ContentAbsent(string path, ContentId id) => Catalog.Error(ContentAbsentCode, path, id);

    public const string WrongPackCode = "MT3313";

    public static ModelTrackException WrongPack(Sha256Hash id, string reason) => Catalog.Error(WrongPackCode, id, reason);

    public static ModelTrackException ListingTooLarge(Sha256Hash id, long size, long limit) => Catalog.Error("MT3314", id, size, limit);

    public static ModelTrackException NoDataFolder() => Catalog.Error("MT3315");

    public static ModelTrackException NotAFile(string path, string what) => Catalog.Error("MT3316", path, what).At(path);
}
