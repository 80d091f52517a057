using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;

namespace ModelTrack.Storage.Store;

/// <summary>Reads contents wherever they stand, as files or packed.</summary>
internal sealed class StoreReader(StoreContext context, FileEntries files, PackEntries packs) : IDisposable
{
    // Push reads one content piece by piece: its file stays open, and is checked once.
    private readonly Lock _lock = new();
    private (ContentId Id, SafeFileHandle Handle)? _open;

    public async ValueTask<IReadOnlyList<Chunk>> ChunksAsync(ContentId id, bool proven, CancellationToken cancellationToken)
    {
        if (id == ContentId.Empty) return [];

        return await files.ChunksAsync(id, proven, cancellationToken).ConfigureAwait(false)
            ?? (packs.Contains(id) ? [new Chunk(id.Sha256, (int)id.Size)] : throw StorageErrors.ContentAbsent(context.Layout.Root, id));
    }

    public async ValueTask ReadAsync(ContentId id, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, id.Size - destination.Length);
        if (destination.Length == 0) return;

        if (await OpenAsync(id, cancellationToken).ConfigureAwait(false) is { } handle)
        {
            await FillAsync(handle, id, offset, destination, cancellationToken).ConfigureAwait(false);
            return;
        }

        var missing = await packs.ReadAsync([id], (_, content, _) =>
        {
            content.Slice((int)offset, destination.Length).CopyTo(destination);
            return ValueTask.CompletedTask;
        }, cancellationToken).ConfigureAwait(false);
        if (missing.Count > 0) throw StorageErrors.ContentAbsent(context.Layout.Root, id);
    }

    /// <summary>All of a content of unknown size, verified; null when it is not there.</summary>
    public async Task<byte[]?> ReadWholeAsync(Sha256Hash id, long maxBytes, CancellationToken cancellationToken)
    {
        var size = files.SizeOf(id);
        if (size > maxBytes) throw StorageErrors.ListingTooLarge(id, size, maxBytes);

        if (size >= 0 && await files.FindAsync(new ContentId(id, size), cancellationToken).ConfigureAwait(false) is not null && files.TryOpen(id) is { } handle)
        {
            using (handle)
            {
                var bytes = new byte[size];
                var content = new ContentId(id, size);
                await FillAsync(handle, content, 0, bytes, cancellationToken).ConfigureAwait(false);
                if (Sha256Hash.Of(bytes) == id) return bytes;
            }

            // The stat vouched for it and was wrong.
            await files.CheckAsync(new ContentId(id, size), cancellationToken).ConfigureAwait(false);
        }

        byte[]? found = null;
        if (packs.SizeOf(id) is { } packed && packed <= maxBytes)
        {
            await packs.ReadAsync([new ContentId(id, packed)], (_, content, _) =>
            {
                found = content.ToArray();
                return ValueTask.CompletedTask;
            }, cancellationToken).ConfigureAwait(false);
        }

        return found;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _open?.Handle.Dispose();
            _open = null;
        }
    }

    private async ValueTask<SafeFileHandle?> OpenAsync(ContentId id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_open is { } open && open.Id == id) return open.Handle;
        }

        if (await files.FindAsync(id, cancellationToken).ConfigureAwait(false) is null || files.TryOpen(id.Sha256) is not { } handle) return null;

        lock (_lock)
        {
            // The one before may be in use by another thread: the finalizer closes it.
            _open = (id, handle);
            return handle;
        }
    }

    private async ValueTask FillAsync(SafeFileHandle handle, ContentId id, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            while (destination.Length > 0)
            {
                var count = await RandomAccess.ReadAsync(handle, destination, offset, cancellationToken).ConfigureAwait(false);
                if (count == 0) throw StorageErrors.ContentAbsent(context.Layout.Root, id);
                destination = destination[count..];
                offset += count;
            }
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, context.Layout.File(id.Sha256));
        }
    }
}
