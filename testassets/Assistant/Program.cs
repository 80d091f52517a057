// The intents of a voice assistant: a model counts, for each word, how often each intent used it.
using System.Text;
using System.Text.Json;

if (args is ["--train", var data, var model, var metrics])
{
    Train(data, model, metrics);
    return;
}

var counts = JsonSerializer.Deserialize<SortedDictionary<string, SortedDictionary<string, int>>>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "models/intents.bin")))!;
Console.WriteLine($"I know {counts.Values.SelectMany(c => c.Keys).Distinct().Count()} intents and {counts.Count} words.");
if (args.Length > 0) Console.WriteLine($"{string.Join(' ', args)}: {Guess(counts, string.Join(' ', args))}");

static void Train(string data, string model, string metrics)
{
    // Each line is "intent,sentence"; every fourth sentence is kept back to measure by.
    var examples = File.ReadAllLines(data).Where(l => l.Length > 0).Select(l => l.Split(',', 2)).ToList();
    var counts = new SortedDictionary<string, SortedDictionary<string, int>>(StringComparer.Ordinal);
    foreach (var example in examples.Where((_, i) => i % 4 != 3))
    {
        foreach (var word in example[1].Split(' '))
        {
            if (!counts.TryGetValue(word, out var intents)) counts[word] = intents = new SortedDictionary<string, int>(StringComparer.Ordinal);
            intents[example[0]] = intents.GetValueOrDefault(example[0]) + 1;
        }
    }

    var held = examples.Where((_, i) => i % 4 == 3).ToList();
    var accuracy = Math.Round((double)held.Count(e => Guess(counts, e[1]) == e[0]) / Math.Max(1, held.Count), 2);
    Directory.CreateDirectory(Path.GetDirectoryName(model)!);
    File.WriteAllText(model, JsonSerializer.Serialize(counts), new UTF8Encoding(false));
    File.WriteAllText(metrics, JsonSerializer.Serialize(new { accuracy, sentences = examples.Count }) + "\n");
    Console.WriteLine(FormattableString.Invariant($"trained on {examples.Count} sentences, accuracy {accuracy}"));
}

static string Guess(SortedDictionary<string, SortedDictionary<string, int>> counts, string sentence) =>
    sentence.Split(' ').Where(counts.ContainsKey).SelectMany(w => counts[w]).GroupBy(c => c.Key)
        .Select(g => (Intent: g.Key, Score: g.Sum(c => c.Value))).OrderByDescending(g => g.Score).ThenBy(g => g.Intent, StringComparer.Ordinal)
        .Select(g => g.Intent).FirstOrDefault("unknown");
