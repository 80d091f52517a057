using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
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

    private static readonly TimeSpan s_heldFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_heldFirstDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_heldMaxDelay = TimeSpan.FromMilliseconds(500);

    private readonly string _root;
    private readonly TimeProvider _time;

    // Folders of which this object knows that their own names are durable.
    private readonly ConcurrentDictionary<string, bool> _durableFolders = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, bool> _sweptFolders = new(StringComparer.Ordinal);

    /// <param name="root">The remote's folder, full; it need not exist.</param>
    public FileTransport(string root, TimeProvider? time = null)
    {
        if (!Path.IsPathFullyQualified(root)) throw new ArgumentException($"'{root}' is not a full path.", nameof(root));
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        _time = time ?? TimeProvider.System;

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
        await HeldAsync(_root, writing: true, () => Directory.CreateDirectory(_root), cancellationToken).ConfigureAwait(false);
        FlushFolder(Path.GetDirectoryName(_root));
    }

    public async ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        var path = PathOf(key);
        return await HeldAsync(
            path,
            writing: false,
            () =>
            {
                if (!FileStat.TryGet(path, out var stat)) return Absent<ObjectHead?>(null);
                if (stat.Kind == FileKind.File) return HeadOf(stat);

                // A link is followed, as a read follows it.
                using var handle = OpenForReading(path);
                return handle is null ? Absent<ObjectHead?>(null) : HeadOf(FileStat.Of(handle));
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        TransportKeys.CheckRead(offset);
        var path = PathOf(key);
        using var handle = await HeldAsync(path, writing: false, () => OpenForReading(path), cancellationToken).ConfigureAwait(false);
        if (handle is null) return Absent(ReadResult.Absent);

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
            throw Failure(e, path, writing: false);
        }
    }

    public async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
    {
        TransportKeys.Check(key);
        cancellationToken.ThrowIfCancellationRequested();
        var path = PathOf(key);
        var folder = Path.GetDirectoryName(path)!;
        var temp = Path.Combine(folder, TempMark + TempNames.New());
        try
        {
            using (var handle = await HeldAsync(temp, writing: true, () => CreateIn(folder, temp, content.Length), cancellationToken).ConfigureAwait(false))
            {
                for (var offset = 0; offset < content.Length; offset += Slice)
                {
                    var slice = content.Slice(offset, Math.Min(Slice, content.Length - offset));
                    await RandomAccess.WriteAsync(handle, slice, offset, cancellationToken).ConfigureAwait(false);
                }

                FailPoint.Hit("folder.put.written");
                RandomAccess.FlushToDisk(handle);
            }

            FailPoint.Hit("folder.put.flushed");
            await HeldAsync(
                path,
                writing: true,
                () =>
                {
                    File.Move(temp, path, overwrite: true);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
            FailPoint.Hit("folder.put.renamed");
            RemoveLeftovers(folder);
            return await DurableAsync(folder, path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (StoreIo.IsFailure(e) || e is TransportException or ModelTrackException)
        {
            StoreIo.TryDelete(temp);

            // On a share an answer may be lost after the work was done: the target itself tells.
            if (HoldsExactly(path, content.Span)) return await DurableAsync(folder, path, cancellationToken).ConfigureAwait(false);
            if (StoreIo.IsFailure(e)) throw Failure(e, path, writing: true);
            throw;
        }
        catch
        {
            StoreIo.TryDelete(temp);
            throw;
        }
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
            var entries = await HeldAsync(path, writing: false, () => Entries(path), cancellationToken).ConfigureAwait(false);
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
        await HeldAsync(
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

    /// <summary>Nothing has the name: true of an object, but a missing folder is the user's to know.</summary>
    private T Absent<T>(T value) => Directory.Exists(_root) ? value : throw StorageErrors.RemoteFolderMissing(_root);

    private static SafeFileHandle? OpenForReading(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
        }
        catch (Exception e) when (StoreIo.IsAbsent(e))
        {
            return null;
        }
    }

    private SafeFileHandle CreateIn(string folder, string temp, long size)
    {
        if (!Directory.Exists(folder))
        {
            Absent(true);
            Directory.CreateDirectory(folder);
        }

        return File.OpenHandle(temp, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.Asynchronous, size);
    }

    private FileSystemInfo[] Entries(string path)
    {
        try
        {
            return new DirectoryInfo(path).GetFileSystemInfos();
        }
        catch (DirectoryNotFoundException)
        {
            return Absent<FileSystemInfo[]>([]);
        }
    }

    private static ObjectHead HeadOf(FileStat stat) => new(
        stat.Size,
        string.Create(CultureInfo.InvariantCulture, $"{stat.Size:x}-{stat.MTimeNs:x}-{stat.Inode:x}"),
        TimeOf(stat));

    private static DateTimeOffset TimeOf(FileStat stat) => DateTimeOffset.UnixEpoch.AddTicks(stat.MTimeNs / TimeSpan.NanosecondsPerTick);

    private static bool HoldsExactly(string path, ReadOnlySpan<byte> content)
    {
        try
        {
            using var handle = OpenForReading(path);
            if (handle is null || RandomAccess.GetLength(handle) != content.Length) return false;

            var buffer = new byte[64 * 1024];
            for (var offset = 0; offset < content.Length;)
            {
                var read = RandomAccess.Read(handle, buffer, offset);
                if (read == 0 || offset + read > content.Length || !content.Slice(offset, read).SequenceEqual(buffer.AsSpan(0, read))) return false;
                offset += read;
            }

            return true;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            return false;
        }
    }

    /// <summary>The name in its folder and, the first time, the folder's name in its own, up to the root.</summary>
    private void MakeDurable(string folder)
    {
        FlushFolder(folder);
        while (folder.Length > _root.Length && !_durableFolders.ContainsKey(folder))
        {
            var parent = Path.GetDirectoryName(folder)!;
            FlushFolder(parent);
            _durableFolders[folder] = true;
            folder = parent;
        }
    }

    private ValueTask<bool> DurableAsync(string folder, string path, CancellationToken cancellationToken) =>
        HeldAsync(
            path,
            writing: true,
            () =>
            {
                MakeDurable(folder);
                return true;
            },
            cancellationToken);

    /// <summary>What a writer that died left in a folder goes with the next put there: packs have the same names on a second try.</summary>
    private void RemoveLeftovers(string folder)
    {
        // The root's own files are written once in a remote's life, so nobody else would come by there.
        if (_sweptFolders.TryAdd(_root, true)) TempNames.RemoveLeftovers(_root, TempMark + "*", prefix: 1);
        if (_sweptFolders.TryAdd(folder, true)) TempNames.RemoveLeftovers(folder, TempMark + "*", prefix: 1);
    }

    private static void FlushFolder(string? folder)
    {
        if (folder is not null) LinuxFiles.FlushDirectory(folder);
    }

    /// <summary>Runs an action of the file system; a file that somebody else holds is waited for.</summary>
    private async ValueTask<T> HeldAsync<T>(string path, bool writing, Func<T> action, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        for (var delay = s_heldFirstDelay; ; delay = delay * 2 < s_heldMaxDelay ? delay * 2 : s_heldMaxDelay)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return action();
            }
            catch (Exception e) when (IsHeld(e, writing) && _time.GetElapsedTime(start) < s_heldFor)
            {
            }
            catch (Exception e) when (StoreIo.IsFailure(e))
            {
                throw Failure(e, path, writing);
            }

            await Task.Delay(delay, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    // Windows denies access to a name whose file is open elsewhere and about to go away.
    private static bool IsHeld(Exception e, bool writing) =>
        StoreIo.IsHeld(e) || (OperatingSystem.IsWindows() && writing && e is UnauthorizedAccessException);

    private Exception Failure(Exception e, string path, bool writing) => e switch
    {
        _ when StoreIo.IsDiskFull(e) => StorageErrors.RemoteFolderFull(e, _root),
        _ when StoreIo.IsReadOnly(e) => writing
            ? StorageErrors.RemoteFolderNotWritable(e, _root, path)
            : StorageErrors.RemoteFolderForbidden(e, _root, path),
        _ when !Directory.Exists(_root) => StorageErrors.RemoteFolderMissing(_root),
        _ => new TransportException($"'{path}': {e.Message}", transient: true, e),
    };
}
