using System.Text.Json;

namespace ModelTrack.BuildTests.Infra;

/// <summary>A test that builds in a folder of its own; the folder stays when the test fails.</summary>
public abstract class BuildTest
{
    public TestContext TestContext { get; set; } = null!;

    protected BuildFolder Folder { get; } = new();

    [TestCleanup]
    public void CleanUp()
    {
        if (TestContext.CurrentTestOutcome is UnitTestOutcome.Passed) Folder.Delete();
        else Folder.Keep(TestContext.TestName!);
    }

    /// <summary>The identities of an item list in the JSON of an evaluation.</summary>
    protected static string[] Identities(JsonElement json, string item) =>
        [.. json.GetProperty("Items").GetProperty(item).EnumerateArray().Select(i => i.GetProperty("Identity").GetString()!)];

    protected static JsonElement Item(JsonElement json, string item, string identity) =>
        json.GetProperty("Items").GetProperty(item).EnumerateArray().Single(i => i.GetProperty("Identity").GetString() == identity);

    protected static string Property(JsonElement json, string name) => json.GetProperty("Properties").GetProperty(name).GetString()!;
}
