using ModelTrack.Artifacts;

namespace ModelTrack.Workspace;

/// <summary>What is to be done with an artifact.</summary>
public enum WorkspaceAction
{
    /// <summary>Nothing is there and nothing is to be had: a producer may make it. After the build it is an error if it was listed.</summary>
    Nothing,

    /// <summary>Content and pointer agree: adopt the pointer as base.</summary>
    InStep,

    /// <summary>Make the content what the pointer names. What is in place is nothing, the base, the interrupted target, or safe in the store.</summary>
    Restore,

    /// <summary>Store the content and write the pointer, after the build.</summary>
    Save,

    /// <summary>The pointer was taken away: leave the content alone and write none.</summary>
    Untracked,

    /// <summary>A coded error: the content changed (or is new) where nothing may be saved.</summary>
    LockedChange,

    /// <summary>A coded error with both hashes and both ways out; nothing is touched.</summary>
    Conflict,
}

/// <summary>Which row of the table decided; for messages.</summary>
public enum DecisionReason
{
    NothingThere,
    EqualsPointer,
    ContentMissing,
    NewContent,
    PointerTakenAway,
    PointerMoved,
    ContentChanged,
    BothChanged,
    NoBaseButSafe,
    NoBase,

    /// <summary>A restore was begun and not completed; what is in place is of its making.</summary>
    RestoreInterrupted,

    /// <summary>A restore was begun and not completed, and what is in place is the user's own.</summary>
    InterruptedAndForeign,

    /// <summary>The user asked for the pointer's side.</summary>
    Forced,
}

/// <summary>All that a decision depends on.</summary>
public readonly record struct DecisionInput
{
    /// <summary>What is in place; null for nothing.</summary>
    public ArtifactIdentity? Content { get; init; }

    /// <summary>What the pointer names; null when there is no pointer.</summary>
    public ArtifactIdentity? Pointer { get; init; }

    /// <inheritdoc cref="ArtifactState.Base"/>
    public ArtifactIdentity? Base { get; init; }

    /// <inheritdoc cref="ArtifactState.Restoring"/>
    public ArtifactIdentity? Restoring { get; init; }

    /// <summary>Whether all that is in place is in the store too. Only asked for where it decides; false is the careful answer.</summary>
    public bool ContentIsSafe { get; init; }

    /// <summary>No pointer may be written.</summary>
    public bool Locked { get; init; }

    /// <summary>The user asked for the pointer's content, whatever is in place. It is put in the store first.</summary>
    public bool Force { get; init; }
}

public readonly record struct WorkspaceDecision(WorkspaceAction Action, DecisionReason Reason);

/// <summary>The table of three-way decisions, for a whole artifact.</summary>
/// <remarks>
/// A directory is decided file by file: where the whole says Restore or Conflict, <see cref="DirectoryDecision"/> says of which files, and whether any
/// file is in conflict at all.
/// </remarks>
public static class Decision
{
    public static WorkspaceDecision Decide(in DecisionInput input)
    {
        if (input.Pointer is not { } pointer)
        {
            if (input.Content is null) return new(WorkspaceAction.Nothing, DecisionReason.NothingThere);

            // A restore that was begun tells of a pointer too.
            return input.Base is null && input.Restoring is null
                ? Save(input, DecisionReason.NewContent)
                : new(WorkspaceAction.Untracked, DecisionReason.PointerTakenAway);
        }

        if (input.Content is not { } content) return new(WorkspaceAction.Restore, DecisionReason.ContentMissing);
        if (content == pointer) return new(WorkspaceAction.InStep, DecisionReason.EqualsPointer);
        if (input.Restoring is { } restoring) return AfterInterruption(input, content, restoring);
        if (content == input.Base) return new(WorkspaceAction.Restore, DecisionReason.PointerMoved);
        if (input.Force) return new(WorkspaceAction.Restore, DecisionReason.Forced);
        if (pointer == input.Base) return Save(input, DecisionReason.ContentChanged);
        if (input.Base is not null) return new(WorkspaceAction.Conflict, DecisionReason.BothChanged);
        return input.ContentIsSafe
            ? new(WorkspaceAction.Restore, DecisionReason.NoBaseButSafe)
            : new(WorkspaceAction.Conflict, DecisionReason.NoBase);
    }

    /// <summary>
    /// A directory may be a mixture of base and target, so only its files tell. A file is one of them or the user's, whole. Nothing of either is saved.
    /// </summary>
    private static WorkspaceDecision AfterInterruption(in DecisionInput input, ArtifactIdentity content, ArtifactIdentity restoring)
    {
        if (content.Kind == ArtifactKind.Directory || content == input.Base || content == restoring)
            return new(WorkspaceAction.Restore, DecisionReason.RestoreInterrupted);
        if (input.Force) return new(WorkspaceAction.Restore, DecisionReason.Forced);

        // Without a base the interrupted restore was allowed because what it replaces is stored, and so it still is.
        return input.Base is null && input.ContentIsSafe
            ? new(WorkspaceAction.Restore, DecisionReason.NoBaseButSafe)
            : new(WorkspaceAction.Conflict, DecisionReason.InterruptedAndForeign);
    }

    private static WorkspaceDecision Save(in DecisionInput input, DecisionReason reason) =>
        new(input.Locked ? WorkspaceAction.LockedChange : WorkspaceAction.Save, reason);
}
