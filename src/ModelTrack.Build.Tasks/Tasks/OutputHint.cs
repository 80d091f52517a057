using ModelTrack.Diagnostics;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>Says once of each file that it is tracked and that no output gets it: mostly a forgotten CopyToOutputDirectory.</summary>
internal static class OutputHint
{
    public static void Say(IReadOnlyList<ArtifactItem> artifacts, OperationResult result, ProjectSettings settings, IOperationLog log)
    {
        var moved = result.Artifacts.Where(a => a.Action is "saved" or "restored" && a.IsDirectory == false).Select(a => a.FullPath).ToHashSet(StringComparer.Ordinal);
        if (moved.Count == 0) return;
        var file = Path.Combine(settings.IntermediateDirectory, "modeltrack", "told.txt");
        var told = File.Exists(file) ? File.ReadAllLines(file).ToHashSet(StringComparer.Ordinal) : [];
        var forgotten = artifacts
            .Where(a => moved.Contains(a.Artifact.FullPath) && !OutputPlaces.IsCopied(a.Item) && !OutputPlaces.IsPacked(a.Item) && !told.Contains(a.Artifact.DisplayName))
            .Select(a => a.Artifact.DisplayName)
            .ToList();
        if (forgotten.Count == 0) return;
        var one = forgotten.Count == 1;
        log.Report(
            $"{string.Join(", ", forgotten.Take(5))}{(forgotten.Count > 5 ? $" and {forgotten.Count - 5} more" : "")} {(one ? "is" : "are")} tracked, but no output gets {(one ? "it" : "them")}. If the program reads {(one ? "it" : "them")}: <TrackedArtifact Include=\"{forgotten[0]}\" CopyToOutputDirectory=\"PreserveNewest\" />");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.AppendAllLines(file, forgotten);
    }
}
