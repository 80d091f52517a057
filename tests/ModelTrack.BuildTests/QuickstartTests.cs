using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>The README's first command. Alone, since it builds and packs the very projects that other tests look at.</summary>
[TestClass]
[DoNotParallelize]
public sealed class QuickstartTests : BuildTest
{
    [TestMethod]
    public void It_tells_its_story_to_the_end_and_clears_away_that_of_an_earlier_run()
    {
        Folder.Write("story/made-by-the-quickstart.txt", "").Write("story/of/an/earlier/run", "");
        File.SetAttributes(Folder["story/of/an/earlier/run"], FileAttributes.ReadOnly);

        var quickstart = Build().Succeeds();

        string[] story =
        [
            "1. You start a home assistant",
            "data/intents.csv has 330 sentences",
            "2. A build trains the first model",
            "$ dotnet build ",
            "Trained on 262 sentences of 10 intents",
            "saved models/intents.bin (2.62 MB",
            "commit models/intents.bin.track",
            "3. Git gets the pointer",
            "$ git tag v1",
            "$ dotnet build -t:ModelTrackPush",
            "pushed models/intents.bin",
            "4. More sentences",
            "$ dotnet build -p:ModelTrackPushOnBuild=true",
            "Trained on 417 sentences of 11 intents",
            "$ git tag v2",
            "5. A colleague",
            "$ git clone",
            "restored models/intents.bin",
            "I know 11 intents. Held-out accuracy",
            "news (",
            "6. Back to version 1",
            "$ git checkout v1",
            "restored models/intents.bin",
            "I know 10 intents. Held-out accuracy",
            "All as told, in ",
        ];
        var place = 0;
        foreach (var line in story)
        {
            var found = quickstart.Output.IndexOf(line, place, StringComparison.Ordinal);
            Assert.IsTrue(found >= 0, $"'{line}' is not told, or not in its place, in\n{quickstart.Text}");
            place = found + line.Length;
        }

        Assert.IsFalse(Folder.Exists("story/of/an/earlier/run"));
    }

    [TestMethod]
    public void It_fails_and_deletes_nothing_where_its_folder_is_somebody_elses()
    {
        Folder.Write("story/precious.txt", "mine");

        var quickstart = Build();

        Assert.AreNotEqual(0, quickstart.ExitCode, quickstart.Text);
        quickstart.Says("The Quickstart is not as told. Preparation: expected an empty folder");
        Assert.AreEqual("mine", Folder.Read("story/precious.txt"));
    }

    private CommandResult Build() =>
        Command.Run("dotnet", ["build", "testassets/Quickstart", $"-p:QuickstartFolder={Folder["story"]}"], Scratch.RepositoryRoot, Scratch.Environment(Folder.Path));
}
