using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ModelTrack.Content;

public enum FileKind : byte
{
    File,
    Directory,

    /// <summary>A symbolic link, or a junction.</summary>
    Link,

    /// <summary>A socket, a pipe, a device.</summary>
    Other,
}

/// <summary>
/// What the file system tells about a name, without following a link. Two equal values of one path, seen at two times, mean the same
/// content as long as neither was taken within the granularity of the file's time (see Workspace.ObservedFile).
/// </summary>
/// <param name="Size">Bytes; 0 unless <paramref name="Kind"/> is a file.</param>
/// <param name="MTimeNs">Time of the last write, in nanoseconds since 1970 UTC.</param>
/// <param name="CTimeNs">Time of the last change of the inode; 0 where the system has none.</param>
/// <param name="Inode">0 where the system has none.</param>
/// <param name="Executable">Whether the owner may execute the file; false where the system has no such bit.</param>
public readonly record struct FileStat(long Size, long MTimeNs, long CTimeNs, ulong Inode, bool Executable, FileKind Kind)
{
    // Written out, since the generated ones go through comparers that the JIT has to compile in every build.
    public bool Equals(FileStat other) =>
        Size == other.Size && MTimeNs == other.MTimeNs && CTimeNs == other.CTimeNs && Inode == other.Inode && Executable == other.Executable && Kind == other.Kind;

    public override int GetHashCode() => HashCode.Combine(Size, MTimeNs, Inode);

    /// <summary>Whether files have an executable bit here. Where they don't, it comes from a listing or a pointer.</summary>
    public static bool HasExecutableBit { get; } = !OperatingSystem.IsWindows();

    /// <summary>False when nothing has that name. What is there but can't be asked throws.</summary>
    /// <exception cref="IOException">The way to the name cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The way to the name is not permitted.</exception>
    public static bool TryGet(string path, out FileStat stat) =>
        OperatingSystem.IsLinux() && Linux.TryGet(path, out stat, out _, out var found) ? found : Portable.TryGet(path, out stat);

    /// <summary>As the other, with what a sharing of inodes has to know; <paramref name="details"/> is null where the system does not tell.</summary>
    public static bool TryGet(string path, out FileStat stat, out FileStatDetails? details)
    {
        if (OperatingSystem.IsLinux() && Linux.TryGet(path, out stat, out var known, out var found))
        {
            details = found ? known : null;
            return found;
        }

        details = null;
        return Portable.TryGet(path, out stat);
    }

    /// <summary>Of the open file; equal to what its path gives as long as the path names the same file.</summary>
    public static FileStat Of(SafeFileHandle handle) =>
        OperatingSystem.IsLinux() && Linux.TryGet(handle, out var stat) ? stat : Portable.Of(handle);

    private const long NanosecondsPerTick = 100;

    private static long ToNs(DateTime utc) => (utc.Ticks - DateTime.UnixEpoch.Ticks) * NanosecondsPerTick;

    private static class Portable
    {
        public static bool TryGet(string path, out FileStat stat)
        {
            var info = new FileInfo(path);
            FileAttributes attributes;
            try
            {
                attributes = File.GetAttributes(path);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                stat = default;
                return false;
            }

            // Cloud placeholders are reparse points too, but no links.
            var kind = (attributes & FileAttributes.ReparsePoint) != 0 && info.LinkTarget is not null ? FileKind.Link
                : (attributes & FileAttributes.Directory) != 0 ? FileKind.Directory
                : (attributes & FileAttributes.Device) != 0 ? FileKind.Other
                : FileKind.File;
            var size = 0L;
            if (kind == FileKind.File)
            {
                if (!info.Exists)
                {
                    stat = default;
                    return false;
                }

                size = info.Length;
            }

            var executable = kind == FileKind.File && !OperatingSystem.IsWindows() && (info.UnixFileMode & UnixFileMode.UserExecute) != 0;
            stat = new FileStat(size, ToNs(info.LastWriteTimeUtc), 0, 0, executable, kind);
            return true;
        }

        public static FileStat Of(SafeFileHandle handle)
        {
            var executable = !OperatingSystem.IsWindows() && (File.GetUnixFileMode(handle) & UnixFileMode.UserExecute) != 0;
            return new FileStat(RandomAccess.GetLength(handle), ToNs(File.GetLastWriteTimeUtc(handle)), 0, 0, executable, FileKind.File);
        }
    }

    [SupportedOSPlatform("linux")]
    private static unsafe class Linux
    {
        private const int AtFdCwd = -100;
        private const int AtSymlinkNoFollow = 0x100;
        private const int AtEmptyPath = 0x1000;
        private const uint BasicStats = 0x7ff;
        private const int ENOENT = 2, EINTR = 4, EACCES = 13, ENOTDIR = 20, ENOSYS = 38;
        private const int StackPath = 512;

        // Set once when the C library or the kernel lacks statx; every later call goes the portable way.
        private static volatile bool s_absent;

        /// <returns>False when statx is not to be had at all.</returns>
        public static bool TryGet(string path, out FileStat stat, out FileStatDetails details, out bool found)
        {
            stat = default;
            details = default;
            found = false;
            if (s_absent) return false;

            if (path.Contains('\0')) return true;

            var needed = Encoding.UTF8.GetMaxByteCount(path.Length) + 1;
            byte[]? rented = null;
            var buffer = needed <= StackPath ? stackalloc byte[StackPath] : rented = ArrayPool<byte>.Shared.Rent(needed);
            try
            {
                buffer[Encoding.UTF8.GetBytes(path, buffer)] = 0;
                fixed (byte* name = buffer)
                {
                    StatX value;
                    var error = Call(AtFdCwd, name, AtSymlinkNoFollow, &value);
                    switch (error)
                    {
                        case 0:
                            value.Tell(out stat, out details);
                            found = true;
                            return true;
                        case ENOENT or ENOTDIR:
                            return true;
                        case ENOSYS:
                            s_absent = true;
                            return false;
                        default:
                            throw Failure(error, path);
                    }
                }
            }
            finally
            {
                if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
            }
        }

        public static bool TryGet(SafeFileHandle handle, out FileStat stat)
        {
            stat = default;
            if (s_absent) return false;

            var added = false;
            try
            {
                handle.DangerousAddRef(ref added);
                StatX value;
                byte empty = 0;
                var error = Call((int)handle.DangerousGetHandle(), &empty, AtEmptyPath, &value);
                if (error == ENOSYS)
                {
                    s_absent = true;
                    return false;
                }

                if (error != 0) throw Failure(error, "open file");
                value.Tell(out stat, out _);
                return true;
            }
            finally
            {
                if (added) handle.DangerousRelease();
            }
        }

        private static int Call(int directory, byte* path, int flags, StatX* value)
        {
            try
            {
                int error;
                do
                {
                    error = Native(directory, path, flags, BasicStats, value) == 0 ? 0 : Marshal.GetLastPInvokeError();
                }
                while (error == EINTR);
                return error;
            }
            catch (EntryPointNotFoundException)
            {
                return ENOSYS;
            }
        }

        private static Exception Failure(int error, string path)
        {
            var message = $"{Marshal.GetPInvokeErrorMessage(error)}: '{path}'";
            return error == EACCES ? new UnauthorizedAccessException(message) : new IOException(message, error);
        }

        [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int Native(int directory, byte* path, int flags, uint mask, StatX* value);
    }

    /// <summary>The kernel's `struct statx`: one layout on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct StatX
    {
        [FieldOffset(16)] private readonly uint _links;
        [FieldOffset(20)] private readonly uint _user;
        [FieldOffset(28)] private readonly ushort _mode;
        [FieldOffset(32)] private readonly ulong _inode;
        [FieldOffset(40)] private readonly long _size;
        [FieldOffset(96)] private readonly long _ctimeSeconds;
        [FieldOffset(104)] private readonly uint _ctimeNanoseconds;
        [FieldOffset(112)] private readonly long _mtimeSeconds;
        [FieldOffset(120)] private readonly uint _mtimeNanoseconds;
        [FieldOffset(136)] private readonly uint _deviceMajor;
        [FieldOffset(140)] private readonly uint _deviceMinor;

        public readonly void Tell(out FileStat stat, out FileStatDetails details)
        {
            stat = ToStat();
            details = new FileStatDetails(((ulong)_deviceMajor << 32) | _deviceMinor, _user, _links);
        }

        public readonly FileStat ToStat()
        {
            var kind = (_mode & 0xF000) switch
            {
                0x8000 => FileKind.File,
                0x4000 => FileKind.Directory,
                0xA000 => FileKind.Link,
                _ => FileKind.Other,
            };
            var isFile = kind == FileKind.File;
            return new FileStat(
                isFile ? _size : 0,
                unchecked((_mtimeSeconds * 1_000_000_000) + _mtimeNanoseconds),
                unchecked((_ctimeSeconds * 1_000_000_000) + _ctimeNanoseconds),
                _inode,
                isFile && (_mode & 0x40) != 0,
                kind);
        }
    }
}

/// <summary>Who owns a file and who shares it.</summary>
/// <param name="Device">The volume: two files can only be linked, or cloned, within one.</param>
/// <param name="User">The owner's number.</param>
/// <param name="Links">How many names the file has.</param>
public readonly record struct FileStatDetails(ulong Device, uint User, uint Links);
