using System.Diagnostics;
using System.Globalization;

namespace ModelTrack.Content;

/// <summary>Which process of which machine: a number alone is used again after a while.</summary>
internal sealed record ProcessMark(string Host, int Id, long Started)
{
    private static readonly Lazy<ProcessMark> s_self = new(() => new(HostName(), Environment.ProcessId, StartOf(Environment.ProcessId) ?? 0));
    private static int s_counter;

    /// <summary>A name of this process's own, another each time.</summary>
    public static string NewName() => s_self.Value.NewName(Interlocked.Increment(ref s_counter));

    public string NewName(int number) => string.Create(CultureInfo.InvariantCulture, $"{Id}-{Started:x}-{number:x}@{Host}");

    public static ProcessMark? Parse(string name)
    {
        var at = name.IndexOf('@', StringComparison.Ordinal);
        var parts = at < 0 ? [] : name[..at].Split('-');
        return parts.Length == 3
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && long.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var started)
            ? new ProcessMark(name[(at + 1)..], id, started)
            : null;
    }

    /// <summary>Whether it is of this machine, so that <see cref="IsAlive"/> can tell.</summary>
    public bool IsOfThisHost => Host == s_self.Value.Host;

    public bool IsAlive() => StartOf(Id) == Started;

    /// <summary>The host; on Linux with the space of process numbers, which containers of one host name don't share.</summary>
    private static string HostName()
    {
        var host = string.Concat(Environment.MachineName.Where(c => char.IsAsciiLetterOrDigit(c) || c == '-').Take(40));
        if (!OperatingSystem.IsLinux()) return host;
        var space = new FileInfo("/proc/self/ns/pid").LinkTarget;
        return host + "-" + string.Concat((space ?? "").Where(char.IsAsciiDigit));
    }

    /// <summary>When a process began, in its system's own unit; null when there is none.</summary>
    private static long? StartOf(int id)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                var text = File.ReadAllText($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/stat");
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');

                // A zombie does nothing more.
                return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
            }

            using var process = Process.GetProcessById(id);
            return process.HasExited ? null : process.StartTime.ToUniversalTime().Ticks / TimeSpan.TicksPerSecond;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
