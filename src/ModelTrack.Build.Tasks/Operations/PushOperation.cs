using System.Diagnostics;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Operations.Merging;
using ModelTrack.Storage;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>Sends what the pointers name from the store to the remote.</summary>
public static class PushOperation
{
    /// <summary>How many earlier versions are offered as bases.</summary>
    private const int MaxBases = 8;

    public static async Task<OperationResult> RunAsync(
        IReadOnlyList<TrackedArtifact> artifacts, OperationOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        await using var session = new OperationSession(options, log);
        var selected = ArtifactSelection.Select(artifacts, options).Where(a => !a.IsPinned).ToList();
        if (options.Offline) return OperationResult.Nothing;
        var others = new PushedTogether();
        var present = await session.ForEachAsync(
            selected,
            (artifact, token) => PointerFile.Read(PointerFile.PathFor(artifact.FullPath)) is { } pointer
                ? PushAsync(session, artifact, ArtifactIdentity.Of(pointer), pointer.Files, isPresent: true, others, token)
                : Task.FromResult(Results.Of(artifact, "none", StatusText.New, null, null)),
            cancellationToken).ConfigureAwait(false);
        return options.AllVersions && present.Succeeded ? await PushEarlierAsync(session, selected, present, others, cancellationToken).ConfigureAwait(false) : present;
    }

    /// <summary>Oldest last, as Git's history has them: each finds the one after it as a base. What is nowhere any more is told, and is no failure.</summary>
    private static async Task<OperationResult> PushEarlierAsync(
        OperationSession session, IReadOnlyList<TrackedArtifact> selected, OperationResult present, PushedTogether others, CancellationToken cancellationToken)
    {
        var versions = await ArtifactVersion.FindAsync(session, selected, cancellationToken).ConfigureAwait(false);
        var earlier = versions.Where(v => !v.IsPresent).ToDictionary(v => v.Artifact);
        var result = await session.ForEachAsync(
            [.. earlier.Keys],
            (artifact, token) => PushAsync(session, artifact, earlier[artifact].Identity, earlier[artifact].Files, isPresent: false, others, token),
            cancellationToken).ConfigureAwait(false);
        var absent = result.Artifacts.Where(a => a.Status == StatusText.NotInStore).Select(a => a.DisplayName).ToList();
        if (absent.Count > 0) session.Log.Warn(OperationErrors.EarlierVersionsNowhere(HumanText.Names(absent)));
        return new OperationResult(result.Succeeded, [.. present.Artifacts, .. result.Artifacts]);
    }

