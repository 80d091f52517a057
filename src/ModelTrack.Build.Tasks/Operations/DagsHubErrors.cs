using ModelTrack.Diagnostics;

namespace ModelTrack.Operations;

/// <summary>Every coded message of the DagsHub set-up.</summary>
internal static class DagsHubErrors
{
    private static readonly MessageCatalog s_catalog = new(typeof(DagsHubErrors));

    public static ModelTrackException NotARepositoryName(string given, string host) => s_catalog.Error("MT5601", given, host);

    public static ModelTrackException NoCredentials(string host, string variable) => s_catalog.Error("MT5602", host, variable);

    public const string TokenRefusedCode = "MT5603";

    public static ModelTrackException TokenRefused(string host, string source, string answer) => s_catalog.Error(TokenRefusedCode, host, source, answer);

    public static ModelTrackException NoSuchRepository(string url) => s_catalog.Error("MT5604", url);

    public static ModelTrackException NotReached(Exception? inner, string host, string detail) =>
        inner is null ? s_catalog.Error("MT5605", host, detail) : s_catalog.Error(inner, "MT5605", host, detail);

    public static ModelTrackException ConfigurationUnreadable(Exception inner, string file) => s_catalog.Error(inner, "MT5606", file, inner.Message);
}
