using ModelTrack.Diagnostics;
using ModelTrack.Operations;
using ModelTrack.Workspace;

namespace ModelTrack.UnitTests.Operations;

/// <summary>The short way of a build that has nothing to do: it may only be taken where the long way would do nothing.</summary>
[TestClass]
public sealed class UnchangedArtifactsTests
{
    private const string Model = "models/m.bin";

    [TestMethod]
    public async Task What_nobody_touched_is_found_unchanged_as_the_long_way_finds_it()
    {
        using var team = new Team();
        var ada = await SettledAsync(team);

        var found = Find(ada);

        var restored = await ada.SucceedAsync(ada.RestoreAsync(Model));
        Assert.AreEqual(restored.Artifacts.Single(), found!.Artifacts.Single());
    }

    [TestMethod]
    [DataRow("content changed")]
    [DataRow("content touched")]
    [DataRow("content gone")]
    [DataRow("content a folder")]
    [DataRow("content executable")]
    [DataRow("pointer changed")]
    [DataRow("pointer touched")]
    [DataRow("pointer gone")]
    [DataRow("state gone")]
    [DataRow("state damaged")]
    [DataRow("a restore was begun")]
    [DataRow("another base")]
    [DataRow("never seen")]
    public async Task Anything_else_takes_the_long_way(string what)
    {
        using var team = new Team();
        var ada = await SettledAsync(team);
        var states = StatesOf(ada);
        var (content, pointer) = (ada.PathOf(Model), ada.PathOf(Model) + ".track");
        switch (what)
        {
            case "content changed": Rewrite(content, "v2"); break;
            case "content touched": File.SetLastWriteTimeUtc(content, DateTime.UtcNow.AddMinutes(-3)); break;
            case "content gone": File.Delete(content); break;
            case "content a folder":
                File.Delete(content);
                Directory.CreateDirectory(content);
                break;
            case "content executable":
                if (OperatingSystem.IsWindows()) return;
                File.SetUnixFileMode(content, File.GetUnixFileMode(content) | UnixFileMode.UserExecute);
                break;
            case "pointer changed": Rewrite(pointer, File.ReadAllText(pointer).Replace("\"size\": 2", "\"size\": 3", StringComparison.Ordinal)); break;
            case "pointer touched": File.SetLastWriteTimeUtc(pointer, DateTime.UtcNow.AddMinutes(-3)); break;
            case "pointer gone": File.Delete(pointer); break;
            case "state gone": states.Delete(content); break;
            case "state damaged": File.WriteAllText(states.PathOf(content), "nothing"); break;
            case "a restore was begun": states.Save(states.Load(content)! with { Restoring = states.Load(content)!.Base }); break;
            case "another base": states.Save(states.Load(content)! with { Base = states.Load(content)!.Base!.Value with { Size = 7 } }); break;
            case "never seen": ada.Write("models/other.bin", "v1"); break;
        }

        Assert.IsNull(Find(ada, what == "never seen" ? [Model, "models/other.bin"] : [Model]));
    }

    [TestMethod]
    public async Task A_verb_called_by_name_and_a_pinned_artifact_take_the_long_way()
    {
        using var team = new Team();
        var ada = await SettledAsync(team);

        Assert.IsNull(UnchangedArtifacts.Find([ada.Item(Model)], ada.Options with { Explicit = true }, forRestore: true));
        Assert.IsNull(UnchangedArtifacts.Find([ada.Item(Model) with { Revision = "v1" }], ada.Options, forRestore: true));
    }

    [TestMethod]
    public async Task What_a_build_does_not_restore_is_left_out_of_a_restore_only()
    {
        using var team = new Team();
        var ada = await SettledAsync(team);
        var bulk = ada.Item(Model) with { RestoreOnBuild = false };

        Assert.IsEmpty(UnchangedArtifacts.Find([bulk], ada.Options, forRestore: true)!.Artifacts);
        Assert.HasCount(1, UnchangedArtifacts.Find([bulk], ada.Options, forRestore: false)!.Artifacts);
    }

    [TestMethod]
    public async Task A_link_that_took_the_place_of_a_folder_on_the_way_is_refused()
    {
        if (OperatingSystem.IsWindows()) return;
        using var team = new Team();
        var ada = await SettledAsync(team);
        Directory.Move(ada.PathOf("models"), ada.PathOf("elsewhere"));
        Directory.CreateSymbolicLink(ada.PathOf("models"), ada.PathOf("elsewhere"));

        Assert.AreEqual("MT2001", Assert.ThrowsExactly<ModelTrackException>(() => Find(ada)).Code);
    }

    /// <summary>A model that was saved, and seen again when its time stamps were no longer too young to trust.</summary>
    private static async Task<Machine> SettledAsync(Team team)
    {
        var ada = team.NewMachine("ada");
        ada.Write(Model, "v1");
        await ada.BuildAsync(Model);
        foreach (var file in (string[])[ada.PathOf(Model), ada.PathOf(Model) + ".track"]) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-1));
        await ada.SucceedAsync(ada.RestoreAsync(Model));
        Assert.IsNotNull(Find(ada), "The test's own starting point.");
        return ada;
    }

    private static OperationResult? Find(Machine machine, params string[] names) =>
        UnchangedArtifacts.Find([.. (names.Length == 0 ? [Model] : names).Select(machine.Item)], machine.Options, forRestore: true);

    private static ArtifactStateStore StatesOf(Machine machine) =>
        new(WorkspaceLayout.Find(machine.Project, machine.Options.IntermediateDirectory).StateRoot);

    /// <summary>Another text of the same time.</summary>
    private static void Rewrite(string path, string text)
    {
        var time = File.GetLastWriteTimeUtc(path);
        File.WriteAllText(path, text);
        File.SetLastWriteTimeUtc(path, time);
    }
}
