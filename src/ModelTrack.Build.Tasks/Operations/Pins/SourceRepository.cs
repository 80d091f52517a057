using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Git;

namespace ModelTrack.Operations.Pins;

/// <summary>
/// A repository that pins read from: the project's own, a folder on this machine, or one at a server, of which single commits are kept in the store.
/// Work trees, indexes and branches stay as they are.
/// </summary>
internal abstract class SourceRepository
{
    /// <summary>How a message names it.</summary>
    public abstract string Name { get; }

    /// <summary>The folder of its work tree, which a relative path in its configuration is relative to; null where it has none on this machine.</summary>
    public virtual string? Folder => null;

    /// <summary>The commit that a revision names, its files readable afterwards.</summary>
    /// <param name="revision">Null for HEAD.</param>
    /// <param name="fresh">Ask the server even where this machine knows an answer.</param>
    /// <exception cref="ModelTrackException">There is none, or nobody could be asked.</exception>
    public abstract Task<string> ResolveAsync(string? revision, bool fresh, CancellationToken cancellationToken);

    /// <summary>Sees to it that the commit's files can be read.</summary>
    public abstract Task BringAsync(string commit, CancellationToken cancellationToken);

    /// <summary>The bytes of a file of a commit; null when it has none there.</summary>
    public abstract Task<byte[]?> ReadAsync(string commit, string path, CancellationToken cancellationToken);

    protected abstract Task<IReadOnlyList<string>> ListAsync(string commit, CancellationToken cancellationToken);

    /// <summary>The project's own; null where there is no Git.</summary>
    public static SourceRepository? Here(OperationSession session) => session.Git is { } git ? new OwnRepository(git, session.Options.Offline) : null;

    /// <param name="address">As written; a relative folder is relative to the project.</param>
    public static SourceRepository Open(OperationSession session, string address)
    {
        var parsed = RepositoryAddress.Parse(address, session.Options.ProjectDirectory);
        return parsed.Folder is { } folder ? new FolderRepository(parsed, folder) : new ServedRepository(parsed, session);
    }

    /// <summary>The pointer of an artifact in a commit.</summary>
    /// <param name="path">The artifact's, relative to the repository's root.</param>
    public async Task<Pointer> ReadPointerAsync(string commit, string path, CancellationToken cancellationToken)
    {
        var pointer = path + PointerFile.Extension;
        if (await ReadAsync(commit, pointer, cancellationToken).ConfigureAwait(false) is { } bytes) return PointerFormat.Parse(bytes, $"{commit[..10]}:{pointer}");
        var known = (await ListAsync(commit, cancellationToken).ConfigureAwait(false)).Where(p => p.EndsWith(PointerFile.Extension, StringComparison.Ordinal)).ToList();
        throw PinErrors.NoPointerThere(
            path, commit[..10], Name, known.Count == 0 ? "none" : string.Join(", ", known.Take(10)) + (known.Count > 10 ? $" and {known.Count - 10} more" : ""));
    }

    protected static ModelTrackException NotReached(GitNetworkException exception, string repository) => PinErrors.NotReached(exception, repository, exception.IsRefused
        ? "Without a console nothing is asked for: let Git's credential helper or the SSH agent know you there, or set GITHUB_TOKEN (and GITHUB_USERNAME) for HTTPS to GitHub."
        : "Look at the address and the network, or build with -p:ModelTrackOffline=true where all is on this machine already.");

    private sealed class OwnRepository(IGit git, bool offline) : SourceRepository
    {
        private readonly GitNetwork _network = GitNetwork.ForThisProcess();

        public override string Name => "this repository";

        public override string? Folder => git.Root;

        public override async Task<string> ResolveAsync(string? revision, bool fresh, CancellationToken cancellationToken)
        {
            var name = revision ?? "HEAD";
            if (!fresh || offline || GitFetch.IsCommitId(name))
            {
                if (await FindHereAsync(name, cancellationToken).ConfigureAwait(false) is { } here) return here;
            }

            var (remote, url) = await OriginAsync(cancellationToken).ConfigureAwait(false);
            if (remote is null || url is null) return await FindHereAsync(name, cancellationToken).ConfigureAwait(false) ?? throw PinErrors.RevisionNotFound(name, Name);
            if (offline) throw PinErrors.NeedsNetwork($"The revision '{name}', which this clone does not have,", remote);
            return await ResolveThereAsync(name, remote, url, cancellationToken).ConfigureAwait(false)
                ?? await FindHereAsync(name, cancellationToken).ConfigureAwait(false)
                ?? throw PinErrors.RevisionNotFound(name, $"this repository or at its remote {remote}");
        }

