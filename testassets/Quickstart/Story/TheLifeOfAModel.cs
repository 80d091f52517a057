using static ModelTrack.Quickstart.Story.NotAsToldException;

namespace ModelTrack.Quickstart.Story;

/// <summary>
/// A home assistant tells what people want from what they say. Its team trains the model that does it, makes a better one, shares
/// both, and goes back to the first: all by dotnet build, and plain Git.
/// </summary>
internal sealed class TheLifeOfAModel(Stage stage, Narrator tell)
{
    private const string Trained = "Trained on";
    private const string NewsQuestion = "any news this morning";

    private readonly Clone _yours = new(stage, tell, stage.AddMachine("you"));
    private readonly Clone _colleagues = new(stage, tell, stage.AddMachine("colleague"));
    private string _version1 = "";
    private string _version2 = "";

    public async Task PlayAsync()
    {
        tell.Line($"ModelTrack {stage.PackageVersion}: the life of a model, played in {stage.Folder}");
        await CreateRepositoryAsync().ConfigureAwait(false);
        await TrainVersion1Async().ConfigureAwait(false);
        await PublishVersion1Async().ConfigureAwait(false);
        await TrainVersion2Async().ConfigureAwait(false);
        await CloneElsewhereAsync().ConfigureAwait(false);
        await GoBackToVersion1Async().ConfigureAwait(false);
        TellTheEnd();
    }

    private async Task CreateRepositoryAsync()
    {
        tell.Step("You start a home assistant: a C# program, sentences by intent in CSV, and no model yet");
        stage.CopyApp(_yours.Folder);
        await stage.Commands.RunAsync(stage.Folder, "git", "init", "--quiet", "--bare", stage.TeamRepository).ConfigureAwait(false);
        await _yours.GitAsync("init", "--quiet").ConfigureAwait(false);
        await _yours.GitAsync("remote", "add", "origin", "../../team/home-assistant.git").ConfigureAwait(false);
        tell.Output($"data/intents.csv has {File.ReadLines(_yours.Sentences).Count() - 1} sentences.");
    }

    private async Task TrainVersion1Async()
    {
        tell.Step("A build trains the first model and saves it");
        var build = await _yours.BuildAsync().ConfigureAwait(false);
        Unless(build.Says(Trained), "the build to train a model", "it did not");
        _version1 = _yours.CheckModel();
        var answer = await _yours.AskAsync(NewsQuestion).ConfigureAwait(false);
        Unless(!answer.StartsWith("news", StringComparison.Ordinal), "version 1 not to know about news", answer);
    }

    private async Task PublishVersion1Async()
    {
        tell.Step("Git gets the pointer, the team's folder the model");
        await CommitAsync("A first model", "v1").ConfigureAwait(false);
        await _yours.BuildAsync("-t:ModelTrackPush").ConfigureAwait(false);
        var tracked = await stage.Commands.RunAsync(_yours.Folder, "git", "ls-files").ConfigureAwait(false);
        Unless(tracked.Lines.Contains("models/intents.bin.track"), "Git to track the pointer", "it does not");
        Unless(!tracked.Lines.Contains("models/intents.bin"), "Git not to track the model", "it does");
        tell.Checked($"Git has a pointer of {Narrator.Size(_yours.PointerSize)}. The model's {Narrator.Size(_yours.ModelSize)} take {Narrator.Size(SizeOf(stage.TeamModels))} in team/models.");
    }

    private async Task TrainVersion2Async()
    {
        tell.Step("More sentences, and a new intent: a build trains, saves and pushes a second model");
        await File.AppendAllTextAsync(_yours.Sentences, await File.ReadAllTextAsync(stage.MoreSentences).ConfigureAwait(false)).ConfigureAwait(false);
        tell.Output($"{File.ReadLines(stage.MoreSentences).Count()} sentences were added to data/intents.csv.");
        var before = SizeOf(stage.TeamModels);
        var build = await _yours.BuildAsync("-p:ModelTrackPushOnBuild=true").ConfigureAwait(false);
        Unless(build.Says(Trained), "the build to train again", "it did not");
        _version2 = _yours.CheckModel();
        Unless(_version2 != _version1, "a model that differs from version 1", "it is the same");
        var sent = SizeOf(stage.TeamModels) - before;
        Unless(sent > 0, "version 2 to be in team/models too", "nothing was added there");
        tell.Checked($"team/models grew by {Narrator.Size(sent)}.");
        await CommitAsync("More sentences, and news", "v2").ConfigureAwait(false);
    }

    private async Task CommitAsync(string message, string tag)
    {
        await _yours.GitAsync("add", ".").ConfigureAwait(false);
        await _yours.GitAsync("commit", "--quiet", "-m", message).ConfigureAwait(false);
        await _yours.GitAsync("tag", tag).ConfigureAwait(false);
        await _yours.GitAsync("push", "--quiet", "--set-upstream", "origin", "main", tag).ConfigureAwait(false);
    }

    private async Task CloneElsewhereAsync()
    {
        tell.Step("A colleague with an empty store clones and builds: the model is restored, not trained");
        var machine = Path.GetDirectoryName(_colleagues.Folder)!;
        var clone = await stage.Commands.RunAsync(machine, "git", "clone", "--quiet", "../team/home-assistant.git").ConfigureAwait(false);
        tell.Command("git clone ../team/home-assistant.git", clone.Elapsed);
        Unless(!Directory.Exists(_colleagues.Store), "the colleague's store not to exist yet", "it does");
        await BuildWithoutTrainingAsync().ConfigureAwait(false);
        var restored = _colleagues.CheckModel();
        Unless(restored == _version2, $"the colleague's model to be version 2, {_version2}", $"it is {restored}");
        await _colleagues.AskAsync().ConfigureAwait(false);
        var answer = await _colleagues.AskAsync(NewsQuestion).ConfigureAwait(false);
        Unless(answer.StartsWith("news", StringComparison.Ordinal), "version 2 to know about news", answer);
    }

    private async Task GoBackToVersion1Async()
    {
        tell.Step("Back to version 1, by git checkout and a build");
        await _colleagues.GitAsync("checkout", "--quiet", "v1").ConfigureAwait(false);
        await BuildWithoutTrainingAsync().ConfigureAwait(false);
        var restored = _colleagues.CheckModel();
        Unless(restored == _version1, $"the model of version 1, {_version1}", $"it is {restored}");
        await _colleagues.AskAsync().ConfigureAwait(false);
        var status = await stage.Commands.RunAsync(_colleagues.Folder, "git", "status", "--porcelain").ConfigureAwait(false);
        Unless(status.Lines.Count == 0, "a work tree that Git finds clean", string.Join(", ", status.Lines));
        tell.Checked("git status: clean.");
    }

    private async Task BuildWithoutTrainingAsync()
    {
        var build = await _colleagues.BuildAsync().ConfigureAwait(false);
        Unless(build.Says("restored models/intents.bin"), "the build to restore the model", "it does not say so");
        Unless(!build.Says(Trained), "the build not to train", "it did");
    }

    private void TellTheEnd()
    {
        tell.Line();
        tell.Line($"All as told, in {tell.Elapsed.TotalSeconds:F0} s. To go on where the colleague stopped:");
        tell.Line($"   cd {Path.GetRelativePath(stage.StartedIn, _colleagues.Folder)}");
        tell.Line("   git switch main && dotnet build && dotnet run -- \"it's dark in here\"");
        tell.Line();
    }

    private static long SizeOf(string folder) =>
        Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length) : 0;
}
