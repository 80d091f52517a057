using System.Text.RegularExpressions;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Artifacts;

/// <summary>Every rule of docs/formats.md that says must or should has a test that names it by a <see cref="RuleAttribute"/>.</summary>
[TestClass]
public sealed partial class DocumentedRulesTests
{
    [TestMethod]
    public void Every_rule_has_a_test_and_no_test_names_a_rule_that_is_not_there()
    {
        var sources = SourceTree.Files("tests", ".cs").Select(File.ReadAllText);
        var problems = Problems(SourceTree.Read("docs", "formats.md"), sources);
        Assert.IsEmpty(problems, string.Join('\n', problems));
    }

    [TestMethod]
    [DataRow("2. A pack must be small.", "Packs 1", "Packs 2 has no test")]
    [DataRow("2. It should be so.", "Packs 1", "Packs 2 has no test")]
    [DataRow("2. Nothing is asked for.", "Packs 1", null)]
    [DataRow("2. Nothing is asked for.", "Packs 2", "Packs 1 has no test")]
    [DataRow("", "Packs 3", "Packs 1 has no test; Packs 3 is no rule")]
    [DataRow("1. A number given twice.", "Packs 1", "two rules are called Packs 1")]
    [DataRow("A pack must be small.", "Packs 1", "under Packs, no numbered rule: A pack must be small.")]
    [DataRow("- A pack should be small.", "Packs 1", "under Packs, no numbered rule: - A pack should be small.")]
    [DataRow("```\nmust\n```", "Packs 1", null)]
    [DataRow("## `More`\n1. It must.", "Packs 1", "More 1 has no test")]
    public void What_is_missing_on_either_side_is_named(string added, string tested, string? problems)
    {
        var page = $"# Title\nWhat \"must\" means.\n## Packs\n1. It must be.\n{added}\n";
        var source = $"    [TestMethod]\n    [Rule(\"{tested}\")]\n    public void It_is() {{ }}";
        Assert.AreEqual(problems ?? "", string.Join("; ", Problems(page, [source])));
    }

    [TestMethod]
    public void A_name_that_is_not_a_test_s_is_told() =>
        Assert.AreEqual("1 names of rules don't stand right under [TestMethod]", string.Join("; ", Problems("", ["    [Rule(\"Packs 1\")]\n    public void It_is() { }"])));

    private static List<string> Problems(string page, IEnumerable<string> sources)
    {
        var problems = new List<string>();
        var rules = Rules(page, problems);
        var tested = new HashSet<string>();
        var strays = 0;
        foreach (var source in sources)
        {
            strays += Name().Count(source);
            foreach (Match test in Test().Matches(source))
            {
                strays -= test.Groups["rule"].Captures.Count;
                tested.UnionWith(test.Groups["rule"].Captures.Select(rule => rule.Value));
            }
        }

        problems.AddRange(rules.Where(rule => rule.Value && !tested.Contains(rule.Key)).Select(rule => $"{rule.Key} has no test"));
        problems.AddRange(tested.Where(name => !rules.ContainsKey(name)).Order(StringComparer.Ordinal).Select(name => $"{name} is no rule"));
        if (strays > 0) problems.Add($"{strays} names of rules don't stand right under [TestMethod]");
        return problems;
    }

    /// <returns>The numbered rules, and whether each says must or should. What stands before the first section explains the words.</returns>
    private static Dictionary<string, bool> Rules(string page, List<string> problems)
    {
        var rules = new Dictionary<string, bool>();
        string? heading = null;
        var isCode = false;
        foreach (var line in page.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) isCode = !isCode;
            else if (isCode) continue;
            else if (line.StartsWith("##", StringComparison.Ordinal)) heading = line.TrimStart('#').Trim().Replace("`", "", StringComparison.Ordinal);
            else if (heading is null) continue;
            else if (Numbered().Match(line) is { Success: true } item)
            {
                var name = $"{heading} {item.Groups[1].Value}";
                if (!rules.TryAdd(name, Binding().IsMatch(line))) problems.Add($"two rules are called {name}");
            }
            else if (Binding().IsMatch(line)) problems.Add($"under {heading}, no numbered rule: {line}");
        }

        return rules;
    }

    [GeneratedRegex(@"\b(must|should)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Binding();

    [GeneratedRegex(@"^(\d+)\. ")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"^[ \t]*\[TestMethod\]\s+(?:\[Rule\(""(?<rule>[^""]+)""\)\]\s+)+", RegexOptions.Multiline)]
    private static partial Regex Test();

    [GeneratedRegex(@"^[ \t]*\[Rule\(", RegexOptions.Multiline)]
    private static partial Regex Name();
}
