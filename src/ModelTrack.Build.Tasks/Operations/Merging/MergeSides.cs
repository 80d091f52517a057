using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Git;

namespace ModelTrack.Operations.Merging;

/// <summary>One version of a pointer in a merge, as a person knows it.</summary>
/// <param name="Commit">The commit that made it; null where this clone has none.</param>
internal sealed record MergeSide(Pointer Pointer, byte[] Text, CommitInfo? Commit)
{
    /// <summary>For the markers of a conflict: `ours 3f2a1b9c0d by Ada on 2026-01-02`.</summary>
    public string Label(string side) => Commit is { } commit ? $"{side} {Of(commit)}" : side;

    /// <summary>`3f2a1b9c0d by Ada on 2026-01-02: 3 files, 12 MB, sha256 01ab…, accuracy 0.93`.</summary>
    public string Describe()
    {
        var metrics = MetricsText.Of(Pointer.Metrics);
        var from = Commit is { } commit ? $"{Of(commit)}: " : "";
        return Shown.Text($"{from}{HumanText.Extent(Pointer.Size, Pointer.Files)}, sha256 {Pointer.Sha256.ToShortString()}{(metrics.Length > 0 ? ", " : "")}{metrics}");
    }

    private static string Of(CommitInfo commit) => $"{commit.ShortId} by {commit.Author} on {HumanText.Date(commit.Date)}";
}

/// <summary>Who made the two versions of a conflict.</summary>
internal static class MergeSides
{
    /// <summary>What Git calls the other side while it is at it.</summary>
    private static readonly string[] s_theirs = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD", "REVERT_HEAD"];

    /// <param name="path">The pointer's, relative to the root, with `/`.</param>
    /// <param name="others">Commits that may have made theirs, besides all that a reference leads to.</param>
    public static async Task<(MergeSide Ours, MergeSide Theirs)> FindAsync(
        string root, string path, byte[] ours, byte[] theirs, IReadOnlyList<string> others, CancellationToken cancellationToken)
    {
        var work = new GitWork(root);
        string[] everywhere = [.. s_theirs, .. others, "HEAD", "--all"];
        return (
            await SideAsync(ours, [["HEAD"], everywhere]).ConfigureAwait(false),
            await SideAsync(theirs, [[.. s_theirs, .. others], everywhere]).ConfigureAwait(false));

        async Task<MergeSide> SideAsync(byte[] text, string[][] places)
        {
            var pointer = PointerFormat.Parse(text, path);
            CommitInfo? commit = null;
            foreach (var revisions in places)
            {
                commit ??= await work.FindIntroductionAsync(text, path, revisions, cancellationToken).ConfigureAwait(false);
            }

            return new MergeSide(pointer, text, commit);
        }
    }

    /// <summary>The same error with both versions as Git knows them; as it was where Git or the text do not tell.</summary>
    public static async Task<Diagnostic> TellAsync(OperationSession session, TrackedArtifact artifact, Diagnostic unresolved, CancellationToken cancellationToken)
    {
        if (session.Layout.RepositoryRoot is not { } root) return unresolved;
        var file = PointerFile.PathFor(artifact.FullPath);
        try
        {
            if (PointerConflict.Split(await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false)) is not { } sides) return unresolved;
            var path = session.RepositoryPath(file);
            var (ours, theirs) = await FindAsync(root, path, sides.Ours, sides.Theirs, [], cancellationToken).ConfigureAwait(false);
            var told = ArtifactErrors.UnresolvedMerge($"'ours' {ours.Describe()}", $"'theirs' {theirs.Describe()}", $":/{path}");
            return told.Diagnostic with { File = unresolved.File, Line = unresolved.Line, Column = unresolved.Column };
        }
        catch (Exception exception) when (exception is ModelTrackException or IOException or UnauthorizedAccessException)
        {
            return unresolved;
        }
    }
}
