using System.Diagnostics;

namespace ModelTrack.FaultTests.Support;

/// <summary>Small commands of the system.</summary>
internal static class Shell
{
    public static bool IsRoot => !OperatingSystem.IsWindows() && Environment.UserName == "root";

    /// <returns>Whether it ended well; its errors otherwise.</returns>
    public static (bool Succeeded, string Error) Try(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode == 0, error + output.Result);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (false, e.Message);
        }
    }

    public static void Run(string command, params string[] arguments)
    {
        var (succeeded, error) = Try(command, arguments);
        Assert.IsTrue(succeeded, $"{command} {string.Join(' ', arguments)}: {error}");
    }
}

/// <summary>A disk of a few hundred kilobytes, in memory.</summary>
internal sealed class TinyDisk : IDisposable
{
    private TinyDisk(string path) => Path = path;

    public string Path { get; }

    /// <summary>Mounts one at the path, or ends the test as skipped where only root may mount.</summary>
    public static TinyDisk Mount(string path, int kilobytes)
    {
        Directory.CreateDirectory(path);
        var (succeeded, error) = OperatingSystem.IsLinux() && Shell.IsRoot
            ? Shell.Try("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", path)
            : (false, "it takes root on Linux");
        if (!succeeded) Assert.Inconclusive($"No small disk can be mounted here: {error}");
        return new TinyDisk(path);
    }

    // Where a store, which takes no foreign folder for one, has things of any name.
    private string Filler => System.IO.Path.Combine(Path, "damaged", "filler");

    /// <summary>Leaves that much room.</summary>
    public void FillUpTo(int kilobytesLeft)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Filler)!);
        var free = new DriveInfo(Path).AvailableFreeSpace - (kilobytesLeft * 1024L);
        if (free > 0) File.WriteAllBytes(Filler, new byte[free]);
    }

    public void MakeRoom() => File.Delete(Filler);

    public void Dispose() => Shell.Try("umount", "-l", Path);
}
