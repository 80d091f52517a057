using System.Globalization;
using System.Text;

namespace ModelTrack.Git;

/// <summary>Answers by the git executable on the PATH: the user's own Git, with all that it supports.</summary>
public sealed class GitExecutable(string root) : IGit
{
    private const string CommitFormat = "--format=" + RawLog.CommitFormat;

    public string Root { get; } = root;

    public async Task<IReadOnlyList<IgnoredPath>> FindIgnoredAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        paths = OfThisRepository(paths);
        if (paths.Count == 0) return [];
        // Exit code 1 means that none is ignored. --no-index: a rule counts although the file is tracked.
        var result = await RunAsync(["check-ignore", "--stdin", "-z", "--verbose", "--no-index"], Lines(paths), [0, 1], cancellationToken).ConfigureAwait(false);
        var fields = Fields(result);
        var ignored = new List<IgnoredPath>(fields.Length / 4);
        for (var i = 0; i + 3 < fields.Length; i += 4)
        {
            // A pattern that starts with ! is the rule that takes the path back in.
            if (fields[i + 2].StartsWith('!')) continue;
            ignored.Add(new IgnoredPath(fields[i + 3], fields[i + 2], $"{fields[i]}:{fields[i + 1]}"));
        }

        return ignored;
    }

    public async Task<IReadOnlyList<string>> ListTrackedAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        paths = OfThisRepository(paths);
        if (paths.Count == 0) return [];
        List<string> arguments = ["--literal-pathspecs", "ls-files", "-z", "--full-name", "--"];
        arguments.AddRange(paths);
        return Fields(await RunAsync(arguments, null, [0], cancellationToken).ConfigureAwait(false));
    }

    public async Task<CommitInfo?> FindLastChangeAsync(string path, CancellationToken cancellationToken)
    {
        if (!IsOfThisRepository(path) || !await HasHeadAsync(cancellationToken).ConfigureAwait(false)) return null;
        var fields = Fields(await RunAsync(
            ["--literal-pathspecs", "log", "-1", "-z", "--no-show-signature", CommitFormat, "--", path], null, [0], cancellationToken).ConfigureAwait(false));
        return CommitOf(fields);
    }

    public async Task<IReadOnlyList<byte[]>> ReadHistoryAsync(string path, int count, CancellationToken cancellationToken)
    {
        if (!IsOfThisRepository(path) || !await HasHeadAsync(cancellationToken).ConfigureAwait(false)) return [];
        var relative = Relative(path);
        var commits = Text(await RunAsync(
            ["--literal-pathspecs", "log", "--first-parent", $"-{count}", "--format=%H", "--", relative], null, [0], cancellationToken).ConfigureAwait(false))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var texts = new List<byte[]>(commits.Length);
        foreach (var commit in commits)
        {
            // Absent where that commit removed it, or where a partial clone left it out.
            var blob = await GitProcess.RunAsync(Root, ["cat-file", "blob", $"{commit}:{relative}"], null, cancellationToken).ConfigureAwait(false);
            if (blob.ExitCode == 0) texts.Add(blob.Output);
        }

        return texts;
    }

    public async Task<IReadOnlyList<(string Path, byte[] Text)>> ReadAllVersionsAsync(
        IReadOnlyCollection<string> paths, string extension, CancellationToken cancellationToken)
    {
        paths = OfThisRepository(paths);
        if (paths.Count == 0) return [];
        // --full-history: a version that a merge dropped counts too. A commit stands without a path, a folder without the extension.
        var listed = Text(await RunAsync(
            ["--literal-pathspecs", "rev-list", "--objects", "--all", "--full-history", "--", .. paths], null, [0], cancellationToken).ConfigureAwait(false));
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in listed.Split('\n'))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && line.EndsWith(extension, StringComparison.Ordinal)) names.TryAdd(line[..space], line[(space + 1)..]);
        }

        if (names.Count == 0) return [];
        var input = Encoding.ASCII.GetBytes(string.Concat(names.Keys.Select(id => id + "\n")));
        return ReadBatch(await RunAsync(["cat-file", "--batch"], input, [0], cancellationToken).ConfigureAwait(false), names);
    }

    public async Task<bool> IsShallowAsync(CancellationToken cancellationToken) =>
        Text(await RunAsync(["rev-parse", "--is-shallow-repository"], null, [0], cancellationToken).ConfigureAwait(false)).Trim() == "true";

    public async Task<string?> FindOriginAsync(CancellationToken cancellationToken)
    {
        var remotes = Text(await RunAsync(["remote"], null, [0], cancellationToken).ConfigureAwait(false))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var name = remotes.Contains("origin") ? "origin" : remotes.Length == 1 ? remotes[0] : null;
        if (name is null) return null;
        var result = await GitProcess.RunAsync(Root, ["config", "--get", $"remote.{name}.url"], null, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? Text(result.Output).Trim() : null;
    }

    public async Task<CommitInfo?> ResolveAsync(string revision, CancellationToken cancellationToken)
    {
        // No name of Git's starts with a dash, and Git would take it for an option.
        if (revision.Length == 0 || revision[0] == '-') return null;
        var id = await GitProcess.RunAsync(Root, ["rev-parse", "--verify", "--quiet", revision + "^{commit}"], null, cancellationToken).ConfigureAwait(false);
        if (id.ExitCode == 1) return null;
        if (id.ExitCode != 0)
        {
            // Some that are no revision at all are fatal even so; a repository that Git refuses is fatal whatever is asked.
            await RunAsync(["rev-parse", "--git-dir"], null, [0], cancellationToken).ConfigureAwait(false);
            return null;
        }

        return CommitOf(Fields(await RunAsync(
            ["log", "-1", "-z", "--no-show-signature", CommitFormat, Text(id.Output).Trim(), "--"], null, [0], cancellationToken).ConfigureAwait(false)));
    }

    public async Task<byte[]?> ReadFileAsync(string commit, string path, CancellationToken cancellationToken)
    {
        var files = await ReadFilesAsync(commit, [path], cancellationToken).ConfigureAwait(false);
        return files.Count == 0 ? null : files[0].Bytes;
    }

    public async Task<IReadOnlyList<GitFile>> ReadFilesAsync(string commit, IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        paths = OfThisRepository(paths);
        if (paths.Count == 0) return [];
        var wanted = paths.Select(Relative).ToHashSet(StringComparer.Ordinal);
        // One path is asked for by name; a command line has no room for many.
        var tree = await ReadTreeAsync(commit, wanted.Count == 1 ? wanted.Single() : "", recursive: wanted.Count > 1, cancellationToken).ConfigureAwait(false);
        var entries = tree.Where(e => wanted.Contains(e.Path)).ToList();
        var blobs = await ReadBlobsAsync(entries.ConvertAll(e => e.Id), cancellationToken).ConfigureAwait(false);
        return entries.ConvertAll(e => new GitFile(e.Path, blobs[e.Id]));
    }

    public async Task<IReadOnlyList<string>> ListFilesAsync(string commit, string? folder, CancellationToken cancellationToken)
    {
        var under = folder is null ? "" : Relative(folder);
        var prefix = under is "" or "." ? "" : under + "/";
        return [.. (await ReadTreeAsync(commit, prefix, recursive: true, cancellationToken).ConfigureAwait(false)).Select(e => e.Path)];
    }

    public async Task<IReadOnlyList<FileVersion>> ReadVersionsAsync(string commit, IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        paths = OfThisRepository(paths);
        return paths.Count == 0 ? [] : await ReadLogAsync(["--literal-pathspecs"], [commit, "--", .. paths, ""], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// As <see cref="ReadVersionsAsync"/>, for what a push would bring: files of that pattern in commits of <paramref name="tips"/> that the remote is not known to have.
    /// </summary>
    /// <param name="known">Objects that the remote says it has; those that this clone does not have say nothing.</param>
    /// <param name="remoteName">Whose tracking branches count; an address has none.</param>
    /// <param name="pattern">A pathspec, such as `*.track`.</param>
    public async Task<IReadOnlyList<FileVersion>> ReadNewVersionsAsync(
        IReadOnlyList<string> tips, IReadOnlyList<string> known, string remoteName, string pattern, CancellationToken cancellationToken)
    {
        var tracking = Text(await RunAsync(["for-each-ref", "--format=%(objectname)", $"refs/remotes/{remoteName}/"], null, [0], cancellationToken).ConfigureAwait(false));
        var wanted = await CommitsOfAsync(tips, cancellationToken).ConfigureAwait(false);
        var there = await CommitsOfAsync([.. known, .. tracking.Split('\n', StringSplitOptions.RemoveEmptyEntries)], cancellationToken).ConfigureAwait(false);
        return wanted.Count == 0 ? [] : await ReadLogAsync([], [.. wanted, .. there.Select(id => "^" + id), "--", pattern, ""], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The commits that objects lead to; what leads to none, or is not here, is left out.</summary>
    private async Task<IReadOnlyList<string>> CommitsOfAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0) return [];
        var input = Encoding.ASCII.GetBytes(string.Concat(ids.Distinct().Select(i => i + "^{commit}\n")));
        var lines = Text(await RunAsync(["cat-file", "--batch-check"], input, [0], cancellationToken).ConfigureAwait(false)).Split('\n');
        return [.. lines.Select(l => l.Split(' ')).Where(w => w is [_, "commit", _]).Select(w => w[0]).Distinct()];
    }

    /// <param name="input">Revisions, `--`, and paths.</param>
    private async Task<IReadOnlyList<FileVersion>> ReadLogAsync(string[] options, IReadOnlyList<string> input, CancellationToken cancellationToken)
    {
        var output = await RunAsync(
            ["-c", "log.showRoot=true", .. options, "log", "--stdin", "--no-show-signature", "--full-history", "--no-renames", "-c", "--raw", "--no-abbrev", "-z", CommitFormat],
            Encoding.UTF8.GetBytes(string.Join('\n', input)), [0], cancellationToken).ConfigureAwait(false);
        var entries = RawLog.Parse(Text(output));
        var blobs = await ReadBlobsAsync([.. entries.Select(e => e.BlobId).OfType<string>().Distinct()], cancellationToken).ConfigureAwait(false);
        return [.. entries.Select(e => new FileVersion(e.Commit, e.Path, e.BlobId is null ? null : blobs[e.BlobId]))];
    }

    public async Task<IReadOnlyList<CommitFile>> ReadAtAsync(IReadOnlyCollection<string> commits, IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        // A line is a question; a name with a line break cannot be asked for.
        paths = OfThisRepository(paths);
        var asked = commits.SelectMany(c => paths.Where(p => !p.Contains('\n', StringComparison.Ordinal)), (Commit, Path) => (Commit, Path)).ToList();
        if (asked.Count == 0) return [];
        var input = Encoding.UTF8.GetBytes(string.Concat(asked.Select(a => $"{a.Commit}:{a.Path}\n")));
        var answers = Text(await RunAsync(["cat-file", "--batch-check"], input, [0], cancellationToken).ConfigureAwait(false)).Split('\n');
        var found = asked.Zip(answers, (Question, Answer) => (Question, Words: Answer.Split(' '))).Where(f => f.Words is [_, "blob", _]).ToList();
        var blobs = await ReadBlobsAsync([.. found.Select(f => f.Words[0]).Distinct()], cancellationToken).ConfigureAwait(false);
        return found.ConvertAll(f => new CommitFile(f.Question.Commit, f.Question.Path, blobs[f.Words[0]]));
    }

    public async Task<IReadOnlyList<TagInfo>> ListTagsAsync(CancellationToken cancellationToken)
    {
        // Of an annotated tag the second pair is what it leads to.
        var lines = Text(await RunAsync(
            ["for-each-ref", "--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname) %(refname:strip=2)", "refs/tags"], null, [0], cancellationToken).ConfigureAwait(false));
        var tags = new List<TagInfo>();
        foreach (var line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = line.Split(' ', 5);
            if (fields[0] == "commit") tags.Add(new TagInfo(fields[4], fields[1]));
            else if (fields[2] == "commit") tags.Add(new TagInfo(fields[4], fields[3]));
        }

        return [.. tags.OrderBy(t => t.Name, StringComparer.Ordinal)];
    }

    public async Task<IReadOnlyList<GitChange>> FindChangesAsync(CancellationToken cancellationToken)
    {
        var fields = Fields(await RunAsync(
            ["status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=all"], null, [0], cancellationToken).ConfigureAwait(false));
        return [.. fields.Select(f => new GitChange(f[3..], KindOf(f[0], f[1]))).OrderBy(c => c.Path, StringComparer.Ordinal)];
    }

    private static GitChangeKind KindOf(char index, char workTree) => (index, workTree) switch
    {
        ('?', _) => GitChangeKind.Untracked,
        ('U', _) or (_, 'U') or ('A', 'A') or ('D', 'D') => GitChangeKind.Unmerged,
        ('D', _) or (_, 'D') => GitChangeKind.Deleted,
        ('A', _) or (_, 'A') => GitChangeKind.Added,
        _ => GitChangeKind.Modified,
    };

    /// <summary>The contents of blobs by their ids.</summary>
    private async Task<Dictionary<string, byte[]>> ReadBlobsAsync(List<string> ids, CancellationToken cancellationToken)
    {
        var blobs = new Dictionary<string, byte[]>(ids.Count);
        if (ids.Count == 0) return blobs;
        var output = await RunAsync(["cat-file", "--batch"], Encoding.ASCII.GetBytes(string.Concat(ids.Select(i => i + "\n"))), [0], cancellationToken).ConfigureAwait(false);
        for (var at = 0; at < output.Length;)
        {
            // `ID blob SIZE`, the bytes, and a line end; or `ID missing`.
            var end = Array.IndexOf(output, (byte)'\n', at);
            var head = Encoding.ASCII.GetString(output, at, end - at).Split(' ');
            if (head is not [_, "blob", var size]) throw GitErrors.Failed("cat-file --batch", 0, string.Join(' ', head));
            var start = end + 1;
            at = start + int.Parse(size, CultureInfo.InvariantCulture);
            blobs[head[0]] = output[start..at];
            at++;
        }

        return blobs;
    }

    /// <summary>The regular files of a commit's tree at or under <paramref name="path"/>; empty for all.</summary>
    private async Task<IReadOnlyList<(string Path, string Id)>> ReadTreeAsync(string commit, string path, bool recursive, CancellationToken cancellationToken)
    {
        List<string> arguments = ["--literal-pathspecs", "ls-tree", "-z", "--full-tree"];
        if (recursive) arguments.Add("-r");
        arguments.AddRange([commit, "--"]);
        if (path.Length > 0) arguments.Add(path);
        var files = new List<(string, string)>();
        foreach (var line in Fields(await RunAsync(arguments, null, [0], cancellationToken).ConfigureAwait(false)))
        {
            // `100644 blob 9daeaf…<TAB>path`; a link is 120000 and a submodule a commit.
            var tab = line.IndexOf('\t', StringComparison.Ordinal);
            if (!line.StartsWith("100", StringComparison.Ordinal)) continue;
            files.Add((line[(tab + 1)..], line[..tab].Split(' ')[2]));
        }

        return files;
    }

    /// <summary>Git dies of a path that leads out of its work tree, such as that of an artifact which several repositories share.</summary>
    private string[] OfThisRepository(IEnumerable<string> paths) => [.. paths.Where(IsOfThisRepository)];

    private bool IsOfThisRepository(string path) =>
        Relative(path) is var relative && relative != ".." && !relative.StartsWith("../", StringComparison.Ordinal) && !Path.IsPathRooted(relative);

    private string Relative(string path) => Path.GetRelativePath(Root, Path.GetFullPath(path, Root)).Replace('\\', '/');

    private static CommitInfo? CommitOf(string[] fields) =>
        fields.Length < 3 ? null : RawLog.Commit(fields[0], fields[1], fields[2], fields.ElementAtOrDefault(3) ?? "");

    /// <summary>`ID blob SIZE`, a line feed, the bytes, a line feed; `ID missing` where a partial clone left it out; trees as blobs.</summary>
    private static List<(string Path, byte[] Text)> ReadBatch(byte[] output, Dictionary<string, string> names)
    {
        var texts = new List<(string, byte[])>(names.Count);
        for (var at = 0; at < output.Length;)
        {
            var end = Array.IndexOf(output, (byte)'\n', at);
            var head = Encoding.ASCII.GetString(output, at, end - at).Split(' ');
            at = end + 1;
            if (head.Length != 3) continue;
            var size = int.Parse(head[2], CultureInfo.InvariantCulture);
            if (head[1] == "blob") texts.Add((names[head[0]], output[at..(at + size)]));
            at += size + 1;
        }

        return texts;
    }

    private async Task<bool> HasHeadAsync(CancellationToken cancellationToken) =>
        (await GitProcess.RunAsync(Root, ["rev-parse", "--verify", "--quiet", "HEAD"], null, cancellationToken).ConfigureAwait(false)).ExitCode == 0;

    private async Task<byte[]> RunAsync(IReadOnlyList<string> arguments, byte[]? input, int[] expected, CancellationToken cancellationToken)
    {
        var result = await GitProcess.RunAsync(Root, arguments, input, cancellationToken).ConfigureAwait(false);
        return expected.Contains(result.ExitCode)
            ? result.Output
            : throw GitErrors.Failed(string.Join(' ', arguments), result.ExitCode, result.Error);
    }

    private static byte[] Lines(IEnumerable<string> paths) => Encoding.UTF8.GetBytes(string.Concat(paths.Select(p => p + "\0")));

    private static string Text(byte[] output) => Encoding.UTF8.GetString(output);

    // Every field ends with NUL, so what follows the last one is empty; an empty field between two is a value.
    private static string[] Fields(byte[] output) => output.Length == 0 ? [] : Text(output).TrimEnd('\n').TrimEnd('\0').Split('\0');
}
