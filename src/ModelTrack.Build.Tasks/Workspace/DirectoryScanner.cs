using System.Text;
using ModelTrack.Artifacts;

namespace ModelTrack.Workspace;

/// <summary>A walk, then the reading of what the walk could not vouch for, then the listing if anything of it changed.</summary>
internal sealed class DirectoryScanner(string root, ObservedDirectory? known, ScanOptions options, CancellationToken cancellationToken)
{
    public async Task<ArtifactScan> RunAsync()
    {
        var walk = new DirectoryWalk(root, options.Ignore, known, !options.HashEverything, cancellationToken);
        await walk.RunAsync().ConfigureAwait(false);
        if (walk.IsAsKnown && known is not null && known.Identity != default) return Found(known, current: true, 0);

        var reader = new ContentReader(options, cancellationToken);
        var fresh = await ReadAsync(walk, reader).ConfigureAwait(false);
        var observed = Merge(walk, fresh);
        observed = observed.WithIdentity(SaysTheSame(walk, fresh) ? known!.Identity : await IdentifyAsync(observed).ConfigureAwait(false));
        return Found(observed, current: false, reader.BytesRead);
    }

    /// <summary>One entry that is not as it was known; an empty folder has no file.</summary>
    private readonly record struct Fresh(byte[] Path, ObservedFile? File, int Known);

    private async Task<Fresh[]> ReadAsync(DirectoryWalk walk, ContentReader reader)
    {
        walk.Found.Sort((a, b) => a.Path.AsSpan().SequenceCompareTo(b.Path));
        foreach (var file in walk.Found)
            if (file.Known < 0) Check(file.Path);
        foreach (var folder in walk.FoundEmptyFolders) Check(folder);
        options.Progress?.Expect(walk.Found.Sum(file => file.Stat.Size));

        var fresh = new Fresh[walk.Found.Count + walk.FoundEmptyFolders.Count];
        var executable = options.HasExecutableBit ? null : await ExecutablePathsAsync().ConfigureAwait(false);
        await Parallel.ForAsync(0, walk.Found.Count, cancellationToken, async (i, _) =>
        {
            var (path, stat, index) = walk.Found[i];
            var relative = Encoding.UTF8.GetString(path);
            var observed = await reader.ReadAsync(Path.Combine(root, relative), stat, index < 0 ? null : known!.File(index)).ConfigureAwait(false);
            if (executable is not null) observed = observed with { Stat = observed.Stat with { Executable = executable.Contains(relative) } };
            fresh[i] = new Fresh(path, observed, index);
        }).ConfigureAwait(false);
        for (var i = 0; i < walk.FoundEmptyFolders.Count; i++) fresh[walk.Found.Count + i] = new Fresh(walk.FoundEmptyFolders[i], null, -1);
        if (walk.FoundEmptyFolders.Count > 0) Array.Sort(fresh, static (a, b) => a.Path.AsSpan().SequenceCompareTo(b.Path));
        return fresh;
    }

    private void Check(byte[] path)
    {
        var text = Encoding.UTF8.GetString(path);

        // What could not be restored is not saved either.
        WorkspacePaths.RefuseForbiddenParts(text, Path.Combine(root, text));
        try
        {
            RelativePaths.Check(text);
        }
        catch (Diagnostics.ModelTrackException e) when (e.Diagnostic.File is null)
        {
            throw e.At(Path.Combine(root, text));
        }
    }

    private async Task<HashSet<string>> ExecutablePathsAsync() =>
        (await BaseListingAsync().ConfigureAwait(false))?.Entries.Where(entry => entry.Executable).Select(entry => entry.Path).ToHashSet(StringComparer.Ordinal) ?? [];

    private Task<Listing?> BaseListingAsync() => options.BaseListing?.Invoke() ?? Task.FromResult<Listing?>(null);

    /// <summary>Seen and fresh entries together, both in order.</summary>
    private ObservedDirectory Merge(DirectoryWalk walk, Fresh[] fresh)
    {
        var builder = new ObservedDirectory.Builder((known?.Count ?? 0) + fresh.Length);
        var next = 0;
        for (var i = 0; i < walk.Seen.Length; i++)
        {
            if (!walk.Seen[i]) continue;
            while (next < fresh.Length && fresh[next].Path.AsSpan().SequenceCompareTo(known!.Path(i)) < 0) Add(builder, fresh[next++]);
            if (known!.IsEmptyDirectory(i)) builder.AddEmptyDirectory(known.Path(i));
            else builder.Add(known.Path(i), known.File(i));
        }

        while (next < fresh.Length) Add(builder, fresh[next++]);
        return builder.Build(default);
    }

    private static void Add(ObservedDirectory.Builder builder, in Fresh fresh)
    {
        if (fresh.File is { } file) builder.Add(fresh.Path, file);
        else builder.AddEmptyDirectory(fresh.Path);
    }

    /// <summary>Whether only stats changed, nothing that a listing tells.</summary>
    private bool SaysTheSame(DirectoryWalk walk, Fresh[] fresh)
    {
        if (known is null || known.Identity == default) return false;
        var same = walk.Seen.Count(seen => seen);
        foreach (var entry in fresh)
        {
            if (entry.Known < 0) return false;
            var before = known.File(entry.Known);
            if (before.Id != entry.File!.Value.Id || before.Stat.Executable != entry.File.Value.Stat.Executable) return false;
            same++;
        }

        return same == known.Count;
    }

    private async Task<ArtifactIdentity> IdentifyAsync(ObservedDirectory observed)
    {
        var listing = observed.ToListing(observed.MayBeRespelled ? await BaseListingAsync().ConfigureAwait(false) : null);
        return new ArtifactIdentity(ArtifactKind.Directory, listing.Id, listing.TotalSize);
    }

    private static ArtifactScan Found(ObservedDirectory observed, bool current, long bytesRead) => new()
    {
        Identity = observed.Identity,
        Directory = observed,
        StateIsCurrent = current,
        BytesRead = bytesRead,
    };
}
