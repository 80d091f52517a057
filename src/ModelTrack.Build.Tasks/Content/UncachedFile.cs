using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace ModelTrack.Content;

/// <summary>
/// Reads and writes of large blocks that leave nothing in the system's page cache (Linux, RWF_DONTCACHE: pages that another reader uses before they
/// are on the disk stay). For what nobody reads soon, such as a store's copy, it is several times faster than filling the cache, and the user's own files
/// keep their place there. Elsewhere they are ordinary reads and writes.
/// </summary>
internal static class UncachedFile
{
    private const int DontCache = 0x80;

    // Linux has it since 6.14; before 6.17 its faults were still being mended, and ext4 did not have it.
    private static volatile bool s_hasCalls = OperatingSystem.IsLinux()
        && Environment.OSVersion.Version >= new Version(6, 17)
        && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <returns>How many bytes were read: perhaps fewer than asked for, and 0 at the end.</returns>
    public static unsafe int Read(SafeFileHandle file, Span<byte> destination, long offset)
    {
        if (OperatingSystem.IsLinux() && s_hasCalls && !destination.IsEmpty)
        {
            fixed (byte* bytes = destination)
            {
                var count = Call(file, bytes, destination.Length, offset, write: false);
                if (count >= 0) return (int)count;
            }
        }

        return RandomAccess.Read(file, destination, offset);
    }

    public static unsafe void Write(SafeFileHandle file, ReadOnlySpan<byte> source, long offset)
    {
        if (OperatingSystem.IsLinux() && s_hasCalls)
        {
            fixed (byte* bytes = source)
            {
                // Of what was written in part, which a full disk does, the ordinary way says what is wrong.
                if (Call(file, bytes, source.Length, offset, write: true) is > 0 and var count)
                {
                    source = source[(int)count..];
                    offset += count;
                }
            }
        }

        if (!source.IsEmpty) RandomAccess.Write(file, source, offset);
    }

    /// <returns>Negative where the system, the file system or the moment does not allow it: the ordinary way then serves, or fails as .NET fails.</returns>
    [SupportedOSPlatform("linux")]
    private static unsafe nint Call(SafeFileHandle file, byte* bytes, int length, long offset, bool write)
    {
        var vector = new Vector(bytes, (nuint)length);
        try
        {
            return write ? Native.Write(file, &vector, 1, offset, DontCache) : Native.Read(file, &vector, 1, offset, DontCache);
        }
        catch (EntryPointNotFoundException)
        {
            s_hasCalls = false;
            return -1;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly unsafe struct Vector(byte* start, nuint length)
    {
        public readonly byte* Start = start;
        public readonly nuint Length = length;
    }

    [SupportedOSPlatform("linux")]
    private static unsafe class Native
    {
        [DllImport("libc", EntryPoint = "preadv2", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern nint Read(SafeFileHandle file, Vector* vectors, int count, long offset, int flags);

        [DllImport("libc", EntryPoint = "pwritev2", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern nint Write(SafeFileHandle file, Vector* vectors, int count, long offset, int flags);
    }
}