        public override async Task BringAsync(string commit, CancellationToken cancellationToken)
        {
            if (await git.ResolveAsync(commit, cancellationToken).ConfigureAwait(false) is not null) return;
            var (remote, url) = await OriginAsync(cancellationToken).ConfigureAwait(false);
            if (remote is null || url is null) throw PinErrors.RevisionNotFound(commit, Name);
            if (offline) throw PinErrors.NeedsNetwork($"Commit {commit[..10]}, which this clone does not have,", remote);
            await FetchAsync(Fetch(remote, url), commit, remote, cancellationToken).ConfigureAwait(false);
        }

        public override Task<byte[]?> ReadAsync(string commit, string path, CancellationToken cancellationToken) => git.ReadFileAsync(commit, path, cancellationToken);

        protected override Task<IReadOnlyList<string>> ListAsync(string commit, CancellationToken cancellationToken) => git.ListFilesAsync(commit, null, cancellationToken);

        /// <summary>A clone has other people's branches under its remote's name.</summary>
        private async Task<string?> FindHereAsync(string name, CancellationToken cancellationToken) =>
            (await git.ResolveAsync(name, cancellationToken).ConfigureAwait(false)
                ?? await git.ResolveAsync("origin/" + name, cancellationToken).ConfigureAwait(false))?.Id;

        private async Task<string?> ResolveThereAsync(string name, string remote, string url, CancellationToken cancellationToken)
        {
            var fetch = Fetch(remote, url);
            try
            {
                var there = GitFetch.IsCommitId(name) ? name : await fetch.FindAsync(WithoutRemote(name, remote), cancellationToken).ConfigureAwait(false);
                if (there is null) return null;
                if (await git.ResolveAsync(there, cancellationToken).ConfigureAwait(false) is null) await FetchAsync(fetch, there, remote, cancellationToken).ConfigureAwait(false);
                // A branch that goes on from the server's is the newer one: it was not pushed yet.
                var branch = await git.ResolveAsync("refs/heads/" + name, cancellationToken).ConfigureAwait(false);
                return branch is not null && await fetch.IsAncestorAsync(there, branch.Id, cancellationToken).ConfigureAwait(false) ? branch.Id : there;
            }
            catch (GitNetworkException exception)
            {
                throw NotReached(exception, remote);
            }
        }

        private async Task FetchAsync(GitFetch fetch, string commit, string remote, CancellationToken cancellationToken)
        {
            try
            {
                // A whole clone would be cut at a commit that came without its history.
                await fetch.FetchAsync(commit, alone: await git.IsShallowAsync(cancellationToken).ConfigureAwait(false), filter: false, cancellationToken).ConfigureAwait(false);
            }
            catch (GitNetworkException exception)
            {
                throw NotReached(exception, remote);
            }
        }

        private GitFetch Fetch(string remote, string url) => new(git.Root, remote, url, _network);

        private static string WithoutRemote(string name, string remote) =>
            name.StartsWith(remote + "/", StringComparison.Ordinal) ? name[(remote.Length + 1)..] : name;

        private async Task<(string? Remote, string? Url)> OriginAsync(CancellationToken cancellationToken)
        {
            var url = await git.FindOriginAsync(cancellationToken).ConfigureAwait(false);
            if (url is null) return (null, null);
            var byName = await GitProcess.RunAsync(git.Root, ["config", "--get", "remote.origin.url"], null, cancellationToken).ConfigureAwait(false);
            // A clone whose only remote has another name is asked by its URL.
            return (byName.ExitCode == 0 ? "origin" : url, url);
        }
    }

    private sealed class FolderRepository(RepositoryAddress address, string folder) : SourceRepository
    {
        private readonly GitExecutable _git = new(folder);

        public override string Name => address.Text;

        public override string? Folder => folder;

