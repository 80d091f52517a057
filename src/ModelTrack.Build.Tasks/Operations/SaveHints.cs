using ModelTrack.Artifacts;
using ModelTrack.Git;
using ModelTrack.Workspace;
using ModelTrack.Workspace.Ignore;

namespace ModelTrack.Operations;

/// <summary>What a person should hear after a save: once, or as long as it is wrong.</summary>
internal static class SaveHints
{
    public static async Task SayAsync(OperationSession session, IReadOnlyList<TrackedArtifact> saved, CancellationToken cancellationToken)
    {
        if (saved.Count == 0) return;
        SayNoRemote(session, saved);
        if (session.Git is not { } git) return;
        var pointers = saved.ToDictionary(a => session.RepositoryPath(PointerFile.PathFor(a.FullPath)));
        foreach (var ignored in await git.FindIgnoredAsync([.. pointers.Keys], cancellationToken).ConfigureAwait(false))
        {
            session.Log.Warn(OperationErrors.PointerIgnored(ignored.Path, ignored.Rule, ignored.Source, WayIn(ignored)));
        }

        foreach (var artifact in saved)
        {
            var path = session.RepositoryPath(artifact.FullPath);
            var tracked = await git.ListTrackedAsync([path], cancellationToken).ConfigureAwait(false);
            var rules = TrackIgnore.Find(artifact.FullPath, session.Root);
            if (tracked.Any(t => t == path || !rules.IsIgnored(t[(path.Length + 1)..], isDirectory: false)))
            {
                var recursive = Directory.Exists(artifact.FullPath) ? "-r " : "";
                session.Log.Warn(OperationErrors.ContentTrackedByGit(artifact.DisplayName, $"git rm {recursive}--cached -- \"{path}\""));
            }
        }
    }

    /// <summary>Git does not look into an ignored folder, so that an exception below it has no effect.</summary>
    private static string WayIn(IgnoredPath ignored) => ignored.Rule.EndsWith('/')
        ? $"Change that rule to '{ignored.Rule}*' and add '!{ignored.Path}' below it, or move the artifact."
        : $"Add '!{ignored.Path}' below that rule, or move the artifact.";

    public static void SayUntracked(OperationSession session, ArtifactLook look)
    {
        var state = look.State!;
        if (state.Told.HasFlag(ToldOnce.Untracked)) return;
        var name = look.Artifact.DisplayName;
        session.Log.Report($"{name} is no longer tracked: its pointer was removed. To track it again: dotnet build -t:ModelTrackSave \"-p:ModelTrackArtifacts={name}\"");
        session.States.Save(state with { Told = state.Told | ToldOnce.Untracked });
    }

    private static void SayNoRemote(OperationSession session, IReadOnlyList<TrackedArtifact> saved)
    {
        var alone = saved.Where(a => session.Remotes.PlaceOf(a) is null)
            .Select(a => session.States.Load(a.FullPath))
            .OfType<ArtifactState>()
            .Where(s => !s.Told.HasFlag(ToldOnce.NoRemote))
            .ToList();
        if (alone.Count == 0) return;
        session.Log.Report(
            "What was saved is on this machine only, since no remote is set. To share it, put <ModelTrackRemote>a folder or URL</ModelTrackRemote> into ModelTrack.props (dotnet build -t:ModelTrackInit makes it) and run dotnet build -t:ModelTrackPush.");
        foreach (var state in alone)
        {
            session.States.Save(state with { Told = state.Told | ToldOnce.NoRemote });
        }
    }
}
