using System.Text;

namespace ModelTrack.Tasks;

/// <summary>
/// Writes obj/PROJECT.modeltrack.g.props, which MSBuild imports at the next evaluation: default globs stay out of tracked directories,
/// so that tracked data with source files inside is not compiled, and 20,000 files cost an evaluation nothing.
/// </summary>
internal static class DirectoryExcludes
{
    public static void Write(IEnumerable<ArtifactItem> artifacts, ProjectSettings settings)
    {
        var file = Path.Combine(settings.IntermediateDirectory, Path.GetFileName(settings.ProjectFile) + ".modeltrack.g.props");
        var directories = artifacts
            .Where(a => !a.Artifact.IsPinned && !a.Artifact.DisplayName.StartsWith("../", StringComparison.Ordinal) && Directory.Exists(a.Artifact.FullPath))
            .Select(a => Escape(a.Artifact.DisplayName))
            .Order(StringComparer.Ordinal)
            .ToList();
        if (directories.Count == 0)
        {
            if (File.Exists(file)) File.Delete(file);
            return;
        }

        var text = $"""
            <!-- Made by ModelTrack, which makes it anew when it is gone. -->
            <Project>
              <PropertyGroup>
                <_ModelTrackDirectories>{string.Join(';', directories)}</_ModelTrackDirectories>
                <_ModelTrackDirectoryExcludes>{string.Join(';', directories.Select(d => d + "/**"))}</_ModelTrackDirectoryExcludes>
              </PropertyGroup>
            </Project>

            """.ReplaceLineEndings("\n");
        // Inner builds share the file: the same content is not written again, and nobody reads half of it.
        if (File.Exists(file) && File.ReadAllText(file) == text) return;
        Directory.CreateDirectory(settings.IntermediateDirectory);
        var temporary = $"{file}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.tmp";
        File.WriteAllText(temporary, text);
        File.Move(temporary, file, overwrite: true);
    }

    /// <summary>First for MSBuild, whose lists and globs have signs of their own, then for XML.</summary>
    private static string Escape(string path)
    {
        var escaped = new StringBuilder(path.Length);
        foreach (var sign in path)
        {
            _ = "%*?@$();'".Contains(sign, StringComparison.Ordinal) ? escaped.Append('%').Append(((int)sign).ToString("X2", null)) : escaped.Append(sign);
        }

        return System.Security.SecurityElement.Escape(escaped.ToString());
    }
}
