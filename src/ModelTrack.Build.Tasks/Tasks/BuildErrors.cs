using ModelTrack.Diagnostics;

namespace ModelTrack.Tasks;

/// <summary>Every coded message about what a build says: properties, items and their places. MT5001 stands in Requirements.targets.</summary>
internal static class BuildErrors
{
    private static readonly MessageCatalog s_catalog = new(typeof(BuildErrors));

    public static ModelTrackException NotABoolean(string property, string value) => s_catalog.Error("MT5002", property, value);

    public static ModelTrackException NotAValue(string property, string value, string expected) => s_catalog.Error("MT5003", property, value, expected);

    public static ModelTrackException NotAMetadataValue(string item, string metadata, string value, string expected) =>
        s_catalog.Error("MT5004", item, metadata, value, expected);

    public static ModelTrackException Contradiction(string artifact, string metadata, string one, string other) =>
        s_catalog.Error("MT5005", artifact, metadata, one, other);

    public static ModelTrackException SameTargetPath(string targetPath, string one, string other) => s_catalog.Error("MT5006", targetPath, one, other);

    public static ModelTrackException OutsideOutput(string artifact, string targetPath) => s_catalog.Error("MT5007", artifact, targetPath);

    public static ModelTrackException RevisionInBuild(string revision) => s_catalog.Error("MT5008", revision);

    public static ModelTrackException RemoteWithoutUrl(string name) => s_catalog.Error("MT5009", name);

    public static Diagnostic ChangedAfterSave(string artifacts) => s_catalog.Message("MT5010", artifacts);

    public static Diagnostic PointerNotCommitted(string pointers) => s_catalog.Message("MT5011", pointers);
}
