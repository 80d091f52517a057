using System.Text.Json;
using ModelTrack.Artifacts;
using ModelTrack.Git;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>An artifact on one side of a comparison.</summary>
/// <param name="Listing">A directory's, where it need not be asked of the store.</param>
internal sealed record DiffArtifact(TrackedArtifact Artifact, ArtifactIdentity Identity, int? Files, JsonElement? Metrics, Func<Listing>? Listing = null);

/// <summary>A commit, or the workspace, as a comparison sees it: artifacts by the names that a person calls them.</summary>
internal sealed record DiffSide(IReadOnlyDictionary<string, DiffArtifact> Artifacts)
{
    public static async Task<DiffSide> OfCommitAsync(
        OperationSession session, IGit git, CommitInfo commit, IReadOnlyList<TrackedArtifact> items, CancellationToken cancellationToken)
    {
        var pointers = await RevisionPointers.FindOfProjectAsync(session, git, commit, items, cancellationToken).ConfigureAwait(false);
        return new DiffSide(pointers.ToDictionary(
            p => p.Artifact.DisplayName,
            p => new DiffArtifact(p.Artifact, ArtifactIdentity.Of(p.Pointer.Pointer), p.Pointer.Pointer.Files, p.Pointer.Pointer.Metrics)));
    }

    /// <summary>What lies there, saved or not; what is not restored counts as its pointer says.</summary>
    public static async Task<DiffSide> OfWorkspaceAsync(OperationSession session, IReadOnlyList<TrackedArtifact> items, CancellationToken cancellationToken)
    {
        var artifacts = new Dictionary<string, DiffArtifact>();
        foreach (var item in items.Where(i => !i.IsPinned))
        {
            var look = await ArtifactLook.TakeAsync(session, item, cancellationToken).ConfigureAwait(false);
            if ((look.Scan.Identity ?? look.PointerIdentity) is not { } identity) continue;
            // The pointer was taken away and the content stays: the next commit has it no more.
            if (look.Pointer is null && look.State?.Base is not null) continue;
            var saved = identity == look.PointerIdentity;
            artifacts[item.DisplayName] = new DiffArtifact(
                item, identity, saved ? look.Pointer!.Value.Files : look.Scan.Files,
                saved ? PointerFile.Read(look.PointerPath)?.Metrics : MetricsFile.Read(item),
                look.Scan.Directory is { } directory ? () => directory.ToListing() : null);
        }

        return new DiffSide(artifacts);
    }
}
