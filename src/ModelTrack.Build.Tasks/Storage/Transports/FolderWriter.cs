using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Transports;

/// <summary>Writes objects into a remote's folder: under a name of their own, flushed, renamed into place, and the names flushed too.</summary>
internal sealed class FolderWriter(string root, FolderAccess access)
{
    private const int Slice = 4 * 1024 * 1024;

    // Folders of which this object knows that their own names are durable.
    private readonly ConcurrentDictionary<string, bool> _durableFolders = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, bool> _sweptFolders = new(StringComparer.Ordinal);

    /// <summary>True when the object is there, durable, with these bytes.</summary>
    public async ValueTask<bool> WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(path)!;
        var temp = Path.Combine(folder, FileTransport.TempMark + TempNames.New());
        try
        {
            using (var handle = await access.HeldAsync(temp, writing: true, () => CreateIn(folder, temp, content.Length), cancellationToken).ConfigureAwait(false))
            {
                for (var offset = 0; offset < content.Length; offset += Slice)
                {
                    var slice = content.Slice(offset, Math.Min(Slice, content.Length - offset));
                    await RandomAccess.WriteAsync(handle, slice, offset, cancellationToken).ConfigureAwait(false);
                }

                FailPoint.Hit("folder.put.written");
                await StoreIo.BlockAsync(() => RandomAccess.FlushToDisk(handle), cancellationToken).ConfigureAwait(false);
            }

            FailPoint.Hit("folder.put.flushed");
            await access.HeldAsync(
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
            if (StoreIo.IsFailure(e)) throw access.Failure(e, path, writing: true);
            throw;
        }
        catch
        {
            StoreIo.TryDelete(temp);
            throw;
        }
    }

    private SafeFileHandle CreateIn(string folder, string temp, long size)
    {
        if (!Directory.Exists(folder))
        {
            access.Absent(true);
            Directory.CreateDirectory(folder);
        }

        return StoreIo.CreateNew(temp, FileOptions.Asynchronous, size);
    }

    private static bool HoldsExactly(string path, ReadOnlySpan<byte> content)
    {
        try
        {
            using var handle = FolderAccess.OpenForReading(path);
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
        LinuxFiles.FlushDirectory(folder);
        while (folder.Length > root.Length && !_durableFolders.ContainsKey(folder))
        {
            var parent = Path.GetDirectoryName(folder)!;
            LinuxFiles.FlushDirectory(parent);
            _durableFolders[folder] = true;
            folder = parent;
        }
    }

    private ValueTask<bool> DurableAsync(string folder, string path, CancellationToken cancellationToken) =>
        access.HeldAsync(
            path,
            writing: true,
            async () =>
            {
                await StoreIo.BlockAsync(() => MakeDurable(folder), cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    /// <summary>What a writer that died left in a folder goes with the next put there: packs have the same names on a second try.</summary>
    private void RemoveLeftovers(string folder)
    {
        // The root's own files are written once in a remote's life, so nobody else would come by there.
        if (_sweptFolders.TryAdd(root, true)) TempNames.RemoveLeftovers(root, FileTransport.TempMark + "*", prefix: 1);
        if (_sweptFolders.TryAdd(folder, true)) TempNames.RemoveLeftovers(folder, FileTransport.TempMark + "*", prefix: 1);
    }
}
