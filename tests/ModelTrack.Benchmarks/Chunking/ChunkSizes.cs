using System.Globalization;

namespace ModelTrack.Benchmarks.Chunking;

/// <summary>How many bytes a push sends for real edits, by the average size of chunks.</summary>
internal static class ChunkSizes
{
    private static readonly int[] s_averages = [16, 32, 64, 128, 256];

    /// <param name="args">Nothing, or two files: the old and the new version.</param>
    public static async Task<int> RunAsync(string[] args)
    {
        var rows = new List<(string What, long Size, SendCost[] Costs)>();
        await foreach (var edit in EditsAsync(args)) rows.Add(Measure(edit));

        Print("Bytes sent, frames compressed where a sample shows that it pays", rows, cost => cost.WithCompression);
        Print("Bytes sent without compression", rows, cost => cost.WithoutCompression);
        Print("Of these, manifest", rows, cost => cost.Manifest);
        return 0;
    }

    private static async IAsyncEnumerable<Edit> EditsAsync(string[] args)
    {
        if (args.Length == 2)
        {
            yield return new Edit(Path.GetFileName(args[1]), [await File.ReadAllBytesAsync(args[0])], [await File.ReadAllBytesAsync(args[1])]);
            yield break;
        }

        foreach (var make in Edits.MadeUp) yield return make();
        if (await RealEdits.QuickstartAsync() is { } quickstart) yield return quickstart;
        if (await RealEdits.FaceApiAsync() is { } faceApi) yield return faceApi;
    }

    private static (string What, long Size, SendCost[] Costs) Measure(Edit edit) =>
        (edit.What, edit.NewSize, [.. s_averages.Select(a => SendCost.Of(edit.Old, edit.New, SendCost.Cutter(a << 10)))]);

    private static void Print(string title, List<(string What, long Size, SendCost[] Costs)> rows, Func<SendCost, long> cost)
    {
        Console.WriteLine($"### {title}");
        Console.WriteLine();
        Console.WriteLine($"| edit | size | {string.Join(" | ", s_averages.Select(a => $"{a} KiB"))} |");
        Console.WriteLine($"|---|--:|{string.Concat(s_averages.Select(_ => "--:|"))}");
        foreach (var (what, size, costs) in rows)
        {
            Console.WriteLine($"| {what} | {Megabytes(size)} | {string.Join(" | ", costs.Select(c => Cell(cost(c), size)))} |");
        }

        Console.WriteLine();
    }

    private static string Cell(long bytes, long size) => string.Create(CultureInfo.InvariantCulture, $"{Megabytes(bytes)} ({100.0 * bytes / size:F1} %)");

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F2} MB");
}
