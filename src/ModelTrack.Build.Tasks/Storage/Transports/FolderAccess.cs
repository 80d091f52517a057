using Microsoft.Win32.SafeHandles;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Transports;

/// <summary>How a remote's folder is touched: what somebody holds is waited for, and what goes wrong is said in the remote's terms.</summary>
internal sealed class FolderAccess(string root, TimeProvider time)
{
    private static readonly TimeSpan s_heldFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_heldFirstDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_heldMaxDelay = TimeSpan.FromMilliseconds(500);

    /// <summary>Nothing has the name: true of an object, but a missing folder is the user's to know.</summary>
    public T Absent<T>(T value) => Directory.Exists(root) ? value : throw StorageErrors.RemoteFolderMissing(root);

    public static SafeFileHandle? OpenForReading(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
        }
        catch (Exception e) when (StoreIo.IsAbsent(e))
        {
            return null;
        }
    }

    /// <summary>Runs an action of the file system; a file that somebody else holds is waited for.</summary>
    public ValueTask<T> HeldAsync<T>(string path, bool writing, Func<T> action, CancellationToken cancellationToken) =>
        HeldAsync(path, writing, () => Task.FromResult(action()), cancellationToken);

    /// <inheritdoc cref="HeldAsync{T}(string, bool, Func{T}, CancellationToken)"/>
    public async ValueTask<T> HeldAsync<T>(string path, bool writing, Func<Task<T>> action, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var delay = s_heldFirstDelay; ; delay = delay * 2 < s_heldMaxDelay ? delay * 2 : s_heldMaxDelay)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await action().ConfigureAwait(false);
            }
            catch (Exception e) when (IsHeld(e, writing) && time.GetElapsedTime(start) < s_heldFor)
            {
            }
            catch (Exception e) when (StoreIo.IsFailure(e))
            {
                throw Failure(e, path, writing);
            }

            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The coded error, or the transient one, that a failure at a path of the folder is.</summary>
    public Exception Failure(Exception e, string path, bool writing) => e switch
    {
        _ when StoreIo.IsDiskFull(e) => StorageErrors.RemoteFolderFull(e, root),
        _ when StoreIo.IsReadOnly(e) => writing
            ? StorageErrors.RemoteFolderNotWritable(e, root, path)
            : StorageErrors.RemoteFolderForbidden(e, root, path),
        _ when !Directory.Exists(root) => StorageErrors.RemoteFolderMissing(root),
        _ => new TransportException($"'{path}': {e.Message}", transient: true, e),
    };

    // Windows denies access to a name whose file is open elsewhere and about to go away.
    private static bool IsHeld(Exception e, bool writing) =>
        StoreIo.IsHeld(e) || (OperatingSystem.IsWindows() && writing && e is UnauthorizedAccessException);
}
