using System.Buffers;
using System.Security.Cryptography;
using ModelTrack.Content;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Remote;

/// <summary>
/// A content on its way to the store. Chunks are written wherever they belong as they come; whoever closes the gap at the frontier hashes on
/// from there, so that the whole is hashed when its last chunk is written.
/// </summary>
internal sealed class FetchTarget : IAsyncDisposable
{
    private const int ReadBack = 1024 * 1024;

    private readonly RemoteSession _session;
    private readonly ManifestBody _body;
    private readonly IncomingFile _file;
    private readonly long[] _offsets;
    private readonly bool[] _done;
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly LongXxh128 _fastHash = new();
    private readonly Lock _lock = new();
    private int _frontier;
    private bool _isHashing;

    private FetchTarget(RemoteSession session, ManifestBody body, MappedContent content)
    {
        _session = session;
        _body = body;
        Id = content.Id;
        First = content.First;
        _done = new bool[content.End - content.First];
        _offsets = new long[_done.Length + 1];
        for (var i = 0; i < _done.Length; i++) _offsets[i + 1] = _offsets[i] + body[First + i].Length;
        _file = session.Store.BeginIncoming(content.Id);
    }

    public ContentId Id { get; }

    /// <summary>The body's record that is the content's first chunk.</summary>
    public int First { get; }

    /// <summary>Whether every chunk was written and hashed.</summary>
    public bool IsFull => _frontier == _done.Length;

    /// <summary>Opens the content, with what an interrupted pull left of it, each chunk checked.</summary>
    public static async Task<FetchTarget> OpenAsync(RemoteSession session, ManifestBody body, MappedContent content, CancellationToken cancellationToken)
    {
        var target = new FetchTarget(session, body, content);
        try
        {
            if (!target._file.IsResumed) return target;

            var good = await target._file.VerifyResumedAsync(target.Recipe(), cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < good.Count; i++)
            {
                if (!good[i]) continue;
                target._done[i] = true;
                session.Log.Progress.Advance(target.Length(i));
            }

            await target.HashOnAsync(cancellationToken).ConfigureAwait(false);
            return target;
        }
        catch
        {
            await target.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The body's records that are still to come.</summary>
    public IEnumerable<int> MissingChunks() => Enumerable.Range(0, _done.Length).Where(i => !_done[i]).Select(i => First + i);

    /// <summary>Takes one chunk, or several neighbours, beginning with the given record.</summary>
    public async ValueTask WriteAsync(int record, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var first = record - First;
        await _file.WriteAsync(_offsets[first], bytes, cancellationToken).ConfigureAwait(false);
        _session.Log.Progress.Advance(bytes.Length);
        var end = first;
        lock (_lock)
        {
            for (; end < _done.Length && _offsets[end] < _offsets[first] + bytes.Length; end++) _done[end] = true;
            if (_isHashing || _frontier == _done.Length || !_done[_frontier]) return;
            _isHashing = true;
        }

        try
        {
            // What came at the frontier is hashed from memory; only what came early is read back.
            if (_frontier == first) Append(bytes.Span, end);
            await HashToGapAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock) _isHashing = false;
        }
    }

    /// <summary>Puts the content in the store. False when chunks are missing, or do not make it.</summary>
    public async Task<bool> CompleteAsync(CancellationToken cancellationToken)
    {
        await HashOnAsync(cancellationToken).ConfigureAwait(false);
        if (!IsFull) return false;

        var found = new ContentId(new Sha256Hash(_sha256.GetCurrentHash()), Id.Size);
        if (found != Id) return false;

        var digest = new ContentDigest(Id, _fastHash.Finish(), Recipe());
        return await _file.CompleteAsync(digest, cancellationToken).ConfigureAwait(false) is not null;
    }

    /// <summary>Leaves nothing to go on from: its chunks are what they say and still wrong.</summary>
    public void Discard() => _file.Discard();

    public ValueTask DisposeAsync()
    {
        _sha256.Dispose();
        return _file.DisposeAsync();
    }

    private Chunk[] Recipe()
    {
        var recipe = new Chunk[_done.Length];
        for (var i = 0; i < recipe.Length; i++) recipe[i] = new Chunk(_body[First + i].Hash, Length(i));
        return recipe;
    }

    private int Length(int chunk) => (int)(_offsets[chunk + 1] - _offsets[chunk]);

    /// <summary>Hashes from the frontier to the next gap, unless another thread is at it: one at a time, the others go on writing.</summary>
    private async Task HashOnAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_isHashing) return;
            _isHashing = true;
        }

        try
        {
            await HashToGapAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock) _isHashing = false;
        }
    }

    private async Task HashToGapAsync(CancellationToken cancellationToken)
    {
        byte[]? buffer = null;
        try
        {
            while (true)
            {
                int next;
                lock (_lock)
                {
                    for (next = _frontier; next < _done.Length && _done[next];) next++;
                    if (next == _frontier) return;
                }

                buffer ??= ArrayPool<byte>.Shared.Rent(ReadBack);
                for (var at = _offsets[_frontier]; at < _offsets[next];)
                {
                    var part = buffer.AsMemory(0, (int)Math.Min(ReadBack, _offsets[next] - at));
                    await _file.ReadAsync(at, part, cancellationToken).ConfigureAwait(false);
                    at += part.Length;
                    Append(part.Span, at == _offsets[next] ? next : _frontier);
                }
            }
        }
        finally
        {
            if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Append(ReadOnlySpan<byte> bytes, int frontier)
    {
        _sha256.AppendData(bytes);
        _fastHash.Append(bytes);
        lock (_lock) _frontier = frontier;
    }
}
