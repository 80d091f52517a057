using ModelTrack.Diagnostics;

namespace ModelTrack.Workspace;

/// <summary>Turns what System.IO says of a write into the coded message that helps.</summary>
internal static class IoFailure
{
    private const int ENOSPC = 28, EDQUOT = 122, MacEDQUOT = 69;
    private const int SharingViolation = unchecked((int)0x80070020), LockViolation = unchecked((int)0x80070021);
    private const int WindowsDiskFull = unchecked((int)0x80070070), WindowsHandleDiskFull = unchecked((int)0x80070027);

    public static bool IsExpected(Exception e) => e is IOException or UnauthorizedAccessException;

    public static ModelTrackException OnWrite(Exception e, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return e.HResult switch
            {
                SharingViolation or LockViolation => WorkspaceErrors.HeldOpen(e, path),
                WindowsDiskFull or WindowsHandleDiskFull => WorkspaceErrors.DiskFull(e, path),
                _ => WorkspaceErrors.NotWritable(e, path),
            };
        }

        var quota = OperatingSystem.IsMacOS() ? MacEDQUOT : EDQUOT;
        return e is IOException && (e.HResult == ENOSPC || e.HResult == quota) ? WorkspaceErrors.DiskFull(e, path) : WorkspaceErrors.NotWritable(e, path);
    }
}
