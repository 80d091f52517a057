using System.Text.Json;
using ModelTrack.Artifacts;
using ModelTrack.Content;

namespace ModelTrack.UnitTests.Artifacts;

[TestClass]
public sealed class PointerMergeTests
{
    // A pointer in short: kind, content, and what it tells along: `f1 metrics=2 meta=3`; `-` for none.
    [TestMethod]
    [DataRow("f1", "f2", "f1", "f2", DisplayName = "only ours changed")]
    [DataRow("f1", "f1", "f2", "f2", DisplayName = "only theirs changed")]
    [DataRow("f1", "f2", "f2", "f2", DisplayName = "both made the same change")]
    [DataRow("f1", "-", "f1", "-", DisplayName = "one side untracked it")]
    [DataRow("f1", "-", "-", "-", DisplayName = "both untracked it")]
    [DataRow("-", "f1", "-", "f1", DisplayName = "one side tracked it")]
    [DataRow("f1", "f2 metrics=2", "f1 meta=3", "f2 metrics=2 meta=3", DisplayName = "a new model and somebody's note")]
    [DataRow("f1", "f1 meta=3", "f2 metrics=2", "f2 metrics=2 meta=3", DisplayName = "the note is ours")]
    [DataRow("f1", "f2 metrics=1", "f2 metrics=1 meta=3", "f2 metrics=1 meta=3", DisplayName = "the same model, and a note")]
    [DataRow("f1", "f2", "f2 metrics=2", "f2 metrics=2", DisplayName = "the same model, and metrics on one side")]
    public void What_one_side_changed_is_taken(string origin, string ours, string theirs, string expected)
    {
        var result = PointerMerge.Merge(Read(origin), Read(ours), Read(theirs));

        Assert.AreEqual(PointerMergeKind.Settled, result.Kind, result.Why);
        Assert.AreEqual(Read(expected), result.Pointer);
    }

    [TestMethod]
    [DataRow("f1", "f2", "f3", "both sides changed the file")]
    [DataRow("-", "f1", "f2", "both sides changed the file")]
    [DataRow("f1", "-", "f2", "no longer tracks it")]
    [DataRow("f1", "f2", "-", "no longer tracks it")]
    [DataRow("f1", "f2", "d2", "one side made it a file")]
    [DataRow("f1 meta=1", "f2 meta=2", "f1 meta=3", "both sides changed its 'meta'")]
    [DataRow("f1", "f2 metrics=1", "f2 metrics=2", "tell of it otherwise")]
    public void What_both_sides_changed_is_for_a_person(string origin, string ours, string theirs, string why)
    {
        var result = PointerMerge.Merge(Read(origin), Read(ours), Read(theirs));

        Assert.AreEqual(PointerMergeKind.Conflict, result.Kind);
        StringAssert.Contains(result.Why, why, StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("d1", "d2", "d3")]
    [DataRow("-", "d2", "d3")]
    public void Two_changed_directories_need_their_listings(string origin, string ours, string theirs) =>
        Assert.AreEqual(PointerMergeKind.NeedsListings, PointerMerge.Merge(Read(origin), Read(ours), Read(theirs)).Kind);

    [TestMethod]
    public void A_merged_directory_keeps_what_both_sides_say_of_it_and_people_s_notes()
    {
        var merged = Listing.Create([ListingEntry.File("a", new ContentId(Sha256Hash.Of("a"u8), 1))]);

        var result = PointerMerge.MergeListed(Read("d1"), Read("d2 metrics=1 meta=3")!, Read("d3 metrics=2")!, merged);

        Assert.AreEqual(new Pointer(ArtifactKind.Directory, merged.Id, 1, 1) { Meta = Json(3) }, result.Pointer);
    }

    private static Pointer? Read(string text)
    {
        if (text == "-") return null;
        var parts = text.Split(' ');
        var id = Sha256Hash.Of([(byte)parts[0][1]]);
        var pointer = parts[0][0] == 'f' ? new Pointer(ArtifactKind.File, id, 1) : new Pointer(ArtifactKind.Directory, id, 1, 1);
        foreach (var part in parts.Skip(1).Select(p => p.Split('=')))
        {
            pointer = part[0] == "meta" ? pointer with { Meta = Json(int.Parse(part[1], null)) } : pointer with { Metrics = Json(int.Parse(part[1], null)) };
        }

        return pointer;
    }

    private static JsonElement Json(int value) => JsonDocument.Parse($$"""{ "v": {{value}} }""").RootElement;
}
