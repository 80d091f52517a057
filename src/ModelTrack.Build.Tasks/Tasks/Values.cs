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

    public static LinkMode? LinkMode(string value) =>
        Enum.TryParse<LinkMode>(value, ignoreCase: true, out var mode) && Enum.IsDefined(mode) && !char.IsAsciiDigit(value[0]) ? mode : null;
}
