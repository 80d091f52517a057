using System.Collections;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ModelTrack.Diagnostics;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests;

/// <summary>Every code has one text, one section in docs/codes.md, and a use; and the reverse.</summary>
[TestClass]
public sealed partial class CodesTests
{
    /// <summary>Codes that were released once and are not used any more: never to be used for something else.</summary>
    private static readonly string[] s_retired = ["MT5512"];

    private static readonly Dictionary<string, char> s_ranges = new()
    {
        ["Artifacts"] = '1',
        ["Workspace"] = '2',
        ["Storage"] = '3',
        ["Git"] = '4',
        ["Operations"] = '5',
        ["Tasks"] = '5',
    };

    private sealed record CodedText(string Code, string Text, string File);

    /// <summary>From the rooms' resources, and from the targets that speak where no task can be loaded.</summary>
    private static readonly CodedText[] s_texts =
    [
        .. from file in SourceTree.Files("src/ModelTrack.Build.Tasks", ".resx")
           from data in XDocument.Load(file).Root!.Elements("data")
           select new CodedText((string)data.Attribute("name")!, (string)data.Element("value")!, file),
        .. from file in SourceTree.Files("src/ModelTrack.Sdk", ".targets", ".props", ".proj")
           from element in XDocument.Load(file).Descendants()
           where element.Name.LocalName is "Error" or "Warning"
           select new CodedText((string?)element.Attribute("Code") ?? "none", (string?)element.Attribute("Text") ?? "", file),
    ];

    [TestMethod]
    public void No_code_has_two_texts()
    {
        var doubled = s_texts.GroupBy(t => t.Code).Where(g => g.Count() > 1).Select(g => $"{g.Key}: {string.Join(", ", g.Select(t => t.File))}").ToArray();
        Assert.IsEmpty(doubled, string.Join('\n', doubled));
    }

    [TestMethod]
    public void Every_code_that_is_used_has_a_text_and_every_text_is_used()
    {
        var used = SourceTree.Files("src/ModelTrack.Build.Tasks", ".cs").SelectMany(f => CodeInCSharp().Matches(File.ReadAllText(f)))
            .Concat(SourceTree.Files("src/ModelTrack.Sdk", ".targets", ".props", ".proj").SelectMany(f => CodeInTargets().Matches(File.ReadAllText(f))))
            .Select(m => m.Groups[1].Value);
        AreSame(used, s_texts.Select(t => t.Code), "used", "texts");
    }

    [TestMethod]
    public void Every_code_has_a_section_in_the_page_and_every_section_a_code()
    {
        var page = SourceTree.Read("docs", "codes.md").ReplaceLineEndings("\n");
        var sections = Section().Matches(page);
        AreSame(sections.Select(m => m.Groups[1].Value), s_texts.Select(t => t.Code), "sections", "texts");
        var doubled = sections.GroupBy(m => m.Groups[1].Value).Where(g => g.Count() > 1).Select(g => g.Key).ToArray();
        Assert.IsEmpty(doubled, string.Join(' ', doubled));
        foreach (Match section in sections)
        {
            var from = section.Index + section.Length;
            var to = page.IndexOf("\n#", from, StringComparison.Ordinal);
            Assert.IsTrue((to < 0 ? page[from..] : page[from..to]).Trim().Length > 60, $"{section.Groups[1].Value} says nothing.");
        }
    }

    [TestMethod]
    public void A_code_s_first_digit_is_its_room_s()
    {
        foreach (var text in s_texts.Where(t => t.File.EndsWith(".resx", StringComparison.Ordinal)))
        {
            var room = Path.GetRelativePath(Path.Combine(SourceTree.Root, "src/ModelTrack.Build.Tasks"), text.File).Split(Path.DirectorySeparatorChar)[0];
            StringAssert.Matches(text.Code, FourDigits());
            Assert.AreEqual(s_ranges[room], text.Code[2], $"{text.Code} in {text.File}");
        }
    }

    /// <summary>A hundred is a subject's; within it, numbers run from 01 on.</summary>
    [TestMethod]
    public void No_number_is_left_out()
    {
        var codes = s_texts.Select(t => t.Code).Concat(s_retired).Distinct().GroupBy(c => c[..4]);
        foreach (var hundred in codes)
        {
            var numbers = hundred.Select(c => int.Parse(c[4..], System.Globalization.CultureInfo.InvariantCulture)).Order().ToArray();
            CollectionAssert.AreEqual(Enumerable.Range(1, numbers.Length).ToArray(), numbers, $"{hundred.Key}xx: {string.Join(' ', numbers)}");
        }
    }

