namespace ModelTrack.BuildTests.Stories;

/// <summary>docs/stories/dvc.md.</summary>
[TestClass]
public sealed class DvcExemplarStoryTests : StoryTest
{
    private static readonly (string Path, string Text)[] s_first =
        [("kitchen/1.txt", "turn on the light\n"), ("kitchen/2.txt", "switch off the oven\n"), ("hall/1.txt", "who is at the door\n")];

    private static readonly (string Path, string Text)[] s_second =
        [("kitchen/1.txt", "turn on the light\n"), ("kitchen/2.txt", "turn off the oven\n"), ("hall/1.txt", "who is at the door\n"), ("hall/2.txt", "is the garage closed\n")];

    [TestMethod]
    public void Add_push_pull_tag_go_back_mix_versions_and_retrain()
    {
        var page = Open("dvc.md", "assistant");
        page.Play("Remote");
        page.Play("Add a folder");
        page.Play("Version 1");
        var first = Model("assistant");
        Assert.AreEqual(first, PointedAt("assistant", "v1.0"));

        page.Terminal["XDG_DATA_HOME"] = Folder[".colleague"];
        page.Play("Clone and pull");
        Assert.AreEqual(first, Model("colleague"));
        Holds("colleague/data/raw", s_first);

        page.Terminal["XDG_DATA_HOME"] = Folder[".data"];
        page.Play("Version 2");
        var second = Model("assistant");
        Assert.AreNotEqual(first, second);
        Assert.AreEqual(second, PointedAt("assistant", "v2.0"));
        StringAssert.Contains(Folder.Git("home/assistant", "show", "v2.0:data/intents.csv").Output, "timer,");

        page.Play("Back to version 1");
        Assert.AreEqual(first, Model("assistant"));
        Holds("assistant/data/raw", s_first);
        page.Play("And forth");
        Assert.AreEqual(second, Model("assistant"));
        Holds("assistant/data/raw", s_second);

        page.Play("Keep the code, load the data of a tag");
        Holds("assistant/data/raw", s_first);
        Assert.AreEqual(second, Model("assistant"));
        page.Play("The same by a verb");
        Holds("assistant/data/raw", s_first);
        Assert.AreEqual(PointedAt("assistant", "v1.0", "data/raw"), Pointed("assistant", "data/raw"));
        Assert.AreEqual(second, Model("assistant"));

        page.Play("Several versions side by side");
        Holds("assistant/data/raw", s_second);
        Holds("assistant/bin/Debug/net10.0/eda/v1.0", s_first);
        Holds("assistant/bin/Debug/net10.0/eda/v2.0", s_second);
        page.Play("What there is");
        page.IsPlayedToTheEnd();
    }

    /// <summary>These files and no other, by SHA-256.</summary>
    private void Holds(string folder, (string Path, string Text)[] files)
    {
        var root = Folder[$"home/{folder}"];
        var found = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f).Replace('\\', '/'));
        CollectionAssert.AreEquivalent(files.Select(f => f.Path).ToArray(), found.ToArray());
        foreach (var (path, text) in files) Assert.AreEqual(Sha256(text), Folder.Sha256($"home/{folder}/{path}"), path);
    }
}
