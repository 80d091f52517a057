using System.Diagnostics;
using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Remote;

namespace ModelTrack.Operations;

/// <summary>
/// Push from another remote: what the pointers name goes from one remote to the other. Neither workspace nor store need have it, and the store does not
/// get it.
/// </summary>
public static class MirrorOperation
{
    public static async Task<OperationResult> RunAsync(
        IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        await using var session = new OperationSession(options, log);
        if (options.DefaultRemote is not { } to) throw OperationErrors.NoRemote("ModelTrackPush");
        var (source, target) = (session.Remotes.Resolve(options.FromRemote!), session.Remotes.Resolve(to));
        if (source == target) throw OperationErrors.SameRemote(source.ToString());
        if (options.Offline)
        {
            log.Report($"Nothing was copied from {source} to {target}: ModelTrackOffline is true.");
            return OperationResult.Nothing;
        }

        // What its own item keeps elsewhere may have to stay there.
        var selected = ArtifactSelection.Select(artifacts, options).Where(a => !a.IsPinned).ToList();
        var elsewhere = selected.Where(a => a.Remote is { } own && session.Remotes.Resolve(own) is var place && place != source && place != target).ToList();
        if (elsewhere.Count > 0) log.Report($"left out, since their items name a remote of their own: {HumanText.Names([.. elsewhere.Select(a => a.DisplayName)])}");
        var versions = await ArtifactVersion.FindAsync(session, [.. selected.Except(elsewhere)], cancellationToken).ConfigureAwait(false);
        var clock = Stopwatch.StartNew();
        var tally = new Tally();
        var byName = versions.ToDictionary(v => v.Artifact.DisplayName, StringComparer.Ordinal);
        var result = await session.ForEachAsync(
            [.. versions.Select(v => v.Artifact)],
            (artifact, token) => CopyAsync(session, byName[artifact.DisplayName], source, target, tally, token),
            cancellationToken).ConfigureAwait(false);
        Report(log, versions.Count, tally, source, target, clock.Elapsed);
        return result;
    }

    private static async Task<ArtifactResult> CopyAsync(
        OperationSession session, ArtifactVersion version, RemotePlace source, RemotePlace target, Tally tally, CancellationToken cancellationToken)
    {
        var (artifact, identity) = (version.Artifact, version.Identity);
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        var (from, to) = (session.Remotes.Open(source, store), session.Remotes.Open(target, store));
        CopyResult? copied;
        try
        {
            var recentPath = version.IsPresent ? session.RepositoryPath(PointerFile.PathFor(artifact.FullPath)) : null;
            copied = await from.CopyToAsync(to, identity.Sha256, recentPath, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelTrackException exception)
        {
            throw new ModelTrackException(Failed($"{exception.Code}: {exception.Message}").Diagnostic, exception);
        }

        if (copied is null)
        {
            if (version.IsPresent) throw Failed($"{source} does not have it. Push it there first: dotnet build -t:ModelTrackPush");
            tally.NoteAbsent(artifact.DisplayName);
            return Results.Of(artifact, "none", StatusText.NotPushed, identity, version.Files);
        }

        await RegisteredRepository.TellAsync(session, to, artifact, !copied.AlreadyThere, cancellationToken).ConfigureAwait(false);
        store.ConfirmRemote(identity.Sha256, to.Identity);
        tally.Note(copied);
        return Results.Of(artifact, copied.AlreadyThere ? "none" : "pushed", StatusText.InStep, identity, version.Files, copied.BytesSent);

        ModelTrackException Failed(string why) =>
            OperationErrors.NotCopied(artifact.DisplayName, identity.Sha256.ToShortString(), source.ToString(), target.ToString(), why);
    }

    private static void Report(IOperationLog log, int versions, Tally tally, RemotePlace source, RemotePlace target, TimeSpan time)
    {
        if (tally.Absent.Count > 0) log.Report($"not at {source} either, and left out: {HumanText.Names(tally.Absent)}");
        if (versions == 0) log.Report("No pointer names anything to copy.");
        else if (tally.Copied == 0 && tally.There > 0) log.Report($"all {HumanText.Count(tally.There, "version")} of artifacts are at {target} already");
        else if (tally.Copied > 0)
        {
            var there = tally.There > 0 ? $"; {HumanText.Count(tally.There, "other")} already there" : "";
            log.Report($"copied {HumanText.Count(tally.Copied, "version")} of artifacts from {source} to {target} ({HumanText.Size(tally.BytesSent)} in {HumanText.Duration(time)}{there})");
        }
    }

    private sealed class Tally
    {
        private readonly Lock _lock = new();
        private readonly List<string> _absent = [];

        public int Copied { get; private set; }

        public int There { get; private set; }

        public long BytesSent { get; private set; }

        public List<string> Absent => _absent;

        public void Note(CopyResult result)
        {
            lock (_lock)
            {
                BytesSent += result.BytesSent;
                if (result.AlreadyThere) There++;
                else Copied++;
            }
        }

        public void NoteAbsent(string name)
        {
            lock (_lock) _absent.Add(name);
        }
    }
}
