using System.Globalization;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Store;

namespace ModelTrack.Operations;

/// <summary>Garbage collection of a remote in two runs: a mark, and a grace period later a sweep. Each reads every repository that shares it anew.</summary>
public static class RemoteGcOperation
{
    public static async Task<OperationResult> RunAsync(RepositoryOptions options, GcOptions gc, IOperationLog log, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(gc);
        ArgumentNullException.ThrowIfNull(log);
        var grace = gc.GraceDays is { } days ? TimeSpan.FromDays(days) : GcWatch.GracePeriod;
        if (grace < GcWatch.GracePeriod && !options.Force) throw GcErrors.GraceTooShort(grace.TotalDays.ToString(CultureInfo.InvariantCulture));

        var set = new RemoteSet(
            new OperationOptions
            {
                ProjectDirectory = options.Root,
                ProjectFile = options.Root,
                IntermediateDirectory = Path.Combine(options.Root, "obj"),
                StorePath = options.StorePath,
                DefaultRemote = options.Remote,
                Remotes = gc.Remotes,
                RemoteBaseDirectory = gc.RemoteBaseDirectory ?? options.Root,
                Explicit = true,
            },
            log);
        await using (set.ConfigureAwait(false))
        {
            var place = set.PlaceOf(new TrackedArtifact { FullPath = options.Root, DisplayName = "." }) ?? throw OperationErrors.NoRemote("ModelTrackGc");
            using var store = await LocalStore.OpenAsync(options.StorePath ?? LocalStore.DefaultPath, log, cancellationToken).ConfigureAwait(false);
            var remote = set.Open(place, store);
            var clones = new GcClones(options, gc, log);
            await using (clones.ConfigureAwait(false))
            {
                await clones.FindAsync(remote.Identity, await remote.RepositoriesAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                var request = new RemoteGcRequest(gc.Apply, grace, clones.RootsAsync);
                var report = gc.Remote == RemoteGcPhase.Sweep
                    ? await remote.SweepAsync(request, cancellationToken).ConfigureAwait(false)
                    : await remote.MarkAsync(request, cancellationToken).ConfigureAwait(false);
                if (report.Damaged.Count > 0) log.Warn(GcErrors.PacksStay(remote.Identity, string.Join(", ", report.Damaged.Take(10).Select(id => id.ToShortString()))));
                log.Report(clones.Told.Length == 0 ? $"remote {remote.Identity}" : $"remote {remote.Identity}: {clones.Told}");
                if (gc.Remote == RemoteGcPhase.Sweep) TellSweep(report, options, gc, log);
                else TellMark(report, grace, gc, log);
                return OperationResult.Nothing with { Rows = gc.Remote == RemoteGcPhase.Sweep ? GcRows.OfSweep(report) : GcRows.OfMark(report) };
            }
        }
    }

    private static void TellMark(RemoteGcReport report, TimeSpan grace, GcOptions gc, IOperationLog log)
    {
        var would = gc.Apply ? "" : "would be ";
        log.Report($"  holds: {Objects(report.Manifests, "artifact")} in {Objects(report.Packs, "pack")}");
        if (report.Young.Count > 0) log.Report($"  stays: {Objects(report.Young, "object")}, named by nothing but younger than {Days(grace)}");
        if (report.Repacked.Count > 0) log.Report($"  {would}packed anew: what is used of {Objects(report.Repacked, "pack")}");
        if (report.GarbageManifests.Count + report.GarbagePacks.Count == 0)
        {
            log.Report("  nothing is garbage");
            return;
        }

        log.Report($"  {would}condemned: {Objects(report.GarbageManifests, "artifact")} and {Objects(report.GarbagePacks, "pack")}, named by nothing for {Days(grace)} or more");
        log.Report(gc.Apply
            ? $"Nothing was deleted. The sweep may run from {Date(report.Condemned!.Value + grace)} on: dotnet build -t:ModelTrackGc -p:ModelTrackGcRemote=sweep -p:ModelTrackGcApply=true"
            : "Nothing was changed. To condemn it: dotnet build -t:ModelTrackGc -p:ModelTrackGcRemote=mark -p:ModelTrackGcApply=true");
    }

    private static void TellSweep(RemoteGcReport report, RepositoryOptions options, GcOptions gc, IOperationLog log)
    {
        if (report.NothingMarked)
        {
            log.Report("  nothing is condemned. First mark: dotnet build -t:ModelTrackGc -p:ModelTrackGcRemote=mark -p:ModelTrackGcApply=true");
            return;
        }

        log.Report($"  holds: {Objects(report.Manifests, "artifact")} in {Objects(report.Packs, "pack")}; condemned on {Date(report.Condemned!.Value)}");
        if (report.Spared > 0) log.Report($"  stays: {HumanText.Count(report.Spared, "condemned object")}, named or written again since");
        log.Report($"  {(gc.Apply ? "" : "would be ")}deleted: {Objects(report.GarbageManifests, "artifact")} and {Objects(report.GarbagePacks, "pack")}");
        if (!gc.Apply) log.Report($"Nothing was changed. To delete it: dotnet build -t:ModelTrackGc -p:ModelTrackGcRemote=sweep -p:ModelTrackGcApply=true{(options.Force ? " -p:ModelTrackForce=true" : "")}");
    }

    private static string Objects(StoreShare share, string word) => $"{HumanText.Count(share.Count, word)} ({HumanText.Size(share.Bytes)})";

    private static string Days(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0.##} days");

    private static string Date(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC";
}
