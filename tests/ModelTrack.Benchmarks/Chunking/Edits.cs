using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace ModelTrack.Benchmarks.Chunking;

/// <summary>Two versions of an artifact.</summary>
internal sealed record Edit(string What, IReadOnlyList<byte[]> Old, IReadOnlyList<byte[]> New)
{
    public long NewSize => New.Sum(c => (long)c.Length);
}

/// <summary>Edits as people make them, of made-up data that is the same on every run.</summary>
internal static class Edits
{
    private const int Layers = 50;
    private const int Row = 256;

    public static IEnumerable<Func<Edit>> MadeUp { get; } =
    [
        () => Rows(150, 200),
        () => Tensor("one value of a float tensor file of 100 MB changed", (values, random) => values[random.Next(values.Length)] += 1),
        () => Tensor("5 of 50 layers of a float tensor file of 100 MB changed", (values, random) =>
        {
            var size = values.Length / Layers;
            foreach (var layer in new[] { 3, 11, 12, 30, 49 }) Fill(values.AsSpan(layer * size, size), random);
        }),
        () => Tensor("1 % of the rows of an embedding table of 100 MB changed, scattered", (values, random) =>
        {
            var rows = values.Length / Row;
            for (var i = 0; i < rows / 100; i++) Fill(values.AsSpan(random.Next(rows) * Row, Row), random);
        }),
        () => Tensor("the same, in 10 clusters", (values, random) =>
        {
            var rows = values.Length / Row;
            for (var i = 0; i < 10; i++) Fill(values.AsSpan(random.Next(rows - (rows / 1000)) * Row, rows / 1000 * Row), random);
        }),
    ];

    /// <param name="megabytes">Of the table before rows are inserted.</param>
    private static Edit Rows(int megabytes, int inserted)
    {
        var random = new Random(1);
        var rows = new List<byte[]>();
        for (long size = 0; size < megabytes * 1_000_000L; size += rows[^1].Length) rows.Add(CsvRow(rows.Count, random));
        var old = Join(rows);
        foreach (var at in Enumerable.Range(0, inserted).Select(_ => random.Next(rows.Count)).OrderDescending()) rows.Insert(at, CsvRow(random.Next(rows.Count), random));
        return new Edit($"{inserted} rows inserted in a CSV of {megabytes} MB, scattered", [old], [Join(rows)]);
    }

    private static byte[] CsvRow(int number, Random random) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{number},{random.Next(100)},{random.NextDouble():F6},{(random.Next(3) == 0 ? "kitchen" : "living room")},turn on the {(char)('a' + random.Next(26))} light,{random.NextDouble() * 1000:F2}\n"));

    private static byte[] Join(List<byte[]> rows)
    {
        var all = new byte[rows.Sum(r => r.Length)];
        var at = 0;
        foreach (var row in rows)
        {
            row.CopyTo(all, at);
            at += row.Length;
        }

        return all;
    }

    private static Edit Tensor(string what, Action<float[], Random> change)
    {
        var random = new Random(2);
        var values = new float[25_600_000];
        Fill(values, random);
        var old = MemoryMarshal.AsBytes<float>(values).ToArray();
        change(values, random);
        return new Edit(what, [old], [MemoryMarshal.AsBytes<float>(values).ToArray()]);
    }

    /// <summary>Normally distributed, as weights are.</summary>
    private static void Fill(Span<float> values, Random random)
    {
        foreach (ref var value in values)
        {
            value = (float)(0.05 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }
    }
}
