using System.IO.Enumeration;
using System.Text;

namespace ModelTrack.Operations;

/// <summary>The files of a repository that people write: without Git's, build outputs, nested repositories and what links lead to.</summary>
internal static class RepositoryFiles
{
    private static readonly string[] s_skipped = [".git", "bin", "obj", ".modeltrack", "node_modules"];

    /// <summary>Those in folders that can be read.</summary>
    public static IReadOnlyList<string> Find(string root, params string[] patterns) => Enumerate(root, IsFileOf(patterns), ignoreInaccessible: true);

    /// <summary>Every one, for whoever must miss none.</summary>
    /// <exception cref="UnauthorizedAccessException">A folder cannot be read; the message names it.</exception>
    public static IReadOnlyList<string> FindAll(string root, params string[] patterns) => Enumerate(root, IsFileOf(patterns), ignoreInaccessible: false);

    /// <summary>The repositories directly inside a repository: submodules, and clones that lie in it.</summary>
    /// <inheritdoc cref="FindAll"/>
    public static IReadOnlyList<string> FindNested(string root) =>
        Enumerate(root, (ref FileSystemEntry entry) => entry.IsDirectory && !IsSkipped(entry.FileName) && IsRepository(ref entry), ignoreInaccessible: false);

    private static IReadOnlyList<string> Enumerate(string root, FileSystemEnumerable<string>.FindPredicate isWanted, bool ignoreInaccessible)
    {
        var found = new FileSystemEnumerable<string>(root, (ref FileSystemEntry entry) => entry.ToFullPath(), new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
            IgnoreInaccessible = ignoreInaccessible,
        })
        {
            ShouldIncludePredicate = isWanted,
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !IsSkipped(entry.FileName) && !IsRepository(ref entry),
        };
        return [.. found.Order(StringComparer.Ordinal)];
    }

    /// <summary>Writes text back as it was read: with or without a byte order mark.</summary>
    public static void WriteKeepingEncoding(string path, string text)
    {
        using (var file = File.OpenRead(path))
        {
            var hasMark = file.ReadByte() == 0xEF && file.ReadByte() == 0xBB && file.ReadByte() == 0xBF;
            file.Close();
            File.WriteAllText(path, text, new UTF8Encoding(hasMark));
        }
    }

    private static FileSystemEnumerable<string>.FindPredicate IsFileOf(string[] patterns) =>
        (ref FileSystemEntry entry) => !entry.IsDirectory && Matches(patterns, entry.FileName);

    private static bool IsRepository(ref FileSystemEntry entry) => Path.Exists(Path.Combine(entry.ToFullPath(), ".git"));

    private static bool IsSkipped(ReadOnlySpan<char> name)
    {
        foreach (var skipped in s_skipped)
        {
            if (name.Equals(skipped, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    private static bool Matches(string[] patterns, ReadOnlySpan<char> name)
    {
        foreach (var pattern in patterns)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)) return true;
        }

        return false;
    }
}
