using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Operations.Merging;
using ModelTrack.Workspace.Ignore;

namespace ModelTrack.Operations;

/// <summary>
/// Takes ModelTrack out of a repository: pointers, ignore lines, state, configuration, items and package references. The models stay in place,
/// and so do the store and the remotes.
/// </summary>
public static class DestroyOperation
{
    public static async Task<OperationResult> RunAsync(RepositoryOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        var session = new OperationSession(
            new OperationOptions
            {
                ProjectDirectory = options.Root,
                ProjectFile = options.Root,
                IntermediateDirectory = Path.Combine(options.Root, "obj"),
                StorePath = options.StorePath,
                Explicit = true,
                Force = options.Force,
            },
            log);
        await using (session.ConfigureAwait(false))
        {
            try
            {
                return await RunAsync(session, options, log, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw OperationErrors.DestroyStopped(e);
            }
        }
    }

    private static async Task<OperationResult> RunAsync(OperationSession session, RepositoryOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        var named = RepositoryFiles.Find(options.Root, "*" + PointerFile.Extension)
            .Select(p => Tracked(options, p[..^PointerFile.Extension.Length]))
            .ToList();
        if (!options.Force) await RefuseToStrandAsync(session, named, cancellationToken).ConfigureAwait(false);

        var artifacts = named.Where(a => IsPointer(PointerFile.PathFor(a.FullPath))).ToList();
        var left = RemoveFromProjects(options, log);
        foreach (var artifact in artifacts)
        {
            File.Delete(PointerFile.PathFor(artifact.FullPath));
            GitIgnoreFile.Remove(artifact.FullPath, session.Layout.RepositoryRoot);
            session.States.Delete(artifact.FullPath);
            log.Report($"untracked {artifact.DisplayName}; its content stays where it is");
        }

        foreach (var other in named.Except(artifacts)) log.Report($"{PointerFile.PathFor(other.DisplayName)} stays: it is no pointer that could be read");
        RemoveConfiguration(options, log, switchOff: left);
        if (session.Layout.RepositoryRoot is { } repository) await HookFiles.RemoveAsync(repository, cancellationToken).ConfigureAwait(false);
        await MergeDriver.RemoveAsync(options.Root, cancellationToken).ConfigureAwait(false);
        log.Report("ModelTrack is gone from this repository; commit the changes. The store and the remotes keep what they have.");
        return new OperationResult(true, [.. artifacts.Select(a => Results.Of(a, "untracked", StatusText.Untracked, null, null))]);
    }

    /// <summary>Whether a file is a pointer, and not something of another program's that ends alike; an unresolved one is a pointer by either of its sides.</summary>
    private static bool IsPointer(string path)
    {
        try
        {
            return PointerFile.Read(path) is not null;
        }
        catch (ModelTrackException e) when (e.Code == ArtifactErrors.UnresolvedMergeCode)
        {
            return PointerConflict.Split(File.ReadAllBytes(path)) is var (ours, theirs) && (RevisionPointers.TryParse(ours) ?? RevisionPointers.TryParse(theirs)) is not null;
        }
        catch (ModelTrackException)
        {
            return false;
        }
    }

    private static TrackedArtifact Tracked(RepositoryOptions options, string fullPath) => new()
    {
        FullPath = fullPath,
        DisplayName = Path.GetRelativePath(options.Root, fullPath).Replace('\\', '/'),
    };

    /// <summary>A pointer may be the last thing that names a content which no folder of the workspace has.</summary>
    private static async Task RefuseToStrandAsync(OperationSession session, List<TrackedArtifact> artifacts, CancellationToken cancellationToken)
    {
        var stranded = new List<string>();
        foreach (var artifact in artifacts)
        {
            var look = await ArtifactLook.TakeAsync(session, artifact, cancellationToken).ConfigureAwait(false);
            if ((look.IsInStep && look.State?.Partial is null) || look.PointerIdentity is not { } identity) continue;
            var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
            if (!store.IsConfirmed(identity.Sha256)) stranded.Add(artifact.DisplayName);
        }

        if (stranded.Count > 0) throw OperationErrors.WouldStrand(string.Join(", ", stranded));
    }

    /// <returns>Whether something was left that a person has to take out.</returns>
    private static bool RemoveFromProjects(RepositoryOptions options, IOperationLog log)
    {
        var left = false;
        foreach (var path in RepositoryFiles.Find(options.Root, "*.csproj", "*.fsproj", "*.vbproj", "*.proj", "*.props", "*.targets").Where(p => !IsOurs(options.Root, p)))
        {
            var text = File.ReadAllText(path);
            if (!text.Contains("ModelTrack", StringComparison.Ordinal) && !text.Contains("TrackedArtifact", StringComparison.Ordinal)) continue;
            left |= RemoveFromProject(options, log, path, text);
        }

        return left;
    }

    private static bool RemoveFromProject(RepositoryOptions options, IOperationLog log, string path, string text)
    {
        var name = Path.GetRelativePath(options.Root, path).Replace('\\', '/');
        IReadOnlyList<ProjectXml.Place> left;
        try
        {
            var without = ProjectXml.Remove(text, e => ModelTrackXml.IsOurs(e) && ProjectXml.IsPlain(e));
            left = ProjectXml.Find(without, e => ModelTrackXml.IsOurs(e) || ModelTrackXml.DependsOnUs(e));
            if (without != text)
            {
                RepositoryFiles.WriteKeepingEncoding(path, without);
                log.Report($"took ModelTrack's items out of {name}");
            }
        }
        catch (System.Xml.XmlException exception)
        {
            log.Report($"{name} is no XML that could be read ({exception.Message}): take ModelTrack out of it by hand");
            return true;
        }

        foreach (var place in left)
        {
            log.Report($"{name}({place.Line}): take this out by hand: {place.Text}");
        }

        return left.Count > 0;
    }

    private static void RemoveConfiguration(RepositoryOptions options, IOperationLog log, bool switchOff)
    {
        var configuration = Path.Combine(options.Root, InitOperation.ConfigurationFile);
        if (switchOff)
        {
            File.WriteAllText(configuration, """
                <Project>
                  <!-- ModelTrackDestroy could not take ModelTrack out of every project file; until a person has, it is switched off. -->
                  <PropertyGroup>
                    <ModelTrackEnabled>false</ModelTrackEnabled>
                  </PropertyGroup>
                </Project>

                """);
            log.Report($"{InitOperation.ConfigurationFile} now switches ModelTrack off; remove it after the places above");
        }
        else
        {
            File.Delete(configuration);
        }

        var solution = Path.Combine(options.Root, InitOperation.SolutionFile);
        if (File.Exists(solution) && File.ReadAllText(solution).Contains(InitOperation.SolutionMarker, StringComparison.Ordinal)) File.Delete(solution);
        var attributes = Path.Combine(options.Root, ".gitattributes");
        if (!File.Exists(attributes)) return;
        var lines = File.ReadAllText(attributes).Split('\n').ToList();
        if (lines.RemoveAll(l => l.TrimEnd('\r') is InitOperation.AttributesLine or InitOperation.OldAttributesLine) == 0) return;
        if (lines.TrueForAll(string.IsNullOrWhiteSpace)) File.Delete(attributes);
        else File.WriteAllText(attributes, string.Join('\n', lines));
    }

    private static bool IsOurs(string root, string path) =>
        Path.GetDirectoryName(path) == root && Path.GetFileName(path) is InitOperation.ConfigurationFile or InitOperation.SolutionFile;
}
