using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Store;

/// <summary>One pass over packs: every frame is read and decoded once, every content is hashed before it is delivered.</summary>
internal sealed class PackReading(StoreContext context, PackFiles files, Func<ContentId, ReadOnlyMemory<byte>, CancellationToken, ValueTask> deliver)
{
    // Neighbouring frames are read at once, and are one thread's work.
    private const int RunLength = 1 << 20;
    private const int LargestGap = 64 << 10;

    /// <summary>What was not delivered, and where it should have been.</summary>
    public ConcurrentQueue<(ContentId Id, ChunkLocation Location)> Failures { get; } = [];

    public async Task RunAsync(IReadOnlyCollection<(ContentId Id, ChunkLocation Location)> wanted, CancellationToken cancellationToken)
    {
        var handles = new ConcurrentDictionary<Sha256Hash, SafeFileHandle?>();
        try
        {
            var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
            await Parallel.ForEachAsync(Runs(wanted), options, async (run, token) =>
            {
                if (run.Pack.IsZero)
                {
                    foreach (var (id, _) in run.Contents) await deliver(id, default, token).ConfigureAwait(false);
                    return;
                }

                var handle = handles.GetOrAdd(run.Pack, Open);
                await ReadRunAsync(handle, run, token).ConfigureAwait(false);
            }).ConfigureAwait(false);
        }
        finally
        {
            foreach (var handle in handles.Values) handle?.Dispose();
        }
    }

    /// <summary>The chunks of a pack that can be read and whose bytes are what their hashes say.</summary>
    public static IEnumerable<(ChunkLocation Chunk, ReadOnlyMemory<byte> Bytes)> ReadGood(SafeFileHandle handle, IEnumerable<ChunkLocation> chunks)
    {
        foreach (var frame in chunks.GroupBy(chunk => chunk.Frame).OrderBy(frame => frame.Key.Offset))
        {
            var stored = new byte[frame.Key.StoredLength];
            var raw = new byte[frame.Key.RawLength];
            if (!TryReadAnyhow(handle, stored, frame.Key.Offset) || !TryDecode(stored, frame.Key, raw)) continue;

            foreach (var chunk in frame.OrderBy(chunk => chunk.Offset))
            {
                if (TrySlice(raw, chunk, out var bytes)) yield return (chunk, bytes);
            }
        }
    }

    private SafeFileHandle? Open(Sha256Hash pack)
    {
        // Its contents are in use: garbage collection spares it.
        files.Keep(pack, isSaved: false);
        return files.TryOpen(pack);
    }

    private async ValueTask ReadRunAsync(SafeFileHandle? handle, Run run, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(run.Length);
        var raw = ArrayPool<byte>.Shared.Rent(run.LongestFrame);
        try
        {
            var stored = buffer.AsMemory(0, run.Length);
            var isRead = handle is not null && TryRead(handle, stored.Span, run);
            FrameRef? decoded = null;
            var isGood = false;
            foreach (var (id, location) in run.Contents)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (isRead && decoded != location.Frame)
                {
                    decoded = location.Frame;
                    isGood = TryDecode(stored.Span.Slice((int)(location.Frame.Offset - run.Offset), location.Frame.StoredLength), location.Frame, raw);
                }

                if (isRead && isGood && TrySlice(raw.AsMemory(0, location.Frame.RawLength), location, out var content))
                {
                    await deliver(id, content, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    Failures.Enqueue((id, location));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            ArrayPool<byte>.Shared.Return(raw);
        }
    }

    /// <exception cref="ModelTrackException">The disk failed: that says nothing of the bytes.</exception>
    private bool TryRead(SafeFileHandle handle, Span<byte> destination, Run run)
    {
        try
        {
            return PackFiles.TryRead(handle, destination, run.Offset);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, context.Layout.Pack(run.Pack));
        }
    }

    private static bool TryReadAnyhow(SafeFileHandle handle, Span<byte> destination, long offset)
    {
        try
        {
            return PackFiles.TryRead(handle, destination, offset);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            return false;
        }
    }

    private static bool TryDecode(ReadOnlySpan<byte> stored, in FrameRef frame, Span<byte> raw)
    {
        try
        {
            FrameDecoder.Decode(stored, frame, raw, "");
            return true;
        }
        catch (ModelTrackException)
        {
            return false;
        }
    }

    private static bool TrySlice(ReadOnlyMemory<byte> raw, in ChunkLocation chunk, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (chunk.Offset < 0 || chunk.Length < 0 || chunk.Offset > raw.Length - chunk.Length) return false;

        bytes = raw.Slice(chunk.Offset, chunk.Length);
        return Sha256Hash.Of(bytes.Span) == chunk.Hash;
    }

    private static IEnumerable<Run> Runs(IEnumerable<(ContentId Id, ChunkLocation Location)> wanted)
    {
        Run? run = null;
        foreach (var item in wanted.OrderBy(item => item.Location.Pack).ThenBy(item => item.Location.Frame.Offset).ThenBy(item => item.Location.Offset))
        {
            if (run is null || !run.TryExtend(item))
            {
                if (run is not null) yield return run;
                run = new Run(item);
            }
        }

        if (run is not null) yield return run;
    }

    private sealed class Run
    {
        private long _end;

        public Run((ContentId Id, ChunkLocation Location) first)
        {
            Pack = first.Location.Pack;
            Offset = first.Location.Frame.Offset;
            Append(first);
        }

        public Sha256Hash Pack { get; }

        public long Offset { get; }

        public int Length => (int)(_end - Offset);

        public int LongestFrame { get; private set; }

        public List<(ContentId Id, ChunkLocation Location)> Contents { get; } = [];

        public bool TryExtend((ContentId Id, ChunkLocation Location) next)
        {
            var frame = next.Location.Frame;
            var end = (long)frame.Offset + frame.StoredLength;
            var isSameFrame = Contents[^1].Location.Frame == frame;
            if (next.Location.Pack != Pack || (!isSameFrame && (end - Offset > RunLength || frame.Offset - _end > LargestGap))) return false;

            Append(next);
            return true;
        }

        private void Append((ContentId Id, ChunkLocation Location) item)
        {
            Contents.Add(item);
            var frame = item.Location.Frame;
            _end = Math.Max(_end, (long)frame.Offset + frame.StoredLength);
            LongestFrame = Math.Max(LongestFrame, frame.RawLength);
        }
    }
}
