using System.Text.RegularExpressions;
using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests.Stories;

/// <summary>
/// A page of docs/stories as a test plays it: types what stands behind each `$` of a section (`>` goes on with it), and finds the lines below it, in their
/// order, in what is printed. A command fails only where the page shows its error, and trains, saves, restores or pushes only where the page says so.
/// Durations, hashes, dates, what was sent after compression and the home folder may differ.
/// </summary>
public sealed partial class StoryPage
{
    private readonly string _home;
    private readonly List<(string Heading, List<(string Command, List<string> Lines)> Commands)> _sections = [];
    private int _played;

    public StoryPage(string page, string home, Terminal terminal)
    {
        _home = home;
        Terminal = terminal;
        Read(File.ReadAllLines(Path.Combine(Scratch.RepositoryRoot, "docs", "stories", page)));
    }

    public Terminal Terminal { get; }

    /// <summary>What stands on the page instead of what is printed here, such as a server's address.</summary>
    public Dictionary<string, string> Shown { get; } = [];

    /// <summary>Plays the next section, which must be this one.</summary>
    public void Play(string heading)
    {
        Assert.IsLessThan(_sections.Count, _played, $"There is no section for '{heading}'.");
        var section = _sections[_played++];
        Assert.AreEqual(heading, section.Heading);
        foreach (var (command, lines) in section.Commands)
        {
            var result = Terminal.Type(command);
            var fails = lines.Any(line => line.Contains(": error ", StringComparison.Ordinal));
            Assert.AreEqual(fails, result.ExitCode != 0, $"{heading}: $ {command}\n{result.Text}");
            var printed = Comparable(result.Text);
            var place = 0;
            foreach (var line in lines)
            {
                // Artifacts are worked on in parallel, and are done in any order.
                var found = printed.IndexOf(Comparable(line), Work().IsMatch(line) ? 0 : place, StringComparison.Ordinal);
                Assert.IsTrue(found >= 0, $"{heading}: $ {command}\ndoes not print, or not in this place:\n{line}\nbut\n{result.Text}");
                place = Math.Max(place, found + 1);
            }

            foreach (var line in printed.Split('\n').Select(l => l.Trim()).Where(l => Work().IsMatch(l)))
            {
                Assert.IsTrue(lines.Any(l => Comparable(l) == line), $"{heading}: $ {command}\nthe page does not show:\n{line}");
            }
        }
    }

    public void IsPlayedToTheEnd() => Assert.AreEqual(_sections.Count, _played, "Sections that no test plays.");

    private void Read(string[] lines)
    {
        var isConsole = false;
        foreach (var line in lines)
        {
            if (line.StartsWith("## ", StringComparison.Ordinal)) _sections.Add((line[3..], []));
            else if (line.StartsWith("```", StringComparison.Ordinal)) isConsole = line == "```console";
            else if (!isConsole) continue;
            else if (line.StartsWith("$ ", StringComparison.Ordinal)) _sections[^1].Commands.Add((line[2..], []));
            else if (line.StartsWith("> ", StringComparison.Ordinal) && _sections[^1].Commands[^1].Lines.Count == 0) _sections[^1].Commands[^1] = (_sections[^1].Commands[^1].Command + "\n" + line[2..], []);
            else if (line.Trim() is not ("" or "…")) _sections[^1].Commands[^1].Lines.Add(line.Trim());
        }

        _sections.RemoveAll(section => section.Commands.Count == 0);
    }

    private string Comparable(string text)
    {
        foreach (var (here, shown) in Shown) text = text.Replace(here, shown, StringComparison.Ordinal);
        return Travelled().Replace(Duration().Replace(Hash().Replace(Date().Replace(text.Replace(_home, "~", StringComparison.Ordinal), "DATE"), "HASH"), "TIME"), "SIZE");
    }

    [GeneratedRegex("^(trained|saved|restored|pushed|pinned|committed|switched) ")]
    private static partial Regex Work();

    [GeneratedRegex(@"\b(?=[0-9a-f]*[0-9])[0-9a-f]{7,64}\b")]
    private static partial Regex Hash();

    [GeneratedRegex(@"\b\d{4}-\d\d-\d\d\b")]
    private static partial Regex Date();

    [GeneratedRegex(@"\b\d+(\.\d+)? [KM]?B(?= (sent|fetched))")]
    private static partial Regex Travelled();

    [GeneratedRegex(@"\b\d+(\.\d+)? m?s\b")]
    private static partial Regex Duration();
}
