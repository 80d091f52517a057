using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Workspace;

namespace ModelTrack.UnitTests.Workspace;

[TestClass]
public sealed class DecisionTests
{
    private static ArtifactIdentity? Identity(char? name, ArtifactKind kind = ArtifactKind.File) =>
        name is { } known ? new ArtifactIdentity(kind, Sha256Hash.Of([(byte)known]), 1) : null;

    private static DecisionInput Input(char? content, char? pointer, char? before, char? restoring = null, bool safe = false, bool locked = false, bool force = false,
        ArtifactKind kind = ArtifactKind.File) => new()
        {
            Content = Identity(content, kind),
            Pointer = Identity(pointer, kind),
            Base = Identity(before, kind),
            Restoring = Identity(restoring, kind),
            ContentIsSafe = safe,
            Locked = locked,
            Force = force,
        };

    [TestMethod]

    // Equals the pointer, any base.
    [DataRow('a', 'a', null, null, false, WorkspaceAction.InStep, DecisionReason.EqualsPointer)]
    [DataRow('a', 'a', 'a', null, false, WorkspaceAction.InStep, DecisionReason.EqualsPointer)]
    [DataRow('a', 'a', 'b', null, false, WorkspaceAction.InStep, DecisionReason.EqualsPointer)]
    [DataRow('a', 'a', 'b', 'a', false, WorkspaceAction.InStep, DecisionReason.EqualsPointer)]

    // Missing, and there.
    [DataRow(null, 'a', null, null, false, WorkspaceAction.Restore, DecisionReason.ContentMissing)]
    [DataRow(null, 'a', 'b', null, false, WorkspaceAction.Restore, DecisionReason.ContentMissing)]
    [DataRow(null, 'a', 'b', 'a', false, WorkspaceAction.Restore, DecisionReason.ContentMissing)]

    // Missing, and missing.
    [DataRow(null, null, null, null, false, WorkspaceAction.Nothing, DecisionReason.NothingThere)]
    [DataRow(null, null, 'a', null, false, WorkspaceAction.Nothing, DecisionReason.NothingThere)]

    // There, and never had a pointer.
    [DataRow('a', null, null, null, false, WorkspaceAction.Save, DecisionReason.NewContent)]

    // There, and had one.
    [DataRow('a', null, 'a', null, false, WorkspaceAction.Untracked, DecisionReason.PointerTakenAway)]
    [DataRow('b', null, 'a', null, false, WorkspaceAction.Untracked, DecisionReason.PointerTakenAway)]
    [DataRow('b', null, null, 'a', false, WorkspaceAction.Untracked, DecisionReason.PointerTakenAway)]

    // As in the base, pointer changed.
    [DataRow('a', 'b', 'a', null, false, WorkspaceAction.Restore, DecisionReason.PointerMoved)]

    // Changed, pointer as in the base.
    [DataRow('b', 'a', 'a', null, false, WorkspaceAction.Save, DecisionReason.ContentChanged)]
    [DataRow('b', 'a', 'a', null, true, WorkspaceAction.Save, DecisionReason.ContentChanged)]

    // Both changed, and different.
    [DataRow('b', 'c', 'a', null, false, WorkspaceAction.Conflict, DecisionReason.BothChanged)]
    [DataRow('b', 'c', 'a', null, true, WorkspaceAction.Conflict, DecisionReason.BothChanged)]

    // No base.
    [DataRow('a', 'b', null, null, true, WorkspaceAction.Restore, DecisionReason.NoBaseButSafe)]
    [DataRow('a', 'b', null, null, false, WorkspaceAction.Conflict, DecisionReason.NoBase)]

    // A restore was interrupted: base and target are ours, all else is the user's and is not saved.
    [DataRow('a', 'b', 'a', 'b', false, WorkspaceAction.Restore, DecisionReason.RestoreInterrupted)]
    [DataRow('b', 'c', 'a', 'b', false, WorkspaceAction.Restore, DecisionReason.RestoreInterrupted)]
    [DataRow('b', 'a', 'a', 'b', false, WorkspaceAction.Restore, DecisionReason.RestoreInterrupted)]
    [DataRow('c', 'b', 'a', 'b', false, WorkspaceAction.Conflict, DecisionReason.InterruptedAndForeign)]
    [DataRow('c', 'a', 'a', 'b', false, WorkspaceAction.Conflict, DecisionReason.InterruptedAndForeign)]
    [DataRow('c', 'a', 'a', 'b', true, WorkspaceAction.Conflict, DecisionReason.InterruptedAndForeign)]
    [DataRow('c', 'b', null, 'b', true, WorkspaceAction.Restore, DecisionReason.NoBaseButSafe)]
    [DataRow('c', 'b', null, 'b', false, WorkspaceAction.Conflict, DecisionReason.InterruptedAndForeign)]
    public void Each_row_of_the_table(char? content, char? pointer, char? before, char? restoring, bool safe, WorkspaceAction action, DecisionReason reason)
    {
        Assert.AreEqual(new WorkspaceDecision(action, reason), Decision.Decide(Input(content, pointer, before, restoring, safe)));

        // Locked changes nothing but what would be saved.
        var locked = action == WorkspaceAction.Save ? WorkspaceAction.LockedChange : action;
        Assert.AreEqual(new WorkspaceDecision(locked, reason), Decision.Decide(Input(content, pointer, before, restoring, safe, locked: true)));
    }

