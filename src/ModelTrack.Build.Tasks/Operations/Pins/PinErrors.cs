using ModelTrack.Diagnostics;

namespace ModelTrack.Operations.Pins;

/// <summary>Every coded message of pinned and imported artifacts and of the gate on metrics.</summary>
internal static class PinErrors
{
    private static readonly MessageCatalog s_catalog = new(typeof(PinErrors));

    public static ModelTrackException LockDamaged(string file, string why) => s_catalog.Error("MT5901", Path.GetFileName(file), why);

    public static ModelTrackException LockInConflict(string file) => s_catalog.Error("MT5902", Path.GetFileName(file));

    public static ModelTrackException LockNotAccessible(Exception inner, string file) => s_catalog.Error(inner, "MT5903", Path.GetFileName(file), inner.Message);

    public static ModelTrackException NotLocked(string pin) => s_catalog.Error("MT5904", pin);

    public static ModelTrackException RevisionNotFound(string revision, string where) => s_catalog.Error("MT5905", revision, where);

    public static ModelTrackException NoPointerThere(string path, string commit, string where, string known) => s_catalog.Error("MT5906", path, commit, where, known);

    public static ModelTrackException NotReached(Exception inner, string repository, string hint) => s_catalog.Error(inner, "MT5907", repository, inner.Message.TrimEnd('.'), hint);

    public static ModelTrackException NeedsNetwork(string what, string repository) => s_catalog.Error("MT5908", what, repository);

    public static ModelTrackException NotARepository(string address, string why) => s_catalog.Error("MT5909", address, why);

    public static ModelTrackException NoGitHere(string pin) => s_catalog.Error("MT5910", pin);

    public static ModelTrackException RemoteNotReadable(string pin, string repository, string why) => s_catalog.Error("MT5911", pin, repository, why);

    public static ModelTrackException ImportArgument(string what) => s_catalog.Error("MT5912", what);

    public static ModelTrackException TargetTaken(string artifact) => s_catalog.Error("MT5913", artifact);

    public static ModelTrackException SourceNotRead(string source, string why) => s_catalog.Error("MT5914", source, why);

    public static ModelTrackException SourceNotRead(Exception inner, string source, string why) => s_catalog.Error(inner, "MT5914", source, why);

    public static ModelTrackException SourceChanged(string artifact, string source, string expected, string found) =>
        s_catalog.Error("MT5915", artifact, source, expected, found);

    public static ModelTrackException SourceUnreadable(string pointer, string why) => s_catalog.Error("MT5916", pointer, why);

    public static ModelTrackException NotUpdatable(string artifact) => s_catalog.Error("MT5917", artifact);

    public static ModelTrackException RevisionStandsInProject(string pin) => s_catalog.Error("MT5918", pin);

    public static ModelTrackException ChangedHere(string artifact) => s_catalog.Error("MT5919", artifact);

    public static ModelTrackException RequirementMalformed(string requirement, string why) => s_catalog.Error("MT5920", requirement, why);

    public static Diagnostic MetricNotMet(string artifact, string metric, string value, string bound, string requirement) =>
        s_catalog.Message("MT5921", artifact, metric, value, bound, requirement);

    public static Diagnostic MetricMissing(string requirement, string what) => s_catalog.Message("MT5922", requirement, what);

    public static Diagnostic MetricWorse(string artifact, string metric, string value, string other, string revision, string direction) =>
        s_catalog.Message("MT5923", artifact, metric, value, other, revision, direction);

    public static Diagnostic ImportIntoSolution(string solution) => s_catalog.Message("MT5924", solution);
}
