using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ModelTrack.Storage.Store;

/// <summary>What Linux offers beyond .NET. Each method says false, or nothing, where it is not to be had.</summary>
internal static class LinuxFiles
{
    /// <summary>Makes the names in a directory durable. Windows does so with the file itself, and has no such call.</summary>
    /// <exception cref="IOException">The directory could not be flushed.</exception>
    public static void FlushDirectory(string path)
    {
        if (!OperatingSystem.IsLinux()) return;

        var handle = Native.Open(Encoding.UTF8.GetBytes(path + '\0'), Native.ReadOnlyDirectory);
        if (handle < 0) throw Failure(path);
        try
        {
            int result;
            do
            {
                result = Native.Flush(handle);
            }
            while (result != 0 && Marshal.GetLastPInvokeError() == Native.EINTR);

            // Some network file systems have no fsync on a directory; their server keeps names by itself.
            if (result != 0 && Marshal.GetLastPInvokeError() is not (Native.EINVAL or Native.ENOTSUP)) throw Failure(path);
        }
        finally
        {
            _ = Native.Close(handle);
        }
    }

    /// <summary>Starts writing the file's pages to the disk without waiting, so that a later flush finds less to do.</summary>
    public static void StartWriting(SafeFileHandle file)
    {
        // A hint: where it fails, the flush does all.
        if (OperatingSystem.IsLinux()) _ = Native.SyncRange(file, 0, 0, Native.SyncWrite);
    }

    /// <summary>The number of the user that this process acts as; null where users have none.</summary>
    public static uint? User { get; } = OperatingSystem.IsLinux() ? Native.User() : null;

    /// <summary>Differs after each start of the system; zero where the system does not tell.</summary>
    public static Guid Boot { get; } = ReadBoot();

    private static Guid ReadBoot()
    {
        try
        {
            return OperatingSystem.IsLinux() && Guid.TryParse(File.ReadAllText("/proc/sys/kernel/random/boot_id").AsSpan().Trim(), out var boot) ? boot : Guid.Empty;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Guid.Empty;
        }
    }

    private static IOException Failure(string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{Marshal.GetPInvokeErrorMessage(error)}: '{path}'", error);
    }

    [SupportedOSPlatform("linux")]
    private static class Native
    {
        public const int EINTR = 4, EINVAL = 22, ENOTSUP = 95;
        public const uint SyncWrite = 2;

        // O_CLOEXEC is one value on all of Linux; O_DIRECTORY is not, and isn't needed: what is named here is a directory.
        public const int ReadOnlyDirectory = 0x80000;

        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Open(byte[] path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Flush(int file);

        [DllImport("libc", EntryPoint = "close", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Close(int file);

        [DllImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int SyncRange(SafeFileHandle file, long offset, long count, uint flags);

        [DllImport("libc", EntryPoint = "geteuid")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern uint User();
    }
}
