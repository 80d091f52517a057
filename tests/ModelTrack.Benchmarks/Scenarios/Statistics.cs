using System.Globalization;

namespace ModelTrack.Benchmarks.Scenarios;

/// <summary>Medians with intervals that assume nothing about how times are distributed.</summary>
internal static class Statistics
{
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The 95 % interval of the median by order statistics: the ranks of a binomial with p = 1/2.</summary>
    public static (double Low, double High) MedianInterval(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var half = 0.98 * Math.Sqrt(sorted.Length);
        var low = Math.Max(0, (int)Math.Floor(sorted.Length / 2.0 - half));
        var high = Math.Min(sorted.Length - 1, (int)Math.Ceiling(sorted.Length / 2.0 + half) - 1);
        return (sorted[low], sorted[high]);
    }

    public static string Seconds(double value) => value.ToString("F3", CultureInfo.InvariantCulture);

    public static string Percent(double ratio) => (100 * ratio).ToString("+0.0;-0.0", CultureInfo.InvariantCulture) + " %";
}
