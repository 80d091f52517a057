using System.Collections.Concurrent;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Remote;

/// <summary>Packs of the store whose every content is to be sent go as they are: nothing is read chunk by chunk, nothing is compressed again.</summary>
internal sealed class StorePackSender(RemoteSession session, PackSender sender)
{
    /// <summary>Sends the packs that qualify, and locates their chunks.</summary>
    /// <returns>What is left to send.</returns>
    public async Task<List<int>> SendAsync(PushPlan plan, List<int> chunks, CancellationToken cancellationToken)
    {
        if (!plan.Artifact.IsDirectory) return chunks;

        var packs = new Dictionary<Sha256Hash, long>();
        foreach (var chunk in chunks)
        {
            var planned = plan.Chunks[chunk];
            if (planned.Length >= LocalStore.SmallLimit || session.Store.FindSmall(planned.Hash) is not { } location) continue;
            packs[location.Pack] = packs.GetValueOrDefault(location.Pack) + planned.Length;
        }

        var toSend = chunks.ToHashSet();
        var done = new ConcurrentBag<PackContents>();
        var candidates = packs.Where(pack => pack.Value >= PackSender.LeastVerbatim).Select(pack => pack.Key).Order().ToList();
        var options = new ParallelOptions { MaxDegreeOfParallelism = session.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(candidates, options, async (pack, token) =>
        {
            await session.PackSlots.WaitAsync(token).ConfigureAwait(false);
            try
            {
                if (await SendPackAsync(plan, toSend, pack, token).ConfigureAwait(false) is { } contents) done.Add(contents);
            }
            finally
            {
                session.PackSlots.Release();
            }
        }).ConfigureAwait(false);

        // In the order of their names: of a chunk that two packs have, the same place is taken each time.
        foreach (var contents in done.OrderBy(contents => contents.Id))
        {
            foreach (var location in contents.Chunks)
            {
                if (plan.TryFind(location.Hash, out var chunk) && toSend.Remove(chunk)) plan.SetLocation(chunk, location);
            }
        }

        return done.IsEmpty ? chunks : [.. chunks.Where(toSend.Contains)];
    }

    private async Task<PackContents?> SendPackAsync(PushPlan plan, HashSet<int> toSend, Sha256Hash pack, CancellationToken cancellationToken)
    {
        var path = session.Store.PackPath(pack);
        using var buffer = session.Buffers.Rent(PackFormat.MaxSize);
        ReadOnlyMemory<byte> bytes;
        PackContents contents;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (file.Length is < PackSender.LeastVerbatim or > PackFormat.MaxSize) return null;
            var whole = buffer.Array.AsMemory(0, (int)file.Length);
            await file.ReadExactlyAsync(whole, cancellationToken).ConfigureAwait(false);
            bytes = whole;
            contents = PackReader.Parse(bytes.Span, path);
        }
        catch (Exception e) when (StoreIo.IsFailure(e) || e is ModelTrackException)
        {
            // The contents are read one by one then, and what is wrong with them is said there.
            return null;
        }

        if (contents.Id != pack || !contents.Chunks.All(location => plan.TryFind(location.Hash, out var chunk) && toSend.Contains(chunk))) return null;
        if (PackReader.FindDamage(bytes.Span, contents, cancellationToken).Count > 0) return null;

        await sender.SendAsync(pack, bytes, cancellationToken).ConfigureAwait(false);
        session.Log.Progress.Advance(contents.Chunks.Sum(location => (long)location.Length));
        return contents;
    }
}
