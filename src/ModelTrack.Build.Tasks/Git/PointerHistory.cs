using System.Globalization;
using System.Text;

namespace ModelTrack.Git;

/// <summary>What a repository names, ever.</summary>
/// <param name="Commits">How many commits were looked at.</param>
/// <param name="Texts">Every distinct text of the files asked for.</param>
public sealed record PointerTexts(int Commits, IReadOnlyList<byte[]> Texts);

/// <summary>
/// Reads every text that certain files have anywhere in a repository: in all commits that a branch, tag, remote-tracking branch, stash, reflog
/// entry, any worktree's HEAD or an operation under way can reach, and in the index of each worktree, both sides of a conflict included.
/// </summary>
public sealed class PointerHistory(string root)
{
    /// <summary>Larger files are no pointers.</summary>
    private const long MostBytes = 16 * 1024 * 1024;

    private static readonly string[] s_underWay =
        ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD", "ORIG_HEAD", "FETCH_HEAD", "BISECT_HEAD", "AUTO_MERGE"];

    private static readonly string[] s_autostash = ["rebase-merge/autostash", "rebase-apply/autostash", "MERGE_AUTOSTASH", "rebase-merge/orig-head"];

    /// <summary>Whether history ends before its beginning.</summary>
    public async Task<bool> IsShallowAsync(CancellationToken cancellationToken) =>
        Text(await RunAsync(["rev-parse", "--is-shallow-repository"], null, cancellationToken).ConfigureAwait(false)).Trim() == "true";

    /// <summary>The folders of all worktrees that are there; none for a bare repository without any.</summary>
    public async Task<IReadOnlyList<string>> WorktreesAsync(CancellationToken cancellationToken)
    {
        var folders = new List<string>();
        var isBare = false;
        foreach (var line in Text(await RunAsync(["worktree", "list", "--porcelain"], null, cancellationToken).ConfigureAwait(false)).Split('\n').Append(""))
        {
            if (line.StartsWith("worktree ", StringComparison.Ordinal)) folders.Add(line[9..]);
            if (line == "bare") isBare = true;
            if (line.Length > 0) continue;
            if (folders.Count > 0 && (isBare || !Directory.Exists(folders[^1]))) folders.RemoveAt(folders.Count - 1);
            isBare = false;
        }

        return [.. folders.Distinct()];
    }

    /// <param name="patterns">Git's pathspecs, such as `*.track`.</param>
    public async Task<PointerTexts> ReadAsync(IReadOnlyList<string> patterns, CancellationToken cancellationToken)
    {
        var blobs = new HashSet<string>(StringComparer.Ordinal);
        var extra = new List<string>();
        foreach (var worktree in await WorktreesAsync(cancellationToken).ConfigureAwait(false))
        {
            await AddIndexAsync(worktree, patterns, blobs, cancellationToken).ConfigureAwait(false);
            extra.AddRange(await UnderWayAsync(worktree, cancellationToken).ConfigureAwait(false));
        }

        // All refs, every worktree's HEAD, and all reflogs (older stashes are entries of one).
        var commits = await RunAsync(["rev-list", "--all", "--reflog", .. extra], null, cancellationToken).ConfigureAwait(false);
        if (commits.Length > 0) await AddChangesAsync(commits, patterns, blobs, cancellationToken).ConfigureAwait(false);
        return new PointerTexts(commits.AsSpan().Count((byte)'\n'), await ReadBlobsAsync(blobs, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Each commit against each of its parents, whatever a merge made of them: what was there shows where it came.</summary>
    private async Task AddChangesAsync(byte[] commits, IReadOnlyList<string> patterns, HashSet<string> blobs, CancellationToken cancellationToken)
    {
        var changes = await RunAsync(
            ["diff-tree", "--stdin", "-r", "-m", "--root", "--raw", "--no-renames", "--no-abbrev", "--no-commit-id", "-z", "--", .. patterns], commits, cancellationToken).ConfigureAwait(false);

        // `:100644 100644 OLD NEW M`, NUL, the path, NUL.
        foreach (var field in Text(changes).Split('\0'))
        {
            if (!field.StartsWith(':')) continue;
            var words = field.Split(' ');
            if (words.Length < 5) continue;
            if (IsFile(words[0][1..])) blobs.Add(words[2]);
            if (IsFile(words[1])) blobs.Add(words[3]);
        }
    }

    private static async Task AddIndexAsync(string worktree, IReadOnlyList<string> patterns, HashSet<string> blobs, CancellationToken cancellationToken)
    {
        // `100644 ID STAGE`, a tab, the path, NUL; an unresolved file has a line for each side.
        foreach (var line in Text(await RunAsync(worktree, ["ls-files", "--stage", "-z", "--", .. patterns], null, cancellationToken).ConfigureAwait(false)).Split('\0'))
        {
            var words = line.Split(' ', 3);
            if (words.Length == 3 && IsFile(words[0])) blobs.Add(words[1]);
        }
    }

    /// <summary>Commits that only an unfinished merge, rebase, bisect or the like holds.</summary>
    private static async Task<IReadOnlyList<string>> UnderWayAsync(string worktree, CancellationToken cancellationToken)
    {
        var folder = Text(await RunAsync(worktree, ["rev-parse", "--absolute-git-dir"], null, cancellationToken).ConfigureAwait(false)).Trim();
        var found = new List<string>();
        foreach (var name in s_underWay.Concat(s_autostash))
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path)) continue;
            foreach (var line in await File.ReadAllLinesAsync(path, cancellationToken).ConfigureAwait(false))
            {
                var id = line.Split('\t', ' ')[0];
                if (id.Length is not (40 or 64) || !id.All(char.IsAsciiHexDigit)) continue;
                var result = await GitProcess.RunAsync(worktree, ["rev-parse", "--verify", "--quiet", id + "^{commit}"], null, cancellationToken).ConfigureAwait(false);
                if (result.ExitCode == 0) found.Add(Text(result.Output).Trim());
            }
        }

        return found;
    }

