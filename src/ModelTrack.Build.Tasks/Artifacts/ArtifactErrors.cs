using ModelTrack.Diagnostics;

namespace ModelTrack.Artifacts;

/// <summary>Every coded message of the artifacts' room.</summary>
internal static class ArtifactErrors
{
    private static readonly MessageCatalog s_catalog = new(typeof(ArtifactErrors));

    public static ModelTrackException PointerTooLarge(long size) => s_catalog.Error("MT1001", size, PointerFormat.MaxSize);

    public static ModelTrackException NotJson(string reason) => s_catalog.Error("MT1002", reason);

    /// <summary>Naming such a pointer's artifact in a save settles it.</summary>
    public const string UnresolvedMergeCode = "MT1003";

    public static ModelTrackException UnresolvedMerge(string ours, string theirs, string fileName) =>
        s_catalog.Error(UnresolvedMergeCode, ours, theirs, Shown.Text(fileName));

    public static ModelTrackException NewerPointer(string version) => s_catalog.Error("MT1004", version, PointerFormat.Version);

    public static ModelTrackException UnknownKey(string key, string known) => s_catalog.Error("MT1005", Shown.Text(key), known);

    public static ModelTrackException DoubledKey(string key) => s_catalog.Error("MT1006", Shown.Text(key));

    public static ModelTrackException MissingKey(string key) => s_catalog.Error("MT1007", key);

    public static ModelTrackException WrongValue(string key, string expected) => s_catalog.Error("MT1008", key, expected);

    public static ModelTrackException TooDeep(int limit) => s_catalog.Error("MT1009", limit);

    public static ModelTrackException PointerNotReadable(Exception inner, string path) => s_catalog.Error(inner, "MT1010", path, inner.Message);

    public static ModelTrackException PointerNotWritable(Exception inner, string path) => s_catalog.Error(inner, "MT1011", path, inner.Message);

    public static ModelTrackException CannotSay(ModelTrackException inner) => s_catalog.Error(inner, "MT1012", inner.Diagnostic.Text);

    public static ModelTrackException ListingTooLarge(string what, long limit) => s_catalog.Error("MT1101", what, limit);

    public static ModelTrackException ListingMalformed(string source, int line, string reason) => s_catalog.Error("MT1102", source, line, reason);

    public static ModelTrackException NewerListing(string source, string version) => s_catalog.Error("MT1103", source, version, Listing.Version);

    public static ModelTrackException OtherListing(string source, string what, object found, object expected) =>
        s_catalog.Error("MT1104", source, what, found, expected);

    public static ModelTrackException LeadsElsewhere(string path, string rule) => s_catalog.Error("MT1201", Shown.Text(path), rule);

    public static ModelTrackException NotPortable(string path, string rule) => s_catalog.Error("MT1202", Shown.Text(path), rule);

    public static ModelTrackException GitFolder(string path, string rule) => s_catalog.Error("MT1203", Shown.Text(path), rule);

    public static ModelTrackException Collision(string first, string second, string rule) =>
        s_catalog.Error("MT1204", Shown.Text(first), Shown.Text(second), rule);
}
