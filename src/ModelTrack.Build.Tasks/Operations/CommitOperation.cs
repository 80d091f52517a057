using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Workspace;
using ModelTrack.Workspace.Ignore;

namespace ModelTrack.Operations;

/// <summary>
/// Commits what ModelTrack changed (pointers, the ignore lines beside them, the lock file) and nothing else, whatever is staged, and tags it.
/// All that can be refused is refused before anything is committed.
/// </summary>
public static class CommitOperation
{
    private const string Verb = "ModelTrackCommit";
    private const string LockFile = "modeltrack.lock.json";

    public static async Task<OperationResult> RunAsync(RepositoryOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        var root = WorkspaceLayout.Find(options.Root, options.Root).RepositoryRoot ?? throw OperationErrors.NotARepository(Verb, options.Root);
        var git = GitOpener.Open(root, log);
        var work = new GitWork(root);
        var all = await git.FindChangesAsync(cancellationToken).ConfigureAwait(false);
        var changes = await FindOwnChangesAsync(git, all, log, cancellationToken).ConfigureAwait(false);
        if (options.Tag is { } tag) await CheckTagAsync(git, work, tag, cancellationToken).ConfigureAwait(false);
        var message = await ReadMessageAsync(options, cancellationToken).ConfigureAwait(false);
        if (changes.Count > 0 && message is null) throw VersionErrors.NoMessage(string.Join(", ", changes.Select(c => c.Path)));
        var projects = KnownProject.FindAll(options);
        await SayUnsavedAsync(projects[0].Options, root, log, cancellationToken).ConfigureAwait(false);
        if (changes.Count == 0 && options.Tag is null)
        {
            log.Report("nothing to commit: HEAD has every pointer as it is");
            return OperationResult.Nothing;
        }

        await work.CheckIdentityAsync(cancellationToken).ConfigureAwait(false);
        if (changes.Count > 0)
        {
            await work.CommitAsync(
                [.. changes.Select(c => c.Path)], [.. changes.Where(c => c.Kind == GitChangeKind.Untracked).Select(c => c.Path)], message!, cancellationToken).ConfigureAwait(false);
        }

        if (options.Tag is not null) await work.TagAsync(options.Tag, message ?? options.Tag, cancellationToken).ConfigureAwait(false);
        var head = await git.ResolveAsync("HEAD", cancellationToken).ConfigureAwait(false);
        SayMetricsLeft(projects, root, all, log);
        var result = Report(root, changes, head!, options.Tag, log);
        var isPushed = await ArePushedAsync(projects, root, result.Artifacts, log, cancellationToken).ConfigureAwait(false);
        log.Report($"next: {(isPushed ? "" : "dotnet build -t:ModelTrackPush; ")}git push{(options.Tag is null ? "" : " --follow-tags")}");
        return result;
    }

    private static async Task<IReadOnlyList<GitChange>> FindOwnChangesAsync(
        IGit git, IReadOnlyList<GitChange> all, IOperationLog log, CancellationToken cancellationToken)
    {
        var own = all.Where(c => RevisionPointers.IsPointer(c.Path) || Path.GetFileName(c.Path) == LockFile).ToList();
        var unmerged = own.Where(c => c.Kind == GitChangeKind.Unmerged).Select(c => c.Path).ToList();
        if (unmerged.Count > 0) throw VersionErrors.Unmerged(string.Join(", ", unmerged));
        foreach (var ignore in all.Where(c => Path.GetFileName(c.Path) == GitIgnoreFile.FileName))
        {
            var (ours, others) = await CompareIgnoreAsync(git, ignore, own, cancellationToken).ConfigureAwait(false);
            if (ours && !others) own.Add(ignore);
            else if (ours) log.Report($"{ignore.Path} has changes of yours beside ModelTrack's, and is left out: commit it yourself");
        }

        return own;
    }

