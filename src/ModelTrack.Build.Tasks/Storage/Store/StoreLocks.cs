using System.Diagnostics;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Store;

/// <summary>
/// Locks across processes, held by open files in the store, so that the system releases them when a process dies. But for the
/// exclusive kind they only save work: where there is no locking, rename and content names keep every result right.
/// </summary>
public sealed class StoreLocks
{
    private static readonly TimeSpan s_sayAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(100);

    private readonly StoreLayout _layout;
    private readonly IOperationLog _log;

    internal StoreLocks(StoreLayout layout, IOperationLog log)
    {
        _layout = layout;
        _log = log;
    }

    /// <summary>
    /// Waits for the artifact at <paramref name="path"/> (its real path names the lock) and holds it until disposed. Who holds it is said
    /// once when it takes long. Where the store cannot be written, nothing is locked.
    /// </summary>
    public ValueTask<IDisposable> ArtifactAsync(string path, CancellationToken cancellationToken)
    {
        var real = RealPath.Of(path);
        return WaitAsync(_layout.ArtifactLock(real), LockKind.Exclusive, real, cancellationToken);
    }

    /// <summary>
    /// Holds the whole store alone, for garbage collection; waits for running operations.
    /// Dispose the <see cref="LocalStore"/>s of this process first: each holds the shared kind.
    /// </summary>
    /// <exception cref="ModelTrackException">The store's file system has no locks, so that nobody can be alone in it.</exception>
    internal static async ValueTask<IDisposable> StoreAloneAsync(string root, IOperationLog log, CancellationToken cancellationToken)
    {
        var locks = new StoreLocks(new StoreLayout(root), log);
        var held = await locks.WaitAsync(locks._layout.StoreLock, LockKind.Exclusive, root, cancellationToken).ConfigureAwait(false);
        using var second = LockFile.TryTake(locks._layout.StoreLock, LockKind.Exclusive);
        if (second is null) return held;

        held.Dispose();
        throw StorageErrors.NotAlone(root, "its file system does not lock files");
    }

    /// <summary>The shared lock that every open store holds; null when the store is being cleaned up.</summary>
    internal LockFile? TryShareStore() => LockFile.TryTake(_layout.StoreLock, LockKind.Shared);

    internal ValueTask<IDisposable> ShareStoreAsync(CancellationToken cancellationToken) =>
        WaitAsync(_layout.StoreLock, LockKind.Shared, _layout.Root, cancellationToken);

    /// <summary>For whoever merges the index; null when somebody else does.</summary>
    internal LockFile? TryIndex() => LockFile.TryTake(_layout.IndexLock, LockKind.Exclusive);

    private async ValueTask<IDisposable> WaitAsync(string file, LockKind kind, string subject, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(1);
        var isSaid = false;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (LockFile.TryTake(file, kind) is { } held) return held;

            if (!isSaid && Stopwatch.GetElapsedTime(started) > s_sayAfter)
            {
                isSaid = true;
                _log.Report($"Waiting for {subject}: {LockFile.Holder(file)} is working on it.");
            }

            // Jitter, so that many who wait do not all try at the same instants.
            await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
        }
    }
}
