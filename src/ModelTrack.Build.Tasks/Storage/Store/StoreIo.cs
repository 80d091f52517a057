using Microsoft.Win32.SafeHandles;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Store;

/// <summary>The file system's failures as coded errors.</summary>
internal static class StoreIo
{
    private const int PlainIoError = unchecked((int)0x80131620);
    private const int ErrnoNoSpace = 28;
    private const int ErrnoReadOnly = 30;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsWriteProtect = unchecked((int)0x80070013);

    /// <summary>Whether the file system refused, as opposed to a bug.</summary>
    public static bool IsFailure(Exception e) => e is IOException or UnauthorizedAccessException;

    public static bool IsDiskFull(Exception e) => OperatingSystem.IsWindows()
        ? e.HResult is WindowsDiskFull or WindowsHandleDiskFull
        // ENOSPC, EFBIG (what preallocating says of an impossible size), EDQUOT on Linux and on macOS.
        : e is IOException && (e.HResult is ErrnoNoSpace or 27 || e.HResult == (OperatingSystem.IsMacOS() ? 69 : 122));

    /// <summary>Whether nothing can be written there, however often it is tried.</summary>
    public static bool IsReadOnly(Exception e) =>
        e is UnauthorizedAccessException || e.HResult == (OperatingSystem.IsWindows() ? WindowsWriteProtect : ErrnoReadOnly);

    public static bool IsAbsent(Exception e) => e is FileNotFoundException or DirectoryNotFoundException;

    /// <summary>Whether another open file is in the way: a lock.</summary>
    public static bool IsHeld(Exception e) => e is IOException && (OperatingSystem.IsWindows()
        ? (e.HResult & 0xFFFF) is 32 or 33
        : e.HResult == (OperatingSystem.IsMacOS() ? 35 : 11));

    /// <summary>The coded error for a failure at a path of the store.</summary>
    public static ModelTrackException Coded(Exception e, string path) =>
        IsDiskFull(e) ? StorageErrors.DiskFull(e, path)
        : IsReadOnly(e) ? StorageErrors.StoreNotWritable(e, path)
        : StorageErrors.StoreFailed(e, path);

    /// <summary>
    /// Does what waits for a disk on a thread of its own. On one of the few that all work shares it would hold up everything else,
    /// even the news of a Ctrl-C. Cancelled, it is left to itself.
    /// </summary>
    public static Task BlockAsync(Action action, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(action, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).WaitAsync(cancellationToken);

    /// <summary>Opens a new file of which all space is had at once; a full disk says so here.</summary>
    public static FileStream CreateNew(string path, FileStreamOptions options) => Preallocated(options.PreallocationSize, () => new FileStream(path, options));

    /// <inheritdoc cref="CreateNew(string, FileStreamOptions)"/>
    public static SafeFileHandle CreateNew(string path, FileOptions options, long size) =>
        Preallocated(size, () => File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, options, size));

    private static T Preallocated<T>(long size, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (IOException e) when (e.GetType() == typeof(IOException) && e.HResult == PlainIoError && size > 0)
        {
            // The one failure of opening that .NET reports without the system's number.
            throw new IOException(e.Message, OperatingSystem.IsWindows() ? WindowsDiskFull : ErrnoNoSpace);
        }
    }

    /// <summary>
    /// Runs <paramref name="open"/>, making the path's folder when that is what is missing. .NET calls the missing thing a file when another
    /// process makes the folder between the failure and .NET's look at what failed, so both are taken for a missing folder, once.
    /// </summary>
    public static T InFolder<T>(string path, Func<string, T> open)
    {
        try
        {
            return open(path);
        }
        catch (Exception e) when (IsAbsent(e))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return open(path);
        }
    }

    /// <summary>Renames over whatever stands there, making the target's folder when that is what is missing.</summary>
    public static void Rename(string from, string to) => InFolder(to, to =>
    {
        File.Move(from, to, overwrite: true);
        return 0;
    });

    /// <summary>Removes a file that nobody needs any more; one that cannot be removed stays for a later run.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (IsFailure(e))
        {
        }
    }
}
