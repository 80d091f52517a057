using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using ModelTrack.Content;

namespace ModelTrack.Storage.Store;

/// <summary>Names for files that are being written: `HOST-PID-RANDOM`, so that a later run can tell what a dead process left.</summary>
internal static class TempNames
{
    private static readonly TimeSpan s_foreignAge = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_clockMargin = TimeSpan.FromSeconds(5);
    private static readonly string s_host = Host();

    public static string New() =>
        string.Create(CultureInfo.InvariantCulture, $"{s_host}-{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}");

    /// <summary>Whether nobody writes the file any more: its process is dead, or it is of another machine and a day old.</summary>
    /// <param name="name">The part of the file's name that <see cref="New"/> made.</param>
    public static bool IsLeftover(string path, ReadOnlySpan<char> name)
    {
        if (!FileStat.TryGet(path, out var stat)) return false;

        var isOurs = TryParse(name, out var host, out var pid) && host.SequenceEqual(s_host);
        var written = DateTime.UnixEpoch.AddTicks(stat.MTimeNs / 100);
        if (isOurs ? MayBeWriter(pid, written) : DateTime.UtcNow - written < s_foreignAge) return false;

        // Two containers may share a host's name and a store, each with its own numbers of processes: their locks still tell.
        return IsUnlocked(path);
    }

    /// <summary>Removes what dead processes left among the files of a folder that match; what cannot be removed only costs room.</summary>
    /// <param name="pattern">Of the files' names, which hold the part that <see cref="New"/> made between <paramref name="prefix"/> and <paramref name="suffix"/> characters.</param>
    public static void RemoveLeftovers(string folder, string pattern, int prefix, int suffix = 0)
    {
        try
        {
            foreach (var path in Directory.EnumerateFiles(folder, pattern))
            {
                var name = Path.GetFileName(path.AsSpan());
                if (name.Length > prefix + suffix && IsLeftover(path, name[prefix..^suffix])) StoreIo.TryDelete(path);
            }
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            // The next run looks again.
        }
    }

    private static bool TryParse(ReadOnlySpan<char> name, out ReadOnlySpan<char> host, out int pid)
    {
        host = default;
        pid = 0;
        var random = name.LastIndexOf('-');
        if (random < 0) return false;

        var number = name[..random].LastIndexOf('-');
        if (number < 0 || !int.TryParse(name[(number + 1)..random], NumberStyles.None, CultureInfo.InvariantCulture, out pid)) return false;

        host = name[..number];
        return true;
    }

    /// <summary>Whether that process lives, and did so when the file was last written: its number may have gone to another since.</summary>
    private static bool MayBeWriter(int pid, DateTime written)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.StartTime.ToUniversalTime() - s_clockMargin <= written;
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or NotSupportedException)
        {
            return true;
        }
    }

    private static bool IsUnlocked(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.None);
            return true;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            return false;
        }
    }

    private static string Host()
    {
        var name = string.Concat(Environment.MachineName.ToLowerInvariant().Where(char.IsAsciiLetterOrDigit).Take(32));
        return name.Length == 0 ? "host" : name;
    }
}
