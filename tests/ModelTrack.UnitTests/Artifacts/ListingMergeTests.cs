using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;

namespace ModelTrack.UnitTests.Artifacts;

[TestClass]
public sealed class ListingMergeTests
{
    // A listing in short: `a=1` is a file a with content 1, `a=1x` an executable one, `d/` an empty folder.
    [TestMethod]
    [DataRow("a=1 b=1", "a=2 b=1", "a=1 b=2", "a=2 b=2", DisplayName = "each side changes another file")]
    [DataRow("a=1", "a=1 b=1", "a=1 c=1", "a=1 b=1 c=1", DisplayName = "each side adds another file")]
    [DataRow("a=1 b=1 c=1", "a=1 c=1", "a=1 b=1", "a=1", DisplayName = "each side removes another file")]
    [DataRow("a=1", "a=2", "a=2", "a=2", DisplayName = "both sides make the same change")]
    [DataRow("a=1", "", "", "", DisplayName = "both sides remove the same")]
    [DataRow("a=1", "b=1", "a=1 c=1", "b=1 c=1", DisplayName = "a rename is a removal and an addition")]
    [DataRow("", "a=1", "b=1", "a=1 b=1", DisplayName = "both sides made the directory anew")]
    [DataRow("a=1 b=1", "a=1x b=1", "a=1 b=2", "a=1x b=2", DisplayName = "an executable bit is a change")]
    [DataRow("d/", "d/x=1", "d/ e=1", "d/x=1 e=1", DisplayName = "an empty folder is filled by one side")]
    [DataRow("", "d/", "d/x=1", "d/x=1", DisplayName = "one side makes an empty folder of what the other fills")]
    [DataRow("d/x=1", "d/", "d/x=1 d/y=1", "d/y=1", DisplayName = "one side empties what the other adds to")]
    [DataRow("d/x=1", "d/", "e=1", "d/ e=1", DisplayName = "one side empties a folder, the other takes it away")]
    public void Changes_of_different_files_come_together(string origin, string ours, string theirs, string expected)
    {
        foreach (var (one, other) in ((string, string)[])[(ours, theirs), (theirs, ours)])
        {
            var result = ListingMerge.Merge(Read(origin), Read(one), Read(other));

            Assert.IsEmpty(result.Conflicts);
            Assert.AreEqual(Show(Read(expected)), Show(result.Merged!));
        }
    }

    [TestMethod]
    [DataRow("a=1", "a=2", "a=3", "a", DisplayName = "both sides change one file")]
    [DataRow("a=1 b=1", "a=2 b=2", "a=3 b=1", "a", DisplayName = "and only that one is named")]
    [DataRow("a=1", "", "a=2", "a", DisplayName = "one removes what the other changes")]
    [DataRow("", "a=1", "a=2", "a", DisplayName = "both add one name")]
    [DataRow("a=1", "a=1x", "a=2", "a", DisplayName = "one makes it executable, the other changes it")]
    [DataRow("", "d=1", "d/x=1", "d d", DisplayName = "a file and a folder of one name")]
    [DataRow("", "d=1", "d/", "d", DisplayName = "a file and an empty folder of one name")]
    [DataRow("", "A=1", "a=1", "A a", DisplayName = "names that are one on some systems")]
    public void Changes_of_one_file_are_for_a_person(string origin, string ours, string theirs, string expected)
    {
        foreach (var (one, other) in ((string, string)[])[(ours, theirs), (theirs, ours)])
        {
            var result = ListingMerge.Merge(Read(origin), Read(one), Read(other));

            Assert.IsNull(result.Merged);
            CollectionAssert.AreEqual(expected.Split(' ').Distinct().ToArray(), result.Conflicts.ToArray());
        }
    }

    [TestMethod]
    public void A_name_keeps_its_spelling_and_is_one_in_every_unicode_form()
    {
        var (composed, decomposed) = ("caf\u00e9=1", "cafe\u0301=2");

        var result = ListingMerge.Merge(Read(composed), Read(composed + " b=1"), Read(decomposed));

        Assert.AreEqual("b=1 caf\u00e9=2", Show(result.Merged!));
    }

    [TestMethod]
    public void Random_changes_are_merged_as_a_model_of_maps_says()
    {
        var random = new Random(20_261_121);
        for (var round = 0; round < 3000; round++)
        {
            var origin = Enumerable.Range(0, 6).Where(_ => random.Next(3) > 0).ToDictionary(i => $"f{i}", _ => random.Next(3));
            var (ours, theirs) = (Change(origin), Change(origin));

            var result = ListingMerge.Merge(Of(origin), Of(ours), Of(theirs));

            var (expected, conflicts) = (new Dictionary<string, int>(), new List<string>());
            foreach (var name in Enumerable.Range(0, 6).Select(i => $"f{i}"))
            {
                var (o, a, b) = (Get(origin, name), Get(ours, name), Get(theirs, name));
                if (a != b && a != o && b != o) conflicts.Add(name);
                else if ((a != o ? a : b) is { } kept) expected.Add(name, kept);
            }

            CollectionAssert.AreEqual(conflicts, result.Conflicts.ToArray());
            if (conflicts.Count == 0) Assert.AreEqual(Show(Of(expected)), Show(result.Merged!));
        }

        Dictionary<string, int> Change(Dictionary<string, int> files)
        {
            var changed = new Dictionary<string, int>(files);
            for (var i = random.Next(3); i > 0; i--)
            {
                var name = $"f{random.Next(6)}";
                if (random.Next(3) == 0) changed.Remove(name);
                else changed[name] = random.Next(3);
            }

            return changed;
        }

        static int? Get(Dictionary<string, int> files, string name) => files.TryGetValue(name, out var value) ? value : null;

        static Listing Of(Dictionary<string, int> files) => Read(string.Join(' ', files.Select(f => $"{f.Key}={f.Value}")));
    }

    private static Listing Read(string text) => Listing.Create(text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(part =>
    {
        if (part.EndsWith('/')) return ListingEntry.EmptyDirectory(part[..^1]);
        var (name, content) = (part.Split('=')[0], part.Split('=')[1]);
        var bytes = Encoding.UTF8.GetBytes(content.TrimEnd('x'));
        return ListingEntry.File(name, new ContentId(Sha256Hash.Of(bytes), bytes.Length), content.EndsWith('x'));
    }));

    private static string Show(Listing listing) => string.Join(' ', listing.Entries.Select(e => e.IsEmptyDirectory
        ? e.Path + "/"
        : $"{e.Path}={Enumerable.Range(0, 10).First(i => Sha256Hash.Of(Encoding.UTF8.GetBytes($"{i}")) == e.Sha256)}{(e.Executable ? "x" : "")}"));
}
