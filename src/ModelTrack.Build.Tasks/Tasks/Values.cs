using ModelTrack.Workspace;

namespace ModelTrack.Tasks;

/// <summary>How properties and metadata are read: strictly, so that a slip of the pen is an error and not the other meaning.</summary>
internal static class Values
{
    public const string LinkModes = "Auto, Copy or HardLink";

    /// <summary>Null when it is neither true nor false.</summary>
    public static bool? Boolean(string value) =>
        value.Equals("true", StringComparison.OrdinalIgnoreCase) ? true
        : value.Equals("false", StringComparison.OrdinalIgnoreCase) ? false
        : null;

    /// <summary>Several joined by `|`, since MSBuild splits at `;` and `,`; none for null.</summary>
    public static string[] List(string? value) => (value ?? "").Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public static LinkMode? LinkMode(string value) =>
        value.Equals(nameof(Workspace.LinkMode.Auto), StringComparison.OrdinalIgnoreCase) ? Workspace.LinkMode.Auto
        : value.Equals(nameof(Workspace.LinkMode.Copy), StringComparison.OrdinalIgnoreCase) ? Workspace.LinkMode.Copy
        : value.Equals(nameof(Workspace.LinkMode.HardLink), StringComparison.OrdinalIgnoreCase) ? Workspace.LinkMode.HardLink
        : null;
}
