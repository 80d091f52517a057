using ModelTrack.Content;

namespace ModelTrack.Storage.Store;

/// <summary>Hashes what stands in the store, whatever its records say.</summary>
internal sealed class StoreVerifier(StoreContext context, FileEntries files, PackEntries packs)
{
    public async Task<StoreVerifyReport> RunAsync(IReadOnlyCollection<ContentId>? only, int percent, CancellationToken cancellationToken)
    {
        var missing = new List<ContentId>();
        var loose = new List<ContentId>();
        var small = new List<ContentId>();
        foreach (var id in Sample(only ?? [.. EveryFile(), .. packs.All()], percent))
        {
            if (files.SizeOf(id.Sha256) >= 0) loose.Add(id);
            else if (packs.Contains(id)) small.Add(id);
            else missing.Add(id);
        }

        var total = loose.Sum(id => id.Size) + small.Sum(id => id.Size);
        context.Log.Progress.Expect(total);
        var damaged = new List<ContentId>();
        await Parallel.ForEachAsync(loose, cancellationToken, async (id, token) =>
        {
            if (await files.CheckAsync(id, token).ConfigureAwait(false) is null)
            {
                lock (damaged) damaged.Add(id);
            }

            context.Log.Progress.Advance(id.Size);
        }).ConfigureAwait(false);

        damaged.AddRange(await packs.ReadAsync(small, (id, _, _) =>
        {
            context.Log.Progress.Advance(id.Size);
            return ValueTask.CompletedTask;
        }, cancellationToken).ConfigureAwait(false));

        // A content may stand in the store twice; one good copy is enough.
        damaged.RemoveAll(id => files.Contains(id));
        return new StoreVerifyReport(loose.Count + small.Count, total, damaged, missing);
    }

    private List<ContentId> EveryFile()
    {
        try
        {
            if (!Directory.Exists(context.Layout.Files)) return [];

            var found = new List<ContentId>();
            foreach (var file in new DirectoryInfo(context.Layout.Files).EnumerateFiles("*", SearchOption.AllDirectories))
            {
                if (Sha256Hash.TryParse(file.Name, out var id)) found.Add(new ContentId(id, file.Length));
            }

            return found;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, context.Layout.Files);
        }
    }

    /// <summary>A random part, another each time, of which there is always at least one.</summary>
    private static IEnumerable<ContentId> Sample(IReadOnlyCollection<ContentId> ids, int percent)
    {
        var all = ids.ToArray();
        if (percent >= 100) return all;

        Random.Shared.Shuffle(all);
        return all.Take((int)Math.Ceiling(all.Length * (percent / 100.0)));
    }
}
