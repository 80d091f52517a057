using System.Buffers;
using System.Globalization;

namespace ModelTrack.Artifacts;

/// <summary>The rules for one name of a path.</summary>
internal static class PathComponent
{
    // Printable ASCII that no rule is about, wherever in a name it stands.
    private static readonly SearchValues<char> s_plain = SearchValues.Create(
        "!#$%&'()+,-0123456789;=@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{}");

    // Names may have these; Windows cannot hold them.
    private static readonly SearchValues<char> s_notOnWindows = SearchValues.Create("<>\"|?*");

    private static readonly string[] s_devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    public static PathFault? FindFault(ReadOnlySpan<char> name)
    {
        if (name.Length is > 0 and < 3 && IsDots(name)) return PathFault.Leads($"it has the part '{name}'");
        if (name.IsEmpty) return PathFault.Leads("it has an empty part");
        if (name.ContainsAnyExcept(s_plain) && FindUnusual(name) is { } fault) return fault;
        if (IsDevice(name)) return PathFault.Unportable($"'{name}' is the name of a device on Windows");
        return IsGitFolder(name) ? PathFault.Git($"'{Shown.Text(name.ToString())}' is, on some system, the name of Git's own folder") : null;
    }

    private static PathFault? FindUnusual(ReadOnlySpan<char> name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            if (c == '\\') return PathFault.Leads("it has a backslash, which parts names on Windows");
            if (c == ':') return PathFault.Leads("it has a colon, which on Windows begins the name of a stream within a file");
            if (char.IsControl(c)) return PathFault.Unportable(string.Create(CultureInfo.InvariantCulture, $"it has the control character U+{(int)c:X4}"));
            if (!char.IsSurrogate(c)) continue;
            if (char.IsHighSurrogate(c) && i + 1 < name.Length && char.IsLowSurrogate(name[i + 1])) i++;
            else return PathFault.Unportable("it has half of a character (a lone surrogate)");
        }

        if (name[^1] is '.' or ' ') return PathFault.Unportable($"'{name}' ends with a {(name[^1] == '.' ? "dot" : "space")}, which Windows drops");
        return OperatingSystem.IsWindows() && name.ContainsAny(s_notOnWindows)
            ? PathFault.Unportable($"'{name}' has a character that Windows does not allow")
            : null;
    }

    private static bool IsDots(ReadOnlySpan<char> name) => !name.ContainsAnyExcept('.');

    /// <summary>With any extension, as Windows has it.</summary>
    private static bool IsDevice(ReadOnlySpan<char> name)
    {
        var dot = name.IndexOf('.');
        var stem = (dot < 0 ? name : name[..dot]).TrimEnd(' ');
        if (stem.Length is < 3 or > 7) return false;
        foreach (var device in s_devices)
            if (stem.Equals(device, StringComparison.OrdinalIgnoreCase)) return true;

        // Windows takes the superscript digits for digits too.
        return stem.Length == 4
            && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase))
            && stem[3] is (>= '0' and <= '9') or '\u00B9' or '\u00B2' or '\u00B3';
    }

    /// <summary>`.git` in any case, its short name on FAT and NTFS, and with characters between that HFS+ passes over.</summary>
    private static bool IsGitFolder(ReadOnlySpan<char> name)
    {
        if (name.Length > 4 && name.StartsWith("git~", StringComparison.OrdinalIgnoreCase) && !name[4..].ContainsAnyExceptInRange('0', '9')) return true;
        if (name.Length < 4) return false;
        var wanted = ".git".AsSpan();
        foreach (var c in name)
        {
            if (IsPassedOver(c)) continue;
            if (wanted.IsEmpty || char.ToLowerInvariant(c) != wanted[0]) return false;
            wanted = wanted[1..];
        }

        return wanted.IsEmpty;
    }

    private static bool IsPassedOver(char c) =>
        c is (>= '\u200C' and <= '\u200F') or (>= '\u202A' and <= '\u202E') or (>= '\u206A' and <= '\u206F') or '\uFEFF';
}
