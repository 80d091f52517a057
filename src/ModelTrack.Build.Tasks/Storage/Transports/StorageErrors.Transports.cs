using ModelTrack.Diagnostics;

namespace ModelTrack.Storage;

internal static partial class StorageErrors
{
    /// <summary>Whether a transport says it: of the folder, of S3 or of HTTP.</summary>
    public static bool IsOfTransport(ModelTrackException error) => error.Code[..4] is "MT36" or "MT37" or "MT38";

    /// <summary>Whether it may be of one object alone: many servers answer 403 for what they do not have.</summary>
    public static bool IsOfOneObject(ModelTrackException error) => error.Code is "MT3805" or "MT3814";

    public const string RemoteFolderMissingCode = "MT3601";

    public static ModelTrackException RemoteFolderMissing(string folder) => Catalog.Error(RemoteFolderMissingCode, folder);

    public static ModelTrackException RemoteFolderForbidden(Exception inner, string folder, string path) => Catalog.Error(inner, "MT3602", folder, path, inner.Message);

    public static ModelTrackException RemoteFolderNotWritable(Exception inner, string folder, string path) => Catalog.Error(inner, "MT3603", folder, path, inner.Message);

    public static ModelTrackException RemoteFolderFull(Exception inner, string folder) => Catalog.Error(inner, "MT3604", folder);

    public static ModelTrackException RemoteFolderParentMissing(string folder, string parent) => Catalog.Error("MT3605", folder, parent);

    public static ModelTrackException AddressUnreadable(string address, string reason) => Catalog.Error("MT3606", address, reason);

    public static ModelTrackException AddressHasSecret(string address, string what) => Catalog.Error("MT3607", address, what);

    public static ModelTrackException AddressSchemeUnknown(string address, string scheme) => Catalog.Error("MT3608", address, scheme);

    public static ModelTrackException AddressNeedsWindows(string address) => Catalog.Error("MT3609", address);
}
