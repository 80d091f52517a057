using System.Text;
using System.Text.Json;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Remote;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>
/// A project's remotes, store and artifacts, as it told them before it called a verb of the repository. That verb runs once for all projects, so that
/// MSBuild may hand it nothing in which they differ; it goes through a file for each project, in Git's own folder.
/// </summary>
public sealed record KnownProject(OperationOptions Options, IReadOnlyList<TrackedArtifact> Artifacts)
{
    private static readonly JsonSerializerOptions s_json = new() { IgnoreReadOnlyProperties = true };

    public static void Remember(IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options)
    {
        if (FolderOf(options.ProjectDirectory) is not { } folder) return;
        Directory.CreateDirectory(folder);
        var project = new KnownProject(
            options with
            {
                Artifacts = [],
                Remotes = [.. options.Remotes.Where(r => CanBeTold(r.Url, options))],
                DefaultRemote = options.DefaultRemote is { } remote && CanBeTold(remote, options) ? remote : null,
            },
            [.. artifacts.Where(a => !a.IsPinned).Select(a => a with { Remote = a.Remote is { } own && CanBeTold(own, options) ? own : null })]);
        var text = JsonSerializer.SerializeToUtf8Bytes(project, s_json);
        var path = Path.Combine(folder, Sha256Hash.Of(Encoding.UTF8.GetBytes(options.ProjectFile)).ToShortString() + ".json");
        if (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(text)) AtomicFile.Write(path, text, "project.write");
    }

    /// <summary>After a build that restored or saved something, so that a later verb on another project knows this one. It may well fail: it is a courtesy.</summary>
    public static void RememberAfter(OperationResult result, IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options)
    {
        if (result.Artifacts.All(a => a.Action == "none")) return;
        try
        {
            Remember(artifacts, options);
        }
        catch (Exception exception) when (exception is ModelTrackException or IOException or UnauthorizedAccessException)
        {
            // The verbs of the repository remember again, and then it is said.
        }
    }

    /// <summary>All projects that have told, less those that are gone; the repository itself when there is none.</summary>
    public static IReadOnlyList<KnownProject> FindAll(RepositoryOptions options)
    {
        var projects = ReadAll(FolderOf(options.Root));
        if (projects.Count == 0) projects.Add(new KnownProject(OfRepository(options), []));
        return projects;
    }

    /// <summary>As the other, for who only asks for remotes and store: in a linked worktree in which nothing has told yet, the clone's first worktree answers.</summary>
    public static IReadOnlyList<KnownProject> FindAllOfClone(RepositoryOptions options)
    {
        if (ReadAll(FolderOf(options.Root)) is { Count: > 0 } own) return own;
        var common = WorkspaceLayout.Find(options.Root, options.Root).CommonGitDirectory is { } git ? ReadAll(Path.Combine(git, "modeltrack", "projects")) : [];
        return common.Count > 0 ? common : FindAll(options);
    }

    private static List<KnownProject> ReadAll(string? folder) => folder is not null && Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Read).OfType<KnownProject>()]
        : [];

    /// <summary>Who answers for a content: the project that lists it, then the nearest one above, then the first.</summary>
    public static (KnownProject Project, TrackedArtifact? Item) FindOwner(IReadOnlyList<KnownProject> projects, string contentPath)
    {
        var listed = projects.SelectMany(p => p.Artifacts, (Project, Artifact) => (Project, Artifact)).FirstOrDefault(l => l.Artifact.FullPath == contentPath);
        return listed.Project is not null
            ? listed
            : (projects.Where(p => IsBelow(contentPath, p.Options.ProjectDirectory)).MaxBy(p => p.Options.ProjectDirectory.Length) ?? projects[0], null);
    }

    private static bool IsBelow(string path, string folder) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static OperationOptions OfRepository(RepositoryOptions options) => new()
    {
        ProjectDirectory = options.Root,
        ProjectFile = options.Root,
        IntermediateDirectory = Path.Combine(options.Root, "obj"),
        StorePath = options.StorePath,
        DefaultRemote = options.Remote,
    };

    private static string? FolderOf(string directory) =>
        WorkspaceLayout.Find(directory, directory).GitDirectory is { } git ? Path.Combine(git, "modeltrack", "projects") : null;

    private static KnownProject? Read(string path)
    {
        try
        {
            var project = JsonSerializer.Deserialize<KnownProject>(File.ReadAllBytes(path), s_json);
            return project is not null && File.Exists(project.Options.ProjectFile) ? project : null;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            // Another version wrote it, or is at it: the project tells it again when next it is asked.
            return null;
        }
    }

    /// <summary>An address that is refused elsewhere since it carries a secret is not written down here either.</summary>
    private static bool CanBeTold(string address, OperationOptions options)
    {
        try
        {
            RemoteAddress.Parse(address, options.RemoteBaseDirectory ?? options.ProjectDirectory);
            return true;
        }
        catch (ModelTrackException)
        {
            return false;
        }
    }
}
