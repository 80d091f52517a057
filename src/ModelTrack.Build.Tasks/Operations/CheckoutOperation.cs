using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Workspace;

namespace ModelTrack.Operations;

/// <summary>
/// Goes to a revision with code and models. Everything that can fail comes first: resolving, looking for changes that would be lost, fetching and
/// verifying. Only then Git switches, and the workspace follows.
/// </summary>
public static class CheckoutOperation
{
    private const string Verb = "ModelTrackCheckout";

    public static async Task<OperationResult> RunAsync(RepositoryOptions options, IOperationLog log, CancellationToken cancellationToken)
    {
        var root = WorkspaceLayout.Find(options.Root, options.Root).RepositoryRoot ?? throw OperationErrors.NotARepository(Verb, options.Root);
        var git = GitOpener.Open(root, log);
        var work = new GitWork(git.Root);
        var target = await FindTargetAsync(git, work, options.Revision, cancellationToken).ConfigureAwait(false);
        var pointers = await RevisionPointers.ReadAllAsync(git, target.Commit, cancellationToken).ConfigureAwait(false);
        if (pointers.Count == 0) throw VersionErrors.NoPointersAt(target.Name, target.Commit.ShortId);

        var before = await DescribeHeadAsync(git, work, cancellationToken).ConfigureAwait(false);
        var shares = ProjectShare.Divide(KnownProject.FindAll(options), pointers, git.Root, options);
        var leaving = await LeavingContent.FindAsync(git, target.Commit, pointers, options, log, cancellationToken).ConfigureAwait(false);
        leaving.RefuseToLose(target.Name);
        foreach (var share in shares)
        {
            await share.RefuseToLoseAsync(target.Name, log, cancellationToken).ConfigureAwait(false);
        }

        var fetched = true;
        foreach (var share in shares)
        {
            fetched &= await share.FetchAsync(log, cancellationToken).ConfigureAwait(false);
        }

        if (!fetched)
        {
            log.Report($"nothing was switched: {before} and its models are as they were");
            return new OperationResult(false, []);
        }

        await work.CheckoutAsync(target.Branch ?? target.Commit.Id, target.Name, cancellationToken).ConfigureAwait(false);
        var already = before == (target.Branch ?? target.Commit.ShortId);
        log.Report(already ? $"at {Described(target)} already" : $"switched from {before} to {Described(target)}");
        await leaving.RemoveAsync(target.Name, log, cancellationToken).ConfigureAwait(false);
        // Else data that Git has just written would be newer than the model that was trained from it, and the next build would train again.
        await Task.Delay(FilePlacer.NewerAfter, cancellationToken).ConfigureAwait(false);
        var restored = new List<ArtifactResult>();
        var succeeded = true;
        foreach (var share in shares)
        {
            var result = await share.RestoreAsync(log, cancellationToken).ConfigureAwait(false);
            succeeded &= result.Succeeded;
            restored.AddRange(result.Artifacts);
        }

        SayWhatNext(target, already ? null : before, restored, log);
        return new OperationResult(succeeded, [.. restored.OrderBy(a => a.DisplayName, StringComparer.Ordinal)]);
    }

    /// <param name="Branch">The local branch to be on; null for a detached HEAD.</param>
    private sealed record Target(string Name, CommitInfo Commit, string? Branch);

    /// <summary>As `git checkout NAME`: a local branch, else any commit, else the branch of that name that a remote has.</summary>
    private static async Task<Target> FindTargetAsync(IGit git, GitWork work, string? revision, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(revision)) throw VersionErrors.NoRevision(Verb);
        if (await work.IsBranchAsync(revision, cancellationToken).ConfigureAwait(false))
        {
            return new Target(revision, await RevisionPointers.ResolveAsync(git, "refs/heads/" + revision, Verb, cancellationToken).ConfigureAwait(false), revision);
        }

        if (await git.ResolveAsync(revision, cancellationToken).ConfigureAwait(false) is { } commit) return new Target(revision, commit, null);
        if (await git.ResolveAsync("refs/remotes/origin/" + revision, cancellationToken).ConfigureAwait(false) is { } remote) return new Target(revision, remote, revision);
        throw VersionErrors.NotARevision(revision, Verb);
    }

    private static async Task<string> DescribeHeadAsync(IGit git, GitWork work, CancellationToken cancellationToken) =>
        await work.FindBranchAsync(cancellationToken).ConfigureAwait(false)
        ?? (await git.ResolveAsync("HEAD", cancellationToken).ConfigureAwait(false))?.ShortId
        ?? "the empty repository";

    private static string Described(Target target)
    {
        var subject = target.Commit.Subject.Length == 0 ? "" : $": {target.Commit.Subject}";
        return $"{HumanText.Revision(target.Name, target.Commit)} ({target.Commit.Author}, {HumanText.Date(target.Commit.Date)}{subject})";
    }

    private static void SayWhatNext(Target target, string? before, List<ArtifactResult> restored, IOperationLog log)
    {
        var placed = restored.Where(a => a.Action == "restored").ToList();
        var models = placed.Count == 0
            ? "all models were right already"
            : $"{placed.Count} of {restored.Count} {(restored.Count == 1 ? "artifact" : "artifacts")} restored";
        var back = target.Branch is null && before is not null ? $"HEAD is detached: git switch -c NAME to work from here, dotnet build -t:{Verb} -p:ModelTrackRevision={before} to go back; " : "";
        log.Report($"{models}; {back}next: dotnet build");
    }
}
