using System.Text;

namespace HomeAssistant.Intents;

/// <summary>
/// What a model sees of a sentence: its words, pairs of words and the letter groups of each word, hashed into a fixed number of
/// buckets. Training and use share this class, so that both see the same.
/// </summary>
internal static class Features
{
    public const int Buckets = 1 << 16;

    /// <summary>The sentence's buckets, each with its weight; the weights' squares add up to 1.</summary>
    public static IReadOnlyList<KeyValuePair<int, float>> Of(string sentence)
    {
        var counts = new SortedDictionary<int, float>();
        string? before = null;
        foreach (var word in Words(sentence))
        {
            Count(counts, "w", word);
            if (before is not null) Count(counts, "p", $"{before} {word}");
            before = word;

            var framed = $"<{word}>";
            for (var length = 3; length <= 5; length++)
            {
                for (var start = 0; start + length <= framed.Length; start++)
                {
                    Count(counts, "c", framed.AsSpan(start, length));
                }
            }
        }

        var norm = MathF.Sqrt(counts.Values.Sum(count => count * count));
        return [.. counts.Select(feature => KeyValuePair.Create(feature.Key, feature.Value / norm))];
    }

    private static IEnumerable<string> Words(string sentence)
    {
        var word = new StringBuilder();
        foreach (var character in sentence.ToLowerInvariant())
        {
            if (char.IsLetterOrDigit(character) || character == '\'')
            {
                word.Append(character);
            }
            else if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        if (word.Length > 0) yield return word.ToString();
    }

    private static void Count(SortedDictionary<int, float> counts, string kind, ReadOnlySpan<char> text)
    {
        var bucket = (int)(StableHash.Of(kind, text) % Buckets);
        counts[bucket] = counts.GetValueOrDefault(bucket) + 1;
    }
}
