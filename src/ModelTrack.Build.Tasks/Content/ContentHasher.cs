using System.Buffers;
using Microsoft.Win32.SafeHandles;
using ModelTrack.Diagnostics;

namespace ModelTrack.Content;

/// <summary>What <see cref="ContentHasher"/> is to find besides SHA-256 and XXH128.</summary>
/// <param name="Cut">Whether the content's chunks, with their hashes, are wanted.</param>
public readonly record struct HashOptions(bool Cut);

/// <summary>Hashes contents in one pass over their bytes.</summary>
public static class ContentHasher
{
    /// <summary>Up to this many bytes one read on the calling thread is cheaper than a hand-over between threads.</summary>
    private const int SmallFile = 1 << 20;

    // Stays in a core's second-level cache between the read and the hash.
    private const int FastBlock = 256 << 10;

    /// <summary>
    /// Reads <paramref name="source"/> from its start to its end once. A large content is read, hashed and cut on several threads with a few
    /// megabytes of memory; a small one costs one read on the calling thread, so that callers hash many of them in parallel.
    /// </summary>
    /// <param name="copyTo">Gets the bytes as they were hashed, from its own start; it is not flushed or truncated.</param>
    /// <param name="progress">Advanced by the bytes read; expecting them is the caller's.</param>
    public static Task<ContentDigest> HashAsync(
        SafeFileHandle source, HashOptions options, SafeFileHandle? copyTo, TransferProgress? progress, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<ContentDigest>(cancellationToken);

        try
        {
            return TryHashSmall(source, options, copyTo, progress) is { } digest
                ? Task.FromResult(digest)
                : new HashPipeline(source, options, copyTo, progress).RunAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Task.FromException<ContentDigest>(failure);
        }
    }

    /// <summary>Hashes a content that is in memory.</summary>
    public static ContentDigest Hash(ReadOnlySpan<byte> content, bool cut)
    {
        var id = new ContentId(Sha256Hash.Of(content), content.Length);
        return new ContentDigest(id, Xxh128Of(content), cut ? CutAndHash(content, id.Sha256) : []);
    }

    /// <summary>XXH128 of a content in memory.</summary>
    public static FastHash Xxh128Of(ReadOnlySpan<byte> content) => FastHash.Of(content);

    /// <summary>XXH128 of a whole file: by which a touched but equal file is told from a changed one.</summary>
    public static ValueTask<FastHash> Xxh128OfFileAsync(SafeFileHandle source, TransferProgress? progress, CancellationToken cancellationToken) =>
        RandomAccess.GetLength(source) <= SmallFile
            ? new(Xxh128OfFile(source, progress, cancellationToken))
            : new(Task.Run(() => Xxh128OfFile(source, progress, cancellationToken), cancellationToken));

    private static FastHash Xxh128OfFile(SafeFileHandle source, TransferProgress? progress, CancellationToken cancellationToken)
    {
        var hash = new LongXxh128();
        var buffer = ArrayPool<byte>.Shared.Rent(FastBlock);
        try
        {
            long at = 0;
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var count = RandomAccess.Read(source, buffer.AsSpan(0, FastBlock), at);
                if (count == 0) return hash.Finish();
                hash.Append(buffer.AsSpan(0, count));
                at += count;
                progress?.Advance(count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>Null when the file is large, or longer than it said.</returns>
    private static ContentDigest? TryHashSmall(SafeFileHandle source, HashOptions options, SafeFileHandle? copyTo, TransferProgress? progress)
    {
        var length = RandomAccess.GetLength(source);
        if (length > SmallFile) return null;

        // One byte more than the file says, so that one read sees its end.
        var buffer = ArrayPool<byte>.Shared.Rent((int)length + 1);
        try
        {
            var count = 0;
            while (count < buffer.Length)
            {
                var read = RandomAccess.Read(source, buffer.AsSpan(count), count);
                if (read == 0) break;
                count += read;
            }

            if (count == buffer.Length) return null;

            var content = buffer.AsSpan(0, count);
            if (copyTo is not null) RandomAccess.Write(copyTo, content, 0);
            progress?.Advance(count);
            return Hash(content, options.Cut);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static Chunk[] CutAndHash(ReadOnlySpan<byte> content, Sha256Hash whole)
    {
        var lengths = ChunkCutter.Contents.Cut(content);
        if (lengths.Count == 1) return [new Chunk(whole, content.Length)];

        var chunks = new Chunk[lengths.Count];
        var at = 0;
        for (var i = 0; i < chunks.Length; i++)
        {
            chunks[i] = new Chunk(Sha256Hash.Of(content.Slice(at, lengths[i])), lengths[i]);
            at += lengths[i];
        }

        return chunks;
    }
}
