using System.Text;
using ModelTrack.Content;

namespace ModelTrack.Operations.Pins;

/// <summary>Where a project keeps the contents of its pins: a folder each under obj, with the pointer beside the content as anywhere else.</summary>
internal static class PinPlaces
{
    public static string Root(string intermediateDirectory) => Path.Combine(intermediateDirectory, "modeltrack", "pins");

    /// <summary>Where the content of a pin goes.</summary>
    public static string ContentPath(string intermediateDirectory, PinKey key)
    {
        var id = Sha256Hash.Of(Encoding.UTF8.GetBytes($"{key.Path}\n{key.Repository}\n{key.Revision}")).ToString()[..16];
        return Path.Combine(Root(intermediateDirectory), id, Path.GetFileName(key.Path));
    }

    public static PinKey KeyOf(TrackedArtifact artifact, string projectDirectory) =>
        KeyOf(artifact.NamedPath ?? artifact.FullPath, artifact.Repository, artifact.Revision, projectDirectory);

    /// <param name="namedPath">What the item names, full.</param>
    public static PinKey KeyOf(string namedPath, string? repository, string? revision, string projectDirectory) =>
        new(Path.GetRelativePath(projectDirectory, namedPath).Replace('\\', '/'), repository?.Trim(), revision?.Trim());

    /// <summary>Removes contents of pins that the project has no more.</summary>
    public static void RemoveOthers(string intermediateDirectory, IEnumerable<TrackedArtifact> pins)
    {
        var root = Root(intermediateDirectory);
        if (!Directory.Exists(root)) return;
        var kept = pins.Select(p => Path.GetDirectoryName(p.FullPath)).ToHashSet(StringComparer.Ordinal);
        foreach (var folder in Directory.EnumerateDirectories(root).Where(f => !kept.Contains(f)))
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A copy of what the store has: a program that holds it open keeps it until a later build.
            }
        }
    }
}
