using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;

namespace ModelTrack.Workspace;

/// <summary>
/// The placing of one artifact. The methods that place or remove may be called from several threads, for different paths; removals come before placings.
/// Every file appears whole, by rename, and whatever fails leaves what was in place as it was.
/// </summary>
public sealed class Placement : IDisposable
{
    internal const string WorkFolder = Workspace.WorkFolder.ContainerName;
    private const string TreeName = "tree";

    internal static ReadOnlySpan<byte> WorkFolderUtf8 => ".modeltrack"u8;

    private readonly string _fullPath;
    private readonly string _name;
    private readonly bool _isDirectory;
    private readonly LinkMode _linkMode;
    private readonly long _mtimeNs;
    private readonly PlaceFolder _beside;
    private readonly WorkFolder _work;
    private readonly FolderCache? _folders;
    private readonly PlaceFolder? _top;
    private readonly ContentCopier _copier;
    private bool _completed;

    internal Placement(string fullPath, bool isDirectory, bool missing, PlacementOptions options, long mtimeNs)
    {
        _fullPath = fullPath;
        _name = Path.GetFileName(fullPath);
        _isDirectory = isDirectory;
        _linkMode = options.LinkMode;
        _mtimeNs = mtimeNs;
        IsBuiltBeside = isDirectory && missing;
        _copier = new ContentCopier(options.LinkMode, mtimeNs);
        try
        {
            _beside = EnterBeside(options.Root, fullPath);
            _work = Workspace.WorkFolder.Create(_beside);
            if (!isDirectory) return;
            _top = IsBuiltBeside ? _work.Folder.Enter(TreeName, create: true)! : _beside.Enter(_name, create: false)
                ?? throw WorkspaceErrors.ChangedMeanwhile(fullPath);
            _folders = new FolderCache(_top);
        }
        catch (Exception e)
        {
            Dispose();
            if (IoFailure.IsExpected(e)) throw IoFailure.OnWrite(e, fullPath);
            throw;
        }
    }

    /// <summary>Whether nothing of the directory is seen before <see cref="Complete"/>.</summary>
    public bool IsBuiltBeside { get; }

    /// <summary>Places a store's file.</summary>
    /// <param name="relativePath">Within the directory artifact, with `/`; empty for a file artifact.</param>
    /// <param name="present">The stat of what it replaces, null for nothing: anything else in place is a coded error.</param>
    /// <returns>What to remember of it.</returns>
    public ObservedFile Place(
        string relativePath, StoredFile source, bool executable, FileStat? present, TransferProgress? progress, CancellationToken cancellationToken) =>
        Place(relativePath, present, source.Id.Sha256, source.Xxh128, executable, (folder, name) =>
            _copier.Bring(source, folder, name, executable, progress, cancellationToken));

    /// <summary>Places bytes that the caller has verified to be <paramref name="id"/>.</summary>
    /// <inheritdoc cref="Place(string, StoredFile, bool, FileStat?, TransferProgress?, CancellationToken)"/>
    public unsafe ObservedFile Place(string relativePath, ReadOnlySpan<byte> content, ContentId id, bool executable, FileStat? present)
    {
        var xxh = FastHash.Of(content);
        fixed (byte* bytes = content)
        {
            // The span cannot be captured; it is pinned as long as this call lasts.
            var (address, length) = ((nint)bytes, content.Length);
            return Place(relativePath, present, id.Sha256, xxh, executable, (folder, name) =>
                folder.Write(name, new ReadOnlySpan<byte>((void*)address, length), executable, _mtimeNs));
        }
    }

    /// <summary>Only sets or clears the executable bit of what is in place.</summary>
    public ObservedFile SetExecutable(string relativePath, bool executable, ObservedFile present)
    {
        if (!FileStat.HasExecutableBit) return present with { Stat = present.Stat with { Executable = executable } };

        // A copy with the right mode is renamed over it: the file may be a link into the store, whose own mode is not to change.
        var full = FullPath(relativePath);
        return Place(relativePath, present.Stat, present.Sha256, present.Xxh128, executable, (folder, name) =>
            _copier.Copy(full, present.Stat, present.Xxh128, folder, name, executable));
    }

    public void PlaceEmptyDirectory(string relativePath)
    {
        var full = FullPath(relativePath);
        Act(full, () =>
        {
            Refuse(relativePath, full);
            _folders!.Enter(relativePath, create: true)?.Dispose();
        });
    }

    /// <summary>Removes a file, or (with null) an empty directory, and then the directories that this leaves empty.</summary>
    public void Remove(string relativePath, FileStat? present)
    {
        var full = FullPath(relativePath);
        Act(full, () =>
        {
            Refuse(relativePath, full);
            var (folder, name) = Split(relativePath);
            if (present is { } expected)
            {
                using var lease = Enter(folder, create: false);
                if (lease is null || !lease.Value.Folder.TryStat(name, out var stat)) return;
                if (!FileTime.Same(expected, stat)) throw WorkspaceErrors.ChangedMeanwhile(full);
                FailPoint.Hit("workspace.remove.checked");
                lease.Value.Folder.Remove(name);
                FailPoint.Hit("workspace.remove.removed");
            }
            else if (!RemoveFolder(folder, name, relativePath))
            {
                return;
            }

            if (_isDirectory) RemoveEmptied(folder);
        });
    }

