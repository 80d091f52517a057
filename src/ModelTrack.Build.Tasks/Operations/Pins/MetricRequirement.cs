using System.Globalization;
using System.Text.RegularExpressions;
using ModelTrack.Artifacts;

namespace ModelTrack.Operations.Pins;

/// <summary>One demand on metrics: a bound for one of them, or a revision than which none (or one) may be worse.</summary>
/// <param name="Text">As written.</param>
/// <param name="Scope">The artifacts that it is about: a path or glob; null for all.</param>
/// <param name="Metric">Null for all that both versions have.</param>
/// <param name="Operator">`&gt;=`, `&gt;`, `&lt;=`, `&lt;` or `==`; null when a revision is compared with.</param>
/// <param name="Revision">Null when a bound is given.</param>
/// <param name="LowerIsBetter">As written; null to tell by the metric's name.</param>
internal sealed partial record MetricRequirement(string Text, string? Scope, string? Metric, string? Operator, double Bound, string? Revision, bool? LowerIsBetter)
{
    // Words of a metric's name, of which less is better.
    private static readonly HashSet<string> s_lower = new(StringComparer.OrdinalIgnoreCase)
    {
        "loss", "logloss", "error", "errors", "err", "mse", "rmse", "mae", "mape", "wer", "cer", "perplexity", "ppl", "entropy", "latency", "fpr", "fnr",
    };

    /// <exception cref="Diagnostics.ModelTrackException">It is no requirement.</exception>
    public static MetricRequirement Parse(string text)
    {
        text = text.Trim();
        var match = Form().Match(text);
        if (!match.Success) throw PinErrors.RequirementMalformed(Shown.Text(text), "it is neither a comparison with a number nor with a revision");
        var scope = Group("scope");
        if (Group("op") is { } op)
        {
            var bound = double.Parse(match.Groups["number"].Value, NumberStyles.Float, CultureInfo.InvariantCulture);
            return new MetricRequirement(text, scope, Group("metric"), op, bound, null, null);
        }

        var metric = Group("one");
        var direction = Group("direction");
        if (direction is not null && metric is null) throw PinErrors.RequirementMalformed(Shown.Text(text), $"'{direction}' needs a metric before 'not worse than'");
        return new MetricRequirement(text, scope, metric, null, 0, match.Groups["revision"].Value, direction is null ? null : direction == "lower");

        string? Group(string name) => match.Groups[name] is { Success: true } group ? group.Value.Trim() : null;
    }

    public bool IsMet(double value) => Operator switch
    {
        ">=" => value >= Bound,
        ">" => value > Bound,
        "<=" => value <= Bound,
        "<" => value < Bound,
        _ => value == Bound,
    };

    /// <summary>Whether less of a metric is better: as written, else by the words of its name.</summary>
    public bool IsLowerBetter(string metric) => LowerIsBetter ?? Words().Split(metric).Any(s_lower.Contains);

    [GeneratedRegex(
        @"^(?:(?<scope>[^:<>=|]+):\s+)?(?:(?<metric>[^\s<>=:]+)\s*(?<op>>=|<=|==|>|<)\s*(?<number>[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)|(?:(?<one>[^\s<>=:]+)\s+)?not\s+worse\s+than\s+(?<revision>[^\s<>=]+)(?:\s+(?<direction>higher|lower))?)$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();

    // evalLoss and eval_loss are two words each.
    [GeneratedRegex(@"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])", RegexOptions.CultureInvariant)]
    private static partial Regex Words();
}
