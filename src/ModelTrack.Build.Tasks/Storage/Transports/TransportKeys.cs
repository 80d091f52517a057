using System.Buffers;

namespace ModelTrack.Storage.Transports;

/// <summary>What a key may look like, so that it is one object on every transport and never leaves the remote's own place.</summary>
internal static class TransportKeys
{
    public const int MaxLength = 512;

    private static readonly SearchValues<char> s_allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-/");

    public static bool IsValid(ReadOnlySpan<char> key)
    {
        if (key.IsEmpty || key.Length > MaxLength || key.ContainsAnyExcept(s_allowed)) return false;

        foreach (var part in key.Split('/'))
        {
            // A leading dot would hide it or climb; Windows drops a trailing one.
            var segment = key[part];
            if (segment.IsEmpty || segment[0] == '.' || segment[^1] == '.') return false;
        }

        return true;
    }

    /// <exception cref="ArgumentException">Keys are made by this code, so a bad one is a bug.</exception>
    public static void Check(string key)
    {
        if (!IsValid(key)) throw new ArgumentException($"'{key}' is no key.", nameof(key));
    }

    /// <summary>A prefix is empty or the beginning of a key.</summary>
    public static void CheckPrefix(string prefix)
    {
        if (prefix.Length > 0 && !IsValid(prefix.EndsWith('/') ? prefix[..^1] : prefix)) throw new ArgumentException($"'{prefix}' begins no key.", nameof(prefix));
    }

    public static void CheckRead(long offset) => ArgumentOutOfRangeException.ThrowIfNegative(offset);
}
