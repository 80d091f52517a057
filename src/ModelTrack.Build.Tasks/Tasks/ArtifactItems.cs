using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using ModelTrack.Operations;
using ModelTrack.Operations.Pins;
using ModelTrack.Storage.Remote;

namespace ModelTrack.Tasks;

/// <summary>An artifact together with what its item says about its place in the output.</summary>
internal sealed record ArtifactItem(TrackedArtifact Artifact, ITaskItem Item);

/// <summary>Makes artifacts of TrackedArtifact items: one per content, whatever the spelling of its items.</summary>
internal static class ArtifactItems
{
    private const string PointerExtension = ".track";

    // Each with the value that an item has when it says nothing, which never contradicts another.
    private static readonly (string Name, string Default)[] s_metadata =
    [
        (ItemNames.CopyToOutputDirectory, "Never"), (ItemNames.CopyToPublishDirectory, ""), (ItemNames.Link, ""), (ItemNames.TargetPath, ""),
        (ItemNames.Pack, "false"), (ItemNames.ExcludeFromSingleFile, ""), (ItemNames.RestoreOnBuild, "true"), (ItemNames.Remote, ""), (ItemNames.RestoreFrom, ""),
        (ItemNames.LinkMode, ""), (ItemNames.Metrics, ""),
    ];

    public static IReadOnlyList<ArtifactItem> Read(ITaskItem[] items, ProjectSettings settings)
    {
        var byIdentity = new Dictionary<string, Named>(items.Length, StringComparer.Ordinal);
        var order = new List<Named>(items.Length);
        foreach (var item in items)
        {
            var path = ContentPath(item);
            var identity = string.Join('\n', path, item.GetMetadata(ItemNames.Repository), item.GetMetadata(ItemNames.Revision));
            if (byIdentity.TryGetValue(identity, out var known))
            {
                known.Item = Merge(known.Item, known.IsCopy, item);
                known.IsCopy = true;
                continue;
            }

            var named = new Named(path, item);
            byIdentity.Add(identity, named);
            order.Add(named);
        }

        return order.ConvertAll(named => new ArtifactItem(ToArtifact(named.Path, named.Item, settings), named.Item));
    }

    /// <summary>What items say of one artifact. A class, for the JIT's sake (see UnchangedArtifacts).</summary>
    private sealed class Named(string path, ITaskItem item)
    {
        public string Path { get; } = path;

        public ITaskItem Item { get; set; } = item;

        /// <summary>It was made here, of several items.</summary>
        public bool IsCopy { get; set; }
    }

    public static RemoteDefinition[] ReadRemotes(ITaskItem[] items) => Array.ConvertAll(items, item => item.GetMetadata(ItemNames.Url) is { Length: > 0 } url
        ? new RemoteDefinition(item.ItemSpec, url, ReadSettings(item))
        : throw BuildErrors.RemoteWithoutUrl(item.ItemSpec));

    private static RemoteSettings ReadSettings(ITaskItem item)
    {
        return new RemoteSettings
        {
            Endpoint = Text(ItemNames.Endpoint),
            Region = Text(ItemNames.Region),
            Profile = Text(ItemNames.Profile),
            ForcePathStyle = Text(ItemNames.ForcePathStyle) is not { } value ? null
                : Values.Boolean(value) ?? throw BuildErrors.NotAMetadataValue(item.ItemSpec, ItemNames.ForcePathStyle, value, "true or false"),
            UsernameVariable = Text(ItemNames.UsernameVariable),
            TokenVariable = Text(ItemNames.TokenVariable),
        };

        string? Text(string name) => item.GetMetadata(name) is { Length: > 0 } value ? value : null;
    }

    /// <summary>The content as Items.targets names it: MSBuild removes items by their names.</summary>
    public static ITaskItem ToContentItem(ITaskItem item)
    {
        var name = item.ItemSpec.TrimEnd('/');
        name = name.EndsWith(PointerExtension, StringComparison.Ordinal) ? name[..^PointerExtension.Length] : name;
        return new TaskItem(OutputPlaces.Escape(name));
    }

    public static bool IsPinned(ITaskItem item) => item.GetMetadata(ItemNames.Revision).Length > 0 || item.GetMetadata(ItemNames.Repository).Length > 0;

    public static string ContentPath(ITaskItem item)
    {
        var path = Path.TrimEndingDirectorySeparator(item.GetMetadata(ItemNames.FullPath));
        return path.EndsWith(PointerExtension, StringComparison.Ordinal) ? path[..^PointerExtension.Length] : path;
    }

    private static TrackedArtifact ToArtifact(string path, ITaskItem item, ProjectSettings settings)
    {
        var pin = Text(ItemNames.Revision) is null && Text(ItemNames.Repository) is null ? null
            : PinPlaces.KeyOf(path, Text(ItemNames.Repository), Text(ItemNames.Revision), settings.ProjectDirectory);
        return new TrackedArtifact
        {
            FullPath = pin is null ? path : PinPlaces.ContentPath(settings.IntermediateDirectory, pin),
            NamedPath = pin is null ? null : path,
            DisplayName = pin?.ToString() ?? Path.GetRelativePath(settings.ProjectDirectory, path).Replace('\\', '/'),
            Listed = item.GetMetadata(ItemNames.ModelTrackFound).Length == 0,
            RestoreOnBuild = Values.Boolean(item.GetMetadata(ItemNames.RestoreOnBuild)) ?? throw Wrong(ItemNames.RestoreOnBuild, "true or false"),
            Remote = Text(ItemNames.Remote),
            RestoreFrom = Text(ItemNames.RestoreFrom) is { } places ? Values.List(places) : null,
            Revision = Text(ItemNames.Revision),
            Repository = Text(ItemNames.Repository),
            LinkMode = Text(ItemNames.LinkMode) is { } mode ? Values.LinkMode(mode) ?? throw Wrong(ItemNames.LinkMode, Values.LinkModes) : settings.LinkMode,
            MetricsFile = Text(ItemNames.Metrics) is { } metrics ? Path.GetFullPath(metrics, settings.ProjectDirectory) : null,
        };

        string? Text(string name) => item.GetMetadata(name) is { Length: > 0 } value ? value : null;

        Diagnostics.ModelTrackException Wrong(string name, string expected) => BuildErrors.NotAMetadataValue(item.ItemSpec, name, item.GetMetadata(name), expected);
    }

    private static ITaskItem Merge(ITaskItem first, bool copied, ITaskItem second)
    {
        // The project's own item stays as it is.
        var merged = copied ? first : new TaskItem(first);
        foreach (var (name, byDefault) in s_metadata)
        {
            var (one, other) = (first.GetMetadata(name), second.GetMetadata(name));
            if (one.Equals(other, StringComparison.OrdinalIgnoreCase) || other.Equals(byDefault, StringComparison.OrdinalIgnoreCase)) continue;
            if (!one.Equals(byDefault, StringComparison.OrdinalIgnoreCase)) throw BuildErrors.Contradiction(first.ItemSpec, name, one, other);
            merged.SetMetadata(name, other);
        }

        return merged;
    }
}
