using System.Collections.Concurrent;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <summary>One try at bringing contents to the store by one manifest.</summary>
/// <param name="isRepeat">Something was wrong before: now each chunk is checked by its own hash, and nothing local is trusted.</param>
internal sealed class FetchPass(RemoteSession session, RemoteManifest manifest, ManifestBody body, bool isRepeat)
{
    private readonly Dictionary<Sha256Hash, int> _packSizes = SizesOf(manifest.Root);
    private readonly ChunkReads _reads = new(session);
    private readonly ConcurrentDictionary<ContentId, bool> _arrived = new();
    private ReadProblem? _problem;
    private long _packBytes;

    public IEnumerable<ContentId> Arrived => _arrived.Keys;

    /// <summary>The first thing that was wrong; null when nothing was, or when all chunks were right and did not make the content.</summary>
    public ReadProblem? Problem => _problem;

    public long BytesReceived => _reads.BytesReceived + Interlocked.Read(ref _packBytes);

    /// <summary>Brings contents that stand in packs: whole packs where most of one is wanted, else the chunks.</summary>
    public async Task SmallAsync(IReadOnlyList<MappedContent> contents, CancellationToken cancellationToken)
    {
        if (contents.Count == 0) return;

        var byChunk = contents.ToDictionary(content => content.First, content => content.Id);
        var whole = isRepeat ? [] : WholePacks(contents);
        await FetchPacksAsync(whole, byChunk, cancellationToken).ConfigureAwait(false);

        var rest = byChunk.Keys.Where(chunk => !_arrived.ContainsKey(byChunk[chunk]) && !whole.ContainsKey(body[chunk].Pack)).Order().ToArray();
        if (rest.Length == 0) return;

        using var writer = session.Store.BeginSmall();
        var added = new ConcurrentBag<ContentId>();
        try
        {
            Note(await _reads.RunAsync(
                body,
                rest,
                verify: false,
                (chunk, bytes, _) =>
                {
                    // What the writer says it got is what the bytes are.
                    var id = writer.Add(bytes);
                    if (id == byChunk[chunk]) added.Add(id);
                    else Note(new ReadProblem(body[chunk].Pack, "has wrong bytes"));
                    session.Log.Progress.Advance(bytes.Length);
                    return ValueTask.CompletedTask;
                },
                cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            // What came before a failure need not come again.
            if (!cancellationToken.IsCancellationRequested) await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }

        foreach (var id in added) _arrived[id] = true;
    }

    /// <summary>Brings contents that stand as files: chunks from earlier pulls and from bases first, the others from the remote.</summary>
    public async Task LargeAsync(IReadOnlyList<MappedContent> contents, IReadOnlyList<ArtifactContent> bases, CancellationToken cancellationToken)
    {
        var targets = new List<FetchTarget>(contents.Count);
        try
        {
            foreach (var content in contents) targets.Add(await FetchTarget.OpenAsync(session, body, content, cancellationToken).ConfigureAwait(false));

            if (bases.Count > 0) await new LocalChunks(session.Store).CopyAsync(targets, body, bases, cancellationToken).ConfigureAwait(false);
            await FetchAsync(targets, cancellationToken).ConfigureAwait(false);
            await Parallel.ForEachAsync(targets, cancellationToken, async (target, token) =>
            {
                if (await target.CompleteAsync(token).ConfigureAwait(false)) _arrived[target.Id] = true;
                else if (isRepeat && target.IsFull) target.Discard();
            }).ConfigureAwait(false);
        }
        finally
        {
            foreach (var target in targets) await target.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task FetchAsync(List<FetchTarget> targets, CancellationToken cancellationToken)
    {
        // The targets' records don't overlap and stand in order, so that a record's target is found by its number.
        var starts = targets.ConvertAll(target => target.First);
        var wanted = targets.SelectMany(target => target.MissingChunks()).ToArray();
        Note(await _reads.RunAsync(
            body,
            wanted,
            verify: isRepeat,
            async (chunk, bytes, token) =>
            {
                var at = starts.BinarySearch(chunk);
                await targets[at >= 0 ? at : ~at - 1].WriteAsync(chunk, bytes, token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Packs of which at least half is wanted, with what of each is.</summary>
    private Dictionary<Sha256Hash, List<int>> WholePacks(IReadOnlyList<MappedContent> contents)
    {
        var byPack = new Dictionary<Sha256Hash, List<int>>();
        foreach (var content in contents)
        {
            var pack = body[content.First].Pack;
            if (!byPack.TryGetValue(pack, out var chunks)) byPack.Add(pack, chunks = []);
            chunks.Add(content.First);
        }

        foreach (var (pack, chunks) in byPack.ToArray())
        {
            var stored = chunks.Sum(chunk => Share(body[chunk]));
            if (stored * 2 < _packSizes[pack]) byPack.Remove(pack);
        }

        return byPack;
    }

    private static Dictionary<Sha256Hash, int> SizesOf(ManifestRoot root)
    {
        var sizes = new Dictionary<Sha256Hash, int>();
        foreach (var pack in root.Packs)
        {
            if (!pack.IsTombstone) sizes[pack.Id] = pack.Size;
        }

        return sizes;
    }

    private static long Share(in ChunkLocation location) => (long)location.Frame.StoredLength * location.Length / location.Frame.RawLength;

    private Task FetchPacksAsync(Dictionary<Sha256Hash, List<int>> packs, Dictionary<int, ContentId> byChunk, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = session.Parallelism, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(packs, options, async (pack, token) =>
        {
            await session.PackSlots.WaitAsync(token).ConfigureAwait(false);
            try
            {
                if (!await FetchPackAsync(pack.Key, token).ConfigureAwait(false)) return;
            }
            finally
            {
                session.PackSlots.Release();
            }

            foreach (var chunk in pack.Value)
            {
                var id = byChunk[chunk];
                if (!session.Store.Contains(id)) continue;
                _arrived[id] = true;
                session.Log.Progress.Advance(id.Size);
            }
        });
    }

    private async Task<bool> FetchPackAsync(Sha256Hash pack, CancellationToken cancellationToken)
    {
        using var buffer = session.Buffers.Rent(_packSizes[pack]);
        var bytes = buffer.Array.AsMemory(0, _packSizes[pack]);
        var start = session.Time.GetTimestamp();
        var read = await session.Transport.ReadAsync(RemoteKeys.Pack(pack), 0, bytes, null, cancellationToken).ConfigureAwait(false);
        session.Meter.Note(read.Count, session.Time.GetElapsedTime(start));
        Interlocked.Add(ref _packBytes, read.Count);
        if (read.Status != ReadStatus.Found || read.Count < bytes.Length)
        {
            Note(new ReadProblem(pack, read.Status != ReadStatus.Found ? session.NotGiven : "is shorter than its manifest says"));
            return false;
        }

        try
        {
            await session.Store.AddPackAsync(pack, bytes, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ModelTrackException e) when (e.Code == StorageErrors.WrongPackCode)
        {
            Note(new ReadProblem(pack, "has wrong bytes"));
            return false;
        }
    }

    private void Note(IReadOnlyList<ReadProblem> problems)
    {
        if (problems.Count > 0) Note(problems[0]);
    }

    private void Note(ReadProblem problem) => Interlocked.CompareExchange(ref _problem, problem, null);
}
