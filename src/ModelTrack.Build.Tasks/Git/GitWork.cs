using System.Text;

namespace ModelTrack.Git;

/// <summary>What changes a repository. Always by the user's own git, so that hooks, signing, filters and configuration are theirs.</summary>
/// <param name="root">The work tree's root, full.</param>
internal sealed class GitWork(string root)
{
    /// <summary>The branch that HEAD is on; null when it is detached.</summary>
    public async Task<string?> FindBranchAsync(CancellationToken cancellationToken)
    {
        var result = await GitProcess.RunAsync(root, ["symbolic-ref", "--short", "--quiet", "HEAD"], null, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? Text(result) : null;
    }

    public Task<bool> IsBranchAsync(string name, CancellationToken cancellationToken) => HasReferenceAsync($"refs/heads/{name}", cancellationToken);

    public Task<bool> IsTagAsync(string name, CancellationToken cancellationToken) => HasReferenceAsync($"refs/tags/{name}", cancellationToken);

    public async Task<bool> IsTagNameAsync(string name, CancellationToken cancellationToken) =>
        !name.StartsWith('-')
        && (await GitProcess.RunAsync(root, ["check-ref-format", $"refs/tags/{name}"], null, cancellationToken).ConfigureAwait(false)).ExitCode == 0;

    /// <param name="target">A branch, to be on it; a commit, to be detached there.</param>
    /// <param name="shown">What the user called it.</param>
    public async Task CheckoutAsync(string target, string shown, CancellationToken cancellationToken)
    {
        var result = await GitProcess.RunAsync(root, ["checkout", "--quiet", target, "--"], null, cancellationToken, asUser: true).ConfigureAwait(false);
        if (result.ExitCode != 0) throw GitErrors.CheckoutRefused(shown, OneLine(result.Error));
    }

    /// <summary>Where Git looks for hooks: `core.hooksPath`, else in its own folder; full.</summary>
    public async Task<string> FindHooksFolderAsync(CancellationToken cancellationToken)
    {
        string[] arguments = ["rev-parse", "--git-path", "hooks"];
        var result = await GitProcess.RunAsync(root, arguments, null, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0
            ? Path.GetFullPath(Text(result), root)
            : throw GitErrors.Failed(string.Join(' ', arguments), result.ExitCode, result.Error);
    }

    public async Task CheckIdentityAsync(CancellationToken cancellationToken)
    {
        foreach (var variable in (string[])["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"])
        {
            var result = await GitProcess.RunAsync(root, ["var", variable], null, cancellationToken).ConfigureAwait(false);
            if (result.ExitCode != 0) throw GitErrors.NoIdentity(LastLine(result.Error));
        }
    }

    /// <summary>Commits these files of the work tree and nothing else, whatever the index has of others.</summary>
    /// <param name="paths">Relative to the root; also files that are gone.</param>
    /// <param name="untracked">Those of <paramref name="paths"/> that the index does not know.</param>
    public async Task CommitAsync(IReadOnlyList<string> paths, IReadOnlyList<string> untracked, string message, CancellationToken cancellationToken)
    {
        // Git commits a path only when the index knows it, and an intention is enough.
        if (untracked.Count > 0) await RunAsync(["add", "--intent-to-add", "--pathspec-from-file=-", "--pathspec-file-nul"], untracked, cancellationToken).ConfigureAwait(false);
        var file = Path.Combine(Path.GetTempPath(), $"modeltrack-{Guid.NewGuid():N}.txt");
        try
        {
            await File.WriteAllTextAsync(file, message, cancellationToken).ConfigureAwait(false);
            // Git would hand --literal-pathspecs on to the user's hooks, so each path says it of itself.
            var result = await GitProcess.RunAsync(
                root, ["commit", "--quiet", "--only", "--cleanup=whitespace", "--file", file, "--pathspec-from-file=-", "--pathspec-file-nul"],
                Lines(paths.Select(p => ":(literal)" + p)), cancellationToken, asUser: true).ConfigureAwait(false);
            if (result.ExitCode != 0) throw GitErrors.CommitRefused(OneLine(result.Error.Length > 0 ? result.Error : Text(result)));
        }
        catch
        {
            // As HEAD has them, which is not at all, unless the commit was made before a hook behind it was stopped.
            if (untracked.Count > 0) await RunAsync(["reset", "--quiet", "--pathspec-from-file=-", "--pathspec-file-nul"], untracked, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>An annotated tag (signed where the user's configuration says so) at HEAD.</summary>
    public async Task TagAsync(string name, string message, CancellationToken cancellationToken)
    {
        var result = await GitProcess.RunAsync(
            root, ["tag", "--annotate", "--cleanup=whitespace", "--file", "-", name], Encoding.UTF8.GetBytes(message), cancellationToken, asUser: true).ConfigureAwait(false);
        if (result.ExitCode != 0) throw GitErrors.TagRefused(name, OneLine(result.Error));
    }

    /// <summary>
    /// The newest commit in which the file <paramref name="path"/> became <paramref name="text"/>, in the history of <paramref name="revisions"/>; of those,
    /// what there is not is left out. Null when none did, as far as the clone reaches.
    /// </summary>
    /// <param name="path">Relative to the root, with `/`.</param>
    /// <param name="revisions">Commits, or options of git log such as `--all`.</param>
    public async Task<CommitInfo?> FindIntroductionAsync(byte[] text, string path, IReadOnlyList<string> revisions, CancellationToken cancellationToken)
    {
        var hashed = await GitProcess.RunAsync(root, ["hash-object", "--stdin"], text, cancellationToken).ConfigureAwait(false);
        if (hashed.ExitCode != 0) throw GitErrors.Failed("hash-object --stdin", hashed.ExitCode, hashed.Error);
        string[] arguments =
        [
            "--literal-pathspecs", "log", "--ignore-missing", .. revisions, "--max-count=5000", "-c", "--raw", "--no-abbrev", "--no-renames", "--no-color", "--no-show-signature",
            "--format=%x01%H%x00%an%x00%aI%x00%s", "--", path,
        ];
        var log = await GitProcess.RunAsync(root, arguments, null, cancellationToken).ConfigureAwait(false);
        // A file that the index alone knows has no history, and a new repository has no HEAD.
        if (log.ExitCode != 0) return null;
        var blob = Text(hashed);
        string[] commit = [];
        foreach (var line in Text(log).Split('\n'))
        {
            if (line.StartsWith('\u0001')) commit = line[1..].Split('\0');
            if (!line.StartsWith(':') || commit.Length < 4) continue;
            // Of a merge `::mode mode mode id id id status`: the last id is what became of it.
            var parents = line.Length - line.TrimStart(':').Length;
            var fields = line.Split(' ', '\t');
            if (fields.Length > (2 * parents) + 1 && fields[(2 * parents) + 1] == blob)
            {
                return new CommitInfo(commit[0], commit[1], DateTimeOffset.Parse(commit[2], System.Globalization.CultureInfo.InvariantCulture), commit[3]);
            }
        }

        return null;
    }

    /// <summary>Sets a value in the clone's own configuration, which all its worktrees share.</summary>
    public async Task ConfigureAsync(string key, string value, CancellationToken cancellationToken)
    {
        var result = await GitProcess.RunAsync(root, ["config", "--local", key, value], null, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0) throw GitErrors.Failed($"config --local {key}", result.ExitCode, result.Error);
    }

    /// <summary>Takes a section out of the clone's own configuration, where it is there.</summary>
    public Task RemoveConfigurationAsync(string section, CancellationToken cancellationToken) =>
        GitProcess.RunAsync(root, ["config", "--local", "--remove-section", section], null, cancellationToken);

    private async Task<bool> HasReferenceAsync(string reference, CancellationToken cancellationToken) =>
        (await GitProcess.RunAsync(root, ["show-ref", "--verify", "--quiet", reference], null, cancellationToken).ConfigureAwait(false)).ExitCode == 0;

    private async Task RunAsync(string[] arguments, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var result = await GitProcess.RunAsync(root, ["--literal-pathspecs", .. arguments], Lines(paths), cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0) throw GitErrors.Failed(string.Join(' ', arguments), result.ExitCode, result.Error);
    }

    private static byte[] Lines(IEnumerable<string> paths) => Encoding.UTF8.GetBytes(string.Concat(paths.Select(p => p + "\0")));

    private static string Text(GitProcess.Result result) => Encoding.UTF8.GetString(result.Output).Trim();

    /// <summary>Without Git's own advice, in whose place ours stands.</summary>
    private static string OneLine(string text) =>
        string.Join(' ', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(l => l != "Aborting" && !l.StartsWith("Please ", StringComparison.Ordinal)));

    private static string LastLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "";
}
