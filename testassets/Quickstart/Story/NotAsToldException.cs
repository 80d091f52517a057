namespace ModelTrack.Quickstart.Story;

/// <summary>A step did not end as the story says.</summary>
internal sealed class NotAsToldException(string expected, string found) : Exception($"expected {expected}, but {found}")
{
    /// <summary>What a command printed that went wrong.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];

    public static void Unless(bool asTold, string expected, string found)
    {
        if (!asTold) throw new NotAsToldException(expected, found);
    }
}
