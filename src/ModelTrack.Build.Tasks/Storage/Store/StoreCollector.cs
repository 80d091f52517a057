using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Store;

/// <summary>What garbage collection of a store goes by.</summary>
/// <param name="Apply">False only looks.</param>
/// <param name="Force">What was never pushed goes as well.</param>
/// <param name="Roots">What pointers name; a directory by its listing.</param>
/// <param name="ReadListing">The contents that a directory's listing names; null when the bytes are no listing.</param>
public sealed record StoreGcRequest(bool Apply, bool Force, IReadOnlySet<Sha256Hash> Roots, Func<byte[], IReadOnlyCollection<Sha256Hash>?> ReadListing)
{
    /// <summary>What was used since stays.</summary>
    public TimeSpan Spare { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Registered workspaces that are gone for good.</summary>
    public IReadOnlyList<string> Forget { get; init; } = [];
}

/// <summary>
/// Garbage collection of a store: what no root names, no day has used and a remote is known to hold goes. It first looks at all of it, then
/// removes, contents before what speaks of them, so that a killed one leaves a store in which nothing that is named is missing.
/// </summary>
internal sealed class StoreCollector : IDisposable
{
    private readonly StoreContext _context;
    private readonly StoreGcRequest _request;
    private readonly StoreInventory _inventory;
    private readonly StoreReader _reader;
    private readonly PackEntries _packs;
    private readonly DateTime _now = DateTime.UtcNow;
    private readonly HashSet<Sha256Hash> _reachable = [];
    private readonly HashSet<Sha256Hash> _pushed = [];

    public StoreCollector(StoreContext context, StoreGcRequest request)
    {
        _context = context;
        _request = request;
        var files = new FileEntries(context);
        _packs = new PackEntries(context);
        _reader = new StoreReader(context, files, _packs);
        _inventory = new StoreInventory(context);
    }

    /// <summary>What becomes of a content; the whole of the rule.</summary>
    public static ContentFate Decide(bool isReachable, TimeSpan unused, TimeSpan spare, bool isPushed, bool force) =>
        isReachable ? ContentFate.Reachable
        : unused < spare ? ContentFate.Recent
        : !isPushed && !force ? ContentFate.NotPushed
        : ContentFate.Garbage;

    public async Task<StoreGcReport> RunAsync(CancellationToken cancellationToken)
    {
        // Ages first, before anything is opened.
        var files = _inventory.Files();
        var packs = _inventory.Packs();
        var artifacts = _inventory.Artifacts();
        var held = files.Select(file => file.Id).Concat(packs.SelectMany(pack => pack.Chunks).Select(chunk => chunk.Hash)).ToHashSet();

        await ExpandAsync(_request.Roots, held, _reachable, cancellationToken).ConfigureAwait(false);
        await ExpandAsync(artifacts.Where(artifact => artifact.IsConfirmed).Select(artifact => artifact.Id), held, _pushed, cancellationToken).ConfigureAwait(false);
        _pushed.UnionWith(files.Where(file => file.IsFetched).Select(file => file.Id));

        var report = new StoreGcReport();
        var removal = new StoreRemoval(_context);
        foreach (var file in files)
        {
            var fate = FateOf(file.Id, file.Used);
            report = Count(report, fate, file.Size);
            if (fate == ContentFate.Garbage) removal.AddFile(file);
        }

        foreach (var pack in packs) report = Sort(pack, report, removal);

        var staying = held.Where(id => !removal.Takes(id)).ToHashSet();
        removal.AddNotes(_inventory.Notes(artifacts, IsOld, id => _reachable.Contains(id), staying, id => _request.Force || _pushed.Contains(id)));
        report = report with { PacksRemoved = removal.Packs, PacksRewritten = removal.Rewrites, Notes = removal.Notes };
        if (!_request.Apply) return report with { Freed = removal.Expected };

        FailPoint.Hit("store.gc.begin");
        return report with { Freed = await removal.ApplyAsync(cancellationToken).ConfigureAwait(false) };
    }

    public void Dispose() => _reader.Dispose();

    private StoreGcReport Sort(StoredPack pack, StoreGcReport report, StoreRemoval removal)
    {
        var live = new List<Sha256Hash>();
        var (liveBytes, allBytes) = (0L, 0L);
        var garbage = new StoreShare();
        foreach (var chunk in pack.Chunks)
        {
            allBytes += chunk.Length;
            var fate = FateOf(chunk.Hash, pack.Used);
            if (fate == ContentFate.Garbage)
            {
                garbage = garbage.With(chunk.Length);
                continue;
            }

            report = Count(report, fate, chunk.Length);
            live.Add(chunk.Hash);
            liveBytes += chunk.Length;
        }

        if (garbage.Count == 0) return report;

        // Rewriting costs as many bytes as it keeps, and has to win more than that.
        if (liveBytes * 2 >= allBytes) return report with { KeptInPacks = report.KeptInPacks + garbage };

        removal.AddPack(pack, live, liveBytes, allBytes);
        return report with { Garbage = report.Garbage + garbage };
    }

    private ContentFate FateOf(Sha256Hash id, DateTime used) =>
        Decide(_reachable.Contains(id), _now - used, _request.Spare, _pushed.Contains(id), _request.Force);

    private bool IsOld(DateTime used) => _now - used >= _request.Spare;

    private static StoreGcReport Count(StoreGcReport report, ContentFate fate, long bytes) => fate switch
    {
        ContentFate.Reachable => report with { Reachable = report.Reachable.With(bytes) },
        ContentFate.Recent => report with { Recent = report.Recent.With(bytes) },
        ContentFate.NotPushed => report with { NotPushed = report.NotPushed.With(bytes) },
        _ => report with { Garbage = report.Garbage.With(bytes) },
    };

    /// <summary>Adds artifacts, and of directories whose listing the store has, what those name.</summary>
    private async Task ExpandAsync(IEnumerable<Sha256Hash> artifacts, HashSet<Sha256Hash> held, HashSet<Sha256Hash> into, CancellationToken cancellationToken)
    {
        foreach (var artifact in artifacts)
        {
            into.Add(artifact);
            if (!held.Contains(artifact) || !await MayBeListingAsync(artifact, cancellationToken).ConfigureAwait(false)) continue;
            if (await _reader.ReadWholeAsync(artifact, int.MaxValue, cancellationToken).ConfigureAwait(false) is { } bytes && _request.ReadListing(bytes) is { } named) into.UnionWith(named);
        }
    }

    /// <summary>A look at the first bytes, so that models are not read for it.</summary>
    private async Task<bool> MayBeListingAsync(Sha256Hash id, CancellationToken cancellationToken)
    {
        var start = new byte[9];
        try
        {
            using var file = File.OpenHandle(_context.Layout.File(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            return await RandomAccess.ReadAsync(file, start, 0, cancellationToken).ConfigureAwait(false) == start.Length && start.AsSpan().SequenceEqual("modeltrack"u8[..9]);
        }
        catch (Exception e) when (StoreIo.IsAbsent(e))
        {
            return _packs.SizeOf(id) is not null;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, _context.Layout.File(id));
        }
    }
}
