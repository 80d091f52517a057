namespace ModelTrack.BuildTests.Stories;

/// <summary>docs/stories/xethub.md.</summary>
[TestClass]
public sealed class XetHubStoryTests : StoryTest
{
    [TestMethod]
    public void Branches_promote_by_merge_A_and_B_build_together_and_submodules_and_logs_share_the_repository()
    {
        var page = Open("xethub.md", "assistant");
        page.Play("A branch per environment");
        var first = Model("assistant");
        page.Play("Development goes on");
        var second = Model("assistant");
        Assert.AreEqual($"{first} {second}", $"{PointedAt("assistant", "prod")} {PointedAt("assistant", "main")}");

        page.Play("Promote");
        Assert.AreEqual(second, PointedAt("assistant", "prod"));
        Assert.AreEqual(second, Model("assistant"));

        page.Play("A and B in one build");
        Assert.AreEqual(second, Model("assistant"));
        var other = PointedAt("assistant", "ab-test");
        Assert.AreNotEqual(second, other);
        Assert.AreEqual(other, Folder.Sha256("home/assistant/bin/Debug/net10.0/models/intents.ab.bin"));

        page.Play("A submodule with shared data");
        Assert.AreEqual(Sha256("open the window\n"), Folder.Sha256("home/assistant/shared/all.txt"));
        page.Play("The submodule moves");
        Assert.AreEqual(Sha256("open the window\nclose the window\n"), Folder.Sha256("home/assistant/shared/all.txt"));
        Assert.AreEqual(Pointed("utterances", "all.txt"), Pointed("assistant", "shared/all.txt"));
        Assert.AreEqual("", Folder.Git("home/assistant/shared", "status", "--porcelain").Output);

        page.Play("Metrics, drift tables and logs");
        Assert.AreEqual(second, Model("assistant"));
        StringAssert.Contains(Folder.Read("home/assistant/models/intents.bin.track"), "\"accuracy\": 1");
        page.IsPlayedToTheEnd();
    }
}
