using System.Buffers;
using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;
using ModelTrack.Diagnostics;

namespace ModelTrack.Content;

/// <summary>
/// One large content in one pass. Blocks go round in a ring of fixed size: the reader fills them (and copies them on), one stage hashes the
/// whole content, one looks for cuts, one hashes chunks, each at its own pace; a block is filled again when all are done with it.
/// </summary>
internal sealed class HashPipeline(SafeFileHandle source, HashOptions options, SafeFileHandle? copyTo, TransferProgress? progress)
{
    private const int Ring = 8;
    private const int Buffer = 1 << 20;

    // The start of a chunk that began in the block before is put in front of the data, so that each chunk lies in one piece.
    private const int Headroom = 128 << 10;

    private readonly ChunkCutter _cutter = ChunkCutter.Contents;
    private readonly Channel<Block> _free = NewChannel();
    private readonly Channel<Block> _toHash = NewChannel();
    private readonly Channel<Block> _toCut = NewChannel();
    private readonly Channel<Block> _toHashChunks = NewChannel();
    private readonly LongXxh128 _fast = new();
    private readonly List<Chunk> _chunks = [];
    private Sha256Hash _sha256;
    private long _size;

    public async Task<ContentDigest> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var blocks = new List<Block>(Ring);
        try
        {
            // No larger ring than the content fills.
            var length = RandomAccess.GetLength(source);
            var count = (int)Math.Clamp((length / (Buffer - Headroom)) + 1, 2, Ring);
            for (var i = 0; i < count; i++)
            {
                var block = new Block(ArrayPool<byte>.Shared.Rent(Buffer));
                blocks.Add(block);
                _free.Writer.TryWrite(block);
            }

            Func<CancellationToken, Task>[] stages = options.Cut ? [ReadAsync, HashAsync, CutAsync, HashChunksAsync] : [ReadAsync, HashAsync];
            await Task.WhenAll(stages.Select(stage => Task.Run(() => GuardAsync(stage, stop), stop.Token))).ConfigureAwait(false);
        }
        finally
        {
            // Every stage has ended: nobody holds a buffer.
            foreach (var block in blocks) ArrayPool<byte>.Shared.Return(block.Bytes);
        }

        return new ContentDigest(new ContentId(_sha256, _size), _fast.Finish(), _chunks);
    }

    /// <summary>A stage that fails stops the others, which would wait for it for ever.</summary>
    private static async Task GuardAsync(Func<CancellationToken, Task> stage, CancellationTokenSource stop)
    {
        try
        {
            await stage(stop.Token).ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var ended = false;
        while (!ended)
        {
            var block = await _free.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var data = block.Bytes.AsMemory(Headroom, Buffer - Headroom);
            var count = 0;
            while (count < data.Length)
            {
                var read = await RandomAccess.ReadAsync(source, data[count..], _size + count, cancellationToken).ConfigureAwait(false);
                ended = read == 0;
                if (ended) break;
                count += read;
            }

            if (copyTo is not null) UncachedFile.Write(copyTo, data.Span[..count], _size);
            _size += count;
            progress?.Advance(count);

            block.Fill(count, ended, users: options.Cut ? 2 : 1);
            _toHash.Writer.TryWrite(block);
            if (options.Cut) _toCut.Writer.TryWrite(block);
        }

        _toHash.Writer.Complete();
        _toCut.Writer.Complete();
    }

    private async Task HashAsync(CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await foreach (var block in _toHash.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            var data = block.Bytes.AsSpan(Headroom, block.Count);
            hash.AppendData(data);
            _fast.Append(data);
            Release(block);
        }

        _sha256 = new Sha256Hash(hash.GetHashAndReset());
    }

    private async Task CutAsync(CancellationToken cancellationToken)
    {
        var carry = ArrayPool<byte>.Shared.Rent(Headroom);
        try
        {
            var carried = 0;
            var first = true;
            await foreach (var block in _toCut.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                carry.AsSpan(0, carried).CopyTo(block.Bytes.AsSpan(Headroom - carried));
                block.Start = Headroom - carried;
                var rest = block.Bytes.AsSpan(block.Start, carried + block.Count);
                while (rest.Length >= _cutter.MaxSize || (block.IsLast && !rest.IsEmpty))
                {
                    var length = _cutter.Next(rest, first);
                    first = false;
                    block.Lengths.Add(length);
                    rest = rest[length..];
                }

                rest.CopyTo(carry);
                carried = rest.Length;
                _toHashChunks.Writer.TryWrite(block);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(carry);
        }

        _toHashChunks.Writer.Complete();
    }

    private async Task HashChunksAsync(CancellationToken cancellationToken)
    {
        await foreach (var block in _toHashChunks.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            var at = block.Start;
            foreach (var length in block.Lengths)
            {
                _chunks.Add(new Chunk(Sha256Hash.Of(block.Bytes.AsSpan(at, length)), length));
                at += length;
            }

            Release(block);
        }
    }

    private void Release(Block block)
    {
        if (block.Release()) _free.Writer.TryWrite(block);
    }

    // Unbounded: there are never more blocks than the ring has.
    private static Channel<Block> NewChannel() => Channel.CreateUnbounded<Block>(new UnboundedChannelOptions { SingleReader = true });

    private sealed class Block(byte[] bytes)
    {
        private int _users;

        public byte[] Bytes { get; } = bytes;

        public int Count { get; private set; }

        public bool IsLast { get; private set; }

        /// <summary>Where the first chunk that ends in this block starts.</summary>
        public int Start { get; set; }

        /// <summary>Of the chunks that end in this block.</summary>
        public List<int> Lengths { get; } = [];

        public void Fill(int count, bool isLast, int users)
        {
            Count = count;
            IsLast = isLast;
            Lengths.Clear();
            _users = users;
        }

        /// <returns>Whether nobody uses the block any more.</returns>
        public bool Release() => Interlocked.Decrement(ref _users) == 0;
    }
}
