using System.Text.Json;

namespace ModelTrack.Artifacts;

/// <summary>What becomes of a pointer that two sides changed.</summary>
public enum PointerMergeKind
{
    /// <summary><see cref="PointerMergeResult.Pointer"/> says it all; null when both sides took the pointer away.</summary>
    Settled,

    /// <summary>Both sides changed the directory: its listings have to be merged.</summary>
    NeedsListings,

    /// <summary>A person has to choose.</summary>
    Conflict,
}

/// <param name="Why">Of a conflict, for a person.</param>
public sealed record PointerMergeResult(PointerMergeKind Kind, Pointer? Pointer, string? Why)
{
    internal static PointerMergeResult Settled(Pointer? pointer) => new(PointerMergeKind.Settled, pointer, null);

    internal static PointerMergeResult Conflict(string why) => new(PointerMergeKind.Conflict, null, why);
}

/// <summary>Decides the merge of a pointer as far as the pointers alone can tell.</summary>
public static class PointerMerge
{
    /// <param name="origin">What both sides come from; null when it had none.</param>
    /// <param name="ours">Null where the side has no pointer.</param>
    /// <param name="theirs">Null where the side has no pointer.</param>
    public static PointerMergeResult Merge(Pointer? origin, Pointer? ours, Pointer? theirs)
    {
        if (ours == theirs || origin == theirs) return PointerMergeResult.Settled(ours);
        if (origin == ours) return PointerMergeResult.Settled(theirs);
        if (ours is null || theirs is null) return PointerMergeResult.Conflict($"{(ours is null ? "ours" : "theirs")} no longer tracks it, and the other side changed it");
        if (ours.SameContent(theirs)) return TellAlong(ours, origin, ours, theirs);
        if (origin is not null && origin.SameContent(theirs)) return TellAlong(ours, origin, ours, theirs);
        if (origin is not null && origin.SameContent(ours)) return TellAlong(theirs, origin, ours, theirs);
        if (ours.Kind != theirs.Kind) return PointerMergeResult.Conflict("one side made it a file, the other a folder");
        return ours.Kind == ArtifactKind.Directory
            ? new PointerMergeResult(PointerMergeKind.NeedsListings, null, null)
            : PointerMergeResult.Conflict("both sides changed the file");
    }

    /// <summary>The pointer of two merged directories.</summary>
    public static PointerMergeResult MergeListed(Pointer? origin, Pointer ours, Pointer theirs, Listing merged) => TellAlong(
        new Pointer(ArtifactKind.Directory, merged.Id, merged.TotalSize, merged.FileCount), origin, ours, theirs);

    /// <summary>
    /// What a pointer tells along. Metrics, the stage and the source speak of one content and go with it; a content that neither side had keeps only
    /// what both say alike. `meta` is people's own and is merged by itself.
    /// </summary>
    private static PointerMergeResult TellAlong(Pointer content, Pointer? origin, Pointer ours, Pointer theirs)
    {
        if (!TryPick(origin?.Meta, ours.Meta, theirs.Meta, out var meta)) return PointerMergeResult.Conflict("both sides changed its 'meta'");
        var (mine, other) = (content.SameContent(ours), content.SameContent(theirs));
        if (mine != other) return PointerMergeResult.Settled(content with { Meta = meta });
        if (!mine)
        {
            return PointerMergeResult.Settled(content with { Meta = meta, Metrics = IfAlike(ours.Metrics, theirs.Metrics), Source = IfAlike(ours.Source, theirs.Source) });
        }

        return TryPick(origin?.Metrics, ours.Metrics, theirs.Metrics, out var metrics)
            && TryPick(origin?.Stage, ours.Stage, theirs.Stage, out var stage)
            && TryPick(origin?.Source, ours.Source, theirs.Source, out var source)
            ? PointerMergeResult.Settled(content with { Meta = meta, Metrics = metrics, Stage = stage, Source = source })
            : PointerMergeResult.Conflict("both sides have the same content and tell of it otherwise (metrics, stage or source)");
    }

    private static JsonElement? IfAlike(JsonElement? one, JsonElement? other) => JsonText.AreAlike(one, other) ? one : null;

    private static bool TryPick(JsonElement? origin, JsonElement? ours, JsonElement? theirs, out JsonElement? picked)
    {
        picked = JsonText.AreAlike(origin, ours) ? theirs : ours;
        return JsonText.AreAlike(ours, theirs) || JsonText.AreAlike(origin, ours) || JsonText.AreAlike(origin, theirs);
    }
}
