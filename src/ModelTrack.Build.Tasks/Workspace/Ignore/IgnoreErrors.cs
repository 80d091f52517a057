using ModelTrack.Diagnostics;

namespace ModelTrack.Workspace.Ignore;

/// <summary>Every coded message about ignore files.</summary>
internal static class IgnoreErrors
{
    private static readonly MessageCatalog s_catalog = new(typeof(IgnoreErrors));

    public static ModelTrackException NotReadable(Exception inner, string path) => s_catalog.Error(inner, "MT2201", path, inner.Message).At(path);

    public static ModelTrackException TooLarge(string path, long size, long limit) => s_catalog.Error("MT2202", path, size, limit).At(path);

    public static ModelTrackException NotWritable(Exception inner, string path) => s_catalog.Error(inner, "MT2203", path, inner.Message).At(path);

    public static ModelTrackException GitIgnoreIsLink(string path) => s_catalog.Error("MT2204", path).At(path);
}
