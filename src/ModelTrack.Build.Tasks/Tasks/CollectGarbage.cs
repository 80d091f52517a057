using System.Globalization;
using Microsoft.Build.Framework;
using ModelTrack.Operations;
using ModelTrack.Storage.Remote;

namespace ModelTrack.Tasks;

/// <summary>Removes what no pointer anywhere names, from the machine's store or from a remote.</summary>
[MSBuildMultiThreadableTask]
public sealed class CollectGarbage : RepositoryTask
{
    private const int RemoteFields = 8;

    public string? Apply { get; set; }

    /// <summary>`mark` or `sweep`; empty for the store.</summary>
    public string? RemotePhase { get; set; }

    /// <summary>Joined by `|`.</summary>
    public string? Repositories { get; set; }

    /// <summary>Joined by `|`.</summary>
    public string? Dismiss { get; set; }

    public string? GraceDays { get; set; }

    /// <summary>Of each TrackedRemote item name, URL, Endpoint, Region, Profile, ForcePathStyle, UsernameVariable and TokenVariable, empty or not, all joined by `|`.</summary>
    public string? Remotes { get; set; }

    /// <summary>What a remote's relative path is relative to.</summary>
    public string? RemoteBase { get; set; }

    private protected override string Verb => "gc";

    private protected override Task<OperationResult> RunAsync(RepositoryOptions options, BuildLog log, CancellationToken cancellationToken)
    {
        var gc = new GcOptions
        {
            Apply = !string.IsNullOrEmpty(Apply) && (Values.Boolean(Apply) ?? throw BuildErrors.NotABoolean("ModelTrackGcApply", Apply)),
            Remote = RemotePhase switch
            {
                null or "" => null,
                _ when string.Equals(RemotePhase, "mark", StringComparison.OrdinalIgnoreCase) => RemoteGcPhase.Mark,
                _ when string.Equals(RemotePhase, "sweep", StringComparison.OrdinalIgnoreCase) => RemoteGcPhase.Sweep,
                _ => throw BuildErrors.NotAValue("ModelTrackGcRemote", RemotePhase, "mark or sweep"),
            },
            Repositories = Split(Repositories),
            Dismissed = Split(Dismiss),
            GraceDays = string.IsNullOrEmpty(GraceDays) ? null
                : double.TryParse(GraceDays, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var days) && days <= 3650 ? days
                : throw BuildErrors.NotAValue("ModelTrackGcGraceDays", GraceDays, "a number of days"),
            Remotes = string.IsNullOrEmpty(Remotes) ? [] : [.. Remotes.Split('|').Chunk(RemoteFields).Select(Definition)],
            RemoteBaseDirectory = string.IsNullOrEmpty(RemoteBase) ? null : RemoteBase,
        };
        return gc.Remote is null ? StoreGcOperation.RunAsync(options, gc, log, cancellationToken) : RemoteGcOperation.RunAsync(options, gc, log, cancellationToken);
    }

    /// <summary>Items become text on the way to the project that stands for the repository.</summary>
    private static RemoteDefinition Definition(string[] fields)
    {
        string? Field(int i) => i < fields.Length && fields[i].Length > 0 ? fields[i] : null;
        return new RemoteDefinition(fields[0], Field(1) ?? throw BuildErrors.RemoteWithoutUrl(fields[0]), new RemoteSettings
        {
            Endpoint = Field(2),
            Region = Field(3),
            Profile = Field(4),
            ForcePathStyle = Field(5) is not { } value ? null
                : Values.Boolean(value) ?? throw BuildErrors.NotAMetadataValue(fields[0], ItemNames.ForcePathStyle, value, "true or false"),
            UsernameVariable = Field(6),
            TokenVariable = Field(7),
        });
    }

    private static string[] Split(string? list) => (list ?? "").Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
