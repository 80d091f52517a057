using System.Security;
using ModelTrack.Diagnostics;
using ModelTrack.Operations.Merging;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>
/// Adds what a repository may have and need not: the configuration file, the attributes that keep pointers' line ends, the clone's merge driver, and for solutions the file
/// that forwards verbs. What is there already stays as it is.
/// </summary>
public static class InitOperation
{
    public const string ConfigurationFile = "ModelTrack.props";
    internal const string SolutionFile = "Directory.Solution.targets";
    internal const string SolutionMarker = "ModelTrackInit made this file";
    internal const string AttributesLine = "*.track text eol=lf merge=modeltrack";

    /// <summary>As versions without a merge driver wrote it.</summary>
    internal const string OldAttributesLine = "*.track text eol=lf";

    public static async Task<OperationResult> RunAsync(RepositoryOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        WriteConfiguration(options, log);
        WriteSolutionTargets(options, log);
        if (WorkspaceLayout.Find(options.Root, Path.Combine(options.Root, "obj")).RepositoryRoot is not { } root)
        {
            log.Report($"{options.Root} is in no Git repository: pointers are written, and nothing versions them. Run git init, and commit them.");
        }
        else
        {
            WriteAttributes(options, log);
            if (options.InstallHooks)
            {
                var projects = KnownProject.FindAll(options).Select(p => p.Options.ProjectFile).Where(File.Exists).ToList();
                await HookFiles.InstallAsync(root, projects, log, cancellationToken).ConfigureAwait(false);
            }
            await MergeDriver.InstallAsync(root, log, cancellationToken).ConfigureAwait(false);
        }

        return OperationResult.Nothing;
    }

    private static void WriteConfiguration(RepositoryOptions options, IOperationLog log)
    {
        var path = Path.Combine(options.Root, ConfigurationFile);
        if (File.Exists(path))
        {
            log.Report($"{ConfigurationFile} is there already and stays as it is");
            return;
        }

        var remote = string.IsNullOrWhiteSpace(options.Remote)
            ? "<!-- <ModelTrackRemote>../models-remote</ModelTrackRemote> -->"
            : $"<ModelTrackRemote>{SecurityElement.Escape(ForProject(options.Remote))}</ModelTrackRemote>";
        WriteText(path, $"""
            <Project>
              <!-- ModelTrack's settings for every project in this folder and below. A project, or -p: on the command line, can set them otherwise. -->
              <PropertyGroup>
                <!-- Where the team shares models: a folder (a path, file://, a network share), or the name of a TrackedRemote below. -->
                {remote}
              </PropertyGroup>
              <ItemGroup>
                <!-- <TrackedRemote Include="archive" Url="/mnt/archive/models" /> -->
              </ItemGroup>
            </Project>

            """);
        log.Report($"wrote {ConfigurationFile}; commit it");
        if (string.IsNullOrWhiteSpace(options.Remote)) log.Report($"next: set ModelTrackRemote in {ConfigurationFile}, so that what is saved can be shared");
    }

    /// <summary>A text as MSBuild reads it back from a project: what it would take for an escape or an expression is escaped.</summary>
    private static string ForProject(string text) => text
        .Replace("%", "%25", StringComparison.Ordinal)
        .Replace("$(", "%24(", StringComparison.Ordinal)
        .Replace("@(", "%40(", StringComparison.Ordinal);

    private static void WriteSolutionTargets(RepositoryOptions options, IOperationLog log)
    {
        if (!Directory.EnumerateFiles(options.Root, "*.sln*").Any(f => Path.GetExtension(f) is ".sln" or ".slnx")) return;
        var path = Path.Combine(options.Root, SolutionFile);
        if (File.Exists(path))
        {
            var text = File.ReadAllText(path);
            if (text.Contains(SolutionMarker, StringComparison.Ordinal) && text.ReplaceLineEndings() != SolutionTargets.Text.ReplaceLineEndings())
            {
                WriteText(path, SolutionTargets.Text);
                log.Report($"brought {SolutionFile} up to this version's verbs; commit it");
            }
            else if (!text.Contains("ModelTrackRestore", StringComparison.Ordinal))
            {
                log.Report($"{SolutionFile} is yours and stays as it is: ModelTrack's verbs then work on projects, not on the solution");
            }

            return;
        }

        WriteText(path, SolutionTargets.Text);
        log.Report($"wrote {SolutionFile}, so that dotnet build SOLUTION -t:ModelTrackStatus and the other verbs reach the projects; commit it");
    }

    private static void WriteAttributes(RepositoryOptions options, IOperationLog log)
    {
        var path = Path.Combine(options.Root, ".gitattributes");
        var text = File.Exists(path) ? File.ReadAllText(path) : "";
        var lines = text.Split('\n');
        if (Array.Exists(lines, l => l.TrimEnd('\r') == AttributesLine)) return;
        var lineEnd = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        var old = Array.FindIndex(lines, l => l.TrimEnd('\r') == OldAttributesLine);
        if (old >= 0)
        {
            lines[old] = lines[old].Replace(OldAttributesLine, AttributesLine, StringComparison.Ordinal);
            text = string.Join('\n', lines);
        }
        else
        {
            text += (text.Length > 0 && !text.EndsWith('\n') ? lineEnd : "") + AttributesLine + lineEnd;
        }

        WriteText(path, text);
        log.Report("wrote .gitattributes, so that pointers have the same bytes on every system and merge by file; commit it");
    }

    private static void WriteText(string path, string text)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        File.WriteAllText(temporary, text);
        File.Move(temporary, path, overwrite: true);
    }
}
