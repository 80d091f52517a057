using System.Globalization;
using System.Text.Json;

namespace ModelTrack.Operations;

/// <summary>Metrics of pointers as a person compares them.</summary>
internal static class MetricsText
{
    /// <summary>A metric that differs; null where a side has it not.</summary>
    internal sealed record Change(string Name, string? Before, string? After);

    /// <summary>`accuracy 0.91, eval.f1 0.88`; empty without metrics.</summary>
    public static string Of(JsonElement? metrics) => string.Join(", ", Flatten(metrics).Select(m => $"{m.Key} {m.Value}"));

    /// <summary>`accuracy 0.90 → 0.93 (+0.03), loss 0.2 gone`; empty when nothing differs.</summary>
    public static string Of(IReadOnlyList<Change> changes) => string.Join(", ", changes.Select(Of));

    public static IReadOnlyList<Change> Compare(JsonElement? before, JsonElement? after)
    {
        var (left, right) = (Flatten(before), Flatten(after));
        return [.. left.Keys.Union(right.Keys).Order(StringComparer.Ordinal)
            .Select(name => new Change(name, left.GetValueOrDefault(name), right.GetValueOrDefault(name)))
            .Where(c => c.Before != c.After)];
    }

    /// <summary>Values by name, names of nested objects joined by dots.</summary>
    public static SortedDictionary<string, string> Flatten(JsonElement? metrics)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (metrics is { ValueKind: JsonValueKind.Object } element) Add(element, "");
        return values;

        void Add(JsonElement parent, string prefix)
        {
            foreach (var property in parent.EnumerateObject())
            {
                if (property.Value.ValueKind == JsonValueKind.Object) Add(property.Value, prefix + property.Name + ".");
                else values[prefix + property.Name] = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : property.Value.GetRawText();
            }
        }
    }

    private static string Of(Change change) => change switch
    {
        { Before: null } => $"{change.Name} {change.After} (new)",
        { After: null } => $"{change.Name} {change.Before} (gone)",
        _ => $"{change.Name} {change.Before} → {change.After}{Difference(change.Before, change.After)}",
    };

    /// <summary>Decimal, since 0.93 - 0.90 is 0.03 to a person.</summary>
    private static string Difference(string before, string after) =>
        decimal.TryParse(before, NumberStyles.Float, CultureInfo.InvariantCulture, out var left) && decimal.TryParse(after, NumberStyles.Float, CultureInfo.InvariantCulture, out var right)
            ? $" ({(right > left ? "+" : "")}{(right - left).ToString("0.############", CultureInfo.InvariantCulture)})"
            : "";
}
