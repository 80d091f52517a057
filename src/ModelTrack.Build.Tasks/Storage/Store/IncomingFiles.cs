using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Store;

/// <summary>
/// The temp files of contents on their way in. One that nobody writes is called after its content alone and belongs to whoever renames it;
/// while it is written, its writer's name is behind a dot. So no two processes ever write one file, locks or no locks.
/// </summary>
internal sealed class IncomingFiles(StoreContext context, FileEntries entries)
{
    private static readonly TimeSpan s_keepInterrupted = TimeSpan.FromDays(7);

    public IncomingFile Begin(ContentId id)
    {
        context.Prepare();
        var free = Path.Combine(context.Layout.Incoming, id.Sha256.ToString());
        var own = $"{free}.{TempNames.New()}";
        try
        {
            Directory.CreateDirectory(context.Layout.Incoming);
            var isResumed = TryTakeOver(free, own);
            FileStream file;
            if (isResumed)
            {
                file = new FileStream(own, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            else
            {
                file = StoreIo.CreateNew(own, new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    BufferSize = 0,
                    PreallocationSize = id.Size,
                });
            }

            FailPoint.Hit("store.incoming.opened");
            return new IncomingFile(id, file, free, entries, isResumed);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, own);
        }
    }

    /// <summary>Removes interrupted contents that nobody came back for.</summary>
    public static void RemoveOld(StoreLayout layout)
    {
        if (!Directory.Exists(layout.Incoming)) return;

        foreach (var path in Directory.EnumerateFiles(layout.Incoming))
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) < s_keepInterrupted) continue;

            var name = Path.GetFileName(path.AsSpan());
            var dot = name.IndexOf('.');
            if (dot < 0 || TempNames.IsLeftover(path, name[(dot + 1)..])) StoreIo.TryDelete(path);
        }
    }

    private static bool TryTakeOver(string free, string own)
    {
        if (TryRename(free, own)) return true;

        foreach (var path in Directory.EnumerateFiles(Path.GetDirectoryName(free)!, Path.GetFileName(free) + ".*"))
        {
            if (TempNames.IsLeftover(path, path.AsSpan(free.Length + 1)) && TryRename(path, own)) return true;
        }

        return false;
    }

    private static bool TryRename(string from, string to)
    {
        try
        {
            File.Move(from, to);
            return true;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            return false;
        }
    }
}
