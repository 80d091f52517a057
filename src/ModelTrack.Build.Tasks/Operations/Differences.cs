namespace ModelTrack.Operations;

internal enum ChangeKind
{
    Added,
    Removed,
    Changed,
    Renamed,
}

/// <summary>What became of a name between two sides.</summary>
/// <param name="Before">Null when it was added.</param>
/// <param name="After">Null when it was removed.</param>
/// <param name="OldName">Where it was, when it was renamed.</param>
internal sealed record Difference<T>(ChangeKind Kind, string Name, T? Before, T? After, string? OldName = null)
    where T : class;

/// <summary>Compares two sides, of artifacts or of files in one.</summary>
internal static class Differences
{
    private static readonly object s_none = new();

    /// <param name="sameContent">Whether two are equal as far as the comparison goes.</param>
    /// <param name="contentOf">By what a removed and an added one are known to be the same under another name; null never.</param>
    /// <returns>Sorted by name.</returns>
    public static IReadOnlyList<Difference<T>> Find<T>(
        IReadOnlyDictionary<string, T> before, IReadOnlyDictionary<string, T> after, Func<T, T, bool> sameContent, Func<T, object?> contentOf)
        where T : class
    {
        var found = new List<Difference<T>>();
        var gone = before.Keys.Where(name => !after.ContainsKey(name)).Order(StringComparer.Ordinal).ToList();
        var goneByContent = gone.GroupBy(name => contentOf(before[name]) ?? s_none).ToDictionary(same => same.Key, same => new Queue<string>(same));
        var renamed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in after.Keys)
        {
            if (before.TryGetValue(name, out var old))
            {
                if (!sameContent(old, after[name])) found.Add(new(ChangeKind.Changed, name, old, after[name]));
            }
            else
            {
                var from = contentOf(after[name]) is { } content && goneByContent.TryGetValue(content, out var same) && same.TryDequeue(out var first) ? first : null;
                if (from is not null) renamed.Add(from);
                found.Add(from is null ? new(ChangeKind.Added, name, null, after[name]) : new(ChangeKind.Renamed, name, before[from], after[name], from));
            }
        }

        found.AddRange(gone.Where(name => !renamed.Contains(name)).Select(name => new Difference<T>(ChangeKind.Removed, name, before[name], null)));
        return [.. found.OrderBy(d => d.Name, StringComparer.Ordinal)];
    }
}