        public override async Task<string> ResolveAsync(string? revision, bool fresh, CancellationToken cancellationToken)
        {
            RefuseOther();
            var name = revision ?? "HEAD";
            var found = await _git.ResolveAsync(name, cancellationToken).ConfigureAwait(false)
                ?? await _git.ResolveAsync("origin/" + name, cancellationToken).ConfigureAwait(false);
            return found?.Id ?? throw PinErrors.RevisionNotFound(name, Name);
        }

        public override async Task BringAsync(string commit, CancellationToken cancellationToken)
        {
            RefuseOther();
            if (await _git.ResolveAsync(commit, cancellationToken).ConfigureAwait(false) is null) throw PinErrors.RevisionNotFound(commit, Name);
        }

        public override Task<byte[]?> ReadAsync(string commit, string path, CancellationToken cancellationToken) => _git.ReadFileAsync(commit, path, cancellationToken);

        protected override Task<IReadOnlyList<string>> ListAsync(string commit, CancellationToken cancellationToken) => _git.ListFilesAsync(commit, null, cancellationToken);

        /// <summary>Git would take a repository above the folder, whose paths are other ones.</summary>
        private void RefuseOther()
        {
            if (!Path.Exists(Path.Combine(folder, ".git")) && !File.Exists(Path.Combine(folder, "HEAD"))) throw PinErrors.NotARepository(folder, "the folder is no Git repository's root");
        }
    }

    private sealed class ServedRepository(RepositoryAddress address, OperationSession session) : SourceRepository
    {
        private readonly GitNetwork _network = GitNetwork.ForThisProcess();
        private GitFetch? _cache;

        public override string Name => address.Text;

        public override async Task<string> ResolveAsync(string? revision, bool fresh, CancellationToken cancellationToken)
        {
            RefuseOffline($"The revision '{revision ?? "HEAD"}'");
            var commit = revision is not null && GitFetch.IsCommitId(revision) ? revision : await AskAsync(
                () => GitFetch.FindAsync(Path.GetTempPath(), address.Text, address.Text, revision, _network, cancellationToken)).ConfigureAwait(false);
            if (commit is null) throw PinErrors.RevisionNotFound(revision ?? "HEAD", Name);
            await BringAsync(commit, cancellationToken).ConfigureAwait(false);
            return commit;
        }

        public override async Task BringAsync(string commit, CancellationToken cancellationToken)
        {
            var (path, store) = await PlaceAsync(commit, cancellationToken).ConfigureAwait(false);
            using var held = await store.Locks.ArtifactAsync(path, cancellationToken).ConfigureAwait(false);
            _cache = await GitFetch.OpenCacheAsync(path, address.Text, sha256: commit.Length > 40, _network, cancellationToken).ConfigureAwait(false);
            if (await _cache.HasCommitAsync(commit, cancellationToken).ConfigureAwait(false)) return;
            RefuseOffline($"Commit {commit[..10]}");
            await AskAsync(async () =>
            {
                await _cache.FetchAsync(commit, alone: true, filter: true, cancellationToken).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        }

        public override Task<byte[]?> ReadAsync(string commit, string path, CancellationToken cancellationToken) =>
            AskAsync(() => _cache!.ReadFileAsync(commit, path, cancellationToken));

        protected override Task<IReadOnlyList<string>> ListAsync(string commit, CancellationToken cancellationToken) => _cache!.ListFilesAsync(commit, cancellationToken);

        /// <summary>In the store, for all projects; under obj where the store cannot be written.</summary>
        private async Task<(string Path, Storage.Store.LocalStore Store)> PlaceAsync(string commit, CancellationToken cancellationToken)
        {
            var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
            var id = Sha256Hash.Of(System.Text.Encoding.UTF8.GetBytes($"{commit.Length}\n{OriginUrl.Normalize(address.Text)}")).ToString()[..32];
            var shared = Path.Combine(store.Path, "repositories", id);
            try
            {
                Directory.CreateDirectory(shared);
                return (shared, store);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return (Path.Combine(session.Options.IntermediateDirectory, "modeltrack", "repositories", id), store);
            }
        }

        private void RefuseOffline(string what)
        {
            if (session.Options.Offline) throw PinErrors.NeedsNetwork(what, Name);
        }

        private async Task<T> AskAsync<T>(Func<Task<T>> request)
        {
            try
            {
                return await request().ConfigureAwait(false);
            }
            catch (GitNetworkException exception)
            {
                throw NotReached(exception, Name);
            }
        }
    }
}
