using ModelTrack.Artifacts;

namespace ModelTrack.UnitTests.Artifacts;

[TestClass]
public sealed class PathPartsTests
{
    [TestMethod]
    [DataRow("a", "a a/x a/b/c", "ab b/a A")]
    [DataRow("a/b x.csv", "a/b a/b/c x.csv", "a a/c x.csv2 y/x.csv")]
    [DataRow("", "", "a a/b")]
    public void A_folder_has_all_below_it(string parts, string inside, string outside)
    {
        var some = PathParts.None.With(Words(parts));
        foreach (var path in Words(inside)) Assert.IsTrue(some.Contains(path), path);
        foreach (var path in Words(outside)) Assert.IsFalse(some.Contains(path), path);
        Assert.IsTrue(PathParts.All.Contains("any/path"));
    }

    [TestMethod]
    public void What_lies_in_a_part_is_no_part_of_its_own()
    {
        var parts = PathParts.None.With(["a/b", "a/b/c", "d/e"]).With(["d", "a/b/x"]);
        Assert.AreEqual("a/b d", string.Join(' ', parts.Paths));
        Assert.AreEqual(PathParts.None.With(["d", "a/b"]), parts);
        Assert.IsTrue(parts.With([""]).IsAll);
        Assert.AreSame(parts, parts.With(["d/y"]));
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
