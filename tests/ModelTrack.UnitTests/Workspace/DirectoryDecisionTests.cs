using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Workspace;

namespace ModelTrack.UnitTests.Workspace;

/// <summary>
/// Directories are written as `path=content` words; `!` after the path is the executable bit, `path/` an empty directory.
/// </summary>
[TestClass]
public sealed class DirectoryDecisionTests
{
    internal static Listing? List(string? text) => text is null ? null : Listing.Create(text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Entry));

    private static ListingEntry Entry(string word)
    {
        if (word.EndsWith('/')) return ListingEntry.EmptyDirectory(word.TrimEnd('/'));
        var (path, content) = (word.Split('=')[0], word.Split('=')[1]);
        return ListingEntry.File(path.TrimEnd('!'), Id(content), path.EndsWith('!'));
    }

    private static ContentId Id(string content) => new(Sha256Hash.Of(Encoding.UTF8.GetBytes(content)), Encoding.UTF8.GetByteCount(content));

    private static ObservedDirectory? Present(string? text)
    {
        if (List(text) is not { } listing) return null;
        var builder = new ObservedDirectory.Builder(listing.Entries.Count);
        foreach (var entry in listing.Entries)
        {
            var path = Encoding.UTF8.GetBytes(entry.Path);
            if (entry.IsEmptyDirectory) builder.AddEmptyDirectory(path);
            else builder.Add(path, new ObservedFile(new FileStat(entry.Size, 1, 1, 1, entry.Executable, FileKind.File), entry.Sha256, default, 0));
        }

        return builder.Build(default);
    }

    private static string Tell(DirectoryPlan plan)
    {
        var words = plan.Remove.Select(r => $"-{r.Path}{(r.Present is null ? "/" : "")}")
            .Concat(plan.Place.Select(p => $"{(p.OnlyMode ? "~" : "+")}{p.Entry.Path}{(p.Entry.IsEmptyDirectory ? "/" : "")}"))
            .Concat(plan.Changed.Select(c => $"*{c}"))
            .Concat(plan.Conflicts.Select(c => $"?{c.Path}"));
        return string.Join(' ', words);
    }

    [TestMethod]

    // Nothing there: all comes.
    [DataRow(null, "a=1 b/c=2 e/", "a=1 b/c=2 e/", null, "", "+a +b/c +e/")]
    [DataRow(null, "a=1 b/c=2 e/", null, null, "", "+a +b/c +e/")]

    // As in the base: the pointer's side, in all ways in which files differ.
    [DataRow("a=1 b=1 c=1", "a=2 b=1 d=1", "a=1 b=1 c=1", null, "", "-c +a +d")]
    [DataRow("a=1 e/", "a!=1 f/", "a=1 e/", null, "", "-e/ ~a +f/")]
    [DataRow("a=1", "a/b=1", "a=1", null, "", "-a +a/b")]
    [DataRow("a/b=1", "a=1", "a/b=1", null, "", "-a/b +a")]
    [DataRow("a/", "a/b=1", "a/", null, "", "-a/ +a/b")]

    // Changed, appeared, removed, where the pointer did not move: the user's.
    [DataRow("a=2 b=1 new=1", "a=1 b=1 c=1", "a=1 b=1 c=1", null, "", "*a *c *new")]
    [DataRow("a!=1 e/", "a=1", "a=1", null, "123", "*a *e")]

    // The pointer moved elsewhere: both.
    [DataRow("a=2 b=1", "a=1 b=2", "a=1 b=1", null, "", "+b *a")]

    // The same change on both sides.
    [DataRow("a=2 b=1", "a=2 b=2", "a=1 b=1", null, "", "+b")]
    [DataRow("a=1", "a=1", "a=1 b=1", null, "", "")]

    // Both changed, differently: also where mine is safe.
    [DataRow("a=2", "a=3", "a=1", null, "123", "?a")]
    [DataRow("a=2", "", "a=1", null, "123", "?a")]
    [DataRow("", "a=2", "a=1", null, "", "?a")]
    [DataRow("new=1", "new=2", "", null, "", "?new")]
    [DataRow("a!=1", "a=2", "a=1", null, "", "?a")]

    // No base: what the store has may go, what it has not stays.
    [DataRow("a=2 b=9 c=3", "a=1", null, null, "23", "-c +a *b")]
    [DataRow("a=9", "a=1 b=1", null, null, "123", "+b ?a")]
    [DataRow("a!=9", "a=9", null, null, "", "~a")]
    [DataRow("e/", "a=1", null, null, "", "-e/ +a")]

    // Interrupted: base and target are ours, missing ones come, all else is the user's.
    [DataRow("a=1 b=2 d=9", "a=2 b=2 c=2", "a=1 b=1 c=1", "a=2 b=2 c=2", "", "+a +c *d")]
    [DataRow("a=2 b=1", "a=3 b=1", "a=1 b=1", "a=2 b=2", "", "+a")]
    [DataRow("a=2 new=2", "a=1", "a=1", "a=2 new=2", "", "-new +a")]
    [DataRow("a=9", "a=2", "a=1", "a=2", "9", "?a")]
    [DataRow("a=9 b=2", "a=1 b=2", "a=1 b=1", "a=1 b=2", "", "*a")]
    [DataRow("a=9", "a=2", null, "a=2", "9", "+a")]
    [DataRow("a=9 b=9", "a=2", null, "a=2", "", "*b ?a")]
    public void Each_file_by_itself(string? present, string target, string? before, string? restoring, string safe, string expected)
    {
        var plan = DirectoryDecision.Decide(Present(present), List(target)!, List(before), List(restoring), id => safe.Any(c => Id(c.ToString()) == id), force: false);

        Assert.AreEqual(expected, Tell(plan));
    }

    [TestMethod]

    // A fresh clone: what is asked for comes, and nothing else.
    [DataRow(null, "a/x=1 a/y=1 b/x=1", null, "", "a", "+a/x +a/y")]
    [DataRow("new=9", "a/x=1 b/x=1", null, "", "a", "+a/x *new")]
    [DataRow("new=3", "a/x=1 b/x=1", null, "", "a", "+a/x *new", DisplayName = "stored or not, what was not asked for stays")]

    // What was never here is no removal; what was here is one, and stays removed.
    [DataRow("a/x=1", "a/x=1 b/x=1", "a/x=1 b/x=1", "a", "a", "")]
    [DataRow("a/x=1", "a/x=1 a/y=1 b/x=1", "a/x=1 a/y=1 b/x=1", "a", "a", "*a/y")]
    [DataRow("a/x=1", "a/x=1 a/y=1 b/x=1", "a/x=1 a/y=1 b/x=1", "a", "", "+b/x *a/y")]

    // The pointer moved: the parts that are here follow it.
    [DataRow("a/x=1 a/z=1", "a/x=2 a/y=2 b/x=2", "a/x=1 a/z=1 b/x=1", "a", "a", "-a/z +a/x +a/y")]
    [DataRow("a/x=1", "a/x=2 b/x=2 c/x=2", "a/x=1 b/x=1 c/x=1", "a", "b", "+a/x +b/x")]
    [DataRow("a/x=9", "a/x=2 b/x=2", "a/x=1 b/x=1", "a", "b", "+b/x ?a/x")]

    // A file of the user's own where one was never restored.
    [DataRow("a/x=1 b/x=9", "a/x=1 b/x=1", "a/x=1 b/x=1", "a", "a", "*b/x")]
    [DataRow("a/x=1 b/x=9", "a/x=1 b/x=1", "a/x=1 b/x=1", "a", "b", "*b/x")]
    [DataRow("a/x=1 b/x=1", "a/x=1 b/x=1", "a/x=1 b/x=1", "a", "b", "")]
    public void Of_a_directory_that_is_here_in_parts(string? present, string target, string? before, string here, string asked, string expected)
    {
        var (have, ask) = (PathParts.None.With(Words(here)), asked.Length == 0 ? PathParts.All : PathParts.None.With(Words(asked)));
        var scope = new DirectoryScope(have, ask.IsAll ? ask : have.With(ask.Paths), ask);
        var plan = DirectoryDecision.Decide(Present(present), List(target)!, List(before), null, id => "123".Any(c => Id(c.ToString()) == id), force: false, scope);

        Assert.AreEqual(expected, Tell(plan));
    }

    [TestMethod]
    public void Force_counts_for_what_is_asked_for_alone()
    {
        var scope = new DirectoryScope(PathParts.All, PathParts.All, PathParts.None.With(["a"]));
        var plan = DirectoryDecision.Decide(Present("a/x=2 b/x=2"), List("a/x=1 b/x=1")!, List("a/x=1 b/x=1"), null, _ => true, force: true, scope);

        Assert.AreEqual("+a/x *b/x", Tell(plan));
    }

    [TestMethod]

    // here: what was brought; only: what is recorded; all of it where empty.
    [DataRow("a/x=1 b/x=1", "new=2", "", "", "a/x=1 b/x=1 new=2", DisplayName = "nothing was brought: files are added")]
    [DataRow("a/x=1 b/x=1", "", "", "", "a/x=1 b/x=1", DisplayName = "nothing is here")]
    [DataRow("a/x=1 a/y=1 b/x=1", "a/x=2", "a", "", "a/x=2 b/x=1", DisplayName = "a change and a removal in what was brought")]
    [DataRow("a/x=1 a/y=1 b/x=1", "a/x=2 c=3", "a", "c", "a/x=1 a/y=1 b/x=1 c=3", DisplayName = "only the named is recorded")]
    [DataRow("a/x=1 a/y=1 b/x=1", "a/x=1", "a", "a/y", "a/x=1 b/x=1", DisplayName = "a removal by name")]
    [DataRow("a/x=1 b/x=1", "b/x=9", "a", "", "b/x=9", DisplayName = "a file of one's own over one that was never here; and all of a part removed")]
    [DataRow("a/ b/x=1", "a/new=1 b/", "", "", "a/new=1 b/x=1", DisplayName = "empty folders that are none")]
    public void Parts_stand_for_the_whole(string known, string present, string here, string only, string expected)
    {
        var whole = PartialContent.Compose(
            List(known)!, Present(present)!, PathParts.None.With(Words(here)), only.Length == 0 ? PathParts.All : PathParts.None.With(Words(only)));

        Assert.AreEqual(List(expected)!.Id, whole.Id, string.Join(' ', whole.Entries.Select(e => e.Path)));
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [TestMethod]
    [DataRow("a=2 b=1 new=3 gone/", "a=1 b=1 c=1", "a=1 b=1 c=1", "123", "-gone/ -new +a +c")]
    [DataRow("a=2", "a=3", "a=1", "123", "+a")]
    [DataRow("a=9 b=9", "a=3", "a=1", "123", "*b ?a")]
    public void Force_takes_the_targets_side_of_all_that_is_stored(string present, string target, string before, string safe, string expected)
    {
        var plan = DirectoryDecision.Decide(Present(present), List(target)!, List(before), null, id => safe.Any(c => Id(c.ToString()) == id), force: true);

        Assert.AreEqual(expected, Tell(plan));
    }

    [TestMethod]
    [DataRow("a=9 b=1", "a/x=1 b=1", "b=1", "?a", DisplayName = "a file of the user's where a folder is to come")]
    [DataRow("a/x=9 b=1", "a=1 b=1", "b=1", "?a/x", DisplayName = "a folder with a file of the user's where a file is to come")]
    [DataRow("a/ b=1", "a/x=1 b=1", "b=1", "", DisplayName = "an empty folder of the user's is in nobody's way")]
    public void What_stands_in_the_way_is_a_conflict(string present, string target, string before, string conflicts)
    {
        var plan = DirectoryDecision.Decide(Present(present), List(target)!, List(before), null, _ => false, force: false);

        Assert.AreEqual(conflicts, string.Join(' ', plan.Conflicts.Select(c => "?" + c.Path)));
    }

    [TestMethod]
    public void A_conflict_tells_both_sides()
    {
        var plan = DirectoryDecision.Decide(Present("a=2 b=2"), List("a=3 c=3")!, List("a=1 b=1 c=1"), null, _ => false, force: false);

        CollectionAssert.AreEqual(
            new[] { new FileConflict("a", Id("2"), Id("3")), new FileConflict("b", Id("2"), null), new FileConflict("c", null, Id("3")) },
            plan.Conflicts.ToArray());
        Assert.IsFalse(plan.LeadsToTarget);
    }
}
