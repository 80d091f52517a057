using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Workspace.Ignore;

/// <summary>Keeps an artifact's content out of Git by the `.gitignore` beside it, and touches no other line of it.</summary>
public static class GitIgnoreFile
{
    public const string FileName = ".gitignore";

    /// <summary>Adds the artifact's lines, or brings them up to date. Nothing without a repository.</summary>
    /// <param name="rules">Of a directory: what of it is left to Git. Null for a file.</param>
    /// <returns>Whether the file was written.</returns>
    public static bool Add(string artifactPath, TrackIgnore? rules, string? repositoryRoot)
    {
        if (FindFile(artifactPath, repositoryRoot) is not { } path) return false;
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(artifactPath));
        RelativePaths.Check(name);
        var plain = GitIgnoreRules.Plain(name);
        var lines = GitIgnoreRules.Lines(name, rules);
        return Change(path, text => text.Put(plain, lines));
    }

    /// <summary>Removes the artifact's lines; a file with nothing else in it goes too.</summary>
    /// <returns>Whether the file was written or removed.</returns>
    public static bool Remove(string artifactPath, string? repositoryRoot)
    {
        if (FindFile(artifactPath, repositoryRoot) is not { } path || !FileStat.TryGet(path, out _)) return false;
        var plain = GitIgnoreRules.Plain(Path.GetFileName(Path.TrimEndingDirectorySeparator(artifactPath)));
        return Change(path, text => text.Put(plain, []));
    }

    /// <summary>Between two states of a file (null for none): whether lines that name one of these artifacts came or went, as <see cref="Add"/> writes them, and whether others did.</summary>
    public static (bool Ours, bool Others) Compare(byte[]? before, byte[]? after, IReadOnlyCollection<string> names)
    {
        var plain = names.Select(GitIgnoreRules.Plain).ToList();
        var left = Lines(before).ToList();
        var different = Lines(after).Where(line => !left.Remove(line)).ToList();
        different.AddRange(left);
        return (different.Exists(IsOurs), !different.TrueForAll(IsOurs));

        bool IsOurs(string line) => plain.Exists(p => line == p || line.StartsWith(p + "/", StringComparison.Ordinal) || line.StartsWith($"!{p}/", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Lines(byte[]? bytes) =>
        bytes is null ? [] : Encoding.Latin1.GetString(bytes).Split('\n').Select(l => l.TrimEnd('\r')).Where(l => l.Length > 0);

    private static string? FindFile(string artifactPath, string? repositoryRoot)
    {
        if (repositoryRoot is null) return null;
        var folder = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(artifactPath)))!;
        var relative = Path.GetRelativePath(Path.GetFullPath(repositoryRoot), folder);
        return Path.IsPathRooted(relative) || relative == ".." || relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? null
            : Path.Combine(folder, FileName);
    }

    private static bool Change(string path, Func<GitIgnoreText, bool> change)
    {
        // Most often all is right already; only a change is worth waiting for a turn.
        if (!change(Read(path)))
        {
            FileTurn.Sweep(path);
            return false;
        }

        try
        {
            using var turn = FileTurn.Take(path);
            FailPoint.Hit("gitignore.turn");
            var text = Read(path);
            if (!change(text)) return false;
            if (text.ToBytes() is { } bytes) AtomicFile.Write(path, bytes, "gitignore.write");
            else File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw IgnoreErrors.NotWritable(e, path);
        }
    }

    private static GitIgnoreText Read(string path)
    {
        try
        {
            if (!FileStat.TryGet(path, out var stat)) return new GitIgnoreText(null);
            if (stat.Kind == FileKind.Link) throw IgnoreErrors.GitIgnoreIsLink(path);

            // Each byte as a character: what is no UTF-8 in it stays as it is.
            return new GitIgnoreText(Encoding.Latin1.GetString(File.ReadAllBytes(path)));
        }
        catch (FileNotFoundException)
        {
            return new GitIgnoreText(null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw IgnoreErrors.NotReadable(e, path);
        }
    }
}
