using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;
using ModelTrack.Workspace.Ignore;

namespace ModelTrack.Operations.Pins;

/// <summary>
/// Makes an artifact of another Git repository, a file at a URL, or a file or folder, an artifact of this project: content to the store, then a
/// pointer that says where it came from, then the content in its place.
/// </summary>
public static class ImportOperation
{
    public static async Task<OperationResult> RunAsync(OperationOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        options = options with { Locked = false };
        await using var session = new OperationSession(options, log);
        if (string.IsNullOrWhiteSpace(options.ImportFrom)) throw PinErrors.ImportArgument("ModelTrackFrom is missing");
        if (options.ImportTo is not null && options.Artifacts.Count > 1) throw PinErrors.ImportArgument("ModelTrackTo is one place, and ModelTrackArtifacts names several");
        if (options.Revision is not null && options.Artifacts.Count == 0) throw PinErrors.ImportArgument("ModelTrackRevision is given, and ModelTrackArtifacts, the path in that repository, is not");
        string?[] paths = options.Artifacts.Count == 0 ? [null] : [.. options.Artifacts.Select(PathIn).Distinct()];
        var targets = paths.Select(path => Target(options, path)).ToList();
        var sources = targets.Zip(paths).ToDictionary(pair => pair.First, pair => pair.Second);
        return await session.ForEachAsync(targets, (artifact, token) => ImportAsync(session, artifact, sources[artifact], token), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What a source names now. Of a plain file or folder, which nothing else names, the content is in the store afterwards.</summary>
    /// <param name="path">In a Git repository; null for a file or folder itself.</param>
    internal static async Task<(Pointer Pointer, PointerSource Source)> ResolveAsync(
        OperationSession session, LocalStore store, string from, string? path, string? revision, CancellationToken cancellationToken)
    {
        if (path is null)
        {
            var (identity, files) = await PlainSource.BringAsync(session, store, from, cancellationToken).ConfigureAwait(false);
            var plain = new PointerSource(from);
            return (new Pointer(identity.Kind, identity.Sha256, identity.Size, files, identity.Executable) { Source = plain.ToJson() }, plain);
        }

        var repository = SourceRepository.Open(session, from);
        var commit = await repository.ResolveAsync(revision, fresh: true, cancellationToken).ConfigureAwait(false);
        var there = await repository.ReadPointerAsync(commit, path, cancellationToken).ConfigureAwait(false);
        var source = new PointerSource(from, revision, commit, path);
        return (new Pointer(there.Kind, there.Sha256, there.Size, there.Files, there.Executable) { Metrics = there.Metrics, Source = source.ToJson() }, source);
    }

    private static async Task<ArtifactResult> ImportAsync(OperationSession session, TrackedArtifact artifact, string? path, CancellationToken cancellationToken)
    {
        var file = PointerFile.PathFor(artifact.FullPath);
        if ((Path.Exists(artifact.FullPath) || File.Exists(file)) && !session.Options.Force) throw PinErrors.TargetTaken(artifact.DisplayName);
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        var (pointer, source) = await ResolveAsync(session, store, session.Options.ImportFrom!.Trim(), path, session.Options.Revision, cancellationToken).ConfigureAwait(false);
        await ImportedContent.BringFromAsync(session, store, artifact, source, ArtifactIdentity.Of(pointer), pointer.Files, cancellationToken).ConfigureAwait(false);
        Directory.CreateDirectory(Path.GetDirectoryName(artifact.FullPath)!);
        GitIgnoreFile.Add(artifact.FullPath, pointer.Kind == ArtifactKind.Directory ? TrackIgnore.Find(artifact.FullPath, session.Root) : null, session.Layout.RepositoryRoot);
        PointerFile.Write(file, pointer);
        var result = await RestoreOperation.RestoreAsync(session, artifact, cancellationToken).ConfigureAwait(false);
        var commit = source.Commit is null ? "" : $" at commit {source.Commit[..10]}";
        session.Log.Report($"imported {artifact.DisplayName} ({HumanText.Extent(pointer.Size, pointer.Files)}) from {source.Url}{commit}; commit {artifact.DisplayName}{PointerFile.Extension}");
        return result with { Action = "imported" };
    }

    private static TrackedArtifact Target(OperationOptions options, string? path)
    {
        var name = options.ImportTo ?? path ?? NameOf(options.ImportFrom!.Trim());
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(name.Replace('\\', '/'), options.ProjectDirectory));
        return new TrackedArtifact { FullPath = full, DisplayName = Path.GetRelativePath(options.ProjectDirectory, full).Replace('\\', '/'), Listed = true };
    }

    /// <summary>The last part of a URL or path.</summary>
    private static string NameOf(string from)
    {
        var path = PlainSource.UrlOf(from) is { } url ? Uri.UnescapeDataString(url.AbsolutePath) : from.Replace('\\', '/');
        var name = Path.GetFileName(path.TrimEnd('/'));
        return RelativePaths.IsAllowed(name) ? name : throw PinErrors.ImportArgument($"'{Shown.Text(name)}' is no name for a file here, so ModelTrackTo is needed");
    }

    private static string PathIn(string pattern)
    {
        var path = pattern.Replace('\\', '/').TrimEnd('/');
        if (path.EndsWith(PointerFile.Extension, StringComparison.Ordinal)) path = path[..^PointerFile.Extension.Length];
        return RelativePaths.IsAllowed(path) ? path : throw PinErrors.ImportArgument($"'{Shown.Text(pattern)}' is no path in a repository");
    }
}