    private async Task<IReadOnlyList<byte[]>> ReadBlobsAsync(HashSet<string> blobs, CancellationToken cancellationToken)
    {
        if (blobs.Count == 0) return [];

        // Sizes first: anything may stand in an old commit under such a name.
        var sizes = Text(await RunAsync(["cat-file", "--batch-check"], Lines(blobs), cancellationToken).ConfigureAwait(false));
        var wanted = new List<string>();
        foreach (var line in sizes.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            if (words.Length < 3) throw GitErrors.Failed($"cat-file {words[0]}", 0, $"the object is missing from {root}");
            if (words[1] == "blob" && long.Parse(words[2], CultureInfo.InvariantCulture) <= MostBytes) wanted.Add(words[0]);
        }

        return Split(await RunAsync(["cat-file", "--batch"], Lines(wanted), cancellationToken).ConfigureAwait(false));
    }

    // `ID blob SIZE`, LF, the bytes, LF.
    private static List<byte[]> Split(byte[] output)
    {
        var texts = new List<byte[]>();
        for (var at = 0; at < output.Length;)
        {
            var end = Array.IndexOf(output, (byte)'\n', at);
            var words = Encoding.ASCII.GetString(output, at, end - at).Split(' ');
            var size = words.Length == 3 ? int.Parse(words[2], CultureInfo.InvariantCulture) : throw GitErrors.Failed("cat-file --batch", 0, string.Join(' ', words));
            texts.Add(output.AsSpan(end + 1, size).ToArray());
            at = end + 1 + size + 1;
        }

        return texts;
    }

    private static bool IsFile(string mode) => mode is "100644" or "100755" or "100664";

    private static byte[] Lines(IEnumerable<string> lines) => Encoding.ASCII.GetBytes(string.Concat(lines.Select(line => line + "\n")));

    private static string Text(byte[] output) => Encoding.UTF8.GetString(output);

    private Task<byte[]> RunAsync(IReadOnlyList<string> arguments, byte[]? input, CancellationToken cancellationToken) => RunAsync(root, arguments, input, cancellationToken);

    private static async Task<byte[]> RunAsync(string directory, IReadOnlyList<string> arguments, byte[]? input, CancellationToken cancellationToken)
    {
        var result = await GitProcess.RunAsync(directory, ["--no-replace-objects", .. arguments], input, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output : throw GitErrors.Failed(string.Join(' ', arguments.Take(4)), result.ExitCode, result.Error);
    }
}
