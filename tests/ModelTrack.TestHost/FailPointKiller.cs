using System.Diagnostics;
using System.Globalization;
using ModelTrack.Diagnostics;

namespace ModelTrack.TestHost;

/// <summary>
/// Writes the fail points that are hit to the file that MODELTRACK_FAILPOINT_LOG names, and at hit number MODELTRACK_FAILPOINT (from 1) ends this
/// process by SIGKILL: no handler, no finally, no flush of its own runs after that.
/// </summary>
internal static class FailPointKiller
{
    private static readonly Lock s_lock = new();
    private static int s_hits;

    public static void Install()
    {
        var killAt = Environment.GetEnvironmentVariable("MODELTRACK_FAILPOINT") is { Length: > 0 } number ? int.Parse(number, CultureInfo.InvariantCulture) : 0;
        var logFile = Environment.GetEnvironmentVariable("MODELTRACK_FAILPOINT_LOG");
        if (killAt == 0 && logFile is null) return;
        FailPoint.Handler = name =>
        {
            lock (s_lock)
            {
                if (logFile is not null) File.AppendAllText(logFile, name + "\n");
                if (++s_hits != killAt) return;
                using var self = Process.GetCurrentProcess();
                self.Kill();
                Thread.Sleep(Timeout.Infinite);
            }
        };
    }
}
