using ModelTrack.Operations;

namespace ModelTrack.UnitTests.Operations;

[TestClass]
public sealed class DifferencesTests
{
    [TestMethod]
    [DataRow("a=1 b=2", "a=1 b=2", "")]
    [DataRow("a=1 b=2", "a=1 b=3 c=4", "changed b, added c")]
    [DataRow("a=1 b=1", "c=1 d=1 e=1", "renamed c from a, renamed d from b, added e")]
    [DataRow("a=1 b=2 d=", "c=2 e=", "removed a, renamed c from b, removed d, added e")]
    public void Names_are_paired_by_content(string before, string after, string expected) =>
        Assert.AreEqual(expected, string.Join(", ", Find(Side(before), Side(after), Content)
            .Select(d => $"{d.Kind.ToString().ToLowerInvariant()} {d.Name}{(d.OldName is null ? "" : $" from {d.OldName}")}")));

    [TestMethod]
    public void Two_sides_with_nothing_in_common_are_each_looked_at_once()
    {
        var looks = 0;
        var before = Enumerable.Range(0, 1000).ToDictionary(i => $"old{i}", i => $"{i}");
        var after = Enumerable.Range(0, 1000).ToDictionary(i => $"new{i}", i => $"-{i}");

        Assert.HasCount(2000, Find(before, after, text =>
        {
            looks++;
            return text;
        }));
        Assert.AreEqual(2000, looks);
    }

    private static IReadOnlyList<Difference<string>> Find(Dictionary<string, string> before, Dictionary<string, string> after, Func<string, object?> content) =>
        Differences.Find(before, after, (a, b) => a == b, content);

    private static Dictionary<string, string> Side(string text) => text.Split(' ').Select(part => part.Split('=')).ToDictionary(part => part[0], part => part[1]);

    private static string? Content(string text) => text.Length == 0 ? null : text;
}
