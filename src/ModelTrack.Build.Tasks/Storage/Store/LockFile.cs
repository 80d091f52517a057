using System.Diagnostics;
using System.Globalization;
using ModelTrack.Content;

namespace ModelTrack.Storage.Store;

internal enum LockKind
{
    Shared,
    Exclusive,
}

/// <summary>A lock: an open file that others cannot open (`flock` on Unix, sharing modes on Windows). The file itself stays.</summary>
internal sealed class LockFile : IDisposable
{
    private readonly FileStream? _file;

    private LockFile(FileStream? file) => _file = file;

    /// <summary>Null when another holds it. Where no lock file can be had, the lock is one in name only.</summary>
    public static LockFile? TryTake(string path, LockKind kind)
    {
        try
        {
            return new LockFile(StoreIo.InFolder(path, path => Open(path, kind)));
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            return StoreIo.IsHeld(e) ? null : new LockFile(null);
        }
    }

    /// <summary>Who holds the lock, as well as the system tells.</summary>
    public static string Holder(string path)
    {
        try
        {
            if (OperatingSystem.IsLinux() && FileStat.TryGet(path, out var stat) && HolderOf(stat.Inode) is { } pid)
            {
                using var process = Process.GetProcessById(pid);
                return $"process {pid} ({process.ProcessName})";
            }
        }
        catch (Exception e) when (StoreIo.IsFailure(e) || e is ArgumentException or InvalidOperationException)
        {
        }

        return "another process";
    }

    public void Dispose() => _file?.Dispose();

    private static FileStream Open(string path, LockKind kind)
    {
        if (kind == LockKind.Exclusive) return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

        try
        {
            // Reading is enough to share a lock, and all that a store which cannot be written gives.
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (FileNotFoundException)
        {
            using (File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            {
            }

            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
    }

    // A line is `1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`: 1234 is the process, 5678 the inode.
    private static int? HolderOf(ulong inode)
    {
        var end = string.Create(CultureInfo.InvariantCulture, $":{inode}");
        foreach (var line in File.ReadLines("/proc/locks"))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 5 && words[5].EndsWith(end, StringComparison.Ordinal)
                && int.TryParse(words[4], NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0)
            {
                return pid;
            }
        }

        return null;
    }
}
