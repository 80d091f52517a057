using System.Collections.Concurrent;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Remote;

/// <summary>
/// Packs what is to be sent and sends it, a few packs at a time. Which chunks share a pack depends on their order and lengths alone, so that a
/// second try makes the same packs and finds those that arrived.
/// </summary>
/// <param name="resend">Packs that are sent even though the remote shows one of that name and size.</param>
internal sealed class PackSender(RemoteSession session, IReadOnlySet<Sha256Hash> resend)
{
    /// <summary>Raw bytes of one pack, with room for what describes them.</summary>
    private const int GroupBudget = PackFormat.MaxSize - (256 * 1024);

    private const int CostOfChunk = 64;

    /// <summary>The smallest pack of the store that is sent as it is; smaller ones are packed together.</summary>
    internal const int LeastVerbatim = 1024 * 1024;

    private readonly ConcurrentDictionary<Sha256Hash, PackEntry> _sent = new();
    private long _bytesSent;
    private int _packsSent;

    public long BytesSent => Interlocked.Read(ref _bytesSent);

    public int PacksSent => Volatile.Read(ref _packsSent);

    /// <summary>Packs that the remote showed to have while this push went on.</summary>
    public IEnumerable<PackEntry> Packs => _sent.Values;

    /// <summary>
    /// Sends all chunks of the plan that are not located, and locates them. The last pack stays open for the manifest's pieces.
    /// </summary>
    /// <returns>The open pack, whose chunks are located in the pack of zero; null when nothing was to be sent.</returns>
    public async Task<OpenPack?> SendAsync(PushPlan plan, CancellationToken cancellationToken)
    {
        var chunks = await new StorePackSender(session, this).SendAsync(plan, plan.ToSend(), cancellationToken).ConfigureAwait(false);
        if (chunks.Count == 0) return null;

        var groups = Group(plan, chunks);
        using var reader = new PushReader(plan, groups.SelectMany(group => group).ToList(), session.Store);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task>();
        OpenPack? open = null;
        try
        {
            for (var i = 0; i < groups.Count; i++)
            {
                // The first failure ends the reading; what is under way is awaited below.
                if (running.Any(task => task.IsFaulted)) break;
                await session.PackSlots.WaitAsync(stop.Token).ConfigureAwait(false);
                var group = groups[i];
                PackBuffers.Rental raw;
                try
                {
                    raw = await ReadAsync(reader, plan, group, stop.Token).ConfigureAwait(false);
                }
                catch
                {
                    session.PackSlots.Release();
                    throw;
                }

                var isLast = i == groups.Count - 1;
                running.Add(Task.Run(
                    async () =>
                    {
                        try
                        {
                            var left = await PackAsync(plan, group, raw, isLast, stop.Token).ConfigureAwait(false);
                            if (isLast) open = left;
                        }
                        catch
                        {
                            await stop.CancelAsync().ConfigureAwait(false);
                            throw;
                        }
                        finally
                        {
                            session.PackSlots.Release();
                        }
                    },
                    CancellationToken.None));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Stopped by one of the tasks, which says why.
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            open?.Dispose();
            throw;
        }

        try
        {
            await AllAsync(running).ConfigureAwait(false);
        }
        catch
        {
            open?.Dispose();
            throw;
        }

        return open;
    }

    /// <summary>Sends a finished pack, unless the remote shows it.</summary>
    public async Task SendAsync(PackFile pack, CancellationToken cancellationToken)
    {
        await SendAsync(pack.Id, pack.Bytes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One that is there and old may be garbage of a push that died, and about to be collected: it is written again.</summary>
    /// <inheritdoc cref="SendAsync(PackFile, CancellationToken)"/>
    public async Task SendAsync(Sha256Hash id, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var key = RemoteKeys.Pack(id);
        var isThere = !resend.Contains(id)
            && await session.Transport.HeadAsync(key, cancellationToken).ConfigureAwait(false) is { } head
            && head.Size == bytes.Length
            && await session.Gc.IsYoungAsync(head.LastModified, cancellationToken).ConfigureAwait(false);
        if (!isThere)
        {
            FailPoint.Hit("remote.push.pack");
            await session.Transport.PutAsync(key, bytes, onlyIfAbsent: false, cancellationToken).ConfigureAwait(false);
            FailPoint.Hit("remote.push.packed");
            Interlocked.Add(ref _bytesSent, bytes.Length);
            Interlocked.Increment(ref _packsSent);
        }

        _sent[id] = new PackEntry(id, bytes.Length);
    }

    /// <summary>Small contents first, then chunks of large ones, so that a pack is either mostly.</summary>
    private static List<List<int>> Group(PushPlan plan, List<int> chunks)
    {
        bool IsSmall(int chunk) => plan.Artifact.IsDirectory && plan.Artifact.Blobs[plan.Chunks[chunk].Blob].Size < LocalStore.SmallLimit;

        var groups = new List<List<int>>();
        var used = 0;
        foreach (var part in chunks.GroupBy(IsSmall).OrderByDescending(part => part.Key))
        {
            // Few small ones may share a pack with the others.
            if (used >= LeastVerbatim) used = int.MaxValue;
            foreach (var chunk in part)
            {
                var cost = plan.Chunks[chunk].Length + CostOfChunk;
                if (groups.Count == 0 || used > GroupBudget - cost)
                {
                    groups.Add([]);
                    used = 0;
                }

                groups[^1].Add(chunk);
                used += cost;
            }
        }

        return groups;
    }

    private async Task<PackBuffers.Rental> ReadAsync(PushReader reader, PushPlan plan, List<int> group, CancellationToken cancellationToken)
    {
        var length = group.Sum(chunk => plan.Chunks[chunk].Length);
        var raw = session.Buffers.Rent(length);
        try
        {
            await reader.ReadAsync(group, raw.Array.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            return raw;
        }
        catch
        {
            raw.Dispose();
            throw;
        }
    }

    /// <returns>The pack, when it is to stay open.</returns>
    private async Task<OpenPack?> PackAsync(PushPlan plan, List<int> group, PackBuffers.Rental raw, bool stayOpen, CancellationToken cancellationToken)
    {
        var pack = new OpenPack(session.Buffers, group.Sum(chunk => plan.Chunks[chunk].Length));
        try
        {
            var at = 0;
            foreach (var chunk in group)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var planned = plan.Chunks[chunk];
                if (!pack.Writer.TryAdd(planned.Hash, raw.Array.AsSpan(at, planned.Length)))
                {
                    await FinishAsync(plan, pack, cancellationToken).ConfigureAwait(false);
                    pack.Dispose();
                    pack = new OpenPack(session.Buffers, PackFormat.MaxSize);
                    if (!pack.Writer.TryAdd(planned.Hash, raw.Array.AsSpan(at, planned.Length))) throw new InvalidOperationException("An empty pack has no room for a chunk.");
                }

                at += planned.Length;
            }

            raw.Dispose();
            if (stayOpen)
            {
                Locate(plan, pack.Writer.CloseFrame());
                session.Log.Progress.Advance(at);
                var open = pack;
                pack = null;
                return open;
            }

            await FinishAsync(plan, pack, cancellationToken).ConfigureAwait(false);
            session.Log.Progress.Advance(at);
            return null;
        }
        finally
        {
            raw.Dispose();
            pack?.Dispose();
        }
    }

    private async Task FinishAsync(PushPlan plan, OpenPack open, CancellationToken cancellationToken)
    {
        var pack = open.Writer.Finish();
        await SendAsync(pack, cancellationToken).ConfigureAwait(false);
        Locate(plan, pack.Chunks);
    }

    private static void Locate(PushPlan plan, IReadOnlyList<ChunkLocation> locations)
    {
        foreach (var location in locations)
        {
            // Tasks locate different chunks, each its own place in the list.
            if (plan.TryFind(location.Hash, out var chunk)) plan.SetLocation(chunk, location);
        }
    }

    /// <summary>Awaits all, and tells the first failure that is not the cancelling of the others.</summary>
    private static async Task AllAsync(List<Task> tasks)
    {
        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var task in tasks.OrderBy(task => task.IsCanceled)) await task.ConfigureAwait(false);
    }
}
