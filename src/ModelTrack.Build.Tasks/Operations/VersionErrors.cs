using ModelTrack.Diagnostics;

namespace ModelTrack.Operations;

/// <summary>Every coded message of the verbs that go through Git's history.</summary>
internal static class VersionErrors
{
    private static readonly MessageCatalog s_catalog = new(typeof(VersionErrors));

    public static ModelTrackException NoRevision(string verb) => s_catalog.Error("MT5801", verb);

    public static ModelTrackException NotARevision(string revision, string verb) => s_catalog.Error("MT5802", revision, verb);

    public static ModelTrackException NoPointersAt(string revision, string commit) => s_catalog.Error("MT5803", revision, commit);

    public static ModelTrackException WouldLose(string artifacts, string revision) => s_catalog.Error("MT5804", artifacts, revision);

    public static ModelTrackException NoMessage(string pointers) => s_catalog.Error("MT5805", pointers);

    public static ModelTrackException MessageUnreadable(string file, string detail) => s_catalog.Error("MT5806", file, detail);

    public static ModelTrackException TagExists(string tag, string commit) => s_catalog.Error("MT5807", tag, commit);

    public static ModelTrackException NotATagName(string tag) => s_catalog.Error("MT5808", tag);

    public static ModelTrackException Unmerged(string paths) => s_catalog.Error("MT5809", paths);

    public static ModelTrackException NotAtRevision(string pattern, string revision, string known) => s_catalog.Error("MT5810", pattern, revision, known);

    public static ModelTrackException PushedBeforeContent(string artifacts, string command) => s_catalog.Error("MT5811", artifacts, command);

    public static ModelTrackException PushNotChecked(string artifacts, string remotes, string command) =>
        s_catalog.Error("MT5812", artifacts, remotes, command);

    public static ModelTrackException PushedWithoutRemote(string artifacts) => s_catalog.Error("MT5813", artifacts);
}
