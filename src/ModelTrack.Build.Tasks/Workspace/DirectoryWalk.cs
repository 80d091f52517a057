using System.Buffers;
using System.Text;
using System.Text.Unicode;
using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>A file whose bytes are not vouched for.</summary>
/// <param name="Path">Relative, UTF-8.</param>
/// <param name="Known">Its record in what was known, or -1.</param>
internal readonly record struct FoundFile(byte[] Path, FileStat Stat, int Known);

/// <summary>
/// Walks a directory over all cores and sorts what it finds against what is known: seen as it was, or found anew.
/// </summary>
internal sealed partial class DirectoryWalk
{
    private readonly string _root;
    private readonly IIgnoreRules? _ignore;
    private readonly ObservedDirectory? _known;
    private readonly bool _believe;
    private readonly WorkQueue<Piece> _queue;
    private int _seenCount;

    public DirectoryWalk(string root, IIgnoreRules? ignore, ObservedDirectory? known, bool believe, CancellationToken cancellationToken)
    {
        _root = root;
        _ignore = ignore;
        _known = known;
        _believe = believe;
        Seen = new bool[known?.Count ?? 0];
        _queue = new WorkQueue<Piece>(Process, static piece => piece.Folder?.Release(), Environment.ProcessorCount, cancellationToken);
    }

    /// <summary>The known records that are still as they were.</summary>
    public bool[] Seen { get; }

    public List<FoundFile> Found { get; } = [];

    public List<byte[]> FoundEmptyFolders { get; } = [];

    /// <summary>Whether all is as it was known, and nothing else is there.</summary>
    public bool IsAsKnown => _seenCount == Seen.Length && Found.Count == 0 && FoundEmptyFolders.Count == 0;

    public Task RunAsync()
    {
        _queue.Add(new Piece([], null, 0));
        return _queue.RunAsync();
    }

    /// <summary>A folder to list (its path relative to the root, UTF-8), or a run of names in an open one.</summary>
    private readonly record struct Piece(byte[] Path, OpenFolder? Folder, int Length);

    private void Process(Piece piece)
    {
        var batch = new Batch(this);
        try
        {
            if (OperatingSystem.IsLinux() && LinuxFiles.IsAvailable)
            {
                if (piece.Folder is null) ListLinux(piece.Path, batch);
                else StatLinux(piece.Folder, piece.Path.AsSpan(0, piece.Length), batch);
            }
            else
            {
                ListPortable(Encoding.UTF8.GetString(piece.Path), batch);
            }
        }
        finally
        {
            if (piece.Folder is not null) ArrayPool<byte>.Shared.Return(piece.Path);
            batch.Finish();
        }
    }

    private void AddFolder(ReadOnlySpan<byte> path) => _queue.Add(new Piece(path.ToArray(), null, 0));

    private string FullPath(ReadOnlySpan<byte> relative) =>
        relative.IsEmpty ? _root : Path.Combine(_root, Encoding.UTF8.GetString(relative));

    private void ListPortable(string folder, Batch batch)
    {
        var full = folder.Length == 0 ? _root : Path.Combine(_root, folder);
        var applies = _ignore?.AppliesIn(folder) ?? false;
        var any = false;
        try
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(full, "*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false }))
            {
                var name = Path.GetFileName(entry);
                if (name == Placement.WorkFolder) continue;
                any = true;
                if (!FileStat.TryGet(entry, out var stat)) continue;
                var relative = folder.Length == 0 ? name : folder + "/" + name;
                if (applies && _ignore!.IsIgnored(relative, stat.Kind == FileKind.Directory)) continue;
                var bytes = Encoding.UTF8.GetBytes(relative);
                if (stat.Kind == FileKind.Directory) AddFolder(bytes);
                else batch.Add(bytes, stat);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WorkspaceErrors.NotReadable(e, full);
        }

        if (!any && folder.Length > 0) batch.AddEmptyFolder(Encoding.UTF8.GetBytes(folder));
    }

    /// <summary>What one piece of work found, handed over in one go.</summary>
    private sealed class Batch(DirectoryWalk walk)
    {
        private readonly List<FoundFile> _found = [];
        private readonly List<byte[]> _emptyFolders = [];
        private int _seen;

        public void Add(ReadOnlySpan<byte> path, in FileStat stat)
        {
            switch (stat.Kind)
            {
                case FileKind.File:
                    break;
                case FileKind.Link:
                    throw WorkspaceErrors.SymbolicLink(walk.FullPath(path));
                default:
                    throw WorkspaceErrors.SpecialFile(walk.FullPath(path));
            }

            var known = walk._known is null ? -1 : walk._known.Find(path);
            if (known >= 0 && walk._believe && walk._known!.Vouches(known, stat))
            {
                See(known);
                return;
            }

            if (!Utf8.IsValid(path)) throw walk.NotText(path);
            _found.Add(new FoundFile(path.ToArray(), stat, known >= 0 && !walk._known!.IsEmptyDirectory(known) ? known : -1));
        }

        public void AddEmptyFolder(ReadOnlySpan<byte> path)
        {
            var known = walk._known is null ? -1 : walk._known.Find(path);
            if (known >= 0 && walk._known!.IsEmptyDirectory(known))
            {
                See(known);
                return;
            }

            if (!Utf8.IsValid(path)) throw walk.NotText(path);
            _emptyFolders.Add(path.ToArray());
        }

        public void Finish()
        {
            if (_seen > 0) Interlocked.Add(ref walk._seenCount, _seen);
            if (_found.Count > 0) lock (walk.Found) walk.Found.AddRange(_found);
            if (_emptyFolders.Count > 0) lock (walk.FoundEmptyFolders) walk.FoundEmptyFolders.AddRange(_emptyFolders);
        }

        private void See(int known)
        {
            // Each name is met once, so no other thread writes this element.
            walk.Seen[known] = true;
            _seen++;
        }
    }

    private Diagnostics.ModelTrackException NotText(ReadOnlySpan<byte> path)
    {
        var slash = path.LastIndexOf((byte)'/');
        return WorkspaceErrors.NameNotText(FullPath(path[..Math.Max(0, slash)]), Convert.ToHexStringLower(path[(slash + 1)..]));
    }
}
