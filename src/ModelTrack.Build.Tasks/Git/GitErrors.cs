using ModelTrack.Diagnostics;

namespace ModelTrack.Git;

/// <summary>Every coded message of the Git room.</summary>
internal static class GitErrors
{
    private static readonly MessageCatalog s_catalog = new(typeof(GitErrors));

    public static ModelTrackException NotInstalled(Exception inner) => s_catalog.Error(inner, "MT4001", inner.Message);

    public static ModelTrackException Failed(string command, int exitCode, string error) => s_catalog.Error("MT4002", command, exitCode, error);
}