    [TestMethod]
    public void Every_text_is_whole_sentences_and_counts_its_placeholders_from_zero()
    {
        foreach (var text in s_texts)
        {
            Assert.IsTrue(text.Text.Length > 30, $"{text.Code} says too little: {text.Text}");
            Assert.IsTrue(text.Text[^1] is '.' or ')' or '!' or '?' or '}', $"{text.Code} does not end as a sentence: {text.Text}");
            var places = Placeholder().Matches(text.Text).Select(m => int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).Distinct().Order().ToArray();
            if (text.File.EndsWith(".resx", StringComparison.Ordinal))
                CollectionAssert.AreEqual(Enumerable.Range(0, places.Length).ToArray(), places, $"{text.Code}: {text.Text}");
        }
    }

    /// <summary>Each method of a room's errors makes a message in which nothing is left to fill.</summary>
    [TestMethod]
    public void Every_message_can_be_made()
    {
        var made = new HashSet<string>();
        foreach (var type in typeof(ModelTrackException).Assembly.GetTypes().Where(t => t.Name.EndsWith("Errors", StringComparison.Ordinal) && t.IsAbstract && t.IsSealed))
        {
            foreach (var method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (method.ReturnType != typeof(ModelTrackException) && method.ReturnType != typeof(Diagnostic)) continue;
                if (method.IsPrivate || method.Name.Contains('<')) continue;
                var result = method.Invoke(null, [.. method.GetParameters().Select(p => Sample(p.ParameterType, 0))]);
                var message = result is ModelTrackException e ? e.Diagnostic : (Diagnostic)result!;
                made.Add(message.Code);
                Assert.IsFalse(Placeholder().IsMatch(message.Text), $"{type.Name}.{method.Name}: {message.Text}");
            }
        }

        Assert.IsTrue(made.Count > 40, $"{made.Count} messages were made.");
    }

    private static object? Sample(Type type, int depth)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return Sample(inner, depth);
        if (type == typeof(string) || type == typeof(object)) return "sample";
        if (type == typeof(ModelTrackException)) return new ModelTrackException(new Diagnostic("MT0000", "Sample."));
        if (typeof(Exception).IsAssignableFrom(type)) return type.IsAssignableFrom(typeof(IOException)) ? new IOException("Sample.") : Activator.CreateInstance(type);
        if (type.IsArray) return Array.CreateInstance(type.GetElementType()!, 0);
        if (type.IsInterface && typeof(IEnumerable).IsAssignableFrom(type) && type.IsGenericType)
        {
            var items = Array.CreateInstance(type.GetGenericArguments()[0], 1);
            items.SetValue(Sample(type.GetGenericArguments()[0], depth + 1), 0);
            return items;
        }

        if (type.IsValueType) return Activator.CreateInstance(type);
        var constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).FirstOrDefault();
        return constructor is null || depth > 4 ? null : constructor.Invoke([.. constructor.GetParameters().Select(p => Sample(p.ParameterType, depth + 1))]);
    }

    private static void AreSame(IEnumerable<string> one, IEnumerable<string> other, string oneName, string otherName)
    {
        var (a, b) = (one.Distinct().ToArray(), other.Distinct().ToArray());
        Assert.AreEqual("", string.Join(' ', a.Except(b).Order()), $"among the {oneName} but not among the {otherName}");
        Assert.AreEqual("", string.Join(' ', b.Except(a).Order()), $"among the {otherName} but not among the {oneName}");
    }

    [GeneratedRegex("\"(MT[0-9]{4})\"")]
    private static partial Regex CodeInCSharp();

    [GeneratedRegex("Code=\"(MT[0-9]{4})\"")]
    private static partial Regex CodeInTargets();

    [GeneratedRegex("^### (MT[0-9]{4})$", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex("^MT[0-9]{4}$")]
    private static partial Regex FourDigits();

    [GeneratedRegex(@"(?<!\{)\{([0-9]+)[^}]*\}")]
    private static partial Regex Placeholder();
}
