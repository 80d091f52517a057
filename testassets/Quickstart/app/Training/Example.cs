namespace HomeAssistant.Training;

/// <summary>A sentence and what its speaker wants.</summary>
internal sealed record Example(string Sentence, string Intent)
{
    /// <summary>Reads CSV with a header; the intent is what follows a line's last comma, the sentence may be quoted.</summary>
    public static IReadOnlyList<Example> ReadAll(string path) =>
        [.. File.ReadLines(path).Skip(1).Where(line => line.Length > 0).Select(Parse)];

    private static Example Parse(string line)
    {
        var comma = line.LastIndexOf(',');
        if (comma < 0) throw new InvalidDataException($"No intent in this line: {line}");
        var sentence = line[..comma];
        if (sentence.StartsWith('"')) sentence = sentence[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal);
        return new Example(sentence, line[(comma + 1)..].Trim());
    }
}