    /// <summary>Lets a directory that was built beside its place appear. Without it a disposal leaves what was in place before.</summary>
    public void Complete()
    {
        if (!IsBuiltBeside || _completed) return;
        Act(_fullPath, () =>
        {
            FailPoint.Hit("workspace.directory.built");
            if (_beside.TryStat(_name, out var stat) && !(stat.Kind == FileKind.Directory && _beside.TryRemoveFolder(_name)))
                throw WorkspaceErrors.ChangedMeanwhile(_fullPath);
            _folders!.Dispose();
            FailPoint.Hit("workspace.directory.clear");
            try
            {
                _work.Folder.Move(TreeName, _beside, _name);
            }
            catch (Exception e) when (IoFailure.IsExpected(e) && _beside.TryStat(_name, out _))
            {
                // Nothing was there a moment ago: where nothing can be locked, another build has placed the same.
                throw WorkspaceErrors.ChangedMeanwhile(_fullPath);
            }

            _completed = true;
            FailPoint.Hit("workspace.directory.renamed");
        });
    }

    public void Dispose()
    {
        _folders?.Dispose();
        _top?.Dispose();
        _work?.Dispose();
        _beside?.Dispose();
    }

    private ObservedFile Place(string relativePath, FileStat? present, Sha256Hash sha256, FastHash xxh128, bool executable, Func<PlaceFolder, string, FileStat> write)
    {
        var full = FullPath(relativePath);
        return Act(full, () =>
        {
            Refuse(relativePath, full);
            var (folderPath, name) = Split(relativePath);
            using var lease = Enter(folderPath, create: true)!.Value;
            var stat = IsBuiltBeside ? WriteNew(lease.Folder, name, write) : Replace(lease.Folder, name, present, full, write);
            if (!FileStat.HasExecutableBit) stat = stat with { Executable = executable };
            return new ObservedFile(stat, sha256, xxh128, FileTime.NowNs());
        });
    }

    /// <summary>What proves wrong goes at once, so that the right content can take its place.</summary>
    private static FileStat WriteNew(PlaceFolder folder, string name, Func<PlaceFolder, string, FileStat> write)
    {
        try
        {
            return write(folder, name);
        }
        catch (ModelTrackException exception) when (exception.Code == WorkspaceErrors.StoreFileChangedCode)
        {
            if (folder.TryStat(name, out _)) folder.Remove(name);
            throw;
        }
    }

    private FileStat Replace(PlaceFolder folder, string name, FileStat? present, string full, Func<PlaceFolder, string, FileStat> write)
    {
        var temp = _work.NextName();
        write(_work.Folder, temp);
        FailPoint.Hit("workspace.place.written");
        RefuseOther(folder, name, present, full);
        _work.Folder.Move(temp, folder, name);
        FailPoint.Hit("workspace.place.renamed");
        return folder.TryStat(name, out var stat) ? stat : throw WorkspaceErrors.ChangedMeanwhile(full);
    }

    /// <summary>What is in place must be what the decision was made for.</summary>
    private static void RefuseOther(PlaceFolder folder, string name, FileStat? present, string full)
    {
        if (!folder.TryStat(name, out var stat))
        {
            // Gone meanwhile: nothing to lose.
            return;
        }

        switch (stat.Kind)
        {
            case FileKind.Link:
                throw WorkspaceErrors.SymbolicLink(full);
            case FileKind.Directory:
                if (!folder.TryRemoveFolder(name)) throw WorkspaceErrors.WrongKind(full, "folder", "file");
                break;
            default:
                if (present is not { } expected || !FileTime.Same(expected, stat)) throw WorkspaceErrors.ChangedMeanwhile(full);
                break;
        }
    }

    private bool RemoveFolder(string folder, string name, string relativePath)
    {
        _folders?.Forget(relativePath);
        using var lease = Enter(folder, create: false);
        return lease is null || lease.Value.Folder.TryRemoveFolder(name);
    }

    private void RemoveEmptied(string folder)
    {
        while (folder.Length > 0)
        {
            var (above, name) = Split(folder);
            if (!RemoveFolder(above, name, folder)) return;
            folder = above;
        }
    }

    private FolderCache.Lease? Enter(string relative, bool create) =>
        _isDirectory ? _folders!.Enter(relative, create) : new FolderCache.Lease(null!, _beside, null);

    private (string Folder, string Name) Split(string relativePath)
    {
        if (!_isDirectory) return ("", _name);
        var slash = relativePath.LastIndexOf('/');
        return slash < 0 ? ("", relativePath) : (relativePath[..slash], relativePath[(slash + 1)..]);
    }

    private string FullPath(string relativePath) => relativePath.Length == 0 ? _fullPath : Path.Join(_fullPath, relativePath);

    /// <summary>The last check, at the moment of writing, whoever made the plan.</summary>
    private void Refuse(string relativePath, string full)
    {
        if (_isDirectory == (relativePath.Length == 0)) throw new ArgumentException("A directory artifact has relative paths, a file artifact none.", nameof(relativePath));
        if (!_isDirectory) return;
        Artifacts.RelativePaths.Check(relativePath);
        WorkspacePaths.RefuseForbiddenParts(relativePath, full);
    }

    private static PlaceFolder EnterBeside(string root, string fullPath)
    {
        var folder = Path.GetDirectoryName(fullPath) ?? throw new ArgumentException("The root of a file system is no artifact.", nameof(fullPath));
        if (!WorkspacePaths.IsBelow(Path.TrimEndingDirectorySeparator(root), fullPath)) return PlaceFolder.OpenRoot(folder);

        var current = PlaceFolder.OpenRoot(root);
        foreach (var step in WorkspacePaths.FoldersOnTheWay(root, fullPath))
        {
            using var above = current;
            current = above.Enter(Path.GetFileName(step), create: true)!;
        }

        return current;
    }

    private static void Act(string full, Action act) => Act(full, () =>
    {
        act();
        return true;
    });

    private static T Act<T>(string full, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (IoFailure.IsExpected(e))
        {
            throw IoFailure.OnWrite(e, full);
        }
    }
}
