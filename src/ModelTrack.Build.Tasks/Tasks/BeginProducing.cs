using System.Diagnostics.CodeAnalysis;
using Microsoft.Build.Framework;

namespace ModelTrack.Tasks;

/// <summary>Takes the <see cref="ProducingLock"/> for this build; the save that follows gives it back, else the end of the build.</summary>
[MSBuildMultiThreadableTask]
public sealed class BeginProducing : ModelTrackTask
{
    [Required]
    [NotNull]
    public string? IntermediateDirectory { get; set; }

    internal override string? LogDirectory => null;

    internal override string? BlamedFile => null;

    internal override async Task<bool> RunAsync(BuildLog log, CancellationToken cancellationToken)
    {
        var taken = await ProducingLock.TakeAsync(IntermediateDirectory, cancellationToken).ConfigureAwait(false);
        if (taken is not null)
        {
            BuildEngine4.RegisterTaskObject(ProducingLock.KeyOf(IntermediateDirectory), taken, RegisteredTaskObjectLifetime.Build, allowEarlyCollection: false);
        }

        return true;
    }
}
