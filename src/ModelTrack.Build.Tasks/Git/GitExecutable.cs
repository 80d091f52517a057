using System.Globalization;
using System.Text;

namespace ModelTrack.Git;

/// <summary>Answers by the git executable on the PATH: the user's own Git, with all that it supports.</summary>
public sealed class GitExecutable(string root) : IGit
{
    public string Root { get; } = root;

    public async Task<IReadOnlyList<IgnoredPath>> FindIgnoredAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
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
        if (paths.Count == 0) return [];
        List<string> arguments = ["--literal-pathspecs", "ls-files", "-z", "--full-name", "--"];
        arguments.AddRange(paths);
        return Fields(await RunAsync(arguments, null, [0], cancellationToken).ConfigureAwait(false));
    }

    public async Task<CommitInfo?> FindLastChangeAsync(string path, CancellationToken cancellationToken)
    {
        if (!await HasHeadAsync(cancellationToken).ConfigureAwait(false)) return null;
        var fields = Fields(await RunAsync(
            ["--literal-pathspecs", "log", "-1", "-z", "--format=%H%x00%an%x00%aI%x00%s", "--", path], null, [0], cancellationToken).ConfigureAwait(false));
        return fields.Length < 4
            ? null
            : new CommitInfo(fields[0], fields[1], DateTimeOffset.Parse(fields[2], CultureInfo.InvariantCulture), fields[3]);
    }

    public async Task<IReadOnlyList<byte[]>> ReadHistoryAsync(string path, int count, CancellationToken cancellationToken)
    {
        if (!await HasHeadAsync(cancellationToken).ConfigureAwait(false)) return [];
        var relative = Path.GetRelativePath(Root, Path.GetFullPath(path, Root)).Replace('\\', '/');
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

    public async Task<string?> FindOriginAsync(CancellationToken cancellationToken)
    {
        var remotes = Text(await RunAsync(["remote"], null, [0], cancellationToken).ConfigureAwait(false))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var name = remotes.Contains("origin") ? "origin" : remotes.Length == 1 ? remotes[0] : null;
        if (name is null) return null;
        var result = await GitProcess.RunAsync(Root, ["config", "--get", $"remote.{name}.url"], null, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? Text(result.Output).Trim() : null;
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