    [TestMethod]
    [DataRow('b', 'a', 'a', null)]
    [DataRow('b', 'c', 'a', null)]
    [DataRow('a', 'b', null, null)]
    [DataRow('c', 'b', 'a', 'b')]
    public void Force_takes_the_pointers_side(char? content, char? pointer, char? before, char? restoring)
    {
        Assert.AreEqual(
            new WorkspaceDecision(WorkspaceAction.Restore, DecisionReason.Forced), Decision.Decide(Input(content, pointer, before, restoring, force: true)));
    }

    [TestMethod]
    public void A_directory_that_a_restore_left_as_a_mixture_is_restored_and_never_saved()
    {
        var decision = Decision.Decide(Input('x', 'b', 'a', 'b', kind: ArtifactKind.Directory));

        Assert.AreEqual(new WorkspaceDecision(WorkspaceAction.Restore, DecisionReason.RestoreInterrupted), decision);
    }

    [TestMethod]
    public void The_executable_bit_and_the_kind_belong_to_what_is_compared()
    {
        var plain = Identity('a')!.Value;
        var input = new DecisionInput { Content = plain with { Executable = true }, Pointer = plain, Base = plain };

        Assert.AreEqual(WorkspaceAction.Save, Decision.Decide(input).Action);
        Assert.AreEqual(WorkspaceAction.Save, Decision.Decide(input with { Content = plain with { Kind = ArtifactKind.Directory } }).Action);
    }

    [TestMethod]
    public void No_input_is_undecided_and_none_loses_content_or_saves_a_mixture()
    {
        char?[] names = [null, 'a', 'b', 'c', 'd'];
        bool[] answers = [false, true];
        var count = 0;
        foreach (var kind in Enum.GetValues<ArtifactKind>())
            foreach (var content in names)
                foreach (var pointer in names)
                    foreach (var before in names)
                        foreach (var restoring in names)
                            foreach (var safe in answers)
                                foreach (var locked in answers)
                                    foreach (var force in answers)
                                    {
                                        var input = Input(content, pointer, before, restoring, safe, locked, force, kind);
                                        CheckInvariants(input, Decision.Decide(input));
                                        count++;
                                    }

        Assert.AreEqual(2 * 5 * 5 * 5 * 5 * 8, count);
    }

    private static void CheckInvariants(in DecisionInput input, WorkspaceDecision decision)
    {
        var told = $"{input} => {decision}";
        Assert.IsTrue(Enum.IsDefined(decision.Action) && Enum.IsDefined(decision.Reason), told);
        switch (decision.Action)
        {
            case WorkspaceAction.Restore:
                Assert.IsNotNull(input.Pointer, told);
                var fileByFile = input.Restoring is not null && input.Content?.Kind == ArtifactKind.Directory;
                var ours = input.Content is null || input.Content == input.Base || (input.Restoring is not null && input.Content == input.Restoring);
                Assert.IsTrue(ours || input.ContentIsSafe || input.Force || fileByFile, told);
                break;
            case WorkspaceAction.Save:
                Assert.IsNotNull(input.Content, told);
                Assert.IsNull(input.Restoring, told);
                Assert.IsFalse(input.Locked, told);
                Assert.IsTrue(input.Pointer is null || input.Pointer == input.Base, told);
                break;
            case WorkspaceAction.InStep:
                Assert.AreEqual(input.Pointer, input.Content, told);
                break;
            case WorkspaceAction.Nothing:
                Assert.IsTrue(input.Content is null && input.Pointer is null, told);
                break;
            case WorkspaceAction.Untracked:
                Assert.IsTrue(input.Content is not null && input.Pointer is null, told);
                break;
            case WorkspaceAction.LockedChange:
                Assert.IsTrue(input.Locked && input.Content is not null, told);
                break;
            case WorkspaceAction.Conflict:
                Assert.IsTrue(input.Content is not null && input.Pointer is not null && !input.Force, told);
                break;
            default:
                Assert.Fail(told);
                break;
        }
    }
}
