using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>The words that ModelTrackStatus and results use.</summary>
internal static class StatusText
{
    public const string InStep = "in step";
    public const string Modified = "modified";
    public const string New = "new";
    public const string Missing = "missing";
    public const string PointerMoved = "pointer moved";
    public const string Conflict = "conflict";
    public const string InPart = "in part";
    public const string NotInStore = "not in store";
    public const string NotPushed = "not pushed";
    public const string Untracked = "untracked";
    public const string Nothing = "nothing there";
    public const string Interrupted = "restore interrupted";

    public static string Of(WorkspaceDecision decision) => decision.Reason switch
    {
        DecisionReason.EqualsPointer => InStep,
        DecisionReason.ContentMissing => Missing,
        DecisionReason.NewContent => New,
        DecisionReason.PointerTakenAway => Untracked,
        DecisionReason.PointerMoved or DecisionReason.NoBaseButSafe or DecisionReason.Forced => PointerMoved,
        DecisionReason.ContentChanged => Modified,
        DecisionReason.BothChanged or DecisionReason.NoBase => Conflict,
        DecisionReason.RestoreInterrupted or DecisionReason.InterruptedAndForeign => Interrupted,
        _ => Nothing,
    };
}
