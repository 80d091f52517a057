using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Diagnostics;

namespace ModelTrack.UnitTests.Artifacts;

[TestClass]
public sealed class RelativePathsTests
{
    [TestMethod]
    [DataRow("a")]
    [DataRow("a/b/c.txt")]
    [DataRow(".hidden/.x")]
    [DataRow(".gitignore")]
    [DataRow(".gitx/git")]
    [DataRow("git~x")]
    [DataRow("a b/ c")]
    [DataRow("...x")]
    [DataRow("..a")]
    [DataRow("é/日本語/😀")]
    [DataRow("man\u200Czwnj")]
    [DataRow("console.txt")]
    [DataRow("auxiliary")]
    [DataRow("com10")]
    [DataRow("COMx")]
    [DataRow("null")]
    [DataRow("obj/bin")]
    [DataRow("-rf")]
    [DataRow("~")]
    public void Is_allowed(string path) => RelativePaths.Check(path);

    [TestMethod]
    [Rule("Directory listing 4")]
    [Rule("Allowed paths 1")]
    [Rule("Allowed paths 3")]
    [Rule("Allowed paths 4")]
    [Rule("Allowed paths 5")]
    [DataRow("", "MT1201", "empty")]
    [DataRow("/etc/passwd", "MT1201", "absolute")]
    [DataRow("C:/x", "MT1201", "drive")]
    [DataRow("c:x", "MT1201", "drive")]
    [DataRow(@"\\server\share", "MT1201", "machine")]
    [DataRow(@"\\?\C:\x", "MT1201", "machine")]
    [DataRow(@"a\..\b", "MT1201", "backslash")]
    [DataRow("..", "MT1201", "'..'")]
    [DataRow("a/../b", "MT1201", "'..'")]
    [DataRow("a/.", "MT1201", "'.'")]
    [DataRow("a//b", "MT1201", "empty part")]
    [DataRow("a/", "MT1201", "empty part")]
    [DataRow("a.txt:stream", "MT1201", "colon")]
    [DataRow("...", "MT1202", "dot")]
    [DataRow("a./b", "MT1202", "dot")]
    [DataRow("a /b", "MT1202", "space")]
    [DataRow("nul", "MT1202", "device")]
    [DataRow("a/NUL.txt", "MT1202", "device")]
    [DataRow("aux.c.txt", "MT1202", "device")]
    [DataRow("con .x", "MT1202", "device")]
    [DataRow("Com1", "MT1202", "device")]
    [DataRow("lpt0", "MT1202", "device")]
    [DataRow("COM\u00B9.log", "MT1202", "device")]
    [DataRow("conin$", "MT1202", "device")]
    [DataRow("a\nb", "MT1202", "U+000A")]
    [DataRow("a\0", "MT1202", "U+0000")]
    [DataRow("a\u007f", "MT1202", "U+007F")]
    [DataRow("a\u0085", "MT1202", "U+0085")]
    [DataRow("a/.git/config", "MT1203", "Git")]
    [DataRow(".GIT", "MT1203", "Git")]
    [DataRow("git~1/hooks", "MT1203", "Git")]
    [DataRow("GIT~12", "MT1203", "Git")]
    [DataRow(".g\u200Cit/x", "MT1203", "Git")]
    [DataRow("\uFEFF.git", "MT1203", "Git")]
    [DataRow(".git\u202E", "MT1203", "Git")]
    public void Is_refused_by_a_rule_that_the_error_names(string path, string code, string rule)
    {
        var error = Assert.ThrowsExactly<ModelTrackException>(() => RelativePaths.Check(path));
        Assert.AreEqual(code, error.Code);
        StringAssert.Contains(error.Message, rule);
        Assert.IsFalse(RelativePaths.IsAllowed(path));
        Assert.IsFalse(error.Message.Any(char.IsControl));
    }

    [TestMethod]
    [Rule("Allowed paths 2")]
    public void Lone_surrogates_and_endless_paths_are_refused()
    {
        foreach (var path in (string[])["a\ud800", "\udc00b", "\udc00\ud800", new string('a', RelativePaths.MaxLength + 1), new string('é', (RelativePaths.MaxLength / 2) + 1)])
            Assert.AreEqual("MT1202", Assert.ThrowsExactly<ModelTrackException>(() => RelativePaths.Check(path)).Code);
        RelativePaths.Check(new string('é', RelativePaths.MaxLength / 2));
    }

    [TestMethod]
    [Rule("Directory listing 4")]
    [DataRow("a", "A")]
    [DataRow("x/É", "x/é")]
    [DataRow("é", "e\u0301")]
    [DataRow("É", "e\u0301")]
    [DataRow("A/x", "a/y")]
    [DataRow("a", "a/b")]
    [DataRow("A", "a/b")]
    [DataRow("a", "a")]
    [DataRow("Ω", "\u2126")]
    public void Names_that_some_system_takes_for_one_are_refused(string one, string other)
    {
        var paths = Sorted(one, other, "b", "a-b", "zz/1", "zz/2");
        Assert.IsTrue(RelativePaths.Collide(paths, out _, out _));
        Assert.AreEqual("MT1204", Assert.ThrowsExactly<ModelTrackException>(() => RelativePaths.CheckSet(paths)).Code);
    }

    [TestMethod]
    public void Names_that_every_system_tells_apart_stand_side_by_side() =>
        RelativePaths.CheckSet(Sorted("a/b", "a/c", "a-b", "a.b/c", "ab", "é/1", "é/2", "é/sub/1", "è", "x/a", "y/A"));

    [TestMethod]
    public void The_order_is_that_of_the_utf8_bytes()
    {
        var random = new Random(7);
        string[] parts = ["a", "b", "/", "-", "é", "\uFFFD", "\uE000", "\u07FF", "😀", "\U00010000", "日", "\uD7FF"];
        for (var round = 0; round < 5000; round++)
        {
            var (a, b) = (Text(), Text());
            Assert.AreEqual(
                Math.Sign(Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b))),
                Math.Sign(RelativePaths.Compare(a, b)), $"{a} and {b}");
        }

        string Text() => string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => parts[random.Next(parts.Length)]));
    }

    private static string[] Sorted(params string[] paths)
    {
        Array.Sort(paths, RelativePaths.Compare);
        return paths;
    }
}
