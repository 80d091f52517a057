using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Remote;

/// <summary>
/// Reads the chunks that are to be sent out of the store, in order. A content that is sent whole is checked by the fast hash of its record
/// as it passes; of one that is sent in part each chunk is hashed. So nothing is sent that the store's disk has spoilt.
/// </summary>
internal sealed class PushReader : IDisposable
{
    private readonly PushPlan _plan;
    private readonly LocalStore _store;

    // How much of each content is to be read; one that is read whole, in order, is checked as a whole.
    private readonly Dictionary<int, long> _toRead = [];
    private LongXxh128 _fastHash = new();
    private SafeFileHandle? _file;
    private StoredFile? _stored;
    private int _blob = -1;
    private long _next;

    /// <param name="chunks">All that will be read, in order.</param>
    public PushReader(PushPlan plan, IReadOnlyList<int> chunks, LocalStore store)
    {
        _plan = plan;
        _store = store;
        foreach (var chunk in chunks)
        {
            var planned = plan.Chunks[chunk];
            _toRead[planned.Blob] = _toRead.GetValueOrDefault(planned.Blob) + planned.Length;
        }
    }

    /// <summary>Fills <paramref name="destination"/> with the chunks, one after the other.</summary>
    public async Task ReadAsync(IReadOnlyList<int> chunks, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var small = new Dictionary<ContentId, Memory<byte>>();
        for (var i = 0; i < chunks.Count;)
        {
            var first = _plan.Chunks[chunks[i]];
            var length = first.Length;
            var next = i + 1;
            if (IsSmall(first))
            {
                small.Add(_plan.Artifact.Blobs[first.Blob], destination[..length]);
            }
            else
            {
                // Neighbours are read in one go.
                for (; next < chunks.Count; next++)
                {
                    var other = _plan.Chunks[chunks[next]];
                    if (other.Blob != first.Blob || other.Offset != first.Offset + length) break;
                    length += other.Length;
                }

                await ReadRunAsync(chunks, i, next, destination[..length], cancellationToken).ConfigureAwait(false);
            }

            destination = destination[length..];
            i = next;
        }

        if (small.Count > 0) await ReadSmallAsync(small, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _file?.Dispose();

    private bool IsSmall(in PlannedChunk chunk) => _plan.Artifact.IsDirectory && _plan.Artifact.Blobs[chunk.Blob].Size < LocalStore.SmallLimit;

    private async Task ReadRunAsync(IReadOnlyList<int> chunks, int from, int to, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var first = _plan.Chunks[chunks[from]];
        var id = _plan.Artifact.Blobs[first.Blob];
        if (_blob != first.Blob) await OpenAsync(first.Blob, cancellationToken).ConfigureAwait(false);
        await ReadFileAsync(id, first.Offset, destination, cancellationToken).ConfigureAwait(false);

        if (_toRead[first.Blob] == id.Size && first.Offset == _next)
        {
            _fastHash.Append(destination.Span);
            _next += destination.Length;
            if (_next == id.Size && _fastHash.Finish() != _stored!.Xxh128) throw await DamagedAsync(id, cancellationToken).ConfigureAwait(false);
            return;
        }

        for (var i = from; i < to; i++)
        {
            var chunk = _plan.Chunks[chunks[i]];
            if (Sha256Hash.Of(destination.Span[..chunk.Length]) != chunk.Hash) throw await DamagedAsync(id, cancellationToken).ConfigureAwait(false);
            destination = destination[chunk.Length..];
        }
    }

    private async Task OpenAsync(int blob, CancellationToken cancellationToken)
    {
        _file?.Dispose();
        _file = null;
        _blob = -1;
        var id = _plan.Artifact.Blobs[blob];
        _stored = await _store.FindFileAsync(id, cancellationToken).ConfigureAwait(false) ?? throw StorageErrors.ContentAbsent(_store.Path, id);
        try
        {
            _file = File.OpenHandle(_stored.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, _stored.Path);
        }

        _blob = blob;
        _next = 0;
        _fastHash = new LongXxh128();
    }

    private async Task ReadFileAsync(ContentId id, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            while (destination.Length > 0)
            {
                var (rest, at) = (destination, offset);
                var read = await Task.Run(() => UncachedFile.Read(_file!, rest.Span, at), cancellationToken).ConfigureAwait(false);
                if (read == 0) throw await DamagedAsync(id, cancellationToken).ConfigureAwait(false);
                destination = destination[read..];
                offset += read;
            }
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, _stored!.Path);
        }
    }

    private async Task ReadSmallAsync(Dictionary<ContentId, Memory<byte>> wanted, CancellationToken cancellationToken)
    {
        var missed = await _store.ReadSmallAsync(
            wanted.Keys,
            (id, bytes, _) =>
            {
                bytes.CopyTo(wanted[id]);
                return ValueTask.CompletedTask;
            },
            cancellationToken).ConfigureAwait(false);

        // What was saved as an artifact of its own stands as a file.
        foreach (var id in missed)
        {
            await _store.ReadAsync(id, 0, wanted[id], cancellationToken).ConfigureAwait(false);
            if (Sha256Hash.Of(wanted[id].Span) != id.Sha256) throw await DamagedAsync(id, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Has the store set the bad entry aside, so that the next save puts a good one there.</summary>
    private async Task<Exception> DamagedAsync(ContentId id, CancellationToken cancellationToken)
    {
        await _store.VerifyAsync([id], 100, cancellationToken).ConfigureAwait(false);
        return StorageErrors.StoreCopyDamaged(id);
    }
}
