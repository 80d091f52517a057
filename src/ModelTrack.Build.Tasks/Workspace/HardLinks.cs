using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ModelTrack.Workspace;

/// <summary>Second names for files, which .NET does not make.</summary>
internal static partial class HardLinks
{
    /// <summary>Makes <paramref name="name"/> another name of <paramref name="existing"/>.</summary>
    /// <returns>False when the file has as many names as its file system allows, and has to be copied.</returns>
    public static bool TryCreate(string existing, string name)
    {
        if (OperatingSystem.IsLinux() && LinuxFiles.IsAvailable)
        {
            return LinuxFiles.Link(existing, name) switch
            {
                >= 0 => true,
                -LinuxFiles.EMLINK => false,
                -LinuxFiles.EXDEV => throw WorkspaceErrors.CannotLink(null, name, $"'{existing}' is on another volume."),
                -LinuxFiles.EPERM or -LinuxFiles.EOPNOTSUPP => throw WorkspaceErrors.CannotLink(null, name, $"the file system does not allow a link to '{existing}'."),
                var error => throw LinuxFiles.Failure(error, name),
            };
        }

        if (OperatingSystem.IsWindows()) return Windows.TryCreate(existing, name);
        throw WorkspaceErrors.CannotLink(null, name, "links are not built for this system.");
    }

    [SupportedOSPlatform("windows")]
    private static partial class Windows
    {
        private const int NotSameDevice = 17, TooManyLinks = 1142;

        public static bool TryCreate(string existing, string name)
        {
            if (CreateHardLink(name, existing, 0)) return true;
            var error = Marshal.GetLastPInvokeError();
            if (error == TooManyLinks) return false;
            throw WorkspaceErrors.CannotLink(
                new Win32Exception(error), name, error == NotSameDevice ? $"'{existing}' is on another volume." : Marshal.GetPInvokeErrorMessage(error));
        }

        [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
        [return: MarshalAs(UnmanagedType.Bool)]
        private static partial bool CreateHardLink(string name, string existing, nint reserved);
    }
}
