using ModelTrack.Diagnostics;

namespace ModelTrack.Git;

/// <summary>Every coded message of the Git room.</summary>
internal static class GitErrors
{
    private static readonly MessageCatalog s_catalog = new(typeof(GitErrors));

    public static ModelTrackException NotInstalled(Exception inner) => s_catalog.Error(inner, "MT4001", inner.Message);

    /// <summary>What Git says of a command that failed; the failure that a person meets most has a text of its own.</summary>
    public static ModelTrackException Failed(string command, int exitCode, string error) => error.Contains("dubious ownership", StringComparison.Ordinal)
        ? s_catalog.Error("MT4101", error)
        : s_catalog.Error("MT4002", command, exitCode, error);

    public static ModelTrackException CheckoutRefused(string revision, string error) => s_catalog.Error("MT4102", revision, error);

    public static ModelTrackException CommitRefused(string error) => s_catalog.Error("MT4103", error);

    public static ModelTrackException TagRefused(string tag, string error) => s_catalog.Error("MT4104", tag, error);

    public static ModelTrackException NoIdentity(string error) => s_catalog.Error("MT4105", error);
}
