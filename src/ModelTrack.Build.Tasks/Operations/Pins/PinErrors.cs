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

    public static ModelTrackException NotReached(Exception inner, string repository, string hint) => s_catalog.Error(inner, "MT5907", repository, inner.Message, hint);

    public static ModelTrackException NeedsNetwork(string what, string repository) => s_catalog.Error("MT5908", what, repository);

    public static ModelTrackException NotARepository(string address, string why) => s_catalog.Error("MT5909", address, why);

    public static ModelTrackException NoGitHere(string pin) => s_catalog.Error("MT5910", pin);

    public static ModelTrackException RemoteNotReadable(string pin, string repository, string why) => s_catalog.Error("MT5911", pin, repository, why);
}
