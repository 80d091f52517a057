using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>
/// The system calls by which a walk over 20,000 names, or the placing of as many files, costs what the kernel takes and no more: names relative to
/// an open folder, so that no path is resolved twice and no link is followed. Every call returns 0 or more, or a negative error number.
/// </summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class LinuxFiles
{
    public const int ENOENT = 2, EINTR = 4, EACCES = 13, EEXIST = 17, EXDEV = 18, ENOTDIR = 20, EISDIR = 21, EINVAL = 22, ENOTTY = 25, ENOSPC = 28,
        EROFS = 30, EPERM = 1, EMLINK = 31, ENOSYS = 38, ENOTEMPTY = 39, ELOOP = 40, EOPNOTSUPP = 95, EDQUOT = 122;

    public const int AtFdCwd = -100, AtRemoveDir = 0x200;

    public const byte TypeUnknown = 0, TypeDirectory = 4, TypeFile = 8, TypeLink = 10;

    private const int AtSymlinkNoFollow = 0x100, AtEmptyPath = 0x1000, KeepSize = 1;
    private const int ReadOnly = 0, WriteOnly = 1, Create = 0x40, Exclusive = 0x80, CloseOnExec = 0x80000;

    // O_DIRECTORY and O_NOFOLLOW have other values on arm.
    private static readonly int s_directory = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x4000 : 0x10000;
    private static readonly int s_noFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    private const uint BasicStats = 0x7ff;

    /// <summary>
    /// Whether all of this is to be had: a 64-bit Linux of the usual processors with a C library that has the calls. Elsewhere the portable ways serve;
    /// tests switch to them.
    /// </summary>
    public static bool IsAvailable { get; internal set; } = OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64 && Probe();

    /// <summary>An open folder, never reached through a link in its last part.</summary>
    public static int OpenFolder(int parent, byte* name) => Call(Native.openat(parent, name, ReadOnly | s_directory | s_noFollow | CloseOnExec, 0));

    public static int CreateFile(int folder, byte* name, uint mode) => Call(Native.openat(folder, name, WriteOnly | Create | Exclusive | s_noFollow | CloseOnExec, mode));

    public static int Close(int handle) => Call(Native.close(handle));

    public static int Stat(int handle, FileStat.StatX* stat)
    {
        byte empty = 0;
        return Call(Native.statx(handle, &empty, AtEmptyPath, BasicStats, stat));
    }

    /// <summary>Takes the room for a file, where the file system can; its size stays as it is.</summary>
    public static int Reserve(int handle, long length) => Call(Native.fallocate(handle, KeepSize, 0, length));

    public static int Stat(int folder, byte* name, FileStat.StatX* stat)
    {
        int result;
        do result = Call(Native.statx(folder, name, AtSymlinkNoFollow, BasicStats, stat));
        while (result == -EINTR);
        return result;
    }

    /// <summary>Fills the buffer with records of names; 0 at the end.</summary>
    public static int ReadNames(int folder, byte* buffer, int length) => (int)CallLong(Native.getdents64(folder, buffer, (nuint)length));

    public static int MakeFolder(int parent, byte* name, uint mode = 0x1FF) => Call(Native.mkdirat(parent, name, mode));

    public static int Unlink(int folder, byte* name, int flags) => Call(Native.unlinkat(folder, name, flags));

    public static int Rename(int from, byte* name, int to, byte* newName) => Call(Native.renameat(from, name, to, newName));

    public static int Write(int handle, byte* bytes, int count)
    {
        while (count > 0)
        {
            var written = CallLong(Native.write(handle, bytes, (nuint)count));
            if (written == -EINTR) continue;
            if (written < 0) return (int)written;
            bytes += written;
            count -= (int)written;
        }

        return 0;
    }

    public static int SetTime(int handle, long mtimeNs)
    {
        var times = stackalloc long[4];
        times[0] = times[2] = Math.DivRem(mtimeNs, 1_000_000_000, out var rest);
        times[1] = times[3] = rest;
        return Call(Native.futimens(handle, times));
    }

    /// <summary>A second name for a file; the old name is not followed when it is a link.</summary>
    public static int Link(string existing, string name)
    {
        fixed (byte* from = Name(existing), to = Name(name)) return Call(Native.linkat(AtFdCwd, from, AtFdCwd, to, 0));
    }

    /// <summary>The bytes of a name, with the zero that ends it.</summary>
    public static byte[] Name(string name)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(name) + 1];
        Encoding.UTF8.GetBytes(name, bytes);
        return bytes;
    }

    /// <summary>What .NET would have thrown.</summary>
    public static Exception Failure(int negativeError, string path)
    {
        var error = -negativeError;
        var message = $"{Marshal.GetPInvokeErrorMessage(error)}: '{path}'";
        return error switch
        {
            EACCES or EPERM => new UnauthorizedAccessException(message),
            ENOENT => new FileNotFoundException(message, path),
            _ => new IOException(message, error),
        };
    }

    private static int Call(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    private static long CallLong(nint result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    private static bool Probe()
    {
        try
        {
            FileStat.StatX stat;
            fixed (byte* root = "/"u8) return Stat(AtFdCwd, root, &stat) == 0 && Native.getdents64(-1, (byte*)&stat, 0) < 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static class Native
    {
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        [DllImport("libc", SetLastError = true)]
        public static extern int openat(int folder, byte* name, int flags, uint mode);

        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        [DllImport("libc", SetLastError = true)]
        public static extern int close(int handle);

        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        [DllImport("libc", SetLastError = true)]
        public static extern int statx(int folder, byte* name, int flags, uint mask, FileStat.StatX* stat);

        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        [DllImport("libc", SetLastError = true)]
        public static extern nint getdents64(int folder, byte* buffer, nuint length);

        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        [DllImport("libc", SetLastError = true)]
        public static extern int mkdirat(int folder, byte* name, uint mode);

        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        [DllImport("libc", SetLastError = true)]
        public static extern int unlinkat(int folder, byte* name, int flags);

        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        [DllImport("libc", SetLastError = true)]
        public static extern int renameat(int from, byte* name, int to, byte* newName);

        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        [DllImport("libc", SetLastError = true)]
        public static extern int linkat(int from, byte* name, int to, byte* newName, int flags);

        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        [DllImport("libc", SetLastError = true)]
        public static extern nint write(int handle, byte* bytes, nuint count);

        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        [DllImport("libc", SetLastError = true)]
        public static extern int futimens(int handle, long* times);

        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        [DllImport("libc", SetLastError = true)]
        public static extern int fallocate(int handle, int mode, long offset, long length);
    }
}
