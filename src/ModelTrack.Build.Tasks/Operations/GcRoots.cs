using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>The contents that workspaces and repositories name: what garbage collection must keep.</summary>
internal sealed class GcRoots
{
    private const string LockFile = "modeltrack.lock.json";
    private static readonly string[] s_pathspecs = ["*" + PointerFile.Extension, "*" + LockFile];

    private readonly HashSet<Sha256Hash> _contents = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>Artifacts, and whatever else a lock file or an unresolved pointer names.</summary>
    public IReadOnlySet<Sha256Hash> Contents => _contents;

    public int Repositories { get; private set; }

    public int Commits { get; private set; }

    /// <summary>
    /// Adds all that a folder's repository can reach (in any worktree) and what stands in its working trees, nested repositories included; of a
    /// folder without Git what stands in it.
    /// </summary>
    /// <exception cref="ModelTrackException">It cannot be read whole, so that nobody knows what it names.</exception>
    public async Task AddAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            await AddRepositoryAsync(folder, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ModelTrackException or IOException or UnauthorizedAccessException)
        {
            throw GcErrors.Unreadable(e, folder);
        }
    }

    private async Task AddRepositoryAsync(string folder, CancellationToken cancellationToken)
    {
        if (!_seen.Add(folder)) return;
        var isGit = WorkspaceLayout.Find(folder, folder).RepositoryRoot is not null || File.Exists(Path.Combine(folder, "HEAD"));
        if (!isGit && Path.Exists(Path.Combine(folder, ".git"))) throw new IOException("its .git is no repository, or leads to one that is not there");

        IReadOnlyList<string> trees = [folder];
        if (isGit)
        {
            var history = new PointerHistory(folder);
            trees = await history.WorktreesAsync(cancellationToken).ConfigureAwait(false);
            var texts = await history.ReadAsync(s_pathspecs, cancellationToken).ConfigureAwait(false);
            foreach (var text in texts.Texts) Add(text);
            Repositories++;
            Commits += texts.Commits;
        }

        foreach (var tree in trees)
        {
            _seen.Add(tree);
            foreach (var path in RepositoryFiles.FindAll(tree, "*" + PointerFile.Extension, LockFile)) Add(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false));
            foreach (var nested in RepositoryFiles.FindNested(tree)) await AddRepositoryAsync(nested, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A pointer names one content. Anything else (an unresolved merge, a lock file, a later version) names whatever looks like one.</summary>
    public void Add(byte[] text)
    {
        if (text.Length <= PointerFormat.MaxSize)
        {
            try
            {
                _contents.Add(PointerFormat.Parse(text, "").Sha256);
                return;
            }
            catch (ModelTrackException)
            {
                // Then every hash counts.
            }
        }

        var characters = Encoding.Latin1.GetString(text);
        for (var at = 0; at < characters.Length;)
        {
            var end = at;
            while (end < characters.Length && char.IsAsciiHexDigit(characters[end])) end++;
            if (end - at == Sha256Hash.HexLength && Sha256Hash.TryParse(characters[at..end].ToLowerInvariant(), out var hash)) _contents.Add(hash);
            at = end + 1;
        }
    }
}
