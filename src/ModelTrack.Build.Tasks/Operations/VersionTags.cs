using ModelTrack.Git;

namespace ModelTrack.Operations;

/// <summary>
/// Which tags carry which version of a pointer: a tag on a later commit carries the version that is current there, and so does one on another branch.
/// </summary>
internal sealed class VersionTags
{
    private readonly IGit _git;
    private readonly ILookup<string, TagInfo> _byCommit;
    private readonly ILookup<string, CommitFile> _byPath;

    private VersionTags(IGit git, IReadOnlyList<TagInfo> tags, IReadOnlyList<CommitFile> files)
    {
        _git = git;
        _byCommit = tags.ToLookup(t => t.CommitId);
        _byPath = files.ToLookup(f => f.Path);
    }

    /// <param name="paths">Of pointers: relative to the root, with `/`.</param>
    public static async Task<VersionTags> ReadAsync(IGit git, IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        var tags = await git.ListTagsAsync(cancellationToken).ConfigureAwait(false);
        return new VersionTags(git, tags, await git.ReadAtAsync([.. tags.Select(t => t.CommitId).Distinct()], paths, cancellationToken).ConfigureAwait(false));
    }

    /// <param name="history">Of one pointer, newest first.</param>
    /// <returns>For each its tags, sorted by name; none for most.</returns>
    public async Task<IReadOnlyDictionary<FileVersion, IReadOnlyList<string>>> OfAsync(IReadOnlyList<FileVersion> history, CancellationToken cancellationToken)
    {
        var names = history.ToDictionary(v => v, v => _byCommit[v.Commit.Id].Select(t => t.Name).ToList());
        if (history.Count > 0)
        {
            var texts = history.Where(v => v.Bytes is not null).ToLookup(v => Convert.ToBase64String(v.Bytes!));
            var own = history.Select(v => v.Commit.Id).ToHashSet();
            foreach (var file in _byPath[history[0].Path].Where(f => !own.Contains(f.CommitId)))
            {
                var same = texts[Convert.ToBase64String(file.Bytes)].ToList();
                if (same.Count == 0) continue;
                var carried = same.Count == 1 ? same[0] : await LastBeforeAsync(same, file.CommitId, cancellationToken).ConfigureAwait(false);
                names[carried].AddRange(_byCommit[file.CommitId].Select(t => t.Name));
            }
        }

        return names.ToDictionary(n => n.Key, n => (IReadOnlyList<string>)[.. n.Value.Order(StringComparer.Ordinal)]);
    }

    /// <summary>A version that came back (a revert, a promotion that was undone) stands in history more than once: the last one before the tag counts.</summary>
    private async Task<FileVersion> LastBeforeAsync(List<FileVersion> same, string commitId, CancellationToken cancellationToken)
    {
        var commit = await _git.ResolveAsync(commitId, cancellationToken).ConfigureAwait(false);
        return same.Find(v => commit is null || v.Commit.Date <= commit.Date) ?? same[^1];
    }
}
