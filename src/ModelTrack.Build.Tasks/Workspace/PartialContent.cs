using ModelTrack.Artifacts;
using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>
/// What is remembered of a directory artifact of which only parts are in place. A file that is absent and was never brought is not a removed one:
/// it is what the base has.
/// </summary>
/// <param name="Parts">What was brought or made here. An absent file in them was removed by the user.</param>
/// <param name="Origin">The artifact last restored from: a remote has its contents, also those that were never here.</param>
public sealed record PartialContent(PathParts Parts, Sha256Hash? Origin)
{
    /// <summary>What was in place when <see cref="Whole"/> was computed; null for not yet.</summary>
    public ArtifactIdentity? Seen { get; init; }

    /// <summary>The directory that <see cref="Seen"/> stands for.</summary>
    public ArtifactIdentity? Whole { get; init; }

    /// <summary>The directory for which what is in place stands: that, and of <paramref name="known"/> what was never here.</summary>
    /// <param name="parts"><inheritdoc cref="Parts" path="/summary"/></param>
    /// <param name="only">The part to look at; outside of it all is as in <paramref name="known"/>.</param>
    /// <exception cref="Diagnostics.ModelTrackException">A file is where the other side has a folder, or names collide.</exception>
    public static Listing Compose(Listing known, ObservedDirectory present, PathParts parts, PathParts only)
    {
        var entries = new Dictionary<string, ListingEntry>(StringComparer.Ordinal);
        foreach (var entry in known.Entries)
        {
            if (!only.Contains(entry.Path) || !parts.Contains(entry.Path)) entries[entry.Path] = entry;
        }

        for (var i = 0; i < present.Count; i++)
        {
            var entry = present.Entry(i);
            if (!only.Contains(entry.Path)) continue;
            if (known.TryGet(entry.Path, out var before)) entries.Remove(before.Path);
            entries[entry.Path] = entry;
        }

        // A folder in which something came, or of which the files were never here, is not an empty one.
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in entries.Keys)
        {
            for (var slash = path.LastIndexOf('/'); slash > 0 && folders.Add(path[..slash]); slash = path.LastIndexOf('/', slash - 1))
            {
            }
        }

        return Listing.Create(entries.Values.Where(e => !e.IsEmptyDirectory || !folders.Contains(e.Path)), known);
    }
}
