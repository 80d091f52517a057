using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Operations.Merging;
using ModelTrack.Operations.Pins;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>What one run of an operation shares between its artifacts. The store, Git and remotes are opened only when needed.</summary>
internal sealed class OperationSession : IAsyncDisposable
{
    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly Lazy<IGit?> _git;
    private readonly OperationSession? _parent;
    private LocalStore? _store;

    public OperationSession(OperationOptions options, IOperationLog log)
    {
        Options = options;
        Log = log;
        Layout = WorkspaceLayout.Find(options.ProjectDirectory, options.IntermediateDirectory);
        States = new ArtifactStateStore(Layout.StateRoot);
        Remotes = new RemoteSet(options, log);
        _git = new(() => Layout.RepositoryRoot is { } root ? GitOpener.Open(root, log) : null);
    }

    private OperationSession(OperationSession parent, OperationOptions options)
    {
        _parent = parent;
        Options = options;
        Log = parent.Log;
        Layout = parent.Layout;
        States = parent.States;
        Remotes = new RemoteSet(options, parent.Log);
        _git = parent._git;
    }

    public OperationOptions Options { get; }

    public IOperationLog Log { get; }

    public WorkspaceLayout Layout { get; }

    public ArtifactStateStore States { get; }

    public RemoteSet Remotes { get; }

    /// <summary>Null where there is no Git.</summary>
    public IGit? Git => _git.Value;

    /// <summary>The repository's folder, else the project's: no artifact's way from here may lead over a symbolic link.</summary>
    public string Root => Layout.RepositoryRoot ?? Options.ProjectDirectory;

    /// <summary>The folder under obj where a pinned artifact is; null for others.</summary>
    public string? PinsRootOf(TrackedArtifact artifact) => artifact.IsPinned ? PinPlaces.Root(Options.IntermediateDirectory) : null;

    /// <summary>For an artifact that is worked on otherwise, at remotes of its own, say; the store is shared. Disposed before this one.</summary>
    public OperationSession Derive(OperationOptions options) => new(this, options);

    public async ValueTask<LocalStore> StoreAsync(CancellationToken cancellationToken)
    {
        if (_parent is not null) return await _parent.StoreAsync(cancellationToken).ConfigureAwait(false);
        if (_store is { } open) return open;
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_store is null)
            {
                var store = await LocalStore.OpenAsync(Options.StorePath ?? LocalStore.DefaultPath, Log, cancellationToken).ConfigureAwait(false);
                store.RegisterWorkspace(Root);
                _store = store;
            }

            return _store;
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>The pointer's path relative to the repository (else the project), with `/`: the same on every clone.</summary>
    public string RepositoryPath(string fullPath) => Path.GetRelativePath(Root, fullPath).Replace('\\', '/');

    /// <summary>
    /// Does <paramref name="work"/> for each artifact, a few at a time, and gives the results in the artifacts' order.
    /// A coded failure is logged for its artifact and the others go on, so that a person sees all of them at once.
    /// </summary>
    public async Task<OperationResult> ForEachAsync(
        IReadOnlyList<TrackedArtifact> artifacts,
        Func<TrackedArtifact, CancellationToken, Task<ArtifactResult>> work,
        CancellationToken cancellationToken)
    {
        var results = new ArtifactResult[artifacts.Count];
        var errors = new Diagnostic?[artifacts.Count];
        using var turns = new SemaphoreSlim(Math.Min(4, Environment.ProcessorCount));
        // Each starts on this thread: an artifact with nothing to do is done before the next begins, without a thread or a wait.
        await Task.WhenAll(Enumerable.Range(0, artifacts.Count).Select(RunAsync)).ConfigureAwait(false);
        foreach (var error in errors)
        {
            if (error is not null) Log.Error(error);
        }

        Remotes.Fallbacks.Say(Log);
        return new OperationResult(Array.TrueForAll(errors, e => e is null), results);

        async Task RunAsync(int i)
        {
            await turns.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                results[i] = await work(artifacts[i], cancellationToken).ConfigureAwait(false);
            }
            catch (ModelTrackException exception)
            {
                errors[i] = exception.Code == ArtifactErrors.UnresolvedMergeCode
                    ? await MergeSides.TellAsync(this, artifacts[i], exception.Diagnostic, cancellationToken).ConfigureAwait(false)
                    : exception.Diagnostic;
                results[i] = Results.Failed(artifacts[i]);
            }
            finally
            {
                turns.Release();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Remotes.DisposeAsync().ConfigureAwait(false);
        _store?.Dispose();
        _opening.Dispose();
    }
}

/// <summary>Shapes of results.</summary>
internal static class Results
{
    public static ArtifactResult Failed(TrackedArtifact artifact) =>
        new(artifact.FullPath, artifact.DisplayName, PointerFile.PathFor(artifact.FullPath), "failed", "error", null, 0, null, null, 0);

    /// <summary>What became of an artifact whose pointer now names <paramref name="identity"/>.</summary>
    public static ArtifactResult Of(TrackedArtifact artifact, string action, string status, ArtifactIdentity? identity, int? files, long bytesMoved = 0) =>
        new(
            artifact.FullPath,
            artifact.DisplayName,
            PointerFile.PathFor(artifact.FullPath),
            action,
            status,
            identity?.Sha256.ToString(),
            identity?.Size ?? 0,
            files,
            identity is { } known ? known.Kind == ArtifactKind.Directory : null,
            bytesMoved);
}
