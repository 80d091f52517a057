using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>A file as it was once seen: its stat, and the hashes of its bytes.</summary>
/// <param name="ObservedAtNs">
/// When looking began, in nanoseconds since 1970 UTC: before the bytes were read, so that a change during or after the reading is later than this.
/// </param>
public readonly record struct ObservedFile(FileStat Stat, Sha256Hash Sha256, FastHash Xxh128, long ObservedAtNs)
{
    public ContentId Id => new(Sha256, Stat.Size);

    /// <summary>
    /// Whether a file with the stat <paramref name="now"/> surely has these bytes. Not when the observation is too young: a change within one tick of
    /// the file system's clock leaves the time as it was (Git calls such an entry racy), and then only a hash tells.
    /// </summary>
    public bool Vouches(in FileStat now) => FileTime.Same(Stat, now) && !FileTime.IsRacy(Stat.MTimeNs, ObservedAtNs);
}

/// <summary>How far the time stamps of files can be trusted.</summary>
internal static class FileTime
{
    private const long Second = 1_000_000_000;

    /// <summary>
    /// Longer than a tick of any clock that stamps files finely: 1 to 10 ms on Linux, 15.6 ms on Windows, and what a slow machine may add.
    /// </summary>
    public const long FineGranularityNs = 50_000_000;

    /// <summary>FAT's two seconds; also HFS+, ext3 and NFS servers that cut to whole seconds.</summary>
    public const long CoarseGranularityNs = 2 * Second;

    /// <summary>Whether both are of one unchanged file. Where files have no executable bit, the remembered one came from a listing.</summary>
    public static bool Same(in FileStat seen, in FileStat now) =>
        seen == (FileStat.HasExecutableBit ? now : now with { Executable = seen.Executable });

    public static long NowNs() => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;

    /// <summary>
    /// Whether a write after <paramref name="observedAtNs"/> could leave the time <paramref name="mtimeNs"/> in place. So it could for
    /// a time in the future too.
    /// </summary>
    public static bool IsRacy(long mtimeNs, long observedAtNs) =>
        mtimeNs > observedAtNs - (mtimeNs % Second == 0 ? CoarseGranularityNs : FineGranularityNs);
}
