using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;

namespace ModelTrack.Operations;

/// <summary>Removes from the machine's store what no workspace names, no day has used and a remote holds; tells first, and removes when told to.</summary>
public static class StoreGcOperation
{
    public static async Task<OperationResult> RunAsync(RepositoryOptions options, GcOptions gc, IOperationLog log, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(gc);
        ArgumentNullException.ThrowIfNull(log);
        var path = options.StorePath ?? LocalStore.DefaultPath;
        var roots = new GcRoots();
        var workspaces = 0;
        var report = await StoreGc.RunAsync(
            path,
            gc.Apply,
            async (registered, token) =>
            {
                var gone = registered.Where(folder => !Directory.Exists(folder)).ToList();
                var dismissed = Dismiss(registered, gone, gc.Dismissed, options.StartedIn);
                foreach (var folder in gone.Except(dismissed)) log.Warn(GcErrors.WorkspaceGone(folder));
                if (options.Force && gone.Except(dismissed).Any()) throw GcErrors.GoneWithForce(string.Join(", ", gone.Except(dismissed)));

                // The one that this runs in counts even before its first build.
                foreach (var folder in registered.Except(gone).Except(dismissed).Append(options.Root).Distinct())
                {
                    await roots.AddAsync(folder, token).ConfigureAwait(false);
                    workspaces++;
                }

                return new StoreGcRequest(gc.Apply, options.Force, roots.Contents, ReadListing) { Forget = dismissed };
            },
            log,
            cancellationToken).ConfigureAwait(false);

        if (report is null)
        {
            log.Report($"there is no store at {path}: nothing to remove");
            return OperationResult.Nothing with { Rows = [] };
        }

        Tell(report, path, roots, workspaces, options, gc, log);
        return OperationResult.Nothing with { Rows = GcRows.OfStore(report) };
    }

    /// <summary>A workspace that is there and cannot be read may be dismissed too: that is a person's word that nothing of it matters.</summary>
    private static List<string> Dismiss(IReadOnlyList<string> registered, List<string> gone, IReadOnlyList<string> dismissed, string startedIn)
    {
        var found = new List<string>();
        foreach (var name in dismissed)
        {
            var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(name, startedIn));
            if (!registered.Contains(folder)) throw GcErrors.DismissedIsNamed(name);
            found.Add(folder);
        }

        return found;
    }

    private static IReadOnlyCollection<Sha256Hash>? ReadListing(byte[] bytes)
    {
        try
        {
            return [.. Listing.Parse(bytes, "listing").Entries.Select(entry => entry.Content.Sha256)];
        }
        catch (ModelTrackException)
        {
            return null;
        }
    }

    private static void Tell(StoreGcReport report, string path, GcRoots roots, int workspaces, RepositoryOptions options, GcOptions gc, IOperationLog log)
    {
        var would = gc.Apply ? "" : "would be ";
        log.Report($"store {path}: {HumanText.Count(workspaces, "workspace")} read ({HumanText.Count(roots.Commits, "commit")}), which name {HumanText.Count(roots.Contents.Count, "artifact")}");
        log.Report($"  stays: {Share(report.Reachable)}, named by a branch, tag, stash, worktree or reflog");
        if (report.Recent.Count > 0) log.Report($"  stays: {Share(report.Recent)}, named by nothing but used within a day");
        if (report.NotPushed.Count > 0) log.Report($"  stays: {Share(report.NotPushed)}, named by nothing but never pushed, so this may be the only copy (-p:ModelTrackForce=true removes it)");
        if (report.KeptInPacks.Count > 0) log.Report($"  stays: {Share(report.KeptInPacks)}, garbage in packs that are mostly in use");
        if (report.IsNothing)
        {
            log.Report("  nothing to remove");
            return;
        }

        if (report.Garbage.Count > 0) log.Report($"  {would}removed: {Share(report.Garbage)}, named by nothing{(options.Force ? "" : ", and a remote has them")}");
        if (report.PacksRewritten > 0) log.Report($"  {would}rewritten: {HumanText.Count(report.PacksRewritten, "pack")} of small contents, without their garbage");
        if (report.Notes.Count > 0) log.Report($"  {would}removed: {HumanText.Count(report.Notes.Count, "note")} and leftovers ({HumanText.Size(report.Notes.Bytes)})");
        log.Report(gc.Apply
            ? $"freed {HumanText.Size(report.Freed)}"
            : $"{HumanText.Size(report.Freed)} can be freed; nothing was changed. To remove it: dotnet build -t:ModelTrackGc -p:ModelTrackGcApply=true{(options.Force ? " -p:ModelTrackForce=true" : "")}");
    }

    private static string Share(StoreShare share) => $"{HumanText.Count(share.Count, "content")}, {HumanText.Size(share.Bytes)}";
}
