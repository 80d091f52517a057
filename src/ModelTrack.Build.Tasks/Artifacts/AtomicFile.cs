using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;

namespace ModelTrack.Artifacts;

/// <summary>Replaces a small file whole or not at all.</summary>
internal static class AtomicFile
{
    private const int Attempts = 10;
    private const int MostVanished = 100;

    /// <param name="point">The fail points' prefix, such as `pointer.write`.</param>
    /// <param name="flush">Whether the file has to outlast a power failure from here on.</param>
    public static void Write(string path, ReadOnlySpan<byte> content, string point, bool flush = false)
    {
        var folder = Path.GetDirectoryName(path) ?? throw new ArgumentException("A file is needed.", nameof(path));
        var work = WorkContainer.PathIn(folder);
        var temp = Path.Combine(work, TempNames.New() + WorkContainer.TempSuffix);
        try
        {
            using (var file = Create(work, temp, path))
            {
                file.Write(content);
                if (flush) file.Flush(flushToDisk: true);
            }

            FailPoint.Hit(point + ".written");
            Replace(temp, path);
            if (flush) LinuxFiles.FlushDirectory(folder);
            FailPoint.Hit(point + ".renamed");
        }
        catch
        {
            Ignore(() => File.Delete(temp));
            throw;
        }
        finally
        {
            WorkContainer.Leave(work);
        }
    }

    private static FileStream Create(string work, string temp, string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows() && File.Exists(path)) options.UnixCreateMode = File.GetUnixFileMode(path);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                WorkContainer.Enter(work);
                return new FileStream(temp, options);
            }
            catch (IOException) when (attempt < MostVanished)
            {
                // Another process found the folder empty just now and removed it: whatever this one did meanwhile failed in its own way.
            }
        }
    }

    private static void Replace(string temp, string path)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                File.Move(temp, path, overwrite: true);
                return;
            }
            catch (Exception e) when (e is (IOException or UnauthorizedAccessException) && OperatingSystem.IsWindows() && attempt < Attempts)
            {
                // An indexer or a virus scanner has it open for a moment.
                Thread.Sleep(10 * attempt);
            }
        }
    }

    private static void Ignore(Action clean)
    {
        try
        {
            clean();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A leftover harms nothing.
        }
    }
}
