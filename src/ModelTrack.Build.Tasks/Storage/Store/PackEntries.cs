using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Store;

/// <summary>Small contents in packs: found by the index, verified by their hash whenever they are read.</summary>
internal sealed class PackEntries
{
    private readonly StoreContext _context;
    private readonly PackFiles _files;
    private readonly PackIndex _index;
    private readonly PackSalvager _salvager;

    public PackEntries(StoreContext context)
    {
        _context = context;
        _files = new PackFiles(context);
        _index = new PackIndex(context, _files);
        _salvager = new PackSalvager(context, _files, _index);
    }

    public SmallContentWriter BeginWrite()
    {
        _index.Refresh();
        return new SmallContentWriter(_files, _index);
    }

    public ChunkLocation? Find(Sha256Hash hash) => _index.Find(hash);

    public bool Contains(ContentId id) => id == ContentId.Empty || (_index.Find(id.Sha256) is { } location && location.Length == id.Size);

    /// <summary>The content's size; null when no pack has it.</summary>
    public int? SizeOf(Sha256Hash hash) => _index.Find(hash)?.Length;

    public IReadOnlyList<ContentId> All()
    {
        var all = _index.All();
        if (_salvager.SalvageSuspects()) all = _index.All();
        return [.. all.Select(location => new ContentId(location.Hash, location.Length))];
    }

    /// <summary>Takes in a pack that came from elsewhere.</summary>
    public void Add(Sha256Hash id, ReadOnlyMemory<byte> pack, CancellationToken cancellationToken)
    {
        PackContents contents;
        try
        {
            contents = PackReader.Parse(pack.Span, id.ToString());
        }
        catch (ModelTrackException e)
        {
            throw StorageErrors.WrongPack(id, e.Message);
        }

        if (contents.Id != id) throw StorageErrors.WrongPack(id, $"its trailer makes it {contents.Id}");
        if (PackReader.FindDamage(pack.Span, contents, cancellationToken) is { Count: > 0 } damage)
        {
            throw StorageErrors.WrongPack(id, $"{damage.Count} of its {contents.Chunks.Count} chunks have other bytes than their hashes say");
        }

        // One of that name that proved bad here is written over, should it still be there.
        _files.Write(id, pack.Span, isSaved: false, over: _salvager.Forgive(id));
        _index.Add([(new PackEntry(id, pack.Length), contents.Chunks)]);
    }

    /// <inheritdoc cref="LocalStore.ReadSmallAsync"/>
    public async Task<IReadOnlyList<ContentId>> ReadAsync(
        IReadOnlyCollection<ContentId> ids, Func<ContentId, ReadOnlyMemory<byte>, CancellationToken, ValueTask> deliver, CancellationToken cancellationToken)
    {
        var wanted = Locate(ids, out var missing);
        if (missing.Count > 0 && _salvager.SalvageSuspects())
        {
            wanted.AddRange(Locate(missing, out missing));
        }

        // A bad pack is set aside, and what was good in it, or stands elsewhere, is read from there. Each round withholds something for good.
        while (wanted.Count > 0)
        {
            var reading = new PackReading(_context, _files, deliver);
            await reading.RunAsync(wanted, cancellationToken).ConfigureAwait(false);
            if (reading.Failures.IsEmpty) break;

            _salvager.Salvage(reading.Failures);
            wanted = Locate([.. reading.Failures.Select(failure => failure.Id)], out var lost);
            missing.AddRange(lost);
        }

        return missing;
    }

    private List<(ContentId Id, ChunkLocation Location)> Locate(IReadOnlyCollection<ContentId> ids, out List<ContentId> missing)
    {
        missing = [];
        var found = new List<(ContentId Id, ChunkLocation Location)>(ids.Count);
        foreach (var id in ids.Count > 1 ? ids.Distinct() : ids)
        {
            if (id == ContentId.Empty) found.Add((id, default));
            else if (_index.Find(id.Sha256) is { } location && location.Length == id.Size && !_salvager.IsWithheld(location)) found.Add((id, location));
            else missing.Add(id);
        }

        return found;
    }
}
