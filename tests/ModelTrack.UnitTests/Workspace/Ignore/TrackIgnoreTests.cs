using System.Text;
using ModelTrack.Diagnostics;
using ModelTrack.UnitTests.Support;
using ModelTrack.Workspace.Ignore;

namespace ModelTrack.UnitTests.Workspace.Ignore;

[TestClass]
public sealed class TrackIgnoreTests
{
    /// <summary>Patterns that implementations of this syntax get wrong, and paths that show it.</summary>
    private static readonly (string Patterns, string Paths)[] s_hard =
    [
        ("*.md", "a.md d/a.md a.mdx .md"),
        ("/a", "a d/a"),
        ("a", "a d/a d/a/x ab"),
        ("a/", "a a/ d/a d/a/ d/a/x"),
        ("d/a", "d/a x/d/a d/a/x"),
        ("d/a/", "d/a d/a/ d/a/x x/d/a/"),
        ("*", "a d/a .x"),
        ("*\n!a", "a d/a b"),
        ("*\n!*/\n!*.csv", "a a.csv d/ d/a.csv d/e/a.csv d/e/a"),
        ("d\n!d/a", "d/ d/a d/b"),
        ("d/*\n!d/a", "d/ d/a d/b d/a/x"),
        ("!a\na", "a d/a"),
        ("**/a", "a d/a d/e/a ab"),
        ("a/**", "a a/ a/b a/b/c d/a/b"),
        ("a/**/b", "a/b a/x/b a/x/y/b a/xb ab"),
        ("**", "a d/a"),
        ("**/", "a a/ d/a d/e/"),
        ("a**", "a ab abc d/ab"),
        ("a**b", "ab axb axxb d/ab d/axb"),
        ("d/a**b", "d/ab d/axb d/a/b d/a/x/b"),
        ("d/**b", "d/b d/xb d/x/b d/x/yb"),
        ("d/a**/b", "d/ab d/a/b d/ax/b d/ax/y/b"),
        ("d/?a**/b", "d/xa/b d/xay/b d/xa/y/b"),
        ("/**/a", "a d/a"),
        ("a/***/b", "a/b a/x/b a/x/y/b"),
        ("***/b", "b a/b"),
        ("d/*/a", "d/a d/e/a d/e/f/a"),
        ("d/*", "d/ d/a d/e/ d/e/a"),
        ("*/a", "a d/a d/e/a"),
        ("?", "a ab d/b é"),
        ("??", "é ab a"),
        ("[ab]", "a b c ab"),
        ("[!ab]", "a b c"),
        ("[^ab]", "a b c"),
        ("[a-c]x", "ax bx cx dx -x"),
        ("[-a]", "- a b"),
        ("[a-]", "- a b"),
        ("[]]", "] a"),
        ("[]-]", "] - a"),
        ("[!]]", "] a"),
        ("[a", "a [a"),
        ("a[", "a a["),
        ("[[:digit:]]", "1 a :"),
        ("[[:alpha:]_]x", "ax _x 1x"),
        ("[[:nope:]]", "a n"),
        ("[[:digit]", "d [ : 1"),
        ("[[:digit:]-z]", "1 - z a"),
        ("[\\]]", "] \\"),
        ("[\\-a]", "- a \\"),
        ("[c-a]", "a b c"),
        ("d[/]a", "d/a"),
        ("d[!x]a", "d/a dya"),
        ("[!a]*/b", "x/b a/b xy/b"),
        ("\\*", "* a"),
        ("\\?a", "?a xa"),
        ("\\#a", "#a a"),
        ("#a", "#a a"),
        ("\\!a", "!a a"),
        ("a\\b", "ab a\\b"),
        ("a\\", "a a\\"),
        ("a ", "a"),
        ("a\\ ", "a"),
        ("a b", "a"),
        (" a", "a"),
        ("a\r", "a"),
        ("A", "a A"),
        ("É", "é É"),
        ("é*", "é éa e"),
        ("/", "a d/a"),
        ("//", "a d/a"),
        ("//a", "a d/a"),
        ("d//a", "d/a"),
        ("!", "a"),
        ("", "a"),
        ("   ", "a"),
        ("./a", "a d/a"),
        ("../a", "a"),
        ("a/.", "a a/"),
        ("*a*b*", "ab xaxbx ba d/ab"),
        ("*.tar.gz", "a.tar.gz a.gz .tar.gz"),
        ("foo*", "foo food d/foo d/food/x"),
        (".*", ".a a d/.a"),
        ("a?b", "a/b axb"),
        ("d/**/*.md\n!d/e/**", "d/a.md d/e/a.md d/e/f/a.md"),
        ("*.md\n!/a.md", "a.md d/a.md"),
        ("\uFEFFa", "a"),
    ];

