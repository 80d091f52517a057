using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;

namespace ModelTrack.Operations;

/// <summary>How pointers in the workspace stand to those of HEAD.</summary>
internal sealed class HeadStatus
{
    public const string Committed = "committed";
    public const string NotCommitted = "not committed";
    public const string Differs = "differs from HEAD";
    public const string Removed = "removed since HEAD";

    private readonly Dictionary<string, byte[]> _atHead;
    private readonly OperationSession _session;

    private HeadStatus(OperationSession session, Dictionary<string, byte[]> atHead)
    {
        _session = session;
        _atHead = atHead;
    }

    /// <returns>Null where there is no Git, or none that answers: a status is told without it.</returns>
    public static async Task<HeadStatus?> ReadAsync(OperationSession session, IReadOnlyList<TrackedArtifact> artifacts, CancellationToken cancellationToken)
    {
        if (session.Git is not { } git || artifacts.Count == 0) return null;
        try
        {
            var head = await git.ResolveAsync("HEAD", cancellationToken).ConfigureAwait(false);
            var files = head is null ? [] : await git.ReadFilesAsync(
                head.Id, [.. artifacts.Where(a => !a.IsPinned).Select(a => PointerPath(session, a))], cancellationToken).ConfigureAwait(false);
            return new HeadStatus(session, files.ToDictionary(f => f.Path, f => f.Bytes));
        }
        catch (ModelTrackException exception)
        {
            session.Log.Detail($"{exception.Code}: {exception.Message}");
            return null;
        }
    }

    /// <summary>Judged on values: line ends and spaces that Git changed make no difference. Null when neither side has a pointer; a pin has none of its own.</summary>
    public string? Of(TrackedArtifact artifact)
    {
        if (artifact.IsPinned) return null;
        var here = PointerFile.Read(PointerFile.PathFor(artifact.FullPath));
        if (!_atHead.TryGetValue(PointerPath(_session, artifact), out var bytes)) return here is null ? null : NotCommitted;
        if (here is null) return Removed;
        try
        {
            return PointerFormat.Parse(bytes, "HEAD").Equals(here) ? Committed : Differs;
        }
        catch (ModelTrackException)
        {
            return Differs;
        }
    }

    private static string PointerPath(OperationSession session, TrackedArtifact artifact) => PointerFile.PathFor(session.RepositoryPath(artifact.FullPath));
}