    /// <summary>Whether lines of artifacts beside it came or went, and whether others did.</summary>
    private static async Task<(bool Ours, bool Others)> CompareIgnoreAsync(IGit git, GitChange ignore, List<GitChange> pointers, CancellationToken cancellationToken)
    {
        if (ignore.Kind == GitChangeKind.Unmerged) return (false, true);
        var path = Path.Combine(git.Root, ignore.Path);
        var folder = Path.GetDirectoryName(path)!;
        var head = await git.ResolveAsync("HEAD", cancellationToken).ConfigureAwait(false);
        var before = head is null ? null : await git.ReadFileAsync(head.Id, ignore.Path, cancellationToken).ConfigureAwait(false);
        var after = File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false) : null;
        var names = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*" + PointerFile.Extension) : [];
        return GitIgnoreFile.Compare(before, after, [.. names
            .Concat(pointers.Select(p => Path.Combine(git.Root, p.Path)).Where(p => Path.GetDirectoryName(p) == folder))
            .Select(p => Path.GetFileName(p)[..^PointerFile.Extension.Length])]);
    }

    private static async Task CheckTagAsync(IGit git, GitWork work, string tag, CancellationToken cancellationToken)
    {
        if (!await work.IsTagNameAsync(tag, cancellationToken).ConfigureAwait(false)) throw VersionErrors.NotATagName(tag);
        if (!await work.IsTagAsync(tag, cancellationToken).ConfigureAwait(false)) return;
        var at = await git.ResolveAsync("refs/tags/" + tag, cancellationToken).ConfigureAwait(false);
        throw VersionErrors.TagExists(tag, at?.ShortId ?? "something that is no commit");
    }

    private static async Task<string?> ReadMessageAsync(RepositoryOptions options, CancellationToken cancellationToken)
    {
        if (options.MessageFile is not { } file) return string.IsNullOrWhiteSpace(options.Message) ? null : options.Message;
        try
        {
            var text = await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false);
            return string.IsNullOrWhiteSpace(text) ? throw VersionErrors.MessageUnreadable(file, "it is empty.") : text;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw VersionErrors.MessageUnreadable(file, exception.Message);
        }
    }

    /// <summary>A commit that leaves out what was just trained is most often a slip.</summary>
    private static async Task SayUnsavedAsync(OperationOptions project, string root, IOperationLog log, CancellationToken cancellationToken)
    {
        await using var session = new OperationSession(project, log);
        var unsaved = new List<string>();
        foreach (var pointer in RepositoryFiles.Find(root, "*" + PointerFile.Extension))
        {
            var path = pointer[..^PointerFile.Extension.Length];
            var artifact = new TrackedArtifact { FullPath = path, DisplayName = session.RepositoryPath(path) };
            var look = await ArtifactLook.TakeAsync(session, artifact, cancellationToken).ConfigureAwait(false);
            if (StatusText.Of(Decision.Decide(look.Input(project with { Locked = false }))) is StatusText.Modified or StatusText.Conflict) unsaved.Add(artifact.DisplayName);
        }

        if (unsaved.Count > 0) log.Report($"changed and not saved, and so not in this commit: {string.Join(", ", unsaved)} (dotnet build -t:ModelTrackSave)");
    }

    private static OperationResult Report(string root, IReadOnlyList<GitChange> changes, CommitInfo head, string? tag, IOperationLog log)
    {
        var pointers = changes.Where(c => RevisionPointers.IsPointer(c.Path)).ToList();
        if (changes.Count > 0)
        {
            log.Report($"committed {HumanText.Count(pointers.Count, "pointer")} as {head.ShortId}{(tag is null ? "" : $", tagged {tag}")}: {head.Subject}");
            foreach (var pointer in pointers)
            {
                log.Report($"  {Word(pointer.Kind)} {pointer.Path}");
            }
        }
        else
        {
            log.Report($"nothing to commit; tagged {head.ShortId} ({head.Subject}) as {tag}");
        }

        return new OperationResult(true, [.. pointers.Select(p => Committed(root, p, head))]);
    }

    /// <summary>A file of metrics is the user's own to commit; forgotten, it is in the way of the next checkout.</summary>
    private static void SayMetricsLeft(IReadOnlyList<KnownProject> projects, string root, IReadOnlyList<GitChange> all, IOperationLog log)
    {
        var metrics = projects.SelectMany(p => p.Artifacts).Select(a => a.MetricsFile).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var left = all.Select(c => c.Path).Where(p => metrics.Contains(Path.GetFullPath(p, root))).ToList();
        if (left.Count > 0) log.Report($"changed too, and not in this commit: {string.Join(", ", left)}");
    }

    /// <summary>Whether this machine knows the remotes to have what the commit names; asks nobody.</summary>
    private static async Task<bool> ArePushedAsync(
        IReadOnlyList<KnownProject> projects, string root, IReadOnlyList<ArtifactResult> committed, IOperationLog log, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var share in committed.Where(c => c.Sha256 is not null).ToLookup(c => KnownProject.FindOwner(projects, Path.GetFullPath(c.DisplayName, root)).Project))
            {
                await using var session = new OperationSession(share.Key.Options, log);
                var store = await session.StoreAsync(cancellationToken).ConfigureAwait(false);
                foreach (var change in share)
                {
                    var path = Path.GetFullPath(change.DisplayName, root);
                    var artifact = KnownProject.FindOwner(projects, path).Item ?? new TrackedArtifact { FullPath = path, DisplayName = change.DisplayName };
                    if (!StatusOperation.IsPushed(session, store, artifact, Sha256Hash.Parse(change.Sha256!))) return false;
                }
            }

            return true;
        }
        catch (ModelTrackException)
        {
            // The commit is made; a remote or a store that cannot be opened is the push's to say.
            return false;
        }
    }

    private static string Word(GitChangeKind kind) => kind switch
    {
        GitChangeKind.Deleted => "removed",
        GitChangeKind.Modified => "changed",
        _ => "new",
    };

    private static ArtifactResult Committed(string root, GitChange change, CommitInfo head)
    {
        var name = change.Path[..^PointerFile.Extension.Length];
        var artifact = new TrackedArtifact { FullPath = Path.GetFullPath(name, root), DisplayName = name };
        var pointer = PointerFile.Read(PointerFile.PathFor(artifact.FullPath));
        return Results.Of(artifact, "committed", Word(change.Kind), pointer is null ? null : ArtifactIdentity.Of(pointer), pointer?.Files) with { Head = head.Id };
    }
}
