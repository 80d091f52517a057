using System.Globalization;
using System.Runtime.CompilerServices;
using ModelTrack.Content;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Transports;

/// <summary>
/// A remote in a folder, on a disk or a share. An object is a file, written under a name of its own and renamed into place, so that no reader
/// sees a part of it. The folder itself is only ever made by <see cref="PrepareAsync"/>: a share that is not mounted
/// must not turn into an empty remote. Permissions and a full disk are coded errors that name the folder; whatever else the system
/// says is a transient <see cref="TransportException"/>.
/// </summary>
public sealed class FileTransport : ITransport
{
    /// <summary>Begins the names of files that are being written. No key holds it, so that nobody takes a dead writer's leftover for an object.</summary>
    public const char TempMark = '~';

    private const int Slice = 4 * 1024 * 1024;
    private const int Connections = 8;

    private readonly string _root;
    private readonly FolderAccess _access;
    private readonly FolderWriter _writer;

    /// <param name="root">The remote's folder, full; it need not exist.</param>
    public FileTransport(string root, TimeProvider? time = null)
    {
        if (!Path.IsPathFullyQualified(root)) throw new ArgumentException($"'{root}' is not a full path.", nameof(root));
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        _access = new FolderAccess(_root, time ?? TimeProvider.System);
        _writer = new FolderWriter(_root, _access);

        // .NET has no rename that is both atomic and never replaces, on every system; nothing in the protocol needs one.
        Traits = new TransportTraits(_root, ConditionalPut: false, RangeReads: true, CanList: true, Connections);
    }

    public TransportTraits Traits { get; }

    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Directory.Exists(_root)) return;

        // Only the last level: more of it missing means a share that is not there, or a path misspelt.
        if (Path.GetDirectoryName(_root) is { } parent && !Directory.Exists(parent)) throw StorageErrors.RemoteFolderParentMissing(_root, parent);
        await _access.HeldAsync(_root, writing: true, () => Directory.CreateDirectory(_root), cancellationToken).ConfigureAwait(false);
        if (Path.GetDirectoryName(_root) is { } above) LinuxFiles.FlushDirectory(above);
    }

    public async ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        var path = PathOf(key);
        return await _access.HeldAsync(
            path,
            writing: false,
            () =>
            {
                if (!FileStat.TryGet(path, out var stat)) return _access.Absent<ObjectHead?>(null);
                if (stat.Kind == FileKind.File) return HeadOf(stat);

                // A link is followed, as a read follows it.
                using var handle = FolderAccess.OpenForReading(path);
                return handle is null ? _access.Absent<ObjectHead?>(null) : HeadOf(FileStat.Of(handle));
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        TransportKeys.CheckRead(offset);
        var path = PathOf(key);
        using var handle = await _access.HeldAsync(path, writing: false, () => FolderAccess.OpenForReading(path), cancellationToken).ConfigureAwait(false);
        if (handle is null) return _access.Absent(ReadResult.Absent);

        try
        {
            var head = HeadOf(FileStat.Of(handle));
            if (ifNoneMatch is not null && ifNoneMatch == head.ETag) return new ReadResult(ReadStatus.NotModified, 0, null);

            var count = 0;
            while (count < destination.Length)
            {
                var slice = destination.Slice(count, Math.Min(Slice, destination.Length - count));
                var read = await RandomAccess.ReadAsync(handle, slice, offset + count, cancellationToken).ConfigureAwait(false);
                if (read == 0) break;
                count += read;
            }

            return new ReadResult(ReadStatus.Found, count, head);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw _access.Failure(e, path, writing: false);
        }
    }

    public ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        cancellationToken.ThrowIfCancellationRequested();
        return _writer.WriteAsync(PathOf(key), content, cancellationToken);
    }

    public async IAsyncEnumerable<ObjectListing> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TransportKeys.CheckPrefix(prefix);
        var end = prefix.LastIndexOf('/');
        var folders = new Stack<string>();
        folders.Push(end < 0 ? "" : prefix[..end]);
        while (folders.TryPop(out var folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = folder.Length == 0 ? _root : PathOf(folder);
            var entries = await _access.HeldAsync(path, writing: false, () => Entries(path), cancellationToken).ConfigureAwait(false);
            foreach (var entry in entries)
            {
                var key = folder.Length == 0 ? entry.Name : $"{folder}/{entry.Name}";
                if (!TransportKeys.IsValid(key)) continue;
                if (entry is DirectoryInfo)
                {
                    if (key.StartsWith(prefix, StringComparison.Ordinal) || prefix.StartsWith(key + "/", StringComparison.Ordinal)) folders.Push(key);
                }
                else if (key.StartsWith(prefix, StringComparison.Ordinal) && FileStat.TryGet(entry.FullName, out var stat) && stat.Kind == FileKind.File)
                {
                    yield return new ObjectListing(key, stat.Size, TimeOf(stat));
                }
            }
        }
    }

    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        var path = PathOf(key);
        await _access.HeldAsync(
            path,
            writing: true,
            () =>
            {
                try
                {
                    File.Delete(path);
                }
                catch (DirectoryNotFoundException)
                {
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private string PathOf(string key) => Path.Combine(_root, Path.DirectorySeparatorChar == '/' ? key : key.Replace('/', Path.DirectorySeparatorChar));

    private FileSystemInfo[] Entries(string path)
    {
        try
        {
            return new DirectoryInfo(path).GetFileSystemInfos();
        }
        catch (DirectoryNotFoundException)
        {
            return _access.Absent<FileSystemInfo[]>([]);
        }
    }

    private static ObjectHead HeadOf(FileStat stat) => new(
        stat.Size,
        string.Create(CultureInfo.InvariantCulture, $"{stat.Size:x}-{stat.MTimeNs:x}-{stat.Inode:x}"),
        TimeOf(stat));

    private static DateTimeOffset TimeOf(FileStat stat) => DateTimeOffset.UnixEpoch.AddTicks(stat.MTimeNs / TimeSpan.NanosecondsPerTick);
}
