using ModelTrack.Artifacts;

namespace ModelTrack.Operations;

/// <summary>Which artifacts a verb works on: all of the project's, or those that `ModelTrackArtifacts` names.</summary>
internal static class ArtifactSelection
{
    /// <summary>
    /// The artifacts that <see cref="OperationOptions.Artifacts"/> selects: by path, by pointer, by a folder above, by glob, or by something inside a
    /// directory artifact, which then has <see cref="TrackedArtifact.Parts"/>. A pattern that selects nothing is a coded error.
    /// </summary>
    public static IReadOnlyList<TrackedArtifact> Select(IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options)
    {
        RefuseNested(artifacts);
        return options.Artifacts.Count == 0
            ? artifacts
            : Distinct(options.Artifacts.SelectMany(pattern => Match(pattern, artifacts, options) is { Count: > 0 } matches
                ? matches
                : throw OperationErrors.NothingSelected(pattern, Names(artifacts))));
    }

    /// <summary>As <see cref="Select"/>, but a path that is there and not tracked yet becomes an artifact: what Save adds.</summary>
    public static IReadOnlyList<TrackedArtifact> SelectOrAdd(IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options)
    {
        if (options.Artifacts.Count == 0) return Select(artifacts, options);
        var selected = new List<TrackedArtifact>();
        foreach (var pattern in options.Artifacts)
        {
            var matches = Match(pattern, artifacts, options);
            if (matches.Count > 0) selected.AddRange(matches);
            else if (Path.Exists(FullPath(pattern, options))) selected.Add(NewArtifact(pattern, options));
            else throw OperationErrors.NothingSelected(pattern, Names(artifacts));
        }

        var distinct = Distinct(selected);
        RefuseNested([.. artifacts.Where(a => !distinct.Any(d => d.FullPath == a.FullPath)), .. distinct]);
        return distinct;
    }

    private static List<TrackedArtifact> Match(string pattern, IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options)
    {
        var full = FullPath(pattern, options);
        var exact = artifacts.Where(a => (a.NamedPath ?? a.FullPath) == full || a.DisplayName == pattern).ToList();
        if (exact.Count > 0) return exact;
        var below = artifacts.Where(a => (a.NamedPath ?? a.FullPath).StartsWith(full + Path.DirectorySeparatorChar, StringComparison.Ordinal)).ToList();
        if (below.Count > 0) return below;
        if (PartSelection.IsGlob(pattern))
        {
            var names = PartSelection.MatchGlob(Normalise(pattern), [.. artifacts.Select(a => NameOf(a, options))]);
            if (names.Count > 0) return artifacts.Where(a => names.Contains(NameOf(a, options))).ToList();
        }

        return artifacts.Where(a => IsInside(full, a)).Select(a => a with { Parts = [full[(a.FullPath.Length + 1)..].Replace('\\', '/')] }).ToList();
    }

    /// <summary>Relative to the project; of a pin what its item names.</summary>
    private static string NameOf(TrackedArtifact artifact, OperationOptions options) =>
        artifact.NamedPath is { } named ? Path.GetRelativePath(options.ProjectDirectory, named).Replace('\\', '/') : artifact.DisplayName;

    private static bool IsInside(string full, TrackedArtifact artifact) =>
        !artifact.IsPinned
        && full.StartsWith(artifact.FullPath + Path.DirectorySeparatorChar, StringComparison.Ordinal)
        && (Directory.Exists(artifact.FullPath) || PointerFile.Read(PointerFile.PathFor(artifact.FullPath))?.Kind == ArtifactKind.Directory);

    /// <summary>What <paramref name="pattern"/> would be as an artifact: a path relative to the project.</summary>
    internal static TrackedArtifact NewArtifact(string pattern, OperationOptions options)
    {
        var full = FullPath(pattern, options);
        return new TrackedArtifact
        {
            FullPath = full,
            DisplayName = Path.GetRelativePath(options.ProjectDirectory, full).Replace('\\', '/'),
            Listed = true,
        };
    }

    /// <summary>An artifact inside another would be recorded twice and restored by two hands.</summary>
    private static void RefuseNested(IReadOnlyList<TrackedArtifact> artifacts)
    {
        // Sorted with the separator below every other character, a folder stands right before what lies in it.
        var sorted = artifacts.Where(a => !a.IsPinned).OrderBy(a => a.FullPath.Replace(Path.DirectorySeparatorChar, '\0'), StringComparer.Ordinal).ToList();
        for (var i = 1; i < sorted.Count; i++)
        {
            if (sorted[i].FullPath.StartsWith(sorted[i - 1].FullPath + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                throw OperationErrors.Nested(sorted[i].DisplayName, sorted[i - 1].DisplayName);
            }
        }
    }

    private static string FullPath(string pattern, OperationOptions options)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Normalise(pattern), options.ProjectDirectory));
        return full.EndsWith(PointerFile.Extension, StringComparison.Ordinal) ? full[..^PointerFile.Extension.Length] : full;
    }

    private static string Normalise(string pattern) => pattern.Trim().Replace('\\', '/').TrimEnd('/');

    /// <summary>Each once; of one that is named as a whole and in part, the whole.</summary>
    private static List<TrackedArtifact> Distinct(IEnumerable<TrackedArtifact> artifacts) =>
        artifacts.GroupBy(a => (a.FullPath, a.Repository, a.Revision))
            .Select(same => same.First() with { Parts = same.Any(a => a.Parts.Count == 0) ? [] : [.. same.SelectMany(a => a.Parts).Distinct()] })
            .ToList();

    private static string Names(IReadOnlyList<TrackedArtifact> artifacts) => artifacts.Count == 0
        ? "none"
        : string.Join(", ", artifacts.Take(20).Select(a => a.DisplayName)) + (artifacts.Count > 20 ? ", …" : "");
}
