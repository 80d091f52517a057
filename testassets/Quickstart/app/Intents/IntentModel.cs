using System.Runtime.InteropServices;
using System.Text;

namespace HomeAssistant.Intents;

/// <summary>
/// Multinomial logistic regression over <see cref="Features"/>. As a file, little-endian:
/// <code>
/// "INTENTS1"                          8 bytes
/// int32  intents, int32 buckets
/// int32  trained on, held out, held out and right
/// string name of each intent          as BinaryWriter writes it: length, UTF-8
/// float  bias of each intent
/// float  weights                      intent by intent, bucket by bucket
/// </code>
/// </summary>
internal sealed class IntentModel(IReadOnlyList<string> intents)
{
    private static ReadOnlySpan<byte> Magic => "INTENTS1"u8;

    public IReadOnlyList<string> Intents { get; } = intents;

    public float[] Biases { get; } = new float[intents.Count];

    /// <summary>By intent, then by bucket.</summary>
    public float[][] Weights { get; } = [.. intents.Select(_ => new float[Features.Buckets])];

    public ModelMetrics Metrics { get; set; } = new(0, 0, 0);

    public (string Intent, double Probability) Predict(string sentence)
    {
        var probabilities = Probabilities(Features.Of(sentence));
        var best = Array.IndexOf(probabilities, probabilities.Max());
        return (Intents[best], probabilities[best]);
    }

    public double[] Probabilities(IReadOnlyList<KeyValuePair<int, float>> features)
    {
        var scores = new double[Intents.Count];
        for (var intent = 0; intent < scores.Length; intent++)
        {
            scores[intent] = Biases[intent];
            foreach (var (bucket, weight) in features) scores[intent] += Weights[intent][bucket] * weight;
        }

        var highest = scores.Max();
        var exponentials = Array.ConvertAll(scores, score => Math.Exp(score - highest));
        var sum = exponentials.Sum();
        return Array.ConvertAll(exponentials, exponential => exponential / sum);
    }

    public void Save(string path)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        using var writer = new BinaryWriter(File.Create(path), Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(Intents.Count);
        writer.Write(Features.Buckets);
        writer.Write(Metrics.TrainedOn);
        writer.Write(Metrics.HeldOut);
        writer.Write(Metrics.HeldOutRight);
        foreach (var intent in Intents) writer.Write(intent);
        writer.Write(MemoryMarshal.AsBytes<float>(Biases));
        foreach (var weights in Weights) writer.Write(MemoryMarshal.AsBytes<float>(weights));
    }

    public static IntentModel Load(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path), Encoding.UTF8);
        if (!reader.ReadBytes(Magic.Length).AsSpan().SequenceEqual(Magic)) throw new InvalidDataException($"{path} is not an intent model.");
        var intents = reader.ReadInt32();
        if (reader.ReadInt32() != Features.Buckets) throw new InvalidDataException($"{path} was trained for other features.");
        var metrics = new ModelMetrics(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        var model = new IntentModel([.. Enumerable.Range(0, intents).Select(_ => reader.ReadString())]) { Metrics = metrics };
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(model.Biases.AsSpan()));
        foreach (var weights in model.Weights) reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(weights.AsSpan()));
        return model;
    }
}
