using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelTrack.Git;

/// <summary>
/// Another repository, as seen from a folder of Git's objects on this machine: resolves names at the server and brings single commits,
/// never a whole history. Files are read from the objects; what a filter left out is fetched when it is read.
/// </summary>
/// <param name="directory">A work tree or a bare repository.</param>
/// <param name="remote">A remote of it by name, or a URL.</param>
/// <param name="url">Where that is, for credentials.</param>
internal sealed partial class GitFetch(string directory, string remote, string url, GitNetwork network)
{
    private static readonly SearchValues<char> s_noNames = SearchValues.Create("*?[~^: \\");

    public string Directory { get; } = directory;

    /// <summary>A bare repository for objects of one other repository; there already when it was made before.</summary>
    public static async Task<GitFetch> OpenCacheAsync(string directory, string url, bool sha256, GitNetwork network, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(directory, "HEAD")))
        {
            System.IO.Directory.CreateDirectory(directory);
            List<string> init = ["init", "--quiet", "--bare", "--template="];
            if (sha256) init.Add("--object-format=sha256");
            await RunAsync(directory, [.. init, "."], cancellationToken).ConfigureAwait(false);
        }

        // A remote by name: Git remembers of it that objects may be missing, and fetches these on demand.
        await RunAsync(directory, ["config", "remote.origin.url", url], cancellationToken).ConfigureAwait(false);
        await RunAsync(directory, ["config", "gc.auto", "0"], cancellationToken).ConfigureAwait(false);
        return new GitFetch(directory, "origin", url, network);
    }

    /// <summary>The commit of a branch or tag at the server, of its HEAD for null; null when it has none of that name.</summary>
    public static async Task<string?> FindAsync(
        string directory, string remote, string url, string? revision, GitNetwork network, CancellationToken cancellationToken)
    {
        // No name of Git's has these, and ls-remote would take them for a pattern.
        if (revision is not null && (revision.Length == 0 || revision[0] == '-' || revision.AsSpan().ContainsAny(s_noNames))) return null;
        string[] names = revision is null ? ["HEAD"]
            : revision.StartsWith("refs/", StringComparison.Ordinal) ? [revision + "^{}", revision]
            : [$"refs/heads/{revision}", $"refs/tags/{revision}^{{}}", $"refs/tags/{revision}"];
        var output = await network.RunAsync(directory, url, ["ls-remote", "--quiet", "--", remote, .. names], cancellationToken).ConfigureAwait(false);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Text(output).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var tab = line.IndexOf('\t', StringComparison.Ordinal);
            if (tab > 0) found[line[(tab + 1)..].TrimEnd('\r')] = line[..tab];
        }

        // An annotated tag is an object of its own; the peeled name has its commit.
        return names.Select(name => found.GetValueOrDefault(name)).FirstOrDefault(id => id is not null);
    }

    public Task<string?> FindAsync(string? revision, CancellationToken cancellationToken) => FindAsync(Directory, remote, url, revision, network, cancellationToken);

    public async Task<bool> HasCommitAsync(string commit, CancellationToken cancellationToken)
    {
        // Asked of a partial clone it must not become a fetch.
        var offline = new Dictionary<string, string> { ["GIT_NO_LAZY_FETCH"] = "1", ["GIT_ALLOW_PROTOCOL"] = "none" };
        return (await GitProcess.RunAsync(Directory, ["cat-file", "-e", commit + "^{commit}"], null, cancellationToken, offline).ConfigureAwait(false)).ExitCode == 0;
    }

    /// <summary>Brings one commit.</summary>
    /// <param name="alone">Without its history. Never in a clone that has the whole history: it would be cut there.</param>
    /// <param name="filter">Without files' contents, where the server can leave them out.</param>
    public async Task FetchAsync(string commit, bool alone, bool filter, CancellationToken cancellationToken)
    {
        List<string> arguments = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance"];
        if (alone) arguments.Add("--depth=1");
        if (filter) arguments.Add("--filter=blob:none");
        arguments.AddRange(["--", remote, commit]);
        await network.RunAsync(Directory, url, arguments, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The bytes of a regular file of a commit; null when it has none there.</summary>
    public async Task<byte[]?> ReadFileAsync(string commit, string path, CancellationToken cancellationToken)
    {
        var entry = Fields(await RunAsync(Directory, ["--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", path], cancellationToken).ConfigureAwait(false)).FirstOrDefault();
        return entry is not null && entry.StartsWith("100", StringComparison.Ordinal)
            ? await network.RunAsync(Directory, url, ["cat-file", "blob", entry.Split('\t')[0].Split(' ')[2]], cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <summary>The paths of all files of a commit.</summary>
    public async Task<IReadOnlyList<string>> ListFilesAsync(string commit, CancellationToken cancellationToken) =>
        Fields(await RunAsync(Directory, ["ls-tree", "-r", "-z", "--full-tree", "--name-only", commit], cancellationToken).ConfigureAwait(false));

    /// <summary>Whether <paramref name="ancestor"/> is in the history of <paramref name="commit"/>.</summary>
    public async Task<bool> IsAncestorAsync(string ancestor, string commit, CancellationToken cancellationToken) =>
        (await GitProcess.RunAsync(Directory, ["merge-base", "--is-ancestor", ancestor, commit], null, cancellationToken).ConfigureAwait(false)).ExitCode == 0;

    /// <summary>Whether a text is a commit's full name.</summary>
    public static bool IsCommitId(string text) => CommitId().IsMatch(text);

    private static async Task<byte[]> RunAsync(string directory, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var result = await GitProcess.RunAsync(directory, arguments, null, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output : throw GitErrors.Failed(string.Join(' ', arguments), result.ExitCode, result.Error);
    }

    private static string Text(byte[] output) => Encoding.UTF8.GetString(output);

    private static string[] Fields(byte[] output) => Text(output).Split('\0', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex("^(?:[0-9a-f]{40}|[0-9a-f]{64})$", RegexOptions.CultureInvariant)]
    private static partial Regex CommitId();
}
