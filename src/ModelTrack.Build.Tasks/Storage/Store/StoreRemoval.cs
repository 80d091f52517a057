using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Store;

/// <summary>What goes from a store, and its going.</summary>
internal sealed class StoreRemoval(StoreContext context)
{
    private readonly List<StoredEntry> _files = [];
    private readonly List<(StoredPack Pack, HashSet<Sha256Hash> Live)> _packs = [];
    private readonly List<(string Path, long Size)> _notes = [];
    private readonly HashSet<Sha256Hash> _gone = [];

    /// <summary>Packs that go whole.</summary>
    public int Packs => _packs.Count(pack => pack.Live.Count == 0);

    public int Rewrites => _packs.Count - Packs;

    public StoreShare Notes => new(_notes.Count, _notes.Sum(note => note.Size));

    /// <summary>Bytes that will be free.</summary>
    public long Expected { get; private set; }

    public bool Takes(Sha256Hash id) => _gone.Contains(id);

    public void AddFile(StoredEntry file)
    {
        _files.Add(file);
        _gone.Add(file.Id);
        Expected += file.Size;
    }

    public void AddPack(StoredPack pack, IEnumerable<Sha256Hash> live, long liveBytes, long allBytes)
    {
        var kept = live.ToHashSet();
        _packs.Add((pack, kept));
        _gone.UnionWith(pack.Chunks.Select(chunk => chunk.Hash).Where(hash => !kept.Contains(hash)));
        Expected += pack.Size - (allBytes == 0 ? 0 : pack.Size * liveBytes / allBytes);
    }

    public void AddNotes(IEnumerable<(string Path, long Size)> notes)
    {
        foreach (var note in notes)
        {
            _notes.Add(note);
            Expected += note.Size;
        }
    }

    /// <returns>Bytes that are free now.</returns>
    public async Task<long> ApplyAsync(CancellationToken cancellationToken)
    {
        var freed = await RewriteAsync(cancellationToken).ConfigureAwait(false);
        foreach (var file in _files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Delete(file.Path);
            FailPoint.Hit("store.gc.entry");
            StoreIo.TryDelete(context.Layout.Record(file.Id));
            FailPoint.Hit("store.gc.record");
            freed += file.Size;
        }

        foreach (var (path, size) in _notes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Delete(path);
            freed += size;
        }

        FailPoint.Hit("store.gc.notes");
        return freed;
    }

    /// <summary>New packs first, on the disk for sure, since they may hold the only copy of something; then the old ones go.</summary>
    private async Task<long> RewriteAsync(CancellationToken cancellationToken)
    {
        var done = _packs.Where(pack => pack.Live.Count == 0).Select(pack => pack.Pack).ToList();
        var written = new List<PackFile>();
        var added = new HashSet<Sha256Hash>();
        var packs = new PackFiles(context);
        var writer = new PackWriter();
        var bytes = 0L;
        try
        {
            foreach (var (pack, live) in _packs.Where(pack => pack.Live.Count > 0))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var handle = packs.TryOpen(pack.Id);
                var good = handle is null ? [] : PackReading.ReadGood(handle, pack.Chunks.Where(chunk => live.Contains(chunk.Hash))).ToList();

                // What is bad in it is for Verify to say; until then the pack stays as it is.
                if (good.Count < live.Count) continue;

                foreach (var (chunk, content) in good)
                {
                    if (!added.Add(chunk.Hash) || writer.TryAdd(chunk.Hash, content.Span)) continue;
                    Finish();
                    writer.TryAdd(chunk.Hash, content.Span);
                }

                done.Add(pack);
            }

            if (writer.ChunkCount > 0) Finish();
        }
        finally
        {
            writer.Dispose();
        }

        await context.Batch.FlushAsync(context.Layout.Root, cancellationToken).ConfigureAwait(false);
        FailPoint.Hit("store.gc.rewritten");
        var kept = written.Select(pack => pack.Id).ToHashSet();
        var freed = -bytes;
        foreach (var pack in done.Where(pack => !kept.Contains(pack.Id)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Delete(pack.Path);
            FailPoint.Hit("store.gc.pack");
            freed += pack.Size;
        }

        if (done.Count > 0) RebuildIndex();
        return freed;

        void Finish()
        {
            var pack = writer.Finish();
            packs.Write(pack.Id, pack.Bytes.Span, isSaved: true);
            FailPoint.Hit("store.gc.rewrote");
            bytes += pack.Bytes.Length;
            written.Add(pack with { Bytes = default });
            writer = new PackWriter();
        }
    }

    /// <summary>The index is a cache of the packs' trailers: what speaks of packs that are gone goes, and it is made anew.</summary>
    private void RebuildIndex()
    {
        if (!Directory.Exists(context.Layout.Index)) return;
        foreach (var path in Directory.GetFiles(context.Layout.Index, "*.idx")) StoreIo.TryDelete(path);
        FailPoint.Hit("store.gc.unindexed");
        new PackIndex(context, new PackFiles(context)).Refresh();
        FailPoint.Hit("store.gc.indexed");
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (StoreIo.IsAbsent(e))
        {
            // Somebody was quicker.
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, path);
        }
    }
}
