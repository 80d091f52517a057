using System.Globalization;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Store;

namespace ModelTrack.Operations;

/// <summary>What garbage collection says, as a program reads it: a row for each kind of thing and each reason for which it goes or stays.</summary>
internal static class GcRows
{
    public static IReadOnlyList<ReportRow> OfStore(StoreGcReport report) =>
    [
        Row("contents", "stays", "named", report.Reachable),
        Row("contents", "stays", "recent", report.Recent),
        Row("contents", "stays", "notPushed", report.NotPushed),
        Row("contents", "stays", "packInUse", report.KeptInPacks),
        Row("contents", "goes", "garbage", report.Garbage),
        Row("notes", "goes", "garbage", report.Notes),
        new("disk", [new("Fate", "goes"), new("Reason", "freed"), new("Count", ""), new("Size", Text(report.Freed))]),
    ];

    public static IReadOnlyList<ReportRow> OfMark(RemoteGcReport report) =>
    [
        .. Kept(report),
        Row("objects", "stays", "young", report.Young),
        Row("packs", "stays", "repacked", report.Repacked),
        Row("artifacts", "goes", "condemned", report.GarbageManifests),
        Row("packs", "goes", "condemned", report.GarbagePacks),
    ];

    public static IReadOnlyList<ReportRow> OfSweep(RemoteGcReport report) =>
    [
        .. Kept(report),
        new("objects", [new("Fate", "stays"), new("Reason", "spared"), new("Count", Text(report.Spared)), new("Size", "")]),
        Row("artifacts", "goes", "deleted", report.GarbageManifests),
        Row("packs", "goes", "deleted", report.GarbagePacks),
    ];

    private static ReportRow[] Kept(RemoteGcReport report) =>
    [
        Row("artifacts", "stays", "kept", Less(report.Manifests, report.GarbageManifests)),
        Row("packs", "stays", "kept", Less(report.Packs, report.GarbagePacks)),
    ];

    private static StoreShare Less(StoreShare all, StoreShare part) => new(all.Count - part.Count, all.Bytes - part.Bytes);

    private static ReportRow Row(string kind, string fate, string reason, StoreShare share) =>
        new(kind, [new("Fate", fate), new("Reason", reason), new("Count", Text(share.Count)), new("Size", Text(share.Bytes))]);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
