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
        if (options.AllVersions) throw OperationErrors.OnlyWithFromRemote();
        await using var session = new OperationSession(options, log);
        var selected = ArtifactSelection.Select(artifacts, options).Where(a => !a.IsPinned).ToList();
        if (options.Offline) return OperationResult.Nothing;
        var others = new PushedTogether();
        return await session.ForEachAsync(selected, (artifact, token) => PushAsync(session, artifact, others, token), cancellationToken).ConfigureAwait(false);
    }

    private static async Task<ArtifactResult> PushAsync(
        OperationSession session, TrackedArtifact artifact, PushedTogether others, CancellationToken cancellationToken)
    {
        if (PointerFile.Read(PointerFile.PathFor(artifact.FullPath)) is not { } pointer)
        {
            return Results.Of(artifact, "none", StatusText.New, null, null);
        }

        var identity = ArtifactIdentity.Of(pointer);
        var place = session.Remotes.PlaceOf(artifact);
        if (place is null)
        {
            // In a build the hint after the save has said it; by name it is an error.
            if (session.Options.Explicit) throw OperationErrors.NoRemote("ModelTrackPush");
            return Results.Of(artifact, "none", StatusText.NotPushed, identity, pointer.Files);
        }

        var clock = Stopwatch.StartNew();
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        var remote = session.Remotes.Open(place, store);
        var content = await FindContentAsync(session, store, artifact, pointer, cancellationToken).ConfigureAwait(false);
        var isWhole = content is not null && content.Blobs.All(store.Contains);
        if (!isWhole && await remote.FindAsync(identity.Sha256, cancellationToken).ConfigureAwait(false) is not null)
        {
            // A machine that lacks content cannot send it, and need not when the remote has it.
            await RegisteredRepository.TellAsync(session, remote, hasSent: false, cancellationToken).ConfigureAwait(false);
            store.ConfirmRemote(identity.Sha256, remote.Identity);
            return Results.Of(artifact, "none", StatusText.InStep, identity, pointer.Files);
        }

        if (content is null) throw OperationErrors.NotInStoreToPush(artifact.DisplayName, identity.Sha256.ToShortString());
        var recentPath = session.RepositoryPath(PointerFile.PathFor(artifact.FullPath));
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
            throw OperationErrors.NotInStoreToPush(artifact.DisplayName, identity.Sha256.ToShortString());
        }
        catch (ModelTrackException exception)
        {
            throw OperationErrors.RemoteFailed(exception, artifact.DisplayName, remote.Identity);
        }

        FailPoint.Hit("push.done");
        await RegisteredRepository.TellAsync(session, remote, !result.AlreadyThere, cancellationToken).ConfigureAwait(false);
        store.ConfirmRemote(identity.Sha256, remote.Identity);
        others.Add(identity.Sha256);
        if (result.AlreadyThere)
        {
            if (session.Options.Explicit) session.Log.Report($"{artifact.DisplayName} is at {remote.Identity} already");
            return Results.Of(artifact, "none", StatusText.InStep, identity, pointer.Files);
        }

        session.Log.Report(
            $"pushed {artifact.DisplayName} ({HumanText.Extent(pointer.Size, pointer.Files)}, {HumanText.Size(result.BytesSent)} sent to {remote.Identity} in {HumanText.Duration(clock.Elapsed)})");
        return Results.Of(artifact, "pushed", StatusText.InStep, identity, pointer.Files, result.BytesSent);
    }

    /// <summary>
    /// The artifact's contents, in the store; taken in from the workspace when only that has them. Of a directory that is here in part, some are not in
    /// the store. Null when not even the listing is to be had.
    /// </summary>
    private static async Task<ArtifactContent?> FindContentAsync(
        OperationSession session, LocalStore store, TrackedArtifact artifact, Pointer pointer, CancellationToken cancellationToken)
    {
        var identity = ArtifactIdentity.Of(pointer);
        var here = await FindInStoreAsync(store, identity, cancellationToken).ConfigureAwait(false);
        if (here is not null && here.Blobs.All(store.Contains)) return here;
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
                if (TryParse(text) is { } earlier) bases.Add(earlier.Sha256);
            }
        }

        bases.AddRange(others.All());
        return [.. bases.Where(b => b != itself).Distinct().Take(MaxBases)];
    }

    /// <summary>An old commit may hold anything under that name; as a base it then serves nothing.</summary>
    private static Pointer? TryParse(byte[] text)
    {
        try
        {
            return PointerFormat.Parse(text, "history");
        }
        catch (ModelTrackException)
        {
            return null;
        }
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
