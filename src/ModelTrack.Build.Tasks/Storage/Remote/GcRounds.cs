using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Remote;

/// <summary>What a writer did in one round.</summary>
/// <param name="Written">The manifest that it wrote; null when it wrote none, and what it found cannot have been condemned.</param>
internal readonly record struct RoundResult<T>(T Result, RemoteManifest? Written);

/// <summary>
/// A writer's work beside the remote's garbage collection: done again until nothing was collected from under it. Only then is what it wrote
/// trusted for a while; a writer that dies before leaves nothing that a later one takes as seen.
/// </summary>
internal sealed class GcRounds(RemoteSession session, RemoteManifests manifests)
{
    /// <param name="round">Gets what is condemned, and whether it is the first round: in later ones packs that were seen lately are not trusted.</param>
    /// <returns>The last round's result.</returns>
    public async Task<T> RunAsync<T>(Sha256Hash artifact, Func<GcLook, bool, Task<RoundResult<T>>> round, CancellationToken cancellationToken)
    {
        var look = await BeginAsync(cancellationToken).ConfigureAwait(false);
        for (var number = 1; ; number++)
        {
            var (result, written) = await round(look, number == 1).ConfigureAwait(false);
            if (written is null) return result;
            if (await session.Gc.StandsAsync(written, look, cancellationToken).ConfigureAwait(false) is not { } newer)
            {
                manifests.Trust(written);
                return result;
            }

            if (number == GcWatch.MostRounds) throw StorageErrors.KeepsBeingCollected(session.Identity);
            session.Log.Detail($"Garbage was collected at {session.Identity} meanwhile; {artifact.ToShortString()} is checked again.");
            look = newer;
        }
    }

    /// <summary>The look at what is condemned, from which a writer relies on what it sees; where a missing folder shows.</summary>
    private async Task<GcLook> BeginAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await session.Gc.BeginAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ModelTrackException e) when (e.Code == StorageErrors.RemoteFolderMissingCode && !session.Cache.KnowsRemote)
        {
            // The first push of all makes the folder; one that this machine has seen is gone for a reason that a person has to look at.
            await session.Transport.PrepareAsync(cancellationToken).ConfigureAwait(false);
            return await session.Gc.BeginAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
