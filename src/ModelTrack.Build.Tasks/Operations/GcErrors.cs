using ModelTrack.Diagnostics;

namespace ModelTrack.Operations;

/// <summary>Every coded message of garbage collection.</summary>
internal static class GcErrors
{
    private static readonly MessageCatalog s_catalog = new(typeof(GcErrors));

    public static ModelTrackException Unreadable(Exception inner, string folder) => s_catalog.Error(inner, "MT5701", folder, inner.Message);

    public static Diagnostic WorkspaceGone(string folder) => s_catalog.Message("MT5702", folder);

    public static ModelTrackException GoneWithForce(string folders) => s_catalog.Error("MT5703", folders);

    public static ModelTrackException NotNamed(string remote, string repositories) => s_catalog.Error("MT5704", remote, repositories);

    public static ModelTrackException FetchFailed(Exception inner, string folder, string url) => s_catalog.Error(inner, "MT5705", folder, url, inner.Message);

    public static ModelTrackException Shallow(string folder) => s_catalog.Error("MT5706", folder);

    public static ModelTrackException GraceTooShort(string days) => s_catalog.Error("MT5707", days);

    public static ModelTrackException NotARepository(string folder) => s_catalog.Error("MT5708", folder);

    public static Diagnostic PacksStay(string remote, string artifacts) => s_catalog.Message("MT5709", remote, artifacts);

    public static ModelTrackException DismissedIsNamed(string what) => s_catalog.Error("MT5710", what);
}
