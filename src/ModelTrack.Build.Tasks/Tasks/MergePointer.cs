using System.Text;
using Microsoft.Build.Framework;
using ModelTrack.Artifacts;
using ModelTrack.Operations.Merging;

namespace ModelTrack.Tasks;

/// <summary>
/// What the merge driver's script runs (see <see cref="MergeDriver"/>). The paths come by environment variables, in which no character means anything
/// to a shell or to MSBuild; the outcome goes to a file, first a word and then what a person is to read.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class MergePointer : ModelTrackTask
{
    private const string HeadPrefix = "GITHEAD_";

    internal override string? LogDirectory => null;

    internal override string? BlamedFile => null;

    internal override async Task<bool> RunAsync(BuildLog log, CancellationToken cancellationToken)
    {
        var root = Path.GetFullPath(Variable("ROOT"));
        var request = new MergeRequest(root, Variable("PATH").Replace('\\', '/'), Full("BASE"), Full("OURS"), Full("THEIRS"))
        {
            Heads = [.. Environment.GetEnvironmentVariables().Keys.OfType<string>().Where(n => n.StartsWith(HeadPrefix, StringComparison.Ordinal)).Select(n => n[HeadPrefix.Length..])],
        };
        var outcome = await MergeOperation.RunAsync(request, log, cancellationToken).ConfigureAwait(false);
        var message = outcome.Message.Length == 0 ? "" : $"ModelTrack: {outcome.Message.ReplaceLineEndings("\n")}\n";
        AtomicFile.Write(Full("RESULT"), Encoding.UTF8.GetBytes($"{(outcome.IsMerged ? "merged" : "conflict")}\n{message}"), "merge.result");
        return true;

        string Full(string name) => Path.GetFullPath(Variable(name), root);
    }

    private static string Variable(string name) =>
        Environment.GetEnvironmentVariable($"MODELTRACK_MERGE_{name}") is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException($"MODELTRACK_MERGE_{name} is not set: only the merge driver's script runs this.");
}