    [TestMethod]
    public void It_agrees_with_git_on_hard_patterns()
    {
        using var comparison = new Comparison();
        foreach (var (patterns, paths) in s_hard)
            comparison.Add(new() { [""] = patterns }, [.. paths.Split(' '), "a ", " a", "a b"]);
        comparison.Check();
    }

    /// <summary>Random patterns in nested files, random paths.</summary>
    [TestMethod]
    public void It_agrees_with_git_on_any_patterns()
    {
        var random = new Random(20261121);
        string[] pieces = ["a", "b", "a", "/", "/", "*", "*", "**", "**/", "/**", "?", "[ab]", "[!a]", "[a-", "]", "\\", " ", "é", ".", "[[:alpha:]]", "-", "!"];
        string[] names = ["a", "b", "ab", "aa", "ba", ".a", "é", "a.b", "-", "*", "bab"];
        using var comparison = new Comparison();
        for (var round = 0; round < 120; round++)
        {
            var files = new Dictionary<string, string>();
            foreach (var where in (string[])["", "a", "a/b", "ab"])
            {
                if (where.Length > 0 && random.Next(3) > 0) continue;
                var text = new StringBuilder();
                for (var lines = random.Next(1, 5); lines > 0; lines--)
                {
                    if (random.Next(4) == 0) text.Append('!');
                    for (var length = random.Next(1, 6); length > 0; length--) text.Append(pieces[random.Next(pieces.Length)]);
                    text.Append('\n');
                }

                files[where] = text.ToString();
            }

            comparison.Add(files, [.. Enumerable.Range(0, 25).Select(_ => RandomPath(random, names))]);
        }

        comparison.Check();
    }

    [TestMethod]
    public void Rules_come_from_the_root_down_to_the_pointer_s_folder_and_from_inside()
    {
        using var folder = new Support.TempFolder();
        folder.Write(".trackignore", "*.md\nmodels/*.txt\n/data/raw/notes/\ndata/**/deep.bin\n");
        folder.Write("data/.trackignore", "!keep.md\nraw/top.bin\n");
        folder.Write("data/raw/.trackignore", "/own.bin\n");
        folder.Write("data/raw/sub/.trackignore", "*.log\n");
        var rules = TrackIgnore.Find(folder["data", "raw"], folder.Path);
        foreach (var left in (string[])["a.md", "x/a.md", "notes/x", "x/deep.bin", "deep.bin", "top.bin", "own.bin", "sub/a.log", "sub/x/a.log", ".trackignore", "sub/.trackignore"])
            Assert.IsTrue(rules.IsIgnored(left, false), left);
        foreach (var kept in (string[])["keep.md", "x/keep.md", "a.txt", "x/top.bin", "x/own.bin", "a.log", "notes"])
            Assert.IsFalse(rules.IsIgnored(kept, false), kept);
        Assert.IsTrue(rules.IsIgnored("notes", true));
    }

    [TestMethod]
    public void The_artifact_itself_is_tracked_whatever_the_rules_say()
    {
        using var folder = new Support.TempFolder();
        folder.Write(".trackignore", "/data/\nraw\nraw/\n/data/raw/\n");
        var rules = TrackIgnore.Find(folder["data", "raw"], folder.Path);
        Assert.IsFalse(rules.IsIgnored("a", false));
        Assert.IsTrue(rules.IsIgnored("raw", false));
    }

    [TestMethod]
    public void Without_a_root_only_the_pointer_s_folder_and_the_directory_have_rules()
    {
        using var folder = new Support.TempFolder();
        folder.Write(".trackignore", "a\n");
        folder.Write("data/.trackignore", "b\n");
        folder.Write("data/raw/.trackignore", "c\n");
        foreach (var root in (string?[])[null, folder["elsewhere"]])
        {
            var rules = TrackIgnore.Find(folder["data", "raw"], root);
            Assert.IsFalse(rules.IsIgnored("a", false));
            Assert.IsTrue(rules.IsIgnored("b", false));
            Assert.IsTrue(rules.IsIgnored("c", false));
        }
    }

    [TestMethod]
    public void Where_no_rule_can_apply_nobody_needs_to_ask()
    {
        using var folder = new Support.TempFolder();
        folder.Write(".trackignore", "/models/*.md\n");
        folder.Write("data/raw/sub/.trackignore", "# none yet\n");
        folder.Write("data/raw/logs/.trackignore", "*.log\n");
        var rules = TrackIgnore.Find(folder["data", "raw"], folder.Path);
        Assert.IsFalse(rules.AppliesIn(""));
        Assert.IsFalse(rules.AppliesIn("no/such"));
        Assert.IsTrue(rules.AppliesIn("sub"));
        Assert.IsFalse(rules.AppliesIn("sub/x"));
        Assert.IsTrue(rules.AppliesIn("logs"));
        Assert.IsTrue(rules.AppliesIn("logs/x"));
        Assert.IsTrue(TrackIgnore.Find(folder["models"], folder.Path).AppliesIn(""));
    }

