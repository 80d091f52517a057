using System.Diagnostics.CodeAnalysis;
using Microsoft.Build.Framework;
using ModelTrack.Operations;

namespace ModelTrack.Tasks;

/// <summary>A verb for the repository: run once per build, whatever the number of projects (see RepositoryVerbs.targets).</summary>
public abstract class RepositoryTask : ModelTrackTask
{
    [Required]
    [NotNull]
    public string? Root { get; set; }

    /// <summary>The folder in which the build was started.</summary>
    [Required]
    [NotNull]
    public string? StartedIn { get; set; }

    public string? Remote { get; set; }

    public string? StorePath { get; set; }

    public string? Force { get; set; }

    public string? InstallHooks { get; set; }

    /// <summary>A file that gets the result as JSON.</summary>
    public string? Report { get; set; }

    [Output]
    public ITaskItem[] Results { get; private set; } = [];

    internal override string? LogDirectory => null;

    internal override string? BlamedFile => Root;

    private protected abstract string Verb { get; }

    private protected abstract Task<OperationResult> RunAsync(RepositoryOptions options, BuildLog log, CancellationToken cancellationToken);

    internal sealed override async Task<bool> RunAsync(BuildLog log, CancellationToken cancellationToken)
    {
        var options = new RepositoryOptions(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Root, StartedIn)), StartedIn)
        {
            Remote = Text(Remote),
            StorePath = Text(StorePath) is { } store ? Path.GetFullPath(store, Root) : null,
            Force = Boolean("ModelTrackForce", Force),
            InstallHooks = Boolean("ModelTrackInstallHooks", InstallHooks),
        };
        var result = await RunAsync(options, log, cancellationToken).ConfigureAwait(false);
        Results = ResultItems.ToItems(result);
        if (Text(Report) is { } file) ResultItems.WriteReport(Path.GetFullPath(file, StartedIn), Verb, result);
        return result.Succeeded;
    }

    private protected static string? Text(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private protected static bool Boolean(string name, string? value) => Text(value) is { } text && (Values.Boolean(text) ?? throw BuildErrors.NotABoolean(name, text));
}
