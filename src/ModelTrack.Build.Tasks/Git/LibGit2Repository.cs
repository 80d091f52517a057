using LibGit2Sharp;

namespace ModelTrack.Git;

/// <summary>
/// Answers in this process, by libgit2: history, trees, blobs, status, the index. What belongs to the user's own Git (configuration, the words of an ignore rule),
/// and objects that a partial clone left out, are asked of the executable. Each question opens the repository, so that nothing is held open and nothing is stale.
/// </summary>
internal sealed class LibGit2Repository : IGit
{
    private readonly GitExecutable _executable;

    private LibGit2Repository(string root)
    {
        Root = root;
        _executable = new GitExecutable(root);
    }

    public string Root { get; }

    /// <param name="fault">Why not, for a log.</param>
    /// <returns>Null where libgit2 is missing, cannot open this repository, or would see less of it than Git does.</returns>
    public static LibGit2Repository? TryOpen(string root, out string? fault)
    {
        fault = LibGit2.Fault;
        if (fault is not null) return null;
        try
        {
            using var repository = new Repository(root);
            // libgit2 runs over the end of a shallow clone's history.
            fault = repository.Info.IsShallow ? "the clone is shallow" : null;
            return fault is null ? new LibGit2Repository(root) : null;
        }
        catch (LibGit2SharpException exception)
        {
            fault = exception.Message;
            return null;
        }
    }

