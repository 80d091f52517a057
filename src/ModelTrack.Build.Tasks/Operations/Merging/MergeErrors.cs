using ModelTrack.Diagnostics;

namespace ModelTrack.Operations.Merging;

/// <summary>What the merge driver says about a pointer that a person has to settle.</summary>
internal static class MergeErrors
{
    private static readonly MessageCatalog s_catalog = new(typeof(MergeErrors));

    public static Diagnostic Conflict(string artifact, string why, string ours, string theirs, string pointer) =>
        s_catalog.Message("MT5401", artifact, why, ours, theirs, pointer);

    public static Diagnostic NoListing(string artifact, string why, string ours, string theirs, string pointer) =>
        s_catalog.Message("MT5402", artifact, why, ours, theirs, pointer);
}
