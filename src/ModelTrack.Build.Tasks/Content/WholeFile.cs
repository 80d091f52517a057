using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace ModelTrack.Content;

/// <summary>Small files that are never seen empty.</summary>
internal static partial class WholeFile
{
    /// <summary>Makes the file with its content, both at once where the system can; one that is there already stays. Elsewhere a kill can leave it empty.</summary>
    /// <exception cref="IOException">The folder is not there, or cannot be written to.</exception>
    public static void Create(string path, ReadOnlySpan<byte> content)
    {
        if (OperatingSystem.IsLinux() && Linux.TryCreate(path, content)) return;
        if (new FileInfo(path) is not { Exists: true, Length: > 0 }) File.WriteAllBytes(path, content);
    }

    /// <summary>A file without a name gets its content and then its name (open(2), O_TMPFILE).</summary>
    [SupportedOSPlatform("linux")]
    private static partial class Linux
    {
        private const int WriteOnly = 1, CloseOnExec = 0x80000, CurrentFolder = -100, FollowLink = 0x400, AlreadyThere = 17;

        // O_TMPFILE holds O_DIRECTORY, whose bit differs between architectures; 0 where it is not known.
        private static readonly int s_nameless = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 0x410000,
            Architecture.Arm64 => 0x404000,
            _ => 0,
        };

        /// <summary>False where the file system, or the system, has no nameless files.</summary>
        public static bool TryCreate(string path, ReadOnlySpan<byte> content)
        {
            if (s_nameless == 0) return false;
            var number = Open(Path.GetDirectoryName(path)!, s_nameless | WriteOnly | CloseOnExec, 0x1B6);
            if (number < 0) return false;

            using var file = new SafeFileHandle(number, ownsHandle: true);
            RandomAccess.Write(file, content, 0);
            return Link(CurrentFolder, $"/proc/self/fd/{number}", CurrentFolder, path, FollowLink) == 0 || Marshal.GetLastPInvokeError() == AlreadyThere;
        }

        [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static partial int Open(string path, int flags, int mode);

        [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static partial int Link(int fromFolder, string from, int toFolder, string to, int flags);
    }
}
