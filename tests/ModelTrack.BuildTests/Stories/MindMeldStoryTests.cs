using ModelTrack.TestServers;

namespace ModelTrack.BuildTests.Stories;

/// <summary>docs/stories/mindmeld.md, with a server on loopback that answers as DagsHub and its bucket do.</summary>
[TestClass]
public sealed class MindMeldStoryTests : StoryTest
{
    private const string Token = "0123-the-token-of-ada";

    [TestMethod]
    public async Task Init_DagsHub_save_checkout_by_hash_help_and_destroy()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { BasePath = "" });
        server.Objects["api/v1/repos/ada/assistant"] = new StoredObject("""{"id":1}"""u8.ToArray(), "\"1\"", DateTimeOffset.UtcNow);
        var page = Open("mindmeld.md", "assistant");
        page.Terminal["DAGSHUB_CLIENT_HOST"] = server.Url;
        page.Shown[server.Url] = "https://dagshub.com";

        page.Play("Init");
        page.Play("Set up DagsHub");
        Assert.HasCount(1, server.Seen, "one question");
        Assert.DoesNotContain(Token, Folder.Git("home/assistant", "log", "-p", "--all").Output);

        page.Play("Save");
        var first = Model("assistant");
        Assert.IsTrue(server.Keys("").Any(key => key.EndsWith($"modeltrack/manifests/{first[..2]}/{first}", StringComparison.Ordinal)), string.Join('\n', server.Keys("")));
        Assert.IsTrue(server.Seen.All(request => request.Authorization!.Contains(Token, StringComparison.Ordinal)));

        page.Play("Save alone");
        var second = Pointed("assistant");
        Assert.AreNotEqual(first, second);
        Assert.AreEqual(second, Folder.Sha256("home/assistant/models/intents.bin"));
        page.Play("What there is");

        page.Play("Checkout");
        Assert.AreEqual(first, Model("assistant"));
        page.Play("And back");
        Assert.AreEqual(second, Model("assistant"));

        page.Terminal["XDG_DATA_HOME"] = Folder[".colleague"];
        page.Play("A colleague");
        Assert.AreEqual(second, Model("colleague"));

        page.Terminal["XDG_DATA_HOME"] = Folder[".data"];
        page.Play("Help");
        page.Play("Destroy");
        Assert.AreEqual(second, Folder.Sha256("home/assistant/models/intents.bin"));
        Assert.IsFalse(Folder.Exists("home/assistant/models/intents.bin.track"));
        page.IsPlayedToTheEnd();
    }
}
