using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage;

internal static partial class StorageErrors
{
    public const string RemoteFailedCode = "MT3101";

    public static ModelTrackException RemoteFailed(Exception inner, string remote) => Catalog.Error(inner, RemoteFailedCode, remote, inner.Message);

    public static ModelTrackException ManifestDamaged(string remote, Sha256Hash artifact, string key, string problem) =>
        Catalog.Error("MT3102", remote, artifact, key, problem);

    private const string RemoteContentDamagedCode = "MT3103";

    /// <summary>Whether what came from a remote is not what it should be, which another look may find otherwise.</summary>
    public static bool IsRemoteDamage(ModelTrackException error) => error.Code == RemoteContentDamagedCode || IsManifestDamage(error);

    public static ModelTrackException RemoteContentDamaged(string remote, Sha256Hash artifact, string key, string problem) =>
        Catalog.Error(RemoteContentDamagedCode, remote, artifact, key, problem);

    public const string ManifestDisagreesCode = "MT3104";

    public static ModelTrackException ManifestDisagrees(string remote, Sha256Hash artifact, string key, string reason) =>
        Catalog.Error(ManifestDisagreesCode, remote, artifact, key, reason);

    public static ModelTrackException LayoutUnknown(string remote, string layout) => Catalog.Error("MT3105", remote, layout);

    public static ModelTrackException StoreCopyDamaged(ContentId content) => Catalog.Error("MT3106", content);

    public static Diagnostic RemoteEmptied(string remote) => Catalog.Message("MT3107", remote);
}
