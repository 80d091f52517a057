using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Store;

/// <summary>Saves contents as whole-file entries.</summary>
internal sealed class FileSaver(StoreContext context, FileEntries entries)
{
    /// <summary>Takes a copy of a file, hashing what is stored in the pass that stores it.</summary>
    public async Task<ContentDigest> AddAsync(string source, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (digest, isSteady) = await TryAddAsync(source, cancellationToken).ConfigureAwait(false);
            if (isSteady) return digest;
            if (attempt == 2) throw StorageErrors.SourceChanged(source);
            context.Log.Detail($"{source} changed while it was saved; trying once more.");
        }
    }

    /// <summary>Stores bytes that are in memory as an entry of their own.</summary>
    public ContentDigest Add(ReadOnlySpan<byte> content)
    {
        var digest = ContentHasher.Hash(content, cut: true);
        if (entries.FindRecord(digest.Id.Sha256) is { } known)
        {
            entries.KeepForFlush(known);
            return digest;
        }

        string? temp = null;
        var target = context.Layout.File(digest.Id.Sha256);
        try
        {
            using var file = context.CreateTemp(readOnly: true);
            temp = file.Name;
            RandomAccess.Write(file.SafeFileHandle, content, 0);
            entries.Publish(file, digest, isSaved: true);
            temp = null;
            return digest;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, target);
        }
        finally
        {
            if (temp is not null) StoreIo.TryDelete(temp);
        }
    }

    private async Task<(ContentDigest Digest, bool IsSteady)> TryAddAsync(string source, CancellationToken cancellationToken)
    {
        using var reading = OpenSource(source, out var before);
        FileStream? temp = null;
        var isPublished = false;
        try
        {
            temp = context.CreateTemp(readOnly: true);
            FailPoint.Hit("store.add.created");
            ContentDigest digest;
            if (FileClone.TryMake(reading, temp.SafeFileHandle))
            {
                digest = await ContentHasher.HashAsync(temp.SafeFileHandle, new HashOptions(Cut: true), copyTo: null, context.Log.Progress, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                Preallocate(ref temp, before.Size);
                digest = await ContentHasher.HashAsync(reading, new HashOptions(Cut: true), temp.SafeFileHandle, context.Log.Progress, cancellationToken).ConfigureAwait(false);
            }

            FailPoint.Hit("store.add.copied");
            if (!FileStat.TryGet(source, out var after) || before != after || digest.Id.Size != before.Size) return (digest, false);

            if (entries.FindRecord(digest.Id.Sha256) is { } known)
            {
                entries.KeepForFlush(known);
                return (digest, true);
            }

            LinuxFiles.StartWriting(temp.SafeFileHandle);
            entries.Publish(temp, digest, isSaved: true);
            isPublished = true;
            return (digest, true);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, temp?.Name ?? context.Layout.Files);
        }
        finally
        {
            if (temp is not null)
            {
                await temp.DisposeAsync().ConfigureAwait(false);
                if (!isPublished) StoreIo.TryDelete(temp.Name);
            }
        }
    }

    /// <summary>A file system without clones has given an empty temp file; one of the full size finds out at once whether there is room.</summary>
    private void Preallocate(ref FileStream temp, long size)
    {
        if (size < LocalStore.SmallLimit) return;

        temp.Dispose();
        StoreIo.TryDelete(temp.Name);
        temp = context.CreateTemp(readOnly: true, preallocate: size);
    }

    private static SafeFileHandle OpenSource(string source, out FileStat stat)
    {
        try
        {
            if (!FileStat.TryGet(source, out stat)) throw new FileNotFoundException("There is no such file.", source);
            if (stat.Kind != FileKind.File)
            {
                throw StorageErrors.NotAFile(source, stat.Kind switch
                {
                    FileKind.Directory => "a folder",
                    FileKind.Link => "a symbolic link",
                    _ => "a device or a pipe",
                });
            }

            return File.OpenHandle(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StorageErrors.SourceUnreadable(e, source);
        }
    }
}
