using System.Collections.Concurrent;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>
/// What Git's pre-push hook asks: whether a remote has the content of every pointer in the commits that Git is about to push. What the store has not seen
/// at a remote is asked of the remotes themselves.
/// </summary>
public static class PushCheckOperation
{
    private const int RequestsAtOnce = 8;

    /// <exception cref="ModelTrackException">Some content is at no remote, or a remote that may have it could not be asked.</exception>
    public static async Task<OperationResult> RunAsync(RepositoryOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        var root = WorkspaceLayout.Find(options.Root, options.Root).RepositoryRoot ?? throw OperationErrors.NotARepository("The check before a push", options.Root);
        var (tips, known) = ReadList(options.PushList is { } file ? await File.ReadAllLinesAsync(file, cancellationToken).ConfigureAwait(false) : []);
        var versions = await new GitExecutable(root).ReadNewVersionsAsync(tips, known, options.PushRemote ?? "", "*" + PointerFile.Extension, cancellationToken).ConfigureAwait(false);
        var missing = Named(versions);
        if (missing.IsEmpty) return OperationResult.Nothing;

        var sessions = KnownProject.FindAll(options).Select(p => (Session: new OperationSession(p.Options with { Explicit = true }, log), Project: p)).ToList();
        try
        {
            foreach (var (session, project) in sessions) await RemoveConfirmedAsync(session, project, missing, cancellationToken).ConfigureAwait(false);
            var unasked = new List<string>();
            var hasRemote = false;
            foreach (var (session, project) in sessions)
            {
                foreach (var place in PlacesOf(session, project))
                {
                    hasRemote = true;
                    if (missing.IsEmpty) break;
                    if (options.Offline) unasked.Add($"{place} (ModelTrackOffline is true)");
                    else if (await AskAsync(session, place, missing, cancellationToken).ConfigureAwait(false) is { } fault) unasked.Add(fault);
                }
            }

            if (missing.IsEmpty) return OperationResult.Nothing;
            var shown = await DescribeAsync(root, [.. sessions.Select(s => s.Project.Options)], missing, cancellationToken).ConfigureAwait(false);
            if (!hasRemote) throw VersionErrors.PushedWithoutRemote(shown.Artifacts);
            throw unasked.Count > 0
                ? VersionErrors.PushNotChecked(shown.Artifacts, string.Join("; ", unasked.Distinct()), shown.Command)
                : VersionErrors.PushedBeforeContent(shown.Artifacts, shown.Command);
        }
        finally
        {
            foreach (var (session, _) in sessions) await session.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>`LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID`; zeros for what is not there: a branch that is new, or is deleted.</summary>
    internal static (IReadOnlyList<string> Tips, IReadOnlyList<string> Known) ReadList(IEnumerable<string> lines)
    {
        var pushes = lines.Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length == 4 && IsId(w[1])).ToList();
        return ([.. pushes.Select(w => w[1])], [.. pushes.Select(w => w[3]).Where(IsId)]);

        static bool IsId(string word) => word.Length is 40 or 64 && word.All(char.IsAsciiHexDigit) && word.Any(c => c != '0');
    }

    /// <summary>Each content with the first of the commits that names it. What is no pointer, an unresolved merge say, names nothing.</summary>
    private static ConcurrentDictionary<Sha256Hash, FileVersion> Named(IReadOnlyList<FileVersion> versions)
    {
        var named = new ConcurrentDictionary<Sha256Hash, FileVersion>();
        foreach (var version in versions)
        {
            // Newest first, so that the oldest stays.
            if (version.Bytes is not null && RevisionPointers.TryParse(version.Bytes) is { } pointer) named[pointer.Sha256] = version;
        }

        return named;
    }

    private static async Task RemoveConfirmedAsync(
        OperationSession session, KnownProject project, ConcurrentDictionary<Sha256Hash, FileVersion> missing, CancellationToken cancellationToken)
    {
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        foreach (var place in PlacesOf(session, project).Select(p => p.ToString()))
        {
            foreach (var id in missing.Keys.Where(id => store.IsConfirmed(id, place))) missing.TryRemove(id, out _);
        }
    }

    /// <summary>Every remote of the project: the one that is pushed to first, then those of single artifacts, those to restore from, and the named.</summary>
    private static IReadOnlyList<RemotePlace> PlacesOf(OperationSession session, KnownProject project)
    {
        var options = session.Options;
        var names = new[] { options.DefaultRemote }
            .Concat(project.Artifacts.Select(a => a.Remote)).Concat(options.RestoreFrom).Concat(project.Artifacts.SelectMany(a => a.RestoreFrom ?? []))
            .Concat(options.Remotes.Select(r => r.Name));
        return [.. names.Where(n => !string.IsNullOrWhiteSpace(n)).Select(n => session.Remotes.Resolve(n!.Trim())).Distinct()];
    }

    /// <returns>Why the remote did not answer; null when it did.</returns>
    private static async Task<string?> AskAsync(
        OperationSession session, RemotePlace place, ConcurrentDictionary<Sha256Hash, FileVersion> missing, CancellationToken cancellationToken)
    {
        var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var remote = session.Remotes.Open(place, store);
            await Parallel.ForEachAsync(missing.Keys, new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken }, async (id, token) =>
            {
                if (await remote.FindAsync(id, token).ConfigureAwait(false) is null) return;
                store.ConfirmRemote(id, remote.Identity);
                missing.TryRemove(id, out _);
            }).ConfigureAwait(false);
            return null;
        }
        catch (ModelTrackException exception)
        {
            return $"{place} ({exception.Code}: {exception.Message.TrimEnd('.')})";
        }
    }

    /// <summary>What is missing, and what brings it to the remote: earlier versions need another word than present ones.</summary>
    private static async Task<(string Artifacts, string Command)> DescribeAsync(
        string root, IReadOnlyList<OperationOptions> projects, ConcurrentDictionary<Sha256Hash, FileVersion> missing, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        var allPresent = true;
        foreach (var (id, version) in missing.OrderBy(m => m.Value.Path, StringComparer.Ordinal).ThenBy(m => m.Value.Commit.Date))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var file = Path.GetFullPath(version.Path, root);
            var here = File.Exists(file) ? RevisionPointers.TryParse(await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false)) : null;
            allPresent &= here?.Sha256 == id;
            names.Add($"{version.Path[..^PointerFile.Extension.Length]} {id.ToShortString()} of commit {version.Commit.ShortId} ({version.Commit.Subject})");
        }

        // Git runs its hooks in the root, where a solution is, or the project itself, or neither.
        var project = projects.Count == 1 && projects[0].ProjectDirectory != root && File.Exists(projects[0].ProjectFile)
            ? Path.GetRelativePath(root, projects[0].ProjectFile).Replace('\\', '/') + " " : "";
        return (HumanText.Names(names), $"dotnet build {project}-t:ModelTrackPush{(allPresent ? "" : " -p:ModelTrackAllVersions=true")}");
    }
}
