using ModelTrack.Diagnostics;

namespace ModelTrack.Operations;

/// <summary>Every coded message of the operations.</summary>
internal static class OperationErrors
{
    private static readonly MessageCatalog s_catalog = new(typeof(OperationErrors));

    public const string NothingSelectedCode = "MT5501";

    public static ModelTrackException NothingSelected(string pattern, string known) => s_catalog.Error(NothingSelectedCode, pattern, known);

    public static ModelTrackException Nested(string inner, string outer) => s_catalog.Error("MT5502", inner, outer);

    public static ModelTrackException UnknownRemote(string name, string known) => s_catalog.Error("MT5503", name, known);

    public static ModelTrackException NoRemote(string verb) => s_catalog.Error("MT5504", verb);

    public static ModelTrackException ChangedWhileLocked(string artifact, string content, string pointer) => s_catalog.Error("MT5505", artifact, content, pointer);

    public static ModelTrackException NewWhileLocked(string artifact) => s_catalog.Error("MT5506", artifact);

    public static ModelTrackException Conflict(string artifact, string mine, string theirs) => s_catalog.Error("MT5507", artifact, mine, theirs);

    public static ModelTrackException DirectoryConflict(string artifact, string files, string pointer) => s_catalog.Error("MT5508", artifact, files, pointer);

    public static ModelTrackException NothingMadeIt(string artifact) => s_catalog.Error("MT5509", artifact);

    /// <summary>An imported artifact's source is asked then.</summary>
    public const string CannotDeliverCode = "MT5510";

    public static ModelTrackException CannotDeliver(string artifact, string extent, string identity, string tried, string hint) => s_catalog.Error(CannotDeliverCode, artifact, extent, identity, tried.TrimEnd('.'), hint);

    public static ModelTrackException RestoreInterrupted(string artifact, string files) => s_catalog.Error("MT5511", artifact, files);

    public static Diagnostic PointerIgnored(string pointer, string rule, string source, string wayIn) => s_catalog.Message("MT5513", pointer, rule, source, wayIn);

    public static Diagnostic ContentTrackedByGit(string artifact, string command) => s_catalog.Message("MT5514", artifact, command);

    public static ModelTrackException NotInStoreToPush(string artifact, string identity) => s_catalog.Error("MT5515", artifact, identity);

    public static ModelTrackException MetricsUnreadable(string artifact, string file, string detail) => s_catalog.Error("MT5516", artifact, file, detail);

    public static ModelTrackException DamagedNotHealed(string artifact, string what, string where) => s_catalog.Error("MT5517", artifact, what, where);

    public static ModelTrackException WouldStrand(string artifacts) => s_catalog.Error("MT5518", artifacts);

    public static ModelTrackException KindMismatch(string artifact, string pointerKind, string contentKind) => s_catalog.Error("MT5519", artifact, pointerKind, contentKind);

    public static ModelTrackException NotALocation(string what) => s_catalog.Error("MT5520", what);

    public static ModelTrackException NotARepository(string verb, string folder) => s_catalog.Error("MT5521", verb, folder);

    public static Diagnostic StillMissingWhileLocked(string artifact) => s_catalog.Message("MT5522", artifact);

    public static ModelTrackException RemoteFailed(string artifact, string remote, string detail) => s_catalog.Error("MT5523", artifact, remote, detail);

    /// <summary>A remote speaks of keys; a person asks which artifact it was.</summary>
    public static ModelTrackException RemoteFailed(ModelTrackException cause, string artifact, string remote) =>
        new(RemoteFailed(artifact, remote, $"{cause.Code}: {cause.Message}").Diagnostic, cause);

    public static ModelTrackException KeepsChanging(string artifact) => s_catalog.Error("MT5524", artifact);

    public static Diagnostic FellBack(string remote, string artifacts, string why, string deliverer) => s_catalog.Message("MT5525", remote, artifacts, why, deliverer);

    public static ModelTrackException NotCopied(string artifact, string identity, string from, string to, string why) => s_catalog.Error("MT5526", artifact, identity, from, to, why);

    public static ModelTrackException SameRemote(string remote) => s_catalog.Error("MT5527", remote);

    public static Diagnostic EarlierVersionsNowhere(string versions) => s_catalog.Message("MT5528", versions);

    public static ModelTrackException NothingInside(string artifact, string part) => s_catalog.Error("MT5529", artifact, part);

    public static ModelTrackException RestoreFirst(string artifact, string part) => s_catalog.Error("MT5530", artifact, part);

    public static ModelTrackException DestroyStopped(Exception inner) => s_catalog.Error(inner, "MT5531", inner.Message);
}
