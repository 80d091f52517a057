using System.Buffers;
using System.Collections.Concurrent;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <summary>What the remote did not have as its manifest says.</summary>
internal sealed record ReadProblem(Sha256Hash Pack, string Text)
{
    public string Key => RemoteKeys.Pack(Pack);
}

/// <summary>Gets one chunk, called from several threads; the bytes are good until it returns.</summary>
/// <param name="index">Which of the locations.</param>
internal delegate ValueTask ChunkDelivery(int index, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

/// <summary>
/// Reads chunks from packs: neighbours by one request, several requests at once, each frame decoded once. What it delivers is what the packs
/// hold at those places; whether that is right is for hashes to tell.
/// </summary>
internal sealed class ChunkReads(RemoteSession session)
{
    /// <summary>The longest range of one request: with all connections busy, some tens of megabytes are in memory.</summary>
    private const int MaxRange = 4 * 1024 * 1024;

    private long _received;

    public long BytesReceived => Interlocked.Read(ref _received);

    /// <summary>Delivers the chunks at <paramref name="wanted"/>, roughly in that order.</summary>
    /// <param name="verify">Whether each chunk's own hash is checked before it is delivered.</param>
    /// <returns>What could not be delivered, one problem for each pack; empty when all was.</returns>
    public async Task<IReadOnlyList<ReadProblem>> RunAsync(
        IReadOnlyList<ChunkLocation> locations, int[] wanted, bool verify, ChunkDelivery deliver, CancellationToken cancellationToken)
    {
        if (wanted.Length == 0) return [];

        var order = InReadingOrder(locations, wanted);
        var gap = session.Transport.Traits.RangeReads ? session.Meter.Gap : PackFormat.MaxSize;
        var longest = session.Transport.Traits.RangeReads ? MaxRange : PackFormat.MaxSize;
        var problems = new ConcurrentDictionary<Sha256Hash, ReadProblem>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = session.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(
            Ranges(locations, order, gap, longest),
            options,
            async (range, token) =>
            {
                var problem = await ReadAsync(locations, order, range, verify, deliver, token).ConfigureAwait(false);
                if (problem is not null) problems.TryAdd(problem.Pack, problem);
            }).ConfigureAwait(false);
        return [.. problems.Values];
    }

    /// <summary>Packs in the order in which they are first wanted, and by place within each.</summary>
    private static int[] InReadingOrder(IReadOnlyList<ChunkLocation> locations, int[] wanted)
    {
        var packs = new Dictionary<Sha256Hash, int>();
        var keys = new long[wanted.Length];
        for (var i = 0; i < wanted.Length; i++)
        {
            var location = locations[wanted[i]];
            if (!packs.TryGetValue(location.Pack, out var number)) packs.Add(location.Pack, number = packs.Count);
            keys[i] = ((long)number << 32) | Stored(location).Offset;
        }

        var order = (int[])wanted.Clone();
        Array.Sort(keys, order);
        return order;
    }

    private static IEnumerable<Range> Ranges(IReadOnlyList<ChunkLocation> locations, int[] order, int gap, int longest)
    {
        for (var first = 0; first < order.Length;)
        {
            var location = locations[order[first]];
            var pack = location.Pack;
            var (from, length) = Stored(location);
            var to = from + length;
            var next = first + 1;
            for (; next < order.Length; next++)
            {
                var other = locations[order[next]];
                var (start, more) = Stored(other);
                var end = start + more;
                if (other.Pack != pack || start > to + gap || Math.Max(end, to) - from > longest) break;
                to = Math.Max(to, end);
            }

            yield return new Range(pack, from, (int)(to - from), first, next);
            first = next;
        }
    }

    /// <summary>What of the pack is read for a chunk: its frame, or, where that is not compressed, the chunk alone.</summary>
    private static (long Offset, int Length) Stored(in ChunkLocation location) => location.Frame.Codec == FrameCodec.None
        ? ((long)location.Frame.Offset + location.Offset, location.Length)
        : (location.Frame.Offset, location.Frame.StoredLength);

    private async Task<ReadProblem?> ReadAsync(
        IReadOnlyList<ChunkLocation> locations, int[] order, Range range, bool verify, ChunkDelivery deliver, CancellationToken cancellationToken)
    {
        var stored = ArrayPool<byte>.Shared.Rent(range.Length);
        byte[]? raw = null;
        try
        {
            var key = RemoteKeys.Pack(range.Pack);
            var start = session.Time.GetTimestamp();
            var read = await session.Transport.ReadAsync(key, range.Offset, stored.AsMemory(0, range.Length), null, cancellationToken).ConfigureAwait(false);
            if (read.Status != ReadStatus.Found) return new ReadProblem(range.Pack, session.NotGiven);
            session.Meter.Note(read.Count, session.Time.GetElapsedTime(start));
            Interlocked.Add(ref _received, read.Count);
            if (read.Count < range.Length) return new ReadProblem(range.Pack, "is shorter than its manifest says");

            FrameRef? decoded = null;
            ReadProblem? problem = null;
            for (var i = range.First; i < range.End; i++)
            {
                var location = locations[order[i]];
                ReadOnlyMemory<byte> bytes;
                if (location.Frame.Codec == FrameCodec.None)
                {
                    bytes = stored.AsMemory((int)(Stored(location).Offset - range.Offset), location.Length);
                }
                else if (decoded == location.Frame)
                {
                    bytes = raw.AsMemory(location.Offset, location.Length);
                }
                else
                {
                    if (raw is null || raw.Length < location.Frame.RawLength)
                    {
                        if (raw is not null) ArrayPool<byte>.Shared.Return(raw);
                        raw = ArrayPool<byte>.Shared.Rent(location.Frame.RawLength);
                    }

                    decoded = null;
                    if (!TryDecode(stored.AsSpan((int)(location.Frame.Offset - range.Offset), location.Frame.StoredLength), location.Frame, raw, key))
                    {
                        problem = new ReadProblem(range.Pack, "has wrong bytes");
                        continue;
                    }

                    decoded = location.Frame;
                    bytes = raw.AsMemory(location.Offset, location.Length);
                }

                if (verify && Sha256Hash.Of(bytes.Span) != location.Hash)
                {
                    problem = new ReadProblem(range.Pack, "has wrong bytes");
                    continue;
                }

                await deliver(order[i], bytes, cancellationToken).ConfigureAwait(false);
            }

            return problem;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
            if (raw is not null) ArrayPool<byte>.Shared.Return(raw);
        }
    }

    private static bool TryDecode(ReadOnlySpan<byte> stored, in FrameRef frame, Span<byte> raw, string key)
    {
        try
        {
            FrameDecoder.Decode(stored, frame, raw, key);
            return true;
        }
        catch (ModelTrackException)
        {
            return false;
        }
    }

    private readonly record struct Range(Sha256Hash Pack, long Offset, int Length, int First, int End);
}
