using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Store;

/// <summary>What the parts of one open store share: where it is, whom to tell, and the way in which anything appears in it.</summary>
internal sealed class StoreContext(StoreLayout layout, IOperationLog log) : IDisposable
{
    private static readonly FileStreamOptions s_newFile = new()
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.ReadWrite,
        Share = FileShare.None,
        BufferSize = 0,
    };

    private readonly Lock _preparing = new();
    private volatile bool _isPrepared;
    private IDisposable? _share;

    public StoreLayout Layout { get; } = layout;

    public IOperationLog Log { get; } = log;

    public StoreLocks Locks { get; } = new(layout, log);

    /// <summary>Garbage collection looks at what is there without using it: its looks renew nothing.</summary>
    public bool IsCollecting { get; private init; }

    /// <summary>What <see cref="LocalStore.FlushAsync"/> has to make durable.</summary>
    public DurableBatch Batch { get; } = new();

    /// <summary>Looks at what stands at the path; makes nothing.</summary>
    public static StoreContext Open(string path, IOperationLog log)
    {
        var layout = new StoreLayout(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        StoreMarker.Check(layout);
        return new StoreContext(layout, log);
    }

    /// <summary>For garbage collection.</summary>
    /// <param name="held">The store's exclusive lock, or the shared one when nothing is to be removed; it is disposed with the context.</param>
    public static StoreContext OpenToCollect(string path, IOperationLog log, IDisposable held)
    {
        var layout = new StoreLayout(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        StoreMarker.Check(layout);
        return new StoreContext(layout, log) { IsCollecting = true, _share = held };
    }

    /// <summary>A hit renews a record: garbage collection spares what was used within a day.</summary>
    public void Renew(string path)
    {
        if (!IsCollecting) FileRecords.Renew(path);
    }

    /// <summary>Takes the store's shared lock. A store that is not there yet has nothing to protect; its first write comes back to this.</summary>
    public void Share()
    {
        if (_share is null && Directory.Exists(Layout.Root)) _share = Locks.TryShareStore() ?? throw StorageErrors.BeingCleaned(Layout.Root);
    }

    public async ValueTask ShareAsync(CancellationToken cancellationToken)
    {
        if (_share is null && Directory.Exists(Layout.Root)) _share = await Locks.ShareStoreAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens a new temp file, locked as long as it is open.</summary>
    /// <param name="readOnly">Nobody may write to the file under its final name.</param>
    public FileStream CreateTemp(bool readOnly, long preallocate = 0)
    {
        Prepare();
        return CreateTempUnprepared(readOnly, preallocate);
    }

    private FileStream CreateTempUnprepared(bool readOnly, long preallocate)
    {
        var options = s_newFile;
        if (readOnly || preallocate > 0)
        {
            options = new FileStreamOptions { Mode = options.Mode, Access = options.Access, Share = options.Share, BufferSize = 0, PreallocationSize = preallocate };
            if (readOnly && !OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        }

        return StoreIo.InFolder(Path.Combine(Layout.Temp, TempNames.New()), path => StoreIo.CreateNew(path, options));
    }

    /// <summary>Lets a small file appear whole.</summary>
    public void WriteWhole(string path, ReadOnlySpan<byte> content, string failPoint, bool durable = false)
    {
        if (path != Layout.MarkerFile) Prepare();
        string? temp = null;
        try
        {
            using (var file = CreateTempUnprepared(readOnly: false, preallocate: 0))
            {
                temp = file.Name;
                RandomAccess.Write(file.SafeFileHandle, content, 0);
            }

            FailPoint.Hit(failPoint + ".written");
            StoreIo.Rename(temp, path);
            temp = null;
            FailPoint.Hit(failPoint + ".renamed");
            if (durable) Batch.Add(path);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, path);
        }
        finally
        {
            if (temp is not null) StoreIo.TryDelete(temp);
        }
    }

    /// <summary>Moves something that must not be used out of the way.</summary>
    /// <returns>Where it is now; its own path where it could not be moved.</returns>
    public string SetAside(string path, string kind)
    {
        var to = Aside(path, kind, StoreIo.Rename);
        if (to != path) Batch.Remove(path);
        return to;
    }

    /// <summary>As <see cref="SetAside"/>, for what is about to be replaced.</summary>
    public string CopyAside(string path, string kind) => Aside(path, kind, (from, to) => StoreIo.InFolder(to, to =>
    {
        File.Copy(from, to);
        return 0;
    }));

    private string Aside(string path, string kind, Action<string, string> bring)
    {
        try
        {
            Prepare();
            var to = Path.Combine(Layout.Damaged, $"{kind}-{Path.GetFileName(path)}-{TempNames.New()}");
            bring(path, to);
            return to;
        }
        catch (Exception e) when (StoreIo.IsFailure(e) || e is ModelTrackException)
        {
            return path;
        }
    }

    /// <summary>Where a manifest is cached; its folder is there when it can be.</summary>
    public string ManifestPath(string remoteIdentity, Sha256Hash artifact)
    {
        var path = Layout.Manifest(remoteIdentity, artifact);
        try
        {
            Prepare();
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (Exception e) when (StoreIo.IsFailure(e) || e is ModelTrackException)
        {
            Log.Detail($"Manifests are not cached: {e.Message}");
        }

        return path;
    }

    /// <summary>For notes whose loss costs only time: a store that cannot be written goes without them.</summary>
    public void TryNote(Action write)
    {
        try
        {
            write();
        }
        catch (ModelTrackException e)
        {
            Log.Detail($"A note was not written: {e.Message}");
        }
    }

    public void Dispose()
    {
        _share?.Dispose();
        Batch.Dispose();
    }

    /// <summary>Before the first write: makes the folder and its marker, and removes what dead processes left.</summary>
    public void Prepare()
    {
        if (_isPrepared) return;

        lock (_preparing)
        {
            if (_isPrepared) return;

            try
            {
                Directory.CreateDirectory(Layout.Temp);
                Share();
                if (StoreMarker.IsMissing(Layout)) WriteWhole(Layout.MarkerFile, StoreMarker.Bytes, "store.marker", durable: true);
                foreach (var path in Directory.EnumerateFiles(Layout.Temp))
                {
                    if (TempNames.IsLeftover(path, Path.GetFileName(path.AsSpan()))) StoreIo.TryDelete(path);
                }

                IncomingFiles.RemoveOld(Layout);
                _isPrepared = true;
            }
            catch (Exception e) when (StoreIo.IsFailure(e))
            {
                throw StoreIo.Coded(e, Layout.Root);
            }
        }
    }
}
