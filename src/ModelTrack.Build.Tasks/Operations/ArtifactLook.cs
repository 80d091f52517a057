using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Workspace;
using ModelTrack.Workspace.Ignore;

namespace ModelTrack.Operations;

/// <summary>An artifact as it stands: content, pointer and what was remembered of both.</summary>
internal sealed record ArtifactLook
{
    public required TrackedArtifact Artifact { get; init; }

    public required ArtifactScan Scan { get; init; }

    /// <summary>Null when there is no pointer.</summary>
    public required PointerStamp? Pointer { get; init; }

    /// <summary>Null when nothing is remembered.</summary>
    public required ArtifactState? State { get; init; }

    /// <summary>What the content counts as: what is in place, or the directory for which its parts stand; null when nothing is there.</summary>
    public required ArtifactIdentity? Content { get; init; }

    /// <summary>Makes of the files in place the listing that they stand for; null when they are all of it.</summary>
    public Func<ObservedDirectory, CancellationToken, Task<Listing>>? Whole { get; init; }

    /// <summary>The state was not remembered but concluded.</summary>
    public bool StateIsAssumed { get; init; }

    public string PointerPath => PointerFile.PathFor(Artifact.FullPath);

    public ArtifactIdentity? PointerIdentity => Pointer?.Identity;

    public bool IsInStep => Content is not null && Content == PointerIdentity;

    /// <summary>How many files and bytes the pointer names, for a person.</summary>
    public string PointerExtent => HumanText.Extent(Pointer?.Identity.Size ?? 0, Pointer?.Files);

    public DecisionInput Input(OperationOptions options) => new()
    {
        Content = Content,
        Pointer = PointerIdentity,
        Base = State?.Base,
        Restoring = State?.Restoring,
        Locked = options.Locked,
        Force = options.Force,
    };

    /// <summary>Looks without changing anything. A pointer that its stat vouches for is not read, nor such a file.</summary>
    /// <param name="read">How contents are read that have to be; null for their hashes alone.</param>
    public static async Task<ArtifactLook> TakeAsync(
        OperationSession session, TrackedArtifact artifact, CancellationToken cancellationToken, bool hashEverything = false, ReadContent? read = null)
    {
        var state = session.States.Load(artifact.FullPath);
        var pointer = ReadPointer(PointerFile.PathFor(artifact.FullPath), state);
        var scan = await ScanAsync(session, artifact, state, hashEverything, cancellationToken, read).ConfigureAwait(false);
        var look = new ArtifactLook { Artifact = artifact, Scan = scan, Pointer = pointer, State = state, Content = scan.Identity };
        return state is { Partial: { } partial, Base: { } known } && scan.Directory is not null
            ? await look.WithWholeAsync(session, known, partial, PathParts.All, cancellationToken).ConfigureAwait(false)
            : look;
    }

    /// <summary>Takes what is in place for a part of a directory: what was never here is as in <paramref name="known"/>.</summary>
    /// <param name="only">The part that is looked at; all else is as in <paramref name="known"/>, whatever is in place.</param>
    /// <exception cref="ModelTrackException">The listing of <paramref name="known"/> is nowhere.</exception>
    public async Task<ArtifactLook> WithWholeAsync(
        OperationSession session, ArtifactIdentity known, PartialContent partial, PathParts only, CancellationToken cancellationToken)
    {
        // What is as it was stands for what it stood for; the listing is read only if something is to be saved.
        if (only.IsAll && partial.Whole is { } remembered && partial.Seen == Scan.Identity) return this with { Content = remembered, Whole = ComposeAsync };
        var whole = await ComposeAsync(Scan.Directory!, cancellationToken).ConfigureAwait(false);
        return this with { Content = new ArtifactIdentity(ArtifactKind.Directory, whole.Id, whole.TotalSize), Whole = ComposeAsync };

        async Task<Listing> ComposeAsync(ObservedDirectory present, CancellationToken token)
        {
            var store = await session.StoreAsync(token).ConfigureAwait(false);
            var files = Pointer is { } pointer && pointer.Identity == known ? pointer.Files : null;
            var listing = await new ContentDelivery(session, store, Artifact, known, files).ListingAsync(token).ConfigureAwait(false);
            return PartialContent.Compose(listing, present, partial.Parts, only);
        }
    }

    /// <summary>Looks again at the content alone, with <paramref name="hint"/> for memory.</summary>
    public static async Task<ArtifactScan> ScanAsync(
        OperationSession session, TrackedArtifact artifact, ArtifactState? hint, bool hashEverything, CancellationToken cancellationToken, ReadContent? read = null)
    {
        var options = new ScanOptions
        {
            Root = session.Root,
            PinsRoot = session.PinsRootOf(artifact),
            Ignore = !artifact.IsPinned && IsDirectory(artifact.FullPath) ? TrackIgnore.Find(artifact.FullPath, session.Root) : null,
            BaseExecutable = hint?.Base?.Executable ?? false,
            BaseListing = () => BaseListingAsync(session, hint, cancellationToken),
            HashEverything = hashEverything,
            Read = read is null ? null : new(read),
        };
        return await WorkspaceScanner.ScanAsync(artifact.FullPath, hint, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Keeps what was seen, and the pointer as base when content and pointer agree. Costs nothing when it is known already.</summary>
    public void Remember(ArtifactStateStore states)
    {
        var next = (State ?? new ArtifactState { FullPath = Artifact.FullPath }) with
        {
            Pointer = Pointer,
            File = Scan.File,
            Directory = Scan.Directory,
        };
        // The restore or save that was killed had come as far as this; only its leftovers are still to go.
        if (IsInStep && (State?.Restoring is not null || State?.Base != PointerIdentity)) FilePlacer.RemoveLeftovers(Artifact.FullPath);
        if (State?.Partial is { } partial && Scan.Directory is { } present && (State.Restoring is null || IsInStep))
        {
            var parts = State.Restoring is null ? partial.Parts : partial.Parts.With(present.Files.Select(f => f.Key));
            next = next with { Partial = partial with { Parts = parts, Seen = Scan.Identity, Whole = Content } };
        }
        if (IsInStep) next = next with { Base = PointerIdentity, Restoring = null, Told = next.Told & ~ToldOnce.Untracked };
        if (Scan.StateIsCurrent && State is not null && !StateIsAssumed && next.Base == State.Base && next.Restoring == State.Restoring && next.Pointer == State.Pointer && next.Partial == State.Partial && next.Told == State.Told) return;
        states.Save(next);
    }

    private static async Task<Listing?> BaseListingAsync(OperationSession session, ArtifactState? hint, CancellationToken cancellationToken)
    {
        if (hint?.Base is not { Kind: ArtifactKind.Directory } known) return null;
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        return await ListingReader.FindAsync(store, known.Sha256, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsDirectory(string path) => FileStat.TryGet(path, out var stat) && stat.Kind == FileKind.Directory;

    private static PointerStamp? ReadPointer(string path, ArtifactState? state)
    {
        var observedAt = PointerStamp.Now();
        if (!FileStat.TryGet(path, out var stat)) return null;
        if (state?.Pointer is { } known && known.Vouches(stat)) return known;
        var pointer = PointerFile.Read(path);
        return pointer is null ? null : new PointerStamp(stat, ArtifactIdentity.Of(pointer), pointer.Files, observedAt);
    }
}

/// <summary>Reads and hashes a file of an artifact.</summary>
internal delegate Task<ContentDigest> ReadContent(string path, FileStat stat, CancellationToken cancellationToken);
