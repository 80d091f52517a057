using System.Globalization;
using System.Text;
using ModelTrack.Content;

namespace ModelTrack.Storage.Remote;

/// <summary>`gc/condemned`: what a mark found to be garbage, for pushes to write again and for the sweep to delete. docs/formats.md has the text.</summary>
/// <param name="Marked">By the remote's own clock, before the mark's listing: what is younger was written since.</param>
/// <param name="Grace">How much older than the mark all that is named was; a name that is younger at the sweep was written again.</param>
/// <param name="Run">Tells one mark from another.</param>
internal sealed record CondemnedList(DateTimeOffset Marked, TimeSpan Grace, string Run, IReadOnlySet<Sha256Hash> Manifests, IReadOnlySet<Sha256Hash> Packs)
{
    /// <summary>Some two million names.</summary>
    public const int MaxSize = 128 * 1024 * 1024;

    private const string Header = "modeltrack-condemned 1";

    public byte[] Write()
    {
        var text = new StringBuilder();
        text.Append(Header).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"marked {Marked.ToUnixTimeMilliseconds()}\n");
        text.Append(CultureInfo.InvariantCulture, $"grace {(long)Grace.TotalMilliseconds}\n");
        text.Append("run ").Append(Run).Append('\n');
        foreach (var manifest in Manifests.Order()) text.Append("manifest ").Append(manifest).Append('\n');
        foreach (var pack in Packs.Order()) text.Append("pack ").Append(pack).Append('\n');
        return Encoding.ASCII.GetBytes(text.Append("end\n").ToString());
    }

    /// <returns>Null when the bytes are no whole list.</returns>
    public static CondemnedList? Parse(ReadOnlySpan<byte> bytes)
    {
        var lines = Encoding.ASCII.GetString(bytes).Split('\n');
        if (lines.Length < 6 || lines[0] != Header || lines[^1].Length != 0 || lines[^2] != "end") return null;
        if (Number(lines[1], "marked ") is not { } marked || Number(lines[2], "grace ") is not { } grace || !lines[3].StartsWith("run ", StringComparison.Ordinal)) return null;

        var manifests = new HashSet<Sha256Hash>();
        var packs = new HashSet<Sha256Hash>();
        foreach (var line in lines.AsSpan(4, lines.Length - 6))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0 || !Sha256Hash.TryParse(line.AsSpan(space + 1), out var hash)) return null;
            switch (line.AsSpan(0, space))
            {
                case "manifest":
                    manifests.Add(hash);
                    break;
                case "pack":
                    packs.Add(hash);
                    break;
                default:
                    return null;
            }
        }

        return new CondemnedList(DateTimeOffset.FromUnixTimeMilliseconds(marked), TimeSpan.FromMilliseconds(grace), lines[3][4..], manifests, packs);
    }

    private static long? Number(string line, string name) =>
        line.StartsWith(name, StringComparison.Ordinal)
        && long.TryParse(line.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 253_402_300_799_999 ? number : null;
}
