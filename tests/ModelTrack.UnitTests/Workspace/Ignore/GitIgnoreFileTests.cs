using System.Text;
using ModelTrack.Diagnostics;
using ModelTrack.UnitTests.Support;
using ModelTrack.Workspace.Ignore;

namespace ModelTrack.UnitTests.Workspace.Ignore;

[TestClass]
public sealed class GitIgnoreFileTests
{
    [TestMethod]
    public void A_new_file_has_the_artifact_s_line_and_goes_with_it()
    {
        using var folder = new Support.TempFolder();
        Assert.IsTrue(GitIgnoreFile.Add(folder["models", "x.onnx"] is var path && Directory.CreateDirectory(folder["models"]).Exists ? path : "", null, folder.Path));
        Assert.AreEqual("/x.onnx\n", File.ReadAllText(folder["models", ".gitignore"]));
        Assert.IsFalse(GitIgnoreFile.Add(path, null, folder.Path));
        Assert.IsTrue(GitIgnoreFile.Remove(path, folder.Path));
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder["models"]));
        Assert.IsFalse(GitIgnoreFile.Remove(path, folder.Path));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("# mine\n*.log\n")]
    [DataRow("# mine\r\n*.log\r\n")]
    [DataRow("*.log")]
    [DataRow("a\r\nb")]
    [DataRow("a\nb\r\n\n\n")]
    [DataRow("\uFEFF*.log\n")]
    [DataRow("/x.onnx.track\n/x\nx.onnx\n!/x.onnx\n/x.onnx/\n")]
    public void What_was_added_is_removed_without_a_trace(string text)
    {
        using var folder = new Support.TempFolder();
        var before = Encoding.UTF8.GetBytes(text);
        File.WriteAllBytes(folder[".gitignore"], before);
        foreach (var name in (string[])["x.onnx", "data"]) GitIgnoreFile.Add(folder[name], null, folder.Path);
        var after = File.ReadAllText(folder[".gitignore"]);
        StringAssert.Contains(after, text.Contains('\r') && text.IndexOf('\r') == text.IndexOf('\n') - 1 ? "/x.onnx\r\n/data" : "/x.onnx\n/data");
        Assert.AreEqual(text.EndsWith('\n'), after.EndsWith('\n'));
        foreach (var name in (string[])["x.onnx", "data"]) Assert.IsTrue(GitIgnoreFile.Remove(folder[name], folder.Path));
        CollectionAssert.AreEqual(before, File.ReadAllBytes(folder[".gitignore"]));
    }

    [TestMethod]
    public void Bytes_that_are_no_text_stay()
    {
        using var folder = new Support.TempFolder();
        byte[] before = [0xFF, 0x00, 0xC3, (byte)'\n'];
        File.WriteAllBytes(folder[".gitignore"], before);
        GitIgnoreFile.Add(folder["é"], null, folder.Path);
        CollectionAssert.AreEqual((byte[])[.. before, .. "/é\n"u8], File.ReadAllBytes(folder[".gitignore"]));
    }

    [TestMethod]
    public void Git_ignores_the_artifact_and_nothing_that_is_named_alike()
    {
        using var folder = new Support.TempFolder();
        GitSandbox.Init(folder.Path);
        string[] names = ["x.onnx", "a b", "#hash", "!bang", "[ab]", "*", "what?", "né 😀", "-dash", "a[b", "star*star", "{a}"];
        string[] alike = ["x.onnx.track", "X.onnx", "sub/x.onnx", "a", "b", "ab", "bang", "hash", "wha", "whats", "starxstar", "xx"];
        foreach (var name in names)
        {
            GitIgnoreFile.Add(folder[name], null, folder.Path);
            var ignored = GitAnswers.Ignored(folder.Path, [name, name + "/", .. alike]);
            CollectionAssert.AreEquivalent(new[] { name, name + "/" }, ignored.ToArray(), name);
            GitIgnoreFile.Remove(folder[name], folder.Path);
        }
    }

    [TestMethod]
    public void What_a_trackignore_leaves_is_seen_by_git()
    {
        using var folder = new Support.TempFolder();
        GitSandbox.Init(folder.Path);
        folder.Write("data/.trackignore", "keep.me\n");
        folder.Write("data/raw/a.bin", "");
        folder.Write("data/raw/sub/b.bin", "");
        folder.Write("data/raw/sub/keep.me", "");
        GitIgnoreFile.Add(folder["data", "raw"], TrackIgnore.Find(folder["data", "raw"], folder.Path), folder.Path);
        Assert.AreEqual("/raw/**\n!/raw/**/\n!/raw/**/keep.me\n!/raw/**/.trackignore\n", File.ReadAllText(folder["data", ".gitignore"]));
        CollectionAssert.AreEquivalent(
            new[] { "data/.gitignore", "data/.trackignore", "data/raw/sub/keep.me" }, GitAnswers.Untracked(folder.Path).ToArray());
    }

    [TestMethod]
    public void The_lines_follow_the_rules_and_stay_where_they_stand()
    {
        using var folder = new Support.TempFolder();
        folder.Write(".gitignore", "first\n/raw\nlast");
        folder.Write("raw/a.bin", "");
        var ignore = folder.Write(".trackignore", "*.md\n");
        Assert.IsTrue(GitIgnoreFile.Add(folder["raw"], TrackIgnore.Find(folder["raw"], folder.Path), folder.Path));
        const string Block = "first\n/raw/**\n!/raw/**/\n!/raw/**/*.md\n!/raw/**/.trackignore\nlast";
        Assert.AreEqual(Block, File.ReadAllText(folder[".gitignore"]));
        Assert.IsFalse(GitIgnoreFile.Add(folder["raw"], TrackIgnore.Find(folder["raw"], folder.Path), folder.Path));
        File.WriteAllText(ignore, "*.md\n*.txt\n");
        Assert.IsTrue(GitIgnoreFile.Add(folder["raw"], TrackIgnore.Find(folder["raw"], folder.Path), folder.Path));
        Assert.AreEqual(Block.Replace("*.md\n", "*.md\n!/raw/**/*.txt\n"), File.ReadAllText(folder[".gitignore"]));
        File.Delete(ignore);
        Assert.IsTrue(GitIgnoreFile.Add(folder["raw"], TrackIgnore.Find(folder["raw"], folder.Path), folder.Path));
        Assert.AreEqual("first\n/raw\nlast", File.ReadAllText(folder[".gitignore"]));
    }

    [TestMethod]
    public void Lines_that_somebody_wrote_by_hand_stay_when_ours_go()
    {
        using var folder = new Support.TempFolder();
        folder.Write(".gitignore", "/raw/**\n!/raw/**/\n!/raw/mine\n/raw/x\n");
        Assert.IsTrue(GitIgnoreFile.Remove(folder["raw"], folder.Path));
        Assert.AreEqual("!/raw/mine\n/raw/x\n", File.ReadAllText(folder[".gitignore"]));
    }

    /// <summary>
    /// No file is in neither place, whatever the rules; and where they take nothing back in (`!`), none is in both.
    /// </summary>
    [TestMethod]
    public void Every_file_is_either_tracked_here_or_seen_by_git()
    {
        var random = new Random(20261121);
        string[] patterns = ["*.md", "a", "b/", "/raw/a", "raw/*/b", "raw/**/a.md", "**/b", "/a", "a/b", "a/**", "[ab].md", "*", "d*/", "x y", "data/r*/d/", "**/d/*.md", "\\#", "?", "raw/[a-d]/", "é*"];
        string[] names = ["a", "b", "a.md", "d", "c", "x y", "#", "é", "raw"];
        using var folders = new Support.TempFolder();
        GitSandbox.Init(folders.Path);
        var cases = new List<(string Root, bool TakesBack)>();
        for (var round = 0; round < 80; round++)
        {
            var root = folders[$"{round}"];
            var takesBack = false;
            foreach (var where in (string[])["", "data", "data/raw", "data/raw/a", "data/raw/d"])
            {
                if (random.Next(2) == 0) continue;
                var text = new StringBuilder();
                for (var lines = random.Next(1, 4); lines > 0; lines--)
                {
                    if (round % 2 == 1 && random.Next(3) == 0)
                    {
                        text.Append('!');
                        takesBack = true;
                    }

                    text.Append(patterns[random.Next(patterns.Length)]).Append('\n');
                }

                folders.Write($"{round}/{where}/.trackignore", text.ToString());
            }

            for (var files = 0; files < 25; files++)
            {
                var path = Path.Combine(root, "data/raw/" + string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => names[random.Next(names.Length)])));
                try
                {
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    File.WriteAllText(path, "");
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // A file stands where a folder is wanted, or the reverse.
                }
            }

            var artifact = Path.Combine(root, "data", "raw");
            Directory.CreateDirectory(artifact);
            GitIgnoreFile.Add(artifact, TrackIgnore.Find(artifact, root), root);
            cases.Add((root, takesBack));
        }

        var seen = GitAnswers.Untracked(folders.Path);
        foreach (var (root, takesBack) in cases)
        {
            var artifact = Path.Combine(root, "data", "raw");
            var rules = TrackIgnore.Find(artifact, root);
            var told = File.ReadAllText(Path.Combine(root, "data", ".gitignore"));
            foreach (var file in Directory.GetFiles(artifact, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
            {
                var relative = Path.GetRelativePath(artifact, file);
                var left = rules.IsIgnored(relative, false);
                var inGit = seen.Contains(Path.GetRelativePath(folders.Path, file));
                if (left || !takesBack) Assert.AreEqual(left, inGit, $"{relative} in {root}, .gitignore: {told}");
            }
        }
    }

    [TestMethod]
    public void Without_a_repository_or_outside_of_it_nothing_is_written()
    {
        using var folder = new Support.TempFolder();
        Assert.IsFalse(GitIgnoreFile.Add(folder["x"], null, null));
        Assert.IsFalse(GitIgnoreFile.Add(folder["x"], null, folder["repo"]));
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void A_link_in_its_place_is_a_coded_error()
    {
        if (OperatingSystem.IsWindows()) return;
        using var folder = new Support.TempFolder();
        File.CreateSymbolicLink(folder[".gitignore"], folder.Write("rules", "a\n"));
        Assert.AreEqual("MT2204", Assert.ThrowsExactly<ModelTrackException>(() => GitIgnoreFile.Add(folder["x"], null, folder.Path)).Code);
        Assert.AreEqual("a\n", File.ReadAllText(folder["rules"]));
    }

    [TestMethod]
    public void Many_artifacts_at_once_all_get_their_line_and_nothing_is_left_beside()
    {
        using var folder = new Support.TempFolder();
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => GitIgnoreFile.Add(folder[$"m{i}"], null, folder.Path));
        Assert.HasCount(64, File.ReadAllLines(folder[".gitignore"]).Distinct().ToList());
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => GitIgnoreFile.Remove(folder[$"m{i}"], folder.Path));
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void A_turn_that_a_dead_process_left_is_taken_over()
    {
        using var folder = new Support.TempFolder();
        File.SetLastWriteTimeUtc(folder.Write(".modeltrack/.gitignore.turn", ""), DateTime.UtcNow.AddMinutes(-1));
        Assert.IsTrue(GitIgnoreFile.Add(folder["x"], null, folder.Path));
        CollectionAssert.AreEqual(new[] { folder[".gitignore"] }, Directory.GetFileSystemEntries(folder.Path));
    }
}
