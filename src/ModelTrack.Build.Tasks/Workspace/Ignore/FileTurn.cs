using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Storage.Store;

namespace ModelTrack.Workspace.Ignore;

/// <summary>
/// One process, one thread at a time changes a small file that several artifacts share. It holds by the creation of a file, which works where no
/// locks do; the file names its process, so that nobody waits for a dead one, nor for an unknown one longer than a change can take.
/// </summary>
internal sealed class FileTurn : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    /// <summary>How often it may be gone again when its creation has failed; more often, something else is wrong.</summary>
    private const int MostGone = 200;

    /// <summary>How often a leftover is tried to be removed: three seconds in all.</summary>
    private const int MostStuck = 200;

    private readonly string _folder;
    private readonly string _path;

    private FileTurn(string folder, string path)
    {
        _folder = folder;
        _path = path;
    }

    /// <param name="path">The file to change.</param>
    public static FileTurn Take(string path)
    {
        var (folder, turn) = PathsOf(path);
        var (gone, stuck) = (0, 0);
        for (var wait = 1; ; wait = Math.Min(wait * 2, 16))
        {
            try
            {
                WorkContainer.Enter(folder);
                using var file = new FileStream(turn, FileMode.CreateNew, FileAccess.Write, FileShare.None);
                file.Write(Encoding.ASCII.GetBytes(TempNames.New()));
                return new FileTurn(folder, turn);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException && (File.Exists(turn) || gone++ < MostGone))
            {
                // What is gone has a time of 1601: the turn was given back, or somebody found the folder empty and removed it.
                if (File.GetLastWriteTimeUtc(turn).Year <= 1601) continue;
                if (IsLeftover(turn))
                {
                    if (TryDelete(turn)) continue;
                    if (++stuck > MostStuck) throw;
                }

                Thread.Sleep(wait);
            }
        }
    }

    /// <summary>Removes what somebody left who died in his turn, when there is nothing to change and so no turn to take.</summary>
    public static void Sweep(string path)
    {
        var (folder, turn) = PathsOf(path);
        if (File.Exists(turn) && IsLeftover(turn)) new FileTurn(folder, turn).Dispose();
        else WorkContainer.Leave(folder);
    }

    public void Dispose()
    {
        TryDelete(_path);
        WorkContainer.Leave(_folder);
    }

    private static (string Folder, string Turn) PathsOf(string path)
    {
        var folder = WorkContainer.PathIn(Path.GetDirectoryName(path)!);
        return (folder, Path.Combine(folder, Path.GetFileName(path) + ".turn"));
    }

    private static bool IsLeftover(string turn)
    {
        // What is gone meanwhile has a time of 1601.
        var since = File.GetLastWriteTimeUtc(turn);
        if (since.Year <= 1601) return false;
        if (DateTime.UtcNow - since > s_longest) return true;
        try
        {
            return File.ReadAllText(turn) is { Length: > 0 } owner && TempNames.IsLeftover(turn, owner);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool TryDelete(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another was faster, or holds it just now, or it is another user's.
            return false;
        }
    }
}