    [TestMethod]
    public void Case_counts_on_every_system()
    {
        using var folder = new Support.TempFolder();
        folder.Write(".trackignore", "*.MD\n");
        Assert.IsFalse(TrackIgnore.Find(folder["raw"], folder.Path).IsIgnored("a.md", false));
    }

    [TestMethod]
    public void A_pattern_made_to_be_slow_is_not()
    {
        using var folder = new Support.TempFolder();
        folder.Write(".trackignore", string.Concat(Enumerable.Repeat("a*", 1000)) + "b\n" + string.Concat(Enumerable.Repeat("**/a*", 300)) + "b\n");
        var rules = TrackIgnore.Find(folder["raw"], folder.Path);
        Assert.IsFalse(rules.IsIgnored(string.Concat(Enumerable.Repeat("a", 1000)), false));
        Assert.IsFalse(rules.IsIgnored(string.Concat(Enumerable.Repeat("a/", 300)) + "a", false));
    }

    [TestMethod]
    public void A_file_too_large_for_patterns_is_a_coded_error()
    {
        using var folder = new Support.TempFolder();
        using (var file = File.Create(folder[".trackignore"])) file.SetLength(1L << 30);
        Assert.AreEqual("MT2202", Assert.ThrowsExactly<ModelTrackException>(() => TrackIgnore.Find(folder["raw"], folder.Path)).Code);
    }

    [TestMethod]
    public void Any_bytes_are_patterns_and_may_be_asked_about_from_many_threads()
    {
        var random = new Random(3);
        using var folder = new Support.TempFolder();
        for (var round = 0; round < 200; round++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            File.WriteAllBytes(folder[".trackignore"], bytes);
            var rules = TrackIgnore.Find(folder["raw"], folder.Path);
            Parallel.For(0, 8, i => rules.IsIgnored($"a/b{i % 2}/c{i}", i % 3 == 0));
        }
    }

    private static string RandomPath(Random random, string[] names)
    {
        var path = string.Join('/', Enumerable.Range(0, random.Next(1, 5)).Select(_ => names[random.Next(names.Length)]));
        return random.Next(4) == 0 ? path + "/" : path;
    }

    /// <summary>Cases, each in a folder of its own, for which Git is asked once: the artifact stands for the folder.</summary>
    private sealed class Comparison : IDisposable
    {
        private readonly Support.TempFolder _folder = new();
        private readonly List<(string Root, string Path, string Rules)> _cases = [];
        private int _count;

        public Comparison() => GitSandbox.Init(_folder.Path);

        public void Add(Dictionary<string, string> files, IReadOnlyList<string> paths)
        {
            var root = _folder[$"{++_count}"];
            foreach (var (where, text) in files)
            {
                Directory.CreateDirectory(Path.Combine(root, where));
                File.WriteAllText(Path.Combine(root, where, ".gitignore"), text, new UTF8Encoding(false));
                File.WriteAllText(Path.Combine(root, where, ".trackignore"), text, new UTF8Encoding(false));
            }

            // Git asks the file system what is a folder.
            var rules = string.Join(" and ", files.Select(f => $"{f.Key}/: {f.Value.Replace("\n", "⏎")}"));
            foreach (var path in paths.Select(p => p.Trim('/')).Distinct())
                if (IsMade(Path.Combine(root, path), paths.Contains(path + "/"))) _cases.Add((root, path, rules));
        }

        public void Check()
        {
            var ignored = GitAnswers.Ignored(_folder.Path, _cases.Select(c => $"{Path.GetFileName(c.Root)}/{c.Path}"));
            foreach (var group in _cases.GroupBy(c => c.Root))
            {
                var rules = TrackIgnore.Find(group.Key, group.Key);
                foreach (var (root, path, text) in group)
                    Assert.AreEqual(
                        ignored.Contains($"{Path.GetFileName(root)}/{path}"),
                        rules.IsIgnored(path, Directory.Exists(Path.Combine(root, path))),
                        $"'{path}' under {text}");
            }

            Assert.IsTrue(ignored.Count > _cases.Count / 10, $"Git ignores {ignored.Count} of {_cases.Count}.");
        }

        public void Dispose() => _folder.Dispose();

        /// <summary>False where a file stands in a folder's place, or a folder in a file's.</summary>
        private static bool IsMade(string path, bool isFolder)
        {
            try
            {
                Directory.CreateDirectory(isFolder ? path : Path.GetDirectoryName(path)!);
                if (!isFolder && !Directory.Exists(path)) File.WriteAllText(path, "");
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }
}
