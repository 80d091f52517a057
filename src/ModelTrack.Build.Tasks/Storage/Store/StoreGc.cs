using ModelTrack.Diagnostics;

namespace ModelTrack.Storage.Store;

/// <summary>Garbage collection of a store. What pointers name is asked for while nobody can save, so that nothing becomes reachable unseen.</summary>
public static class StoreGc
{
    /// <param name="apply">False only looks; other operations then go on beside it.</param>
    /// <param name="findRoots">Gets the registered workspaces.</param>
    /// <returns>Null when there is no store.</returns>
    /// <exception cref="ModelTrackException">The store's file system has no locks, so that nobody can be alone in it.</exception>
    public static async Task<StoreGcReport?> RunAsync(
        string path, bool apply, Func<IReadOnlyList<string>, CancellationToken, Task<StoreGcRequest>> findRoots, IOperationLog log, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(findRoots);
        if (!Directory.Exists(path)) return null;
        var layout = new StoreLayout(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        StoreMarker.Check(layout);
        var held = apply
            ? await StoreLocks.StoreAloneAsync(layout.Root, log, cancellationToken).ConfigureAwait(false)
            : await new StoreLocks(layout, log).ShareStoreAsync(cancellationToken).ConfigureAwait(false);
        using var context = StoreContext.OpenToCollect(path, log, held);
        var workspaces = new RegisteredWorkspaces(context);
        var request = await findRoots(workspaces.All(), cancellationToken).ConfigureAwait(false);
        if (request.Apply != apply) throw new ArgumentException("Roots were found for another run.", nameof(findRoots));
        using var collector = new StoreCollector(context, request);
        var report = await collector.RunAsync(cancellationToken).ConfigureAwait(false);
        if (apply)
        {
            foreach (var workspace in request.Forget) workspaces.Forget(workspace);
        }

        return report;
    }
}
