using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;

namespace ModelTrack.Operations;

/// <summary>Says in what artifacts differ: between HEAD and the workspace, a revision and the workspace (`A`), or two revisions (`A..B`). Changes nothing, asks no network.</summary>
public static class DiffOperation
{
    private const string Verb = "ModelTrackDiff";

    public static async Task<OperationResult> RunAsync(
        IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, string? revision, IOperationLog log, CancellationToken cancellationToken)
    {
        await using var session = new OperationSession(options with { Locked = false }, log);
        var git = session.Git ?? throw OperationErrors.NotARepository(Verb, options.ProjectDirectory);
        var (from, to) = Split(revision);
        var commit = await RevisionPointers.ResolveAsync(git, from, Verb, cancellationToken).ConfigureAwait(false);
        var before = await DiffSide.OfCommitAsync(session, git, commit, artifacts, cancellationToken).ConfigureAwait(false);
        string title;
        DiffSide after;
        if (to is null)
        {
            after = await DiffSide.OfWorkspaceAsync(session, artifacts, cancellationToken).ConfigureAwait(false);
            title = $"from {HumanText.Revision(from, commit)} to the workspace";
        }
        else
        {
            var other = await RevisionPointers.ResolveAsync(git, to, Verb, cancellationToken).ConfigureAwait(false);
            after = await DiffSide.OfCommitAsync(session, git, other, artifacts, cancellationToken).ConfigureAwait(false);
            title = $"from {HumanText.Revision(from, commit)} to {HumanText.Revision(to, other)}";
        }

        var changes = Select(before, after, session.Options);
        var report = new DiffReport();
        foreach (var change in changes)
        {
            var files = change.Before?.Identity.Kind == ArtifactKind.Directory && change.After?.Identity.Kind == ArtifactKind.Directory && change.Kind == ChangeKind.Changed
                ? await CompareFilesAsync(session, change.Before, change.After, cancellationToken).ConfigureAwait(false)
                : null;
            report.Add(change, files);
        }

        report.Say(title, log);
        return new OperationResult(true, []) { Rows = report.Rows };
    }

    /// <summary>`A`, `A..B`, `A..` and `..B`, where nothing means HEAD.</summary>
    internal static (string From, string? To) Split(string? revision)
    {
        if (string.IsNullOrWhiteSpace(revision)) return ("HEAD", null);
        var dots = revision.IndexOf("..", StringComparison.Ordinal);
        // Three dots are Git's word for something else.
        if (dots < 0 || revision.AsSpan(dots).StartsWith("...")) return (revision, null);
        return (dots == 0 ? "HEAD" : revision[..dots], dots + 2 == revision.Length ? "HEAD" : revision[(dots + 2)..]);
    }

    private static IReadOnlyList<Difference<DiffArtifact>> Select(DiffSide before, DiffSide after, OperationOptions options)
    {
        var known = before.Artifacts.Values.Concat(after.Artifacts.Values).Select(a => a.Artifact).DistinctBy(a => a.FullPath).ToList();
        var selected = ArtifactSelection.Select(known, options).Select(a => a.DisplayName).ToHashSet(StringComparer.Ordinal);
        return [.. Differences.Find(
                before.Artifacts, after.Artifacts,
                (a, b) => a.Identity == b.Identity && MetricsText.Compare(a.Metrics, b.Metrics).Count == 0,
                a => (a.Identity.Kind, a.Identity.Sha256))
            .Where(d => selected.Contains(d.Name) || (d.OldName is { } old && selected.Contains(old)))];
    }

    /// <returns>Null where this machine lacks a listing.</returns>
    private static async Task<IReadOnlyList<Difference<ListingEntry>>?> CompareFilesAsync(
        OperationSession session, DiffArtifact before, DiffArtifact after, CancellationToken cancellationToken)
    {
        if (await ListingAsync(session, before, cancellationToken).ConfigureAwait(false) is not { } left
            || await ListingAsync(session, after, cancellationToken).ConfigureAwait(false) is not { } right) return null;
        return Differences.Find(
            left.Entries.ToDictionary(e => e.Path), right.Entries.ToDictionary(e => e.Path),
            (a, b) => a == b,
            e => e.IsEmptyDirectory || e.Size == 0 ? null : e.Content);
    }

    private static async Task<Listing?> ListingAsync(OperationSession session, DiffArtifact artifact, CancellationToken cancellationToken)
    {
        if (artifact.Listing is { } here) return here();
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        return await ListingReader.FindAsync(store, artifact.Identity.Sha256, cancellationToken).ConfigureAwait(false);
    }
}
