using System.Globalization;
using System.Text.Json;
using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;

namespace ModelTrack.Operations;

/// <summary>Differences as lines for a person and as rows for a program.</summary>
internal sealed class DiffReport
{
    /// <summary>A person reads so many files of one folder; a program gets all of them.</summary>
    private const int ShownFiles = 20;

    private readonly List<(string[] Line, List<string> Below)> _lines = [];
    private readonly List<ReportRow> _rows = [];

    public IReadOnlyList<ReportRow> Rows => _rows;

    /// <param name="files">Of a directory that changed; null when they are not known here.</param>
    public void Add(Difference<DiffArtifact> change, IReadOnlyList<Difference<ListingEntry>>? files)
    {
        var metrics = MetricsText.Compare(change.Before?.Metrics, change.After?.Metrics);
        var directory = (change.After ?? change.Before)!.Identity.Kind == ArtifactKind.Directory;
        var sameContent = change.Before?.Identity == change.After?.Identity;
        var below = new List<string>();
        if (directory && change.Kind == ChangeKind.Changed && !sameContent)
        {
            if (files is null) below.Add("its files are not known: this machine's store lacks the listing of one side");
            else below.AddRange(FileLines(files));
        }

        _lines.Add((
            [
                Word(change.Kind),
                change.OldName is null ? change.Name : $"{change.OldName} → {change.Name}",
                Extents(change),
                Hashes(change),
                change.Kind == ChangeKind.Added ? MetricsText.Of(change.After!.Metrics) : change.Kind == ChangeKind.Removed ? "" : MetricsText.Of(metrics),
            ], below));
        _rows.Add(new ReportRow(change.Name,
        [
            new("Change", Word(change.Kind)), new("Artifact", change.Name), new("OldPath", change.OldName ?? ""),
            new("Kind", directory ? "directory" : "file"),
            new("OldSha256", change.Before?.Identity.Sha256.ToString() ?? ""), new("Sha256", change.After?.Identity.Sha256.ToString() ?? ""),
            new("OldSize", Number(change.Before?.Identity.Size)), new("Size", Number(change.After?.Identity.Size)),
            new("OldFiles", Number(change.Before?.Files)), new("Files", Number(change.After?.Files)),
            new("OldMetrics", Json(change.Before?.Metrics)), new("Metrics", Json(change.After?.Metrics)),
        ]));
        foreach (var file in files ?? [])
        {
            _rows.Add(new ReportRow($"{change.Name}/{file.Name}",
            [
                new("Change", Word(file.Kind)), new("Artifact", change.Name), new("OldPath", file.OldName is null ? "" : $"{change.Name}/{file.OldName}"),
                new("Kind", "entry"),
                new("OldSha256", Hash(file.Before)), new("Sha256", Hash(file.After)),
                new("OldSize", Number(file.Before?.Size)), new("Size", Number(file.After?.Size)),
            ]));
        }
    }

    public void Say(string title, IOperationLog log)
    {
        if (_lines.Count == 0)
        {
            log.Report($"no artifact differs {title}");
            return;
        }

        log.Report($"{title}:");
        var table = TextTable.Lines(_lines.ConvertAll(l => l.Line));
        for (var i = 0; i < table.Count; i++)
        {
            log.Report("  " + table[i]);
            foreach (var line in _lines[i].Below)
            {
                log.Report("      " + line);
            }
        }
    }

    private static IEnumerable<string> FileLines(IReadOnlyList<Difference<ListingEntry>> files)
    {
        var rows = files.Take(ShownFiles).Select(f => new[]
        {
            f.Kind switch { ChangeKind.Added => "+", ChangeKind.Removed => "-", ChangeKind.Renamed => ">", _ => "~" },
            f.OldName is null ? f.Name : $"{f.OldName} → {f.Name}",
            f.Kind == ChangeKind.Changed ? Sizes(f.Before!.Size, f.After!.Size) : HumanText.Size((f.After ?? f.Before)!.Size),
        }).ToList();
        var counts = files.GroupBy(f => f.Kind).OrderBy(g => g.Key).Select(g => $"{g.Count().ToString("N0", CultureInfo.InvariantCulture)} {Word(g.Key)}");
        return TextTable.Lines(rows).Concat(files.Count > ShownFiles ? [$"… in all {string.Join(", ", counts)}; all of them: -getTargetResult:ModelTrackDiff"] : []);
    }

    private static string Extents(Difference<DiffArtifact> change)
    {
        var (before, after) = (change.Before, change.After);
        if (before is null || after is null || before.Identity == after.Identity)
        {
            var one = (after ?? before)!;
            return HumanText.Extent(one.Identity.Size, one.Files);
        }

        return before.Files == after.Files
            ? Sizes(before.Identity.Size, after.Identity.Size)
            : $"{HumanText.Extent(before.Identity.Size, before.Files)} → {HumanText.Extent(after.Identity.Size, after.Files)}";
    }

    private static string Sizes(long before, long after) => before == after
        ? $"{HumanText.Size(after)}, same size"
        : $"{HumanText.Size(before)} → {HumanText.Size(after)} ({(after > before ? "+" : "-")}{HumanText.Size(Math.Abs(after - before))})";

    private static string Hashes(Difference<DiffArtifact> change)
    {
        var (before, after) = (change.Before?.Identity.Sha256.ToShortString(), change.After?.Identity.Sha256.ToShortString());
        return before is null || after is null || before == after ? (after ?? before)! : $"{before} → {after}";
    }

    private static string Word(ChangeKind kind) => kind switch
    {
        ChangeKind.Added => "added",
        ChangeKind.Removed => "removed",
        ChangeKind.Renamed => "renamed",
        _ => "changed",
    };

    private static string Hash(ListingEntry? entry) => entry is null || entry.IsEmptyDirectory ? "" : entry.Sha256.ToString();

    private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Json(JsonElement? value) => JsonText.IsThere(value) ? value!.Value.GetRawText() : "";
}
