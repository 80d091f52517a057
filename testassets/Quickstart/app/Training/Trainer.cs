using System.Diagnostics;
using System.Text.Json;
using HomeAssistant.Intents;

namespace HomeAssistant.Training;

/// <summary>
/// Stochastic gradient descent on the cross-entropy, one sentence at a time. A fifth of the sentences is held out to measure by;
/// which ones, a sentence's own hash says, so that a sentence stays on its side when others are added. Same data, same model.
/// </summary>
internal static class Trainer
{
    private const int Epochs = 60;
    private const double LearningRate = 2.0;
    private const int Seed = 17;

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public static string Run(string sentencesFile, string modelFile, string metricsFile)
    {
        var clock = Stopwatch.StartNew();
        var examples = Example.ReadAll(sentencesFile);
        var heldOut = examples.Where(IsHeldOut).ToList();
        var training = examples.Where(example => !IsHeldOut(example)).ToList();

        var model = new IntentModel([.. examples.Select(example => example.Intent).Distinct().Order(StringComparer.Ordinal)]);
        Fit(model, training);
        var right = heldOut.Count(example => model.Predict(example.Sentence).Intent == example.Intent);
        model.Metrics = new ModelMetrics(training.Count, heldOut.Count, right);

        model.Save(modelFile);
        WriteMetrics(model, metricsFile);
        return FormattableString.Invariant(
            $"Trained on {training.Count} sentences of {model.Intents.Count} intents in {clock.Elapsed.TotalSeconds:F1} s. {model.Metrics}.");
    }

    private static bool IsHeldOut(Example example) => StableHash.Of("held out", example.Sentence) % 5 == 0;

    private static void Fit(IntentModel model, List<Example> training)
    {
        var numbers = model.Intents.Index().ToDictionary(intent => intent.Item, intent => intent.Index);
        var order = training.Select(example => (Features: Features.Of(example.Sentence), Intent: numbers[example.Intent])).ToArray();
        var random = new Random(Seed);
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            random.Shuffle(order);
            var rate = LearningRate / (1 + (epoch * 0.1));
            foreach (var (features, wanted) in order)
            {
                var probabilities = model.Probabilities(features);
                for (var intent = 0; intent < probabilities.Length; intent++)
                {
                    var step = (float)(rate * ((intent == wanted ? 1 : 0) - probabilities[intent]));
                    // The bias learns slowly: words should decide.
                    model.Biases[intent] += 0.1f * step;
                    foreach (var (bucket, weight) in features) model.Weights[intent][bucket] += step * weight;
                }
            }
        }
    }

    private static void WriteMetrics(IntentModel model, string path)
    {
        var metrics = new
        {
            accuracy = Math.Round(model.Metrics.Accuracy, 4),
            heldOut = model.Metrics.HeldOut,
            trainedOn = model.Metrics.TrainedOn,
            intents = model.Intents.Count,
        };
        File.WriteAllText(path, JsonSerializer.Serialize(metrics, s_indented).ReplaceLineEndings("\n") + "\n");
    }
}
