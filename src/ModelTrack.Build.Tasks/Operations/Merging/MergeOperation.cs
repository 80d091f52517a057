using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.Operations.Merging;

/// <summary>What Git hands to its merge driver.</summary>
/// <param name="Root">The work tree's root, full.</param>
/// <param name="PointerPath">The pointer's, relative to the root, with `/`.</param>
/// <param name="BaseFile">A file, full, with the version that both sides come from; empty when each made the pointer anew.</param>
/// <param name="OursFile">Gets the merged pointer, or the conflict.</param>
public sealed record MergeRequest(string Root, string PointerPath, string BaseFile, string OursFile, string TheirsFile)
{
    /// <summary>Commits that are being merged, as far as Git tells.</summary>
    public IReadOnlyList<string> Heads { get; init; } = [];
}

/// <param name="IsMerged">False when a person has to choose.</param>
/// <param name="Message">For a person; empty when there is nothing to say.</param>
public sealed record MergeOutcome(bool IsMerged, string Message);

/// <summary>
/// Merges two versions of a pointer, and of the directories that they name file by file. It changes no content: the next build makes the workspace
/// match, and a push sends what is new.
/// </summary>
public static class MergeOperation
{
    /// <exception cref="ModelTrackException">A side is no pointer that can be read: then Git's own merge of the text has to do.</exception>
    public static async Task<MergeOutcome> RunAsync(MergeRequest request, IOperationLog log, CancellationToken cancellationToken)
    {
        var (originText, oursText, theirsText) = (await ReadAsync(request.BaseFile).ConfigureAwait(false), await ReadAsync(request.OursFile).ConfigureAwait(false), await ReadAsync(request.TheirsFile).ConfigureAwait(false));
        var origin = originText.Length == 0 ? null : PointerFormat.Parse(originText, request.PointerPath);
        var (ours, theirs) = (PointerFormat.Parse(oursText, request.PointerPath), PointerFormat.Parse(theirsText, request.PointerPath));

        var result = PointerMerge.Merge(origin, ours, theirs);
        string? noListing = null;
        if (result.Kind == PointerMergeKind.NeedsListings)
        {
            try
            {
                result = await MergeListingsAsync(request, origin, ours, theirs, log, cancellationToken).ConfigureAwait(false);
            }
            catch (ModelTrackException exception)
            {
                noListing = exception.Message;
            }
        }

        if (noListing is null && result is { Kind: PointerMergeKind.Settled, Pointer: { } merged })
        {
            await File.WriteAllBytesAsync(request.OursFile, PointerFormat.Write(merged), cancellationToken).ConfigureAwait(false);
            var isNew = !merged.SameContent(ours) && !merged.SameContent(theirs);
            return new MergeOutcome(true, isNew ? $"merged {Shown.Text(ContentPath(request))} file by file ({HumanText.Extent(merged.Size, merged.Files)}); dotnet build brings the files" : "");
        }

        var (mine, other) = await MergeSides.FindAsync(request.Root, request.PointerPath, oursText, theirsText, request.Heads, cancellationToken).ConfigureAwait(false);
        var conflict = PointerConflict.Write(mine.Label("ours"), PointerFormat.Write(ours), other.Label("theirs"), PointerFormat.Write(theirs));
        await File.WriteAllBytesAsync(request.OursFile, conflict, cancellationToken).ConfigureAwait(false);
        var (name, path) = (Shown.Text(ContentPath(request)), Quoted($":/{request.PointerPath}"));
        var diagnostic = noListing is null
            ? MergeErrors.Conflict(name, result.Why!, mine.Describe(), other.Describe(), path)
            : MergeErrors.NoListing(name, noListing, mine.Describe(), other.Describe(), path);
        return new MergeOutcome(false, $"{diagnostic.Code}: {diagnostic.Text}");

        Task<byte[]> ReadAsync(string file) => File.ReadAllBytesAsync(file, cancellationToken);
    }

    private static async Task<PointerMergeResult> MergeListingsAsync(
        MergeRequest request, Pointer? origin, Pointer ours, Pointer theirs, IOperationLog log, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(ContentPath(request), request.Root);
        var (project, item) = KnownProject.FindOwner(KnownProject.FindAllOfClone(new RepositoryOptions(request.Root, request.Root)), path);
        var artifact = (item ?? new TrackedArtifact { FullPath = path, DisplayName = "" }) with { DisplayName = ContentPath(request) };
        await using var session = new OperationSession(project.Options with { Locked = false, Explicit = true, Artifacts = [] }, log);
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        var before = origin is { Kind: ArtifactKind.Directory } ? await ListingAsync(origin).ConfigureAwait(false) : Listing.Empty;
        var (mine, other) = (await ListingAsync(ours).ConfigureAwait(false), await ListingAsync(theirs).ConfigureAwait(false));

        var result = ListingMerge.Merge(before, mine, other);
        if (result.Merged is not { } merged)
        {
            return PointerMergeResult.Conflict($"both sides changed {HumanText.Names([.. result.Conflicts.Select(Shown.Text)])}");
        }

        var pointer = PointerMerge.MergeListed(origin, ours, theirs, merged);
        if (pointer.Kind == PointerMergeKind.Settled)
        {
            await store.AddListingAsync(merged.ToBytes(), null, cancellationToken).ConfigureAwait(false);
            store.RecordArtifact(new ArtifactRecord(merged.Id, IsDirectory: true, merged.TotalSize, merged.FileCount, SavedHere: true));
            if (merged.Id != ours.Sha256 && merged.Id != theirs.Sha256) MergedFrom.Remember(session.Layout, merged.Id, ours, theirs);
        }

        await store.FlushAsync(cancellationToken).ConfigureAwait(false);
        return pointer;

        // Kept, since the restore and the push of what comes of it need it again.
        async Task<Listing> ListingAsync(Pointer pointer)
        {
            if (await ListingReader.FindAsync(store, pointer.Sha256, cancellationToken).ConfigureAwait(false) is { } here) return here;
            var listing = await new ContentDelivery(session, store, artifact, ArtifactIdentity.Of(pointer), pointer.Files).ListingAsync(cancellationToken).ConfigureAwait(false);
            await store.AddListingAsync(listing.ToBytes(), null, cancellationToken).ConfigureAwait(false);
            return listing;
        }
    }

    private static string ContentPath(MergeRequest request) => request.PointerPath.EndsWith(PointerFile.Extension, StringComparison.Ordinal)
        ? request.PointerPath[..^PointerFile.Extension.Length]
        : request.PointerPath;

    /// <summary>For a shell, where it needs that.</summary>
    private static string Quoted(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or ':' || c > '~')
            ? path
            : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
