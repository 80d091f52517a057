using System.Globalization;
using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>Says which versions artifacts have had, in the history of HEAD or of a revision, newest first. Changes nothing, asks no network.</summary>
public static class LogOperation
{
    private const string Verb = "ModelTrackLog";

    /// <summary>A person reads so many versions of an artifact; a program gets all of them.</summary>
    private const int Shown = 20;
    private const int TagsShown = 3;

    public static async Task<OperationResult> RunAsync(
        IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, string? revision, IOperationLog log, CancellationToken cancellationToken)
    {
        await using var session = new OperationSession(options, log);
        var git = session.Git ?? throw OperationErrors.NotARepository(Verb, options.ProjectDirectory);
        var commit = await RevisionPointers.ResolveAsync(git, revision ?? "HEAD", Verb, cancellationToken).ConfigureAwait(false);
        var versions = await ReadAsync(session, git, commit, artifacts, cancellationToken).ConfigureAwait(false);
        var paths = versions.Where(v => v.History.Count > 0).Select(v => v.History[0].Path).ToList();
        var tags = await VersionTags.ReadAsync(git, paths, cancellationToken).ConfigureAwait(false);
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        var rows = new List<ReportRow>();
        foreach (var (artifact, history) in versions)
        {
            var entries = new List<Entry>(history.Count);
            var tagged = await tags.OfAsync(history, cancellationToken).ConfigureAwait(false);
            foreach (var version in history)
            {
                entries.Add(await EntryAsync(session, store, artifact, version, tagged[version], cancellationToken).ConfigureAwait(false));
            }

            Say(artifact, entries, log);
            rows.AddRange(entries.Select(e => Row(artifact, e)));
        }

        if (rows.Count == 0) log.Report($"no version of an artifact is committed in the history of {HumanText.Revision(revision ?? "HEAD", commit)}");
        return new OperationResult(true, []) { Rows = rows };
    }

    /// <param name="Pointer">Null when the commit removed it, or wrote something that is no pointer.</param>
    private sealed record Entry(FileVersion Version, Pointer? Pointer, IReadOnlyList<string> Tags, bool InStore, bool AtRemote)
    {
        public string Where => Pointer is null ? (Version.Bytes is null ? "removed" : "not readable") : (InStore, AtRemote) switch
        {
            (true, true) => "store, remote",
            (true, false) => "store",
            (false, true) => "remote",
            _ => "not here",
        };
    }

    private static async Task<IReadOnlyList<(TrackedArtifact Artifact, IReadOnlyList<FileVersion> History)>> ReadAsync(
        OperationSession session, IGit git, CommitInfo commit, IReadOnlyList<TrackedArtifact> artifacts, CancellationToken cancellationToken)
    {
        try
        {
            return await OfAsync(ArtifactSelection.Select([.. artifacts.Where(a => !a.IsPinned)], session.Options)).ConfigureAwait(false);
        }
        catch (ModelTrackException exception) when (exception.Code == OperationErrors.NothingSelectedCode)
        {
            // What is tracked no more has a history all the same.
            var gone = await OfAsync([.. session.Options.Artifacts.Select(a => ArtifactSelection.NewArtifact(a, session.Options))]).ConfigureAwait(false);
            if (gone.All(g => g.History.Count > 0)) return gone;
            throw;
        }

        async Task<IReadOnlyList<(TrackedArtifact Artifact, IReadOnlyList<FileVersion> History)>> OfAsync(IReadOnlyList<TrackedArtifact> selected)
        {
            var paths = selected.ToDictionary(a => a, a => PointerFile.PathFor(session.RepositoryPath(a.FullPath)));
            var versions = (await git.ReadVersionsAsync(commit.Id, [.. paths.Values], cancellationToken).ConfigureAwait(false)).ToLookup(v => v.Path);
            return [.. selected.Select(a => (a, (IReadOnlyList<FileVersion>)[.. versions[paths[a]]]))];
        }
    }

    private static async Task<Entry> EntryAsync(
        OperationSession session, LocalStore store, TrackedArtifact artifact, FileVersion version, IReadOnlyList<string> tags, CancellationToken cancellationToken)
    {
        if (version.Bytes is null || RevisionPointers.TryParse(version.Bytes) is not { } pointer) return new Entry(version, null, tags, false, false);
        var here = await StatusOperation.IsInStoreAsync(store, ArtifactIdentity.Of(pointer), cancellationToken).ConfigureAwait(false);
        return new Entry(version, pointer, tags, here, StatusOperation.IsPushed(session, store, artifact, pointer.Sha256));
    }

    private static void Say(TrackedArtifact artifact, List<Entry> entries, IOperationLog log)
    {
        if (entries.Count == 0) return;
        log.Report($"{artifact.DisplayName}, {HumanText.Count(entries.Count, "version")}:");
        var rows = entries.Take(Shown).Select(e => new[]
        {
            e.Version.Commit.ShortId, HumanText.Date(e.Version.Commit.Date), ShownTags(e.Tags), e.Pointer is { } p ? HumanText.Extent(p.Size, p.Files) : "",
            e.Pointer?.Sha256.ToShortString() ?? "", e.Where, MetricsText.Of(e.Pointer?.Metrics), e.Version.Commit.Author, e.Version.Commit.Subject,
        }).ToList();
        foreach (var line in TextTable.Lines(rows, 3))
        {
            log.Report("  " + line);
        }

        if (entries.Count > Shown) log.Report($"  … {entries.Count - Shown} older: dotnet build -t:{Verb} -p:ModelTrackRevision={entries[Shown].Version.Commit.ShortId}");
    }

    /// <summary>Of many, such as a tag for each night, the first few.</summary>
    private static string ShownTags(IReadOnlyList<string> tags) =>
        string.Join(", ", tags.Take(TagsShown)) + (tags.Count > TagsShown ? $" and {tags.Count - TagsShown} more" : "");

    private static ReportRow Row(TrackedArtifact artifact, Entry entry)
    {
        var (commit, pointer) = (entry.Version.Commit, entry.Pointer);
        return new ReportRow(artifact.DisplayName,
        [
            new("Commit", commit.Id), new("Tags", string.Join(", ", entry.Tags)), new("Date", commit.Date.ToString("O", CultureInfo.InvariantCulture)), new("Author", commit.Author),
            new("Subject", commit.Subject), new("Change", entry.Version.Bytes is null ? "removed" : pointer is null ? "unreadable" : "saved"),
            new("Sha256", pointer?.Sha256.ToString() ?? ""), new("Kind", pointer is null ? "" : pointer.Kind == ArtifactKind.Directory ? "directory" : "file"),
            new("Size", pointer?.Size.ToString(CultureInfo.InvariantCulture) ?? ""), new("Files", pointer?.Files?.ToString(CultureInfo.InvariantCulture) ?? ""),
            new("Metrics", JsonText.IsThere(pointer?.Metrics) ? pointer!.Metrics!.Value.GetRawText() : ""),
            new("InStore", entry.InStore ? "true" : "false"), new("AtRemote", entry.AtRemote ? "true" : "unknown"),
        ]);
    }
}
