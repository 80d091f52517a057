namespace HomeAssistant.Intents;

/// <summary>FNV-1a: the same on every machine and in every run, which string.GetHashCode is not.</summary>
internal static class StableHash
{
    public static uint Of(string kind, ReadOnlySpan<char> text)
    {
        var hash = 2166136261u;
        foreach (var character in kind) hash = (hash ^ character) * 16777619u;
        foreach (var character in text) hash = (hash ^ character) * 16777619u;
        // FNV's low bits are its weakest.
        return hash ^ (hash >> 15);
    }
}
