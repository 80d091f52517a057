using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Storage.Remote;

namespace ModelTrack.Operations;

/// <summary>A clone of each repository that shares a remote, fetched, so that what they name together is all that anybody can want of it.</summary>
internal sealed class GcClones(RepositoryOptions options, GcOptions gc, IOperationLog log) : IAsyncDisposable
{
    private readonly List<(string Folder, RepositoryFetch Fetch, IReadOnlyList<CloneRemote> Remotes)> _clones = [];
    private HashSet<string> _wanted = [];
    private int _dismissed;

    /// <summary>What was read, for a person.</summary>
    public string Told { get; private set; } = "";

    /// <summary>Sees that every known repository has a full clone here or was dismissed.</summary>
    public async Task FindAsync(string remote, IReadOnlyList<KnownRepository> known, CancellationToken cancellationToken)
    {
        foreach (var folder in gc.Repositories.Select(name => Path.TrimEndingDirectorySeparator(Path.GetFullPath(name, options.StartedIn))).Prepend(options.Root).Distinct())
        {
            await AddAsync(folder, isNamed: folder != options.Root, cancellationToken).ConfigureAwait(false);
        }

        var here = _clones.SelectMany(clone => clone.Remotes.Select(one => one.Url).Append(OriginUrl.OfFolder(clone.Folder))).ToHashSet(StringComparer.Ordinal);
        here.Add(OriginUrl.OfFolder(options.Root));
        var dismissed = gc.Dismissed.Select(OriginUrl.Normalize).ToHashSet(StringComparer.Ordinal);
        foreach (var name in dismissed)
        {
            if (here.Contains(name) || !known.Any(one => one.Url == name || one.Name.ToString() == name)) throw GcErrors.DismissedIsNamed(name);
        }

        var missing = known.Where(one => !(one.Url is { } url && (here.Contains(url) || dismissed.Contains(url))) && !dismissed.Contains(one.Name.ToString())).ToList();
        if (missing.Count > 0) throw GcErrors.NotNamed(remote, string.Join(", ", missing.Select(one => one.Url ?? one.Name.ToString())));
        _wanted = known.Select(one => one.Url).OfType<string>().ToHashSet(StringComparer.Ordinal);
        _dismissed = dismissed.Count;
    }

    /// <summary>All that the clones and their origins name now. Each call fetches.</summary>
    public async Task<IReadOnlySet<Sha256Hash>> RootsAsync(CancellationToken cancellationToken)
    {
        var roots = new GcRoots();
        foreach (var (folder, fetch, remotes) in _clones)
        {
            // Of a clone with several remotes those that pushed here; its origin always.
            foreach (var remote in remotes.Where((remote, i) => i == 0 || _wanted.Contains(remote.Url)))
            {
                try
                {
                    log.Detail($"Fetching {remote.Url} in {folder}.");
                    await fetch.FetchAsync(remote, cancellationToken).ConfigureAwait(false);
                }
                catch (ModelTrackException e)
                {
                    throw GcErrors.FetchFailed(e, folder, remote.Url);
                }
            }

            await roots.AddAsync(folder, cancellationToken).ConfigureAwait(false);
        }

        if (_clones.Count == 0 || _clones[0].Folder != options.Root) await roots.AddAsync(options.Root, cancellationToken).ConfigureAwait(false);
        Told = $"{HumanText.Count(roots.Repositories, "repository", "repositories")} read ({HumanText.Count(roots.Commits, "commit")}), which name {HumanText.Count(roots.Contents.Count, "artifact")}"
            + (_dismissed > 0 ? $"; {_dismissed} dismissed" : "");
        return roots.Contents;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var clone in _clones) await clone.Fetch.DisposeAsync().ConfigureAwait(false);
    }

    private async Task AddAsync(string folder, bool isNamed, CancellationToken cancellationToken)
    {
        var isGit = Path.Exists(Path.Combine(folder, ".git")) || File.Exists(Path.Combine(folder, "HEAD"));
        if (!isGit)
        {
            if (isNamed) throw GcErrors.NotARepository(folder);
            return;
        }

        try
        {
            if (await new PointerHistory(folder).IsShallowAsync(cancellationToken).ConfigureAwait(false)) throw GcErrors.Shallow(folder);
            var fetch = new RepositoryFetch(folder);
            _clones.Add((folder, fetch, await fetch.RemotesAsync(cancellationToken).ConfigureAwait(false)));
        }
        catch (ModelTrackException e) when (!e.Code.StartsWith("MT57", StringComparison.Ordinal))
        {
            throw GcErrors.Unreadable(e, folder);
        }
    }
}
