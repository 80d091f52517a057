using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Store;

/// <summary>Files that appeared and are not yet on the disk for sure.</summary>
internal sealed class DurableBatch : IDisposable
{
    private const int Parallelism = 4;

    private readonly Lock _lock = new();

    // Who finds nothing to flush must not go on while another is still flushing it.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private List<string> _files = [];

    public void Add(string path)
    {
        lock (_lock) _files.Add(path);
    }

    /// <summary>For what was moved away: nothing relies on it any more.</summary>
    public void Remove(string path)
    {
        lock (_lock) _files.RemoveAll(file => file == path);
    }

    /// <summary>Flushes all files, then the directories that name them up to <paramref name="root"/> and its parent. What fails stays in the batch.</summary>
    /// <returns>The files that are durable now.</returns>
    public async Task<IReadOnlyList<string>> FlushAsync(string root, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await FlushInTurnAsync(root, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<IReadOnlyList<string>> FlushInTurnAsync(string root, CancellationToken cancellationToken)
    {
        List<string> files;
        lock (_lock)
        {
            files = _files;
            _files = [];
        }

        if (files.Count == 0) return files;

        var isDone = false;
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(files.Distinct(), options, async (path, token) =>
                await StoreIo.BlockAsync(() => FlushFile(path), token).ConfigureAwait(false)).ConfigureAwait(false);
            FailPoint.Hit("store.flush.files");

            foreach (var directory in Directories(files, root))
            {
                cancellationToken.ThrowIfCancellationRequested();
                await StoreIo.BlockAsync(() => FlushDirectory(directory), cancellationToken).ConfigureAwait(false);
            }

            FailPoint.Hit("store.flush.directories");
            isDone = true;
            return files;
        }
        finally
        {
            if (!isDone)
            {
                lock (_lock) _files.AddRange(files);
            }
        }
    }

    private static void FlushFile(string path)
    {
        try
        {
            // Linux flushes through any handle, Windows through a writable one; entries are only read-only on the former.
            var access = OperatingSystem.IsWindows() ? FileAccess.ReadWrite : FileAccess.Read;
            using var handle = File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.FlushToDisk(handle);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, path);
        }
    }

    private static void FlushDirectory(string path)
    {
        try
        {
            LinuxFiles.FlushDirectory(path);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, path);
        }
    }

    /// <summary>Deepest first, so that a name is durable after what it names.</summary>
    private static IEnumerable<string> Directories(List<string> files, string root)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            for (var directory = Path.GetDirectoryName(file); directory is not null && directory.Length >= root.Length && found.Add(directory);)
            {
                directory = Path.GetDirectoryName(directory);
            }
        }

        var ordered = found.OrderByDescending(directory => directory.Length);
        return Path.GetDirectoryName(root) is { } parent ? ordered.Append(parent) : ordered;
    }
}