    /// <param name="files">How many files a directory's pointer counts.</param>
    /// <param name="isPresent">The workspace may have it where the store does not, and it is to be had: false for an earlier version.</param>
    private static async Task<ArtifactResult> PushAsync(
        OperationSession session, TrackedArtifact artifact, ArtifactIdentity identity, int? files, bool isPresent, PushedTogether others, CancellationToken cancellationToken)
    {
        var place = session.Remotes.PlaceOf(artifact);
        if (place is null)
        {
            // In a build the hint after the save has said it; by name it is an error.
            if (session.Options.Explicit) throw OperationErrors.NoRemote("ModelTrackPush");
            return Results.Of(artifact, "none", StatusText.NotPushed, identity, files);
        }

        var clock = Stopwatch.StartNew();
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        var remote = session.Remotes.Open(place, store);
        var content = await FindContentAsync(session, store, artifact, identity, isPresent, cancellationToken).ConfigureAwait(false);
        var isWhole = content is not null && content.Blobs.All(store.Contains);
        if (!isWhole && await remote.KeepAsync(identity.Sha256, cancellationToken).ConfigureAwait(false))
        {
            // A machine that lacks content cannot send it, and need not when the remote has it.
            await RegisteredRepository.TellAsync(session, remote, artifact, hasSent: false, cancellationToken).ConfigureAwait(false);
            return Results.Of(artifact, "none", StatusText.InStep, identity, files);
        }

        if (content is null && !isPresent) return Results.Of(artifact, "none", StatusText.NotInStore, identity, files);
        if (content is null) throw OperationErrors.NotInStoreToPush(artifact.DisplayName, identity.Sha256.ToShortString());
        var recentPath = isPresent ? session.RepositoryPath(PointerFile.PathFor(artifact.FullPath)) : null;
        PushResult result;
        try
        {
            Task<IReadOnlyList<Sha256Hash>> BasesAsync(CancellationToken token) => FindBasesAsync(session, artifact, identity.Sha256, others, token);
            result = isWhole
                ? await remote.PushAsync(content, BasesAsync, recentPath, cancellationToken).ConfigureAwait(false)
                : await remote.PushPartAsync(content, BasesAsync, (id, token) => FindContentsAsync(store, remote, id, token), recentPath, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelTrackException exception) when (!isWhole && exception.Code == StorageErrors.ContentAbsentCode)
        {
            if (!isPresent) return Results.Of(artifact, "none", StatusText.NotInStore, identity, files);
            throw OperationErrors.NotInStoreToPush(artifact.DisplayName, identity.Sha256.ToShortString());
        }
        catch (ModelTrackException exception)
        {
            throw OperationErrors.RemoteFailed(exception, artifact.DisplayName, remote.Identity);
        }

        FailPoint.Hit("push.done");
        await RegisteredRepository.TellAsync(session, remote, artifact, !result.AlreadyThere, cancellationToken).ConfigureAwait(false);
        others.Add(identity.Sha256);
        if (result.AlreadyThere)
        {
            if (session.Options.Explicit) session.Log.Report($"{artifact.DisplayName} is at {remote.Identity} already");
            return Results.Of(artifact, "none", StatusText.InStep, identity, files);
        }

        session.Log.Report(
            $"pushed {artifact.DisplayName} ({HumanText.Extent(identity.Size, files)}, {HumanText.Size(result.BytesSent)} sent to {remote.Identity} in {HumanText.Duration(clock.Elapsed)})");
        return Results.Of(artifact, "pushed", StatusText.InStep, identity, files, result.BytesSent);
    }

    /// <summary>
    /// The artifact's contents, in the store; taken in from the workspace when only that has them. Of a directory that is here in part, some are not in
    /// the store. Null when not even the listing is to be had.
    /// </summary>
    private static async Task<ArtifactContent?> FindContentAsync(
        OperationSession session, LocalStore store, TrackedArtifact artifact, ArtifactIdentity identity, bool isPresent, CancellationToken cancellationToken)
    {
        var here = await FindInStoreAsync(store, identity, cancellationToken).ConfigureAwait(false);
        if (!isPresent || (here is not null && here.Blobs.All(store.Contains))) return here;
        using var held = await store.Locks.ArtifactAsync(artifact.FullPath, cancellationToken).ConfigureAwait(false);
        var look = await ArtifactLook.TakeAsync(session, artifact, cancellationToken).ConfigureAwait(false);
        if (look.Content != identity) return here;
        await ContentSaving.StoreAsync(session, store, look, cancellationToken).ConfigureAwait(false);
        await store.FlushAsync(cancellationToken).ConfigureAwait(false);
        return await FindInStoreAsync(store, identity, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A base's contents, by its listing here or at the remote.</summary>
    private static async Task<ArtifactContent?> FindContentsAsync(LocalStore store, PackedRemote remote, Sha256Hash id, CancellationToken cancellationToken)
    {
        if (await ListingReader.FindAsync(store, id, cancellationToken).ConfigureAwait(false) is { } here) return here.ToArtifactContent();
        if (await remote.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { IsDirectory: true } found) return null;
        return Listing.Parse(await remote.ReadListingAsync(found, cancellationToken).ConfigureAwait(false), $"listing {id.ToShortString()}").ToArtifactContent();
    }

    private static async Task<ArtifactContent?> FindInStoreAsync(LocalStore store, ArtifactIdentity identity, CancellationToken cancellationToken)
    {
        if (identity.Kind == ArtifactKind.File)
        {
            var id = new ContentId(identity.Sha256, identity.Size);
            return await store.FindFileAsync(id, cancellationToken).ConfigureAwait(false) is null ? null : ArtifactContent.OfFile(id);
        }

        return (await ListingReader.FindAsync(store, identity.Sha256, cancellationToken).ConfigureAwait(false))?.ToArtifactContent();
    }


    /// <summary>Earlier versions whose chunks the remote may have, likeliest first: what it was merged from, the last in step, Git's history, what this push sent before.</summary>
    private static async Task<IReadOnlyList<Sha256Hash>> FindBasesAsync(
        OperationSession session, TrackedArtifact artifact, Sha256Hash itself, PushedTogether others, CancellationToken cancellationToken)
    {
        var bases = new List<Sha256Hash>();
        bases.AddRange(MergedFrom.Find(session.Layout, itself).Select(p => p.Identity.Sha256));
        var state = session.States.Load(artifact.FullPath);
        if (state?.Partial?.Origin is { } origin) bases.Add(origin);
        if (state?.Base is { } known) bases.Add(known.Sha256);
        if (session.Git is { } git)
        {
            var path = session.RepositoryPath(PointerFile.PathFor(artifact.FullPath));
            foreach (var text in await git.ReadHistoryAsync(path, MaxBases, cancellationToken).ConfigureAwait(false))
            {
                if (RevisionPointers.TryParse(text) is { } earlier) bases.Add(earlier.Sha256);
            }
        }

        bases.AddRange(others.All());
        return [.. bases.Where(b => b != itself).Distinct().Take(MaxBases)];
    }

    private sealed class PushedTogether
    {
        private readonly List<Sha256Hash> _pushed = [];

        public void Add(Sha256Hash artifact)
        {
            lock (_pushed) _pushed.Add(artifact);
        }

        public IReadOnlyList<Sha256Hash> All()
        {
            lock (_pushed) return [.. _pushed];
        }
    }
}
