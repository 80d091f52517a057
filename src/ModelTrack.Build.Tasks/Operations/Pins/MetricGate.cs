using System.Globalization;
using System.Text.Json;
using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;

namespace ModelTrack.Operations.Pins;

/// <summary>Holds the pointers' metrics to what ModelTrackRequireMetric demands. Says everything that is not met.</summary>
public static class MetricGate
{
    public static async Task<OperationResult> RunAsync(
        IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        var requirements = options.RequiredMetrics.Select(MetricRequirement.Parse).ToList();
        await using var session = new OperationSession(options, log);
        var succeeded = true;
        foreach (var requirement in requirements)
        {
            var scoped = ArtifactSelection.Select(artifacts, options with { Artifacts = requirement.Scope is { } scope ? [scope] : [] });
            var failures = await JudgeAsync(session, requirement, [.. scoped.Where(a => !a.IsPinned)], cancellationToken).ConfigureAwait(false);
            foreach (var failure in failures) log.Error(failure);
            succeeded &= failures.Count == 0;
        }

        return new OperationResult(succeeded, []);
    }

    private static async Task<IReadOnlyList<Diagnostic>> JudgeAsync(
        OperationSession session, MetricRequirement requirement, IReadOnlyList<TrackedArtifact> artifacts, CancellationToken cancellationToken)
    {
        var pointers = artifacts.Select(a => (a.DisplayName, File: PointerFile.PathFor(a.FullPath))).Select(a => (a.DisplayName, a.File, Pointer: PointerFile.Read(a.File))).Where(a => a.Pointer is not null).ToList();
        if (requirement.Revision is not { } revision)
        {
            return Judge(requirement, [.. pointers.Select(p => (p.DisplayName, Values(p.Pointer!.Metrics)))]);
        }

        var repository = SourceRepository.Here(session) ?? throw PinErrors.RequirementMalformed(requirement.Text, "there is no Git repository here to find the revision in");
        var commit = await repository.ResolveAsync(revision, fresh: false, cancellationToken).ConfigureAwait(false);
        var failures = new List<Diagnostic>();
        var compared = 0;
        foreach (var (name, file, pointer) in pointers)
        {
            var there = await repository.ReadAsync(commit, session.RepositoryPath(file), cancellationToken).ConfigureAwait(false);
            if (there is null) continue;
            var others = Values(PointerFormat.Parse(there, $"{commit[..10]}:{session.RepositoryPath(file)}").Metrics);
            if (others.Count == 0) continue;
            compared++;
            failures.AddRange(Compare(requirement, name, Values(pointer!.Metrics), others));
        }

        // A model that is new has nothing to be worse than.
        if (compared == 0) session.Log.Report($"ModelTrackRequireMetric: {revision} has no metrics of these artifacts, so '{requirement.Text}' compared nothing");
        return failures;
    }

    /// <summary>A bound: for every artifact that has the metric, and one has to.</summary>
    internal static IReadOnlyList<Diagnostic> Judge(MetricRequirement requirement, IReadOnlyList<(string Name, IReadOnlyDictionary<string, double> Metrics)> artifacts)
    {
        var having = artifacts.Where(a => a.Metrics.ContainsKey(requirement.Metric!)).ToList();
        if (having.Count == 0) return [PinErrors.MetricMissing(requirement.Text, $"no pointer has '{Shown.Text(requirement.Metric!)}'")];
        return [.. having.Where(a => !requirement.IsMet(a.Metrics[requirement.Metric!]))
            .Select(a => PinErrors.MetricNotMet(a.Name, requirement.Metric!, Text(a.Metrics[requirement.Metric!]), $"{requirement.Operator} {Text(requirement.Bound)}", requirement.Text))];
    }

    /// <summary>Not worse in any metric that both have, or in the one that is named. To have lost them all is worse.</summary>
    internal static IReadOnlyList<Diagnostic> Compare(
        MetricRequirement requirement, string artifact, IReadOnlyDictionary<string, double> mine, IReadOnlyDictionary<string, double> others)
    {
        var names = requirement.Metric is { } one ? others.Keys.Where(k => k == one).ToList() : [.. others.Keys.Where(mine.ContainsKey)];
        if (requirement.Metric is null ? names.Count == 0 : names.Count == 1 && !mine.ContainsKey(names[0]))
        {
            var lost = requirement.Metric ?? string.Join(", ", others.Keys.Order(StringComparer.Ordinal).Take(5));
            return [PinErrors.MetricMissing(requirement.Text, $"the pointer of '{artifact}' has not {Shown.Text(lost)}, which {requirement.Revision} has")];
        }

        return [.. names.Order(StringComparer.Ordinal).Where(name => requirement.IsLowerBetter(name) ? mine[name] > others[name] : mine[name] < others[name])
            .Select(name => PinErrors.MetricWorse(artifact, name, Text(mine[name]), Text(others[name]), requirement.Revision!, requirement.IsLowerBetter(name) ? "lower" : "higher"))];
    }

    private static Dictionary<string, double> Values(JsonElement? metrics)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, text) in MetricsText.Flatten(metrics))
        {
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)) values[name] = value;
        }

        return values;
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
