using Microsoft.Build.Framework;

namespace ModelTrack.Tasks;

/// <summary>Prints the targets and properties that people use; the text is Tasks/Help.txt.</summary>
[MSBuildMultiThreadableTask]
public sealed class ShowHelp : ModelTrackTask
{
    internal override string? LogDirectory => null;

    internal override string? BlamedFile => null;

    internal override async Task<bool> RunAsync(BuildLog log, CancellationToken cancellationToken)
    {
        await using var stream = typeof(ShowHelp).Assembly.GetManifestResourceStream("ModelTrack.Tasks.Help.txt")!;
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            log.Report(line);
        }

        return true;
    }
}
