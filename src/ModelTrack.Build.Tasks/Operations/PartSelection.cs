using System.Runtime.CompilerServices;
using Microsoft.Extensions.FileSystemGlobbing;
using ModelTrack.Artifacts;

namespace ModelTrack.Operations;

/// <summary>Which part of a directory artifact a verb was asked for.</summary>
internal static class PartSelection
{
    /// <summary>What <see cref="TrackedArtifact.Parts"/> names: paths and folders as they are, of a glob the paths that match.</summary>
    /// <param name="known">Every path that may be meant.</param>
    /// <exception cref="Diagnostics.ModelTrackException">A pattern names nothing.</exception>
    public static PathParts Resolve(TrackedArtifact artifact, IReadOnlyCollection<string> known)
    {
        if (artifact.Parts.Count == 0) return PathParts.All;
        var parts = PathParts.None;
        foreach (var pattern in artifact.Parts)
        {
            List<string> paths;
            if (IsGlob(pattern))
            {
                paths = [.. MatchGlob(pattern, known)];
            }
            else
            {
                var part = PathParts.None.With([pattern]);
                paths = known.Any(part.Contains) ? [pattern] : [];
            }

            if (paths.Count == 0) throw OperationErrors.NothingInside(artifact.DisplayName, pattern);
            parts = parts.With(paths);
        }

        return parts;
    }

    public static bool IsGlob(string pattern) => pattern.AsSpan().ContainsAny('*', '?');

    /// <summary>Those of <paramref name="paths"/> that match. A method of its own, so that the matcher is loaded for globs alone.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static HashSet<string> MatchGlob(string pattern, IReadOnlyCollection<string> paths)
    {
        var matcher = new Matcher(StringComparison.Ordinal).AddInclude(pattern);
        return paths.Where(path => matcher.Match(path).HasMatches).ToHashSet(StringComparer.Ordinal);
    }
}
