using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace ModelTrack.Content;

/// <summary>Copy-on-write clones, which .NET offers for whole paths only, and never says whether it made one.</summary>
internal static class FileClone
{
    private const nuint Request = 0x40049409; // FICLONE

    /// <summary>Makes <paramref name="target"/> share the blocks of <paramref name="source"/>; false where the system or the file system cannot.</summary>
    public static bool TryMake(SafeFileHandle source, SafeFileHandle target)
    {
        if (!OperatingSystem.IsLinux()) return false;

        var added = false;
        try
        {
            source.DangerousAddRef(ref added);
            return Native.Clone(target, Request, source.DangerousGetHandle()) == 0;
        }
        finally
        {
            if (added) source.DangerousRelease();
        }
    }

    [SupportedOSPlatform("linux")]
    private static class Native
    {
        [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Clone(SafeFileHandle target, nuint request, nint source);
    }
}
