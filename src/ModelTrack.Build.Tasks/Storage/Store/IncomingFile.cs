using System.Buffers;
using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Store;

/// <summary>
/// A content on its way into the store: a preallocated temp file of this process alone, which remembers the ranges that were written.
/// Disposed before it is complete, it stays for a later pull to go on from. Writes may come from several threads, to ranges that don't overlap.
/// </summary>
public sealed class IncomingFile : IAsyncDisposable
{
    private readonly FileStream _file;
    private readonly SafeFileHandle _handle;
    private readonly string _freeName;
    private readonly FileEntries _entries;
    private readonly RangeJournal _journal;
    private readonly RangeSet _written = new();
    private readonly Lock _lock = new();
    private RangeSet? _resumed;
    private bool _isGone;

    internal IncomingFile(ContentId id, FileStream file, string freeName, FileEntries entries, bool isResumed)
    {
        Id = id;
        _file = file;
        _handle = file.SafeFileHandle;
        _freeName = freeName;
        _entries = entries;
        _journal = new RangeJournal(_handle, id.Size);
        if (isResumed)
        {
            _resumed = _journal.Read();
            _journal.Rewrite(_resumed);
        }
    }

    public ContentId Id { get; }

    /// <summary>Whether an earlier, interrupted pull left ranges that <see cref="VerifyResumedAsync"/> can still use.</summary>
    public bool IsResumed => _resumed is { Ranges.Count: > 0 };

    /// <summary>Whether every byte was written.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_lock) return _written.Contains(0, Id.Size);
        }
    }

    /// <summary>
    /// Of a resumed file: which chunks of <paramref name="recipe"/> (the whole content's, in order) are there with the right hash. All else is forgotten.
    /// Until it is called, nothing of an earlier pull counts as written.
    /// </summary>
    public async Task<IReadOnlyList<bool>> VerifyResumedAsync(IReadOnlyList<Chunk> recipe, CancellationToken cancellationToken)
    {
        var good = new bool[recipe.Count];
        var resumed = _resumed;
        _resumed = null;
        if (resumed is null) return good;

        var largest = 0;
        foreach (var chunk in recipe) largest = Math.Max(largest, chunk.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(largest);
        try
        {
            var at = 0L;
            for (var i = 0; i < good.Length; i++)
            {
                var chunk = recipe[i];
                if (chunk.Length > 0 && resumed.Contains(at, chunk.Length))
                {
                    var bytes = buffer.AsMemory(0, chunk.Length);
                    await ReadAsync(at, bytes, cancellationToken).ConfigureAwait(false);
                    good[i] = Sha256Hash.Of(bytes.Span) == chunk.Hash;
                }

                if (good[i])
                {
                    lock (_lock) _written.Add(at, chunk.Length);
                }

                at += chunk.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        lock (_lock) _journal.Rewrite(_written);
        return good;
    }

    /// <summary>Writes bytes that the caller has verified or will verify before <see cref="CompleteAsync"/>.</summary>
    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Id.Size - bytes.Length);
        try
        {
            await RandomAccess.WriteAsync(_handle, bytes, offset, cancellationToken).ConfigureAwait(false);
            FailPoint.Hit("store.incoming.written");
            lock (_lock)
            {
                _written.Add(offset, bytes.Length);
                _journal.Add(offset, bytes.Length);
            }

            FailPoint.Hit("store.incoming.noted");
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, _file.Name);
        }
    }

    /// <summary>Reads back what was written, for a hash at the frontier.</summary>
    public async ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            while (destination.Length > 0)
            {
                var count = await RandomAccess.ReadAsync(_handle, destination, offset, cancellationToken).ConfigureAwait(false);
                if (count == 0) throw new EndOfStreamException("The file is shorter than what was written to it.");
                destination = destination[count..];
                offset += count;
            }
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, _file.Name);
        }
    }

    /// <summary>Forgets a range that proved wrong, so that it has to be written again.</summary>
    public void Forget(long offset, long length)
    {
        lock (_lock)
        {
            _written.Remove(offset, length);
            _journal.Rewrite(_written);
        }
    }

    /// <summary>
    /// Makes the content appear in the store. With <paramref name="digest"/> (of the bytes as written, in order, by the caller) nothing is hashed again,
    /// and its chunks count as a claim, to be proved before they are sent anywhere; without it the file is hashed here. Null when the bytes are not the content: the temp file stays, for the caller to find the bad chunk
    /// (<see cref="Forget"/>) or to <see cref="Discard"/>.
    /// </summary>
    public async Task<StoredFile?> CompleteAsync(ContentDigest? digest, CancellationToken cancellationToken)
    {
        if (!IsComplete) throw new InvalidOperationException($"{Id} has ranges that were never written.");

        try
        {
            lock (_lock) _journal.Clear();
            FailPoint.Hit("store.incoming.cut");
            // A content of one chunk has that chunk's hash.
            var isClaimed = digest is { Chunks: { Count: > 0 } claimed } && !(claimed.Count == 1 && claimed[0].Hash == Id.Sha256);
            digest ??= await ContentHasher.HashAsync(_handle, new HashOptions(Cut: true), copyTo: null, progress: null, cancellationToken).ConfigureAwait(false);
            if (digest.Id != Id)
            {
                lock (_lock) _journal.Rewrite(_written);
                return null;
            }

            if (await _entries.FindAsync(Id, cancellationToken).ConfigureAwait(false) is { } there)
            {
                Discard();
                return there;
            }

            if (!OperatingSystem.IsWindows())
            {
                const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
                File.SetUnixFileMode(_handle, File.GetUnixFileMode(_handle) & Read);
            }

            var stored = _entries.Publish(_file, digest, isSaved: false, isClaimed);
            _isGone = true;
            return stored;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, _file.Name);
        }
    }

    /// <summary>Removes the temp file; nothing of it is resumed later.</summary>
    public void Discard()
    {
        _isGone = true;
        _file.Dispose();
        StoreIo.TryDelete(_file.Name);
    }

    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync().ConfigureAwait(false);
        if (_isGone) return;

        _isGone = true;
        if (_written.Ranges.Count == 0 && !IsResumed)
        {
            StoreIo.TryDelete(_file.Name);
            return;
        }

        try
        {
            // Whoever wants this content next goes on from here.
            File.Move(_file.Name, _freeName, overwrite: true);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
        }
    }
}
