using HomeAssistant.Intents;
using HomeAssistant.Training;

if (args is ["--train", var sentences, var modelFile, var metricsFile])
{
    Console.WriteLine(Trainer.Run(sentences, modelFile, metricsFile));
    return 0;
}

var model = IntentModel.Load(Path.Combine(AppContext.BaseDirectory, "models", "intents.bin"));
if (args.Length == 0)
{
    Console.WriteLine($"I know {model.Intents.Count} intents. {model.Metrics}.");
    Console.WriteLine("Tell me what to do: dotnet run -- \"turn on the lights\"");
    return 0;
}

var (intent, probability) = model.Predict(string.Join(' ', args));
Console.WriteLine($"{intent} ({100 * probability:F0} % sure)");
return 0;
