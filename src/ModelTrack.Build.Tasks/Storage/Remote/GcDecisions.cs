namespace ModelTrack.Storage.Remote;

/// <summary>What garbage collection of a remote may do to an object. Times are the remote's own; an object without one stays.</summary>
internal static class GcDecisions
{
    /// <summary>Whether a mark condemns a manifest or a pack.</summary>
    /// <param name="isNamed">A manifest: by a pointer; a pack: by a manifest that stays.</param>
    public static bool Condemns(bool isNamed, DateTimeOffset? written, DateTimeOffset marked, TimeSpan grace) =>
        !isNamed && written is { } time && marked - time >= grace;

    /// <summary>Whether a sweep deletes it: condemned, still named by nothing, and not written again since.</summary>
    public static bool Deletes(bool isCondemned, bool isNamed, DateTimeOffset? written, CondemnedList list) =>
        isCondemned && Condemns(isNamed, written, list.Marked, list.Grace);

    /// <summary>Whether a sweep's time has come.</summary>
    /// <param name="written">When the list of the condemned appeared.</param>
    public static bool IsDue(DateTimeOffset written, DateTimeOffset now, TimeSpan grace) => now - written >= grace;
}