    public Task<IReadOnlyList<IgnoredPath>> FindIgnoredAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        // Mostly none is; the rule and its line are Git's to tell.
        return AskAsync(
            repository => paths.All(p => !repository.Ignore.IsPathIgnored(Relative(p))) ? [] : null,
            () => _executable.FindIgnoredAsync(paths, cancellationToken));
    }

    public Task<IReadOnlyList<string>> ListTrackedAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        var wanted = paths.Select(Relative).ToList();
        return AskAsync<IReadOnlyList<string>>(
            repository => [.. repository.Index.Select(e => e.Path).Where(p => wanted.Exists(w => w == "." || p == w || p.StartsWith(w + "/", StringComparison.Ordinal))).Distinct()],
            () => _executable.ListTrackedAsync(paths, cancellationToken));
    }

    public Task<CommitInfo?> FindLastChangeAsync(string path, CancellationToken cancellationToken) =>
        AskAsync(
            repository => repository.Head.Tip is not { } tip ? null : LibGit2History.Walk(repository, tip, [Relative(path)], firstParent: false, cancellationToken).FirstOrDefault()?.Commit,
            () => _executable.FindLastChangeAsync(path, cancellationToken));

    public Task<IReadOnlyList<byte[]>> ReadHistoryAsync(string path, int count, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<byte[]>>(
            repository => repository.Head.Tip is not { } tip ? [] :
                [.. LibGit2History.Walk(repository, tip, [Relative(path)], firstParent: true, cancellationToken).Take(count).Where(v => v.Blob is not null).Select(v => Bytes(repository, v.Blob!))],
            () => _executable.ReadHistoryAsync(path, count, cancellationToken));

    public Task<IReadOnlyList<(string Path, byte[] Text)>> ReadAllVersionsAsync(IReadOnlyCollection<string> paths, string extension, CancellationToken cancellationToken) =>
        _executable.ReadAllVersionsAsync(paths, extension, cancellationToken);

    public Task<bool> IsShallowAsync(CancellationToken cancellationToken) => _executable.IsShallowAsync(cancellationToken);

    public Task<string?> FindOriginAsync(CancellationToken cancellationToken) => _executable.FindOriginAsync(cancellationToken);

    public Task<CommitInfo?> ResolveAsync(string revision, CancellationToken cancellationToken) =>
        AskAsync(
            repository => revision.Length > 0 && revision[0] != '-' && repository.Lookup(revision + "^{commit}") is Commit commit ? LibGit2History.Describe(commit) : null,
            () => _executable.ResolveAsync(revision, cancellationToken));

    public async Task<byte[]?> ReadFileAsync(string commit, string path, CancellationToken cancellationToken)
    {
        var files = await ReadFilesAsync(commit, [path], cancellationToken).ConfigureAwait(false);
        return files.Count == 0 ? null : files[0].Bytes;
    }

    public Task<IReadOnlyList<GitFile>> ReadFilesAsync(string commit, IReadOnlyCollection<string> paths, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<GitFile>>(
            repository => repository.Lookup<Commit>(commit) is not { } found ? null :
                [.. paths.Select(Relative).Distinct().Select(p => (Path: p, Blob: LibGit2History.BlobAt(found, p))).Where(f => f.Blob is not null).Select(f => new GitFile(f.Path, Bytes(repository, f.Blob!)))],
            () => _executable.ReadFilesAsync(commit, paths, cancellationToken));

    public Task<IReadOnlyList<string>> ListFilesAsync(string commit, string? folder, CancellationToken cancellationToken) =>
        AskAsync(
            repository => repository.Lookup<Commit>(commit) is not { } found ? null : LibGit2History.Files(found, folder is null ? "." : Relative(folder)),
            () => _executable.ListFilesAsync(commit, folder, cancellationToken));

    public Task<IReadOnlyList<FileVersion>> ReadVersionsAsync(string commit, IReadOnlyCollection<string> paths, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<FileVersion>>(
            repository => repository.Lookup<Commit>(commit) is not { } found ? null :
                [.. LibGit2History.Walk(repository, found, [.. paths], firstParent: false, cancellationToken).Select(v => new FileVersion(v.Commit, v.Path, v.Blob is null ? null : Bytes(repository, v.Blob)))],
            () => _executable.ReadVersionsAsync(commit, paths, cancellationToken));

    public Task<IReadOnlyList<CommitFile>> ReadAtAsync(IReadOnlyCollection<string> commits, IReadOnlyCollection<string> paths, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<CommitFile>>(
            repository =>
            {
                var texts = new Dictionary<ObjectId, byte[]>();
                var found = new List<CommitFile>();
                foreach (var id in commits)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (repository.Lookup<Commit>(id) is not { } commit) return null;
                    foreach (var path in paths)
                    {
                        if (LibGit2History.BlobAt(commit, path) is not { } blob) continue;
                        if (!texts.TryGetValue(blob, out var text)) texts[blob] = text = Bytes(repository, blob);
                        found.Add(new CommitFile(id, path, text));
                    }
                }

                return found;
            },
            () => _executable.ReadAtAsync(commits, paths, cancellationToken));

    public Task<IReadOnlyList<TagInfo>> ListTagsAsync(CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<TagInfo>>(
            repository => [.. repository.Tags.Where(t => t.PeeledTarget is Commit).Select(t => new TagInfo(t.FriendlyName, t.PeeledTarget.Sha)).OrderBy(t => t.Name, StringComparer.Ordinal)],
            () => _executable.ListTagsAsync(cancellationToken));

    public Task<IReadOnlyList<GitChange>> FindChangesAsync(CancellationToken cancellationToken)
    {
        var options = new StatusOptions { IncludeUntracked = true, RecurseUntrackedDirs = true, ExcludeSubmodules = true, DetectRenamesInIndex = false, DetectRenamesInWorkDir = false };
        return AskAsync<IReadOnlyList<GitChange>>(
            repository => [.. repository.RetrieveStatus(options)
                .Where(e => (e.State & ~FileStatus.Ignored) != FileStatus.Unaltered)
                .Select(e => new GitChange(e.FilePath, KindOf(e.State))).OrderBy(c => c.Path, StringComparer.Ordinal)],
            () => _executable.FindChangesAsync(cancellationToken));
    }

    private static GitChangeKind KindOf(FileStatus state) =>
        state.HasFlag(FileStatus.Conflicted) ? GitChangeKind.Unmerged
        : (state & (FileStatus.DeletedFromIndex | FileStatus.DeletedFromWorkdir)) != 0 ? GitChangeKind.Deleted
        : state.HasFlag(FileStatus.NewInIndex) ? GitChangeKind.Added
        : state.HasFlag(FileStatus.NewInWorkdir) ? GitChangeKind.Untracked
        : GitChangeKind.Modified;

    /// <summary>libgit2's answer; where it has none, or cannot have it, Git's.</summary>
    private async Task<T> AskAsync<T>(Func<Repository, T?> question, Func<Task<T>> executable)
    {
        try
        {
            using var repository = new Repository(Root);
            if (question(repository) is { } answer) return answer;
        }
        catch (LibGit2SharpException)
        {
            // An object that is not here, or what libgit2 does not know of: Git says it, or says what is wrong.
        }

        return await executable().ConfigureAwait(false);
    }

    private static byte[] Bytes(Repository repository, ObjectId id)
    {
        using var content = repository.Lookup<Blob>(id)?.GetContentStream() ?? throw new NotFoundException("The blob is not here.");
        using var bytes = new MemoryStream();
        content.CopyTo(bytes);
        return bytes.ToArray();
    }

    private string Relative(string path) => Path.GetRelativePath(Root, Path.GetFullPath(path, Root)).Replace('\\', '/');
}
