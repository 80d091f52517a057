using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Workspace;

namespace ModelTrack.Operations.Pins;

/// <summary>The pins of one run, each with its entry of the lock file, or with the reason why it has none.</summary>
internal sealed class PinSet
{
    private readonly OperationSession _session;
    private readonly IReadOnlyList<TrackedArtifact> _all;
    private readonly Dictionary<PinKey, PinEntry> _entries = [];
    private readonly Dictionary<PinKey, ModelTrackException> _failures = [];
    private readonly List<OperationSession> _sessions = [];

    private PinSet(OperationSession session, IReadOnlyList<TrackedArtifact> all)
    {
        _session = session;
        _all = all;
    }

    /// <summary>
    /// Reads the lock file. An unlocked run resolves what has no entry; a locked one writes nothing. An entry without an item stays, since another
    /// configuration or platform may have that item, and would resolve it anew: only an update moves a pin.
    /// </summary>
    /// <param name="all">All artifacts of the project.</param>
    /// <param name="selected">Those that the run is about.</param>
    private static async Task<PinSet> ResolveAsync(
        OperationSession session, IReadOnlyList<TrackedArtifact> all, IReadOnlyList<TrackedArtifact> selected, CancellationToken cancellationToken)
    {
        var set = new PinSet(session, all);
        var options = session.Options;
        var pins = selected.Where(a => a.IsPinned).Select(a => KeyOf(a, options)).ToList();
        if (pins.Count == 0 && !File.Exists(PinLock.PathFor(options.ProjectDirectory))) return set;
        var pinLock = PinLock.Read(options.ProjectDirectory);
        if (!options.Locked && pins.Any(pin => pinLock.Find(pin) is null)) pinLock = await set.WriteAsync(pins, cancellationToken).ConfigureAwait(false);
        foreach (var pin in pins.Where(pin => !set._failures.ContainsKey(pin)))
        {
            if (pinLock.Find(pin) is { } entry) set._entries[pin] = entry;
            else set._failures[pin] = PinErrors.NotLocked(pin.ToString()).At(pinLock.Path);
        }

        return set;
    }

    /// <summary>Does <paramref name="work"/> for each artifact, for a pin under obj and in a session of its own.</summary>
    /// <param name="remember">Whether a success means that all pins are in place, so that the next build need not look.</param>
    /// <param name="atSource">Whether the work is about the remotes of the pins' repositories even where the content is here.</param>
    public static async Task<OperationResult> ForEachAsync(
        OperationSession session,
        IReadOnlyList<TrackedArtifact> all,
        IReadOnlyList<TrackedArtifact> selected,
        Func<OperationSession, TrackedArtifact, CancellationToken, Task<ArtifactResult>> work,
        CancellationToken cancellationToken,
        bool remember = false,
        bool atSource = false)
    {
        var pins = await ResolveAsync(session, all, selected, cancellationToken).ConfigureAwait(false);
        try
        {
            var result = await session.ForEachAsync(
                selected,
                async (artifact, token) => await work(artifact.IsPinned ? await pins.PrepareAsync(artifact, atSource, token).ConfigureAwait(false) : session, artifact, token).ConfigureAwait(false),
                cancellationToken).ConfigureAwait(false);
            if (remember && result.Succeeded) pins.Remember();
            return result;
        }
        finally
        {
            await pins.CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The entry of a pin; throws what kept it from being resolved.</summary>
    private PinEntry EntryOf(TrackedArtifact artifact)
    {
        var key = KeyOf(artifact, _session.Options);
        return _failures.TryGetValue(key, out var failure) ? throw failure : _entries[key];
    }

    /// <summary>
    /// Puts the pointer in its place under obj, from where on a pin is an artifact like any other, and gives the session to work on it in:
    /// that of its repository's remotes where its content is not on this machine, or where those remotes are what the work is about.
    /// </summary>
    private async Task<OperationSession> PrepareAsync(TrackedArtifact artifact, bool atSource, CancellationToken cancellationToken)
    {
        var entry = EntryOf(artifact);
        Directory.CreateDirectory(Path.GetDirectoryName(artifact.FullPath)!);
        PointerFile.Write(PointerFile.PathFor(artifact.FullPath), entry.ToPointer());
        RemoveOtherKind(artifact, entry);
        var look = await ArtifactLook.TakeAsync(_session, artifact, cancellationToken).ConfigureAwait(false);
        // Pins are read-only: what somebody wrote there goes to the store, and the pin's content takes its place.
        var isChanged = Decision.Decide(look.Input(_session.Options with { Locked = false, Force = false })).Action is WorkspaceAction.Save or WorkspaceAction.Conflict;
        var options = _session.Options with { Locked = false, Force = isChanged };
        if (artifact.Repository is not null && artifact.Remote is null && (atSource || !look.IsInStep))
        {
            var store = await _session.StoreAsync(cancellationToken).ConfigureAwait(false);
            if (atSource || !await StoredContent.HasAsync(store, entry.Identity, cancellationToken).ConfigureAwait(false))
            {
                options = await RepositoryRemotes.ApplyAsync(_session, options, entry, cancellationToken).ConfigureAwait(false);
            }
        }

        var session = _session.Derive(options);
        lock (_sessions) _sessions.Add(session);
        return session;
    }

    /// <summary>After a run that was about all artifacts of a build and succeeded.</summary>
    private void Remember()
    {
        if (_entries.Count == 0 && !File.Exists(PinLock.PathFor(_session.Options.ProjectDirectory))) return;
        if (_session.Options.SeesAllItems) PinPlaces.RemoveOthers(_session.Options.IntermediateDirectory, _all.Where(a => a.IsPinned));
        PinRecord.Write(_all, _session.Options);
    }

    private async ValueTask CloseAsync()
    {
        foreach (var session in _sessions) await session.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Under a lock, since inner builds and an IDE write the same file.</summary>
    private async Task<PinLock> WriteAsync(List<PinKey> pins, CancellationToken cancellationToken)
    {
        var directory = _session.Options.ProjectDirectory;
        var store = await _session.StoreAsync(cancellationToken).ConfigureAwait(false);
        using var held = await store.Locks.ArtifactAsync(PinLock.PathFor(directory), cancellationToken).ConfigureAwait(false);
        var pinLock = PinLock.Read(directory);
        var resolver = new PinResolver(_session);
        foreach (var pin in pins.Where(pin => pinLock.Find(pin) is null))
        {
            try
            {
                var entry = await resolver.ResolveAsync(pin, fresh: false, cancellationToken).ConfigureAwait(false);
                pinLock.Set(entry);
                _session.Log.Report($"pinned {pin} to commit {entry.Commit[..10]} ({HumanText.Extent(entry.Size, entry.Files)}); commit {PinLock.FileName}");
            }
            catch (ModelTrackException exception)
            {
                _failures[pin] = exception;
            }
        }

        pinLock.Write();
        return pinLock;
    }

    /// <summary>A pin that moved from a file to a folder: what lies there is a copy of the former one.</summary>
    private void RemoveOtherKind(TrackedArtifact artifact, PinEntry entry)
    {
        if (entry.Kind == ArtifactKind.Directory ? !File.Exists(artifact.FullPath) : !Directory.Exists(artifact.FullPath)) return;
        if (entry.Kind == ArtifactKind.Directory) File.Delete(artifact.FullPath);
        else Directory.Delete(artifact.FullPath, recursive: true);
        _session.States.Delete(artifact.FullPath);
    }

    private static PinKey KeyOf(TrackedArtifact artifact, OperationOptions options) => PinPlaces.KeyOf(artifact, options.ProjectDirectory);
}
