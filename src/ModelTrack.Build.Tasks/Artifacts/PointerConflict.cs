using System.Text;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.Artifacts;

/// <summary>Git's conflict markers in a pointer. No JSON has a line that starts so.</summary>
internal static class PointerConflict
{
    private static ReadOnlySpan<byte> Ours => "<<<<<<<"u8;

    private static ReadOnlySpan<byte> Base => "|||||||"u8;

    private static ReadOnlySpan<byte> Middle => "======="u8;

    private static ReadOnlySpan<byte> Theirs => ">>>>>>>"u8;

    private enum Side
    {
        Outside,
        Ours,
        Base,
        Theirs,
    }

    public static ModelTrackException? Find(ReadOnlySpan<byte> text, string file)
    {
        var (line, foundAt) = (0, 0);
        var side = Side.Outside;
        var (oursName, theirsName) = ("", "");
        string? oursHash = null, theirsHash = null;
        foreach (var range in text.Split((byte)'\n'))
        {
            line++;
            var content = text[range].TrimEnd((byte)'\r');
            if (content.StartsWith(Ours)) (side, oursName) = (Side.Ours, Name(content));
            else if (content.StartsWith(Base)) side = Side.Base;
            else if (content.StartsWith(Middle)) side = Side.Theirs;
            else if (content.StartsWith(Theirs)) (side, theirsName) = (Side.Outside, Name(content));
            else
            {
                if (side == Side.Ours) oursHash ??= Hash(content);
                if (side == Side.Theirs) theirsHash ??= Hash(content);
                continue;
            }

            if (foundAt == 0) foundAt = line;
        }

        return foundAt == 0
            ? null
            : ArtifactErrors.UnresolvedMerge(Describe("ours", oursName, oursHash), Describe("theirs", theirsName, theirsHash), Path.GetFileName(file))
                .At(file, foundAt, 1);
    }

    /// <summary>The two pointers, each as its side has it; null when there is no whole conflict in the text.</summary>
    public static (byte[] Ours, byte[] Theirs)? Split(ReadOnlySpan<byte> text)
    {
        var (ours, theirs) = (new List<byte>(text.Length), new List<byte>(text.Length));
        var (side, conflicts) = (Side.Outside, 0);
        foreach (var range in text.Split((byte)'\n'))
        {
            var content = text[range].TrimEnd((byte)'\r');
            if (content.StartsWith(Ours)) side = Side.Ours;
            else if (content.StartsWith(Base)) side = Side.Base;
            else if (content.StartsWith(Middle)) side = Side.Theirs;
            else if (content.StartsWith(Theirs)) (side, conflicts) = (Side.Outside, conflicts + 1);
            else if (range.End.GetOffset(text.Length) < text.Length || content.Length > 0)
            {
                if (side is Side.Outside or Side.Ours) ours.AddRange([.. content, (byte)'\n']);
                if (side is Side.Outside or Side.Theirs) theirs.AddRange([.. content, (byte)'\n']);
            }
        }

        return conflicts > 0 && side == Side.Outside ? (ours.ToArray(), theirs.ToArray()) : null;
    }

    /// <summary>The text of a conflict as Git would leave it, each side whole.</summary>
    public static byte[] Write(string oursName, byte[] ours, string theirsName, byte[] theirs) =>
        [.. Ours, .. Label(oursName), .. ours, .. Middle, (byte)'\n', .. theirs, .. Theirs, .. Label(theirsName)];

    private static byte[] Label(string name) => Encoding.UTF8.GetBytes($" {Shown.Text(name)}\n");

    private static string Describe(string side, string name, string? hash) =>
        (name.Length == 0 ? side : Shown.Text(name)) + (hash is null ? "" : $" (sha256 {hash})");

    private static string Name(ReadOnlySpan<byte> marker) => Encoding.UTF8.GetString(marker[Ours.Length..]).Trim();

    private static string? Hash(ReadOnlySpan<byte> line)
    {
        var key = line.IndexOf("\"sha256\""u8);
        if (key < 0) return null;
        foreach (var part in Encoding.UTF8.GetString(line[(key + 8)..]).Split('"'))
            if (Sha256Hash.TryParse(part, out var hash)) return hash.ToShortString();
        return null;
    }
}
