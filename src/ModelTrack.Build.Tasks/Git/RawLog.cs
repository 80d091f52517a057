using System.Globalization;

namespace ModelTrack.Git;

/// <summary>Reads what `git log --raw -c -z` prints with <see cref="CommitFormat"/>.</summary>
internal static class RawLog
{
    public const string CommitFormat = "%H%x00%an%x00%aI%x00%s";

    /// <param name="BlobId">Null where the commit has no regular file there.</param>
    internal sealed record Entry(CommitInfo Commit, string Path, string? BlobId);

    public static IReadOnlyList<Entry> Parse(string text)
    {
        var fields = text.Split('\0');
        var entries = new List<Entry>();
        CommitInfo? commit = null;
        for (var i = 0; i < fields.Length;)
        {
            var field = fields[i].TrimStart('\n');
            if (field.StartsWith(':'))
            {
                entries.Add(new Entry(commit!, fields[i + 1], BlobOf(field)));
                i += 2;
            }
            else if (field.Length == 0)
            {
                // Between a commit and its files, and at the end.
                i++;
            }
            else
            {
                commit = Commit(field, fields[i + 1], fields[i + 2], fields[i + 3]);
                i += 4;
            }
        }

        return entries;
    }

    public static CommitInfo Commit(string id, string author, string date, string subject) =>
        new(id, author, DateTimeOffset.Parse(date, CultureInfo.InvariantCulture), subject);

    /// <summary>`:MODE MODE ID ID STATUS`; of a merge a colon, a mode and an id for each parent, and then the result's.</summary>
    private static string? BlobOf(string field)
    {
        var parents = field.Length - field.TrimStart(':').Length;
        var parts = field[parents..].Split(' ');
        return parts[parents].StartsWith("100", StringComparison.Ordinal) ? parts[(2 * parents) + 1] : null;
    }
}
