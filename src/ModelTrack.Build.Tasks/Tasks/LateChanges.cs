using Microsoft.Build.Framework;
using ModelTrack.Content;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>
/// Finds training hooks that run after the saving: when the build ends, each saved file still has to be as it was saved.
/// MSBuild takes no message at that time, so the next build says it (a terminal gets it at once).
/// </summary>
internal sealed class LateChanges : IDisposable
{
    private readonly string _file;
    private readonly List<SavedFile> _saved = [];

    private LateChanges(string file) => _file = file;

    private static string FileOf(ProjectSettings settings) => Path.Combine(settings.IntermediateDirectory, "modeltrack", "late.txt");

    /// <summary>From now on nothing in this build should change the artifacts.</summary>
    public static void Watch(IBuildEngine4 engine, IReadOnlyList<ArtifactItem> artifacts, ProjectSettings settings)
    {
        var watch = new LateChanges(FileOf(settings));
        foreach (var artifact in artifacts)
        {
            if (FileStat.TryGet(artifact.Artifact.FullPath, out var stat) && stat.Kind == FileKind.File) watch._saved.Add(new SavedFile(artifact.Artifact, stat));
        }

        if (watch._saved.Count > 0) engine.RegisterTaskObject(watch, watch, RegisteredTaskObjectLifetime.Build, allowEarlyCollection: false);
    }

    /// <summary>Names of files that a target changed after the last build had saved them; told once.</summary>
    public static IReadOnlyList<string> Take(ProjectSettings settings)
    {
        var file = FileOf(settings);
        if (!File.Exists(file)) return [];
        var names = File.ReadAllLines(file);
        File.Delete(file);
        return names;
    }

    public void Dispose()
    {
        var changed = _saved
            .Where(s => FileStat.TryGet(s.Artifact.FullPath, out var now) && (now.Size != s.Stat.Size || now.MTimeNs != s.Stat.MTimeNs))
            .Select(s => s.Artifact.DisplayName)
            .ToList();
        if (changed.Count == 0) return;
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        File.WriteAllLines(_file, changed);
        if (!Console.IsOutputRedirected) Console.Out.WriteLine(BuildErrors.ChangedAfterSave(string.Join(", ", changed)));
    }

    private sealed record SavedFile(TrackedArtifact Artifact, FileStat Stat);
}
