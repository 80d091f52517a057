using ModelTrack.FaultTests.Support;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests;

/// <summary>Files that another program holds open for itself alone: an error that says so, or it works; and all is well once it let go.</summary>
[TestClass]
public sealed class HeldFileTests
{
    private static readonly ModelVersion s_one = ModelVersion.Of(1);
    private static readonly ModelVersion s_two = ModelVersion.Of(2);

    [TestMethod]
    [DataRow("models/m.bin")]
    [DataRow("models/m.bin.track")]
    [DataRow("data/raw/large/a.bin")]
    [DataRow("data/raw/small/0/s000.txt")]
    [DataRow("data/raw/only-in-2.csv")]
    [DataRow("data/raw.track")]
    public async Task A_save_of_a_held_file_is_a_coded_error_or_saves_it_right(string path)
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        s_one.WriteTo(ada);
        await Scene.BuildAsync(ada);
        s_two.WriteTo(ada);

        using (File.Open(ada.PathOf(path), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            CodedOrDone(await HostProcess.RunAsync(ada, "save"), path);
        }

        Invariants.WorkspaceIs(ada, path, s_two);
        await Scene.BuildAsync(ada);
        Invariants.WorkspaceIs(ada, path, s_two);
        Invariants.RemoteIsWhole(team.Remote, path);
        Invariants.NothingIsLeftOver(ada, path);
    }

    [TestMethod]
    [DataRow("models/m.bin")]
    [DataRow("models/m.bin.track")]
    [DataRow("data/raw/large/a.bin")]
    [DataRow("data/raw/small/0/s000.txt")]
    [DataRow("data/raw/only-in-1.csv")]
    [DataRow("data/raw.track")]
    public async Task A_restore_over_a_held_file_is_a_coded_error_or_restores_it_right(string path)
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        s_one.WriteTo(ada);
        await Scene.BuildAsync(ada);
        Scene.TakePointers(ben, ada);
        await Scene.RunAsync(ben, "restore");
        s_two.WriteTo(ada);
        await Scene.BuildAsync(ada);
        Scene.TakePointers(ben, ada);

        using (File.Open(ben.PathOf(path), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            CodedOrDone(await HostProcess.RunAsync(ben, "restore"), path);
        }

        Invariants.WorkspaceIsOnly(ben, path, s_one, s_two);
        await Scene.BuildAsync(ben);
        Invariants.WorkspaceIs(ben, path, s_two);
        Invariants.NothingIsLeftOver(ben, path);
    }

    [TestMethod]
    [DataRow("files")]
    [DataRow("records")]
    [DataRow("packs")]
    [DataRow("index")]
    [DataRow("artifacts")]
    [DataRow("workspaces")]
    public async Task A_store_whose_files_are_held_is_a_coded_error_or_serves_right(string folder)
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        s_one.WriteTo(ada);
        await Scene.BuildAsync(ada);
        File.Delete(ada.PathOf(ModelVersion.Model));
        Directory.Delete(ada.PathOf(ModelVersion.Data), recursive: true);

        var held = new List<FileStream>();
        try
        {
            // Shared for reading nowhere: as an editor or a scanner may.
            foreach (var file in Invariants.FilesUnder(Path.Combine(ada.Store, folder))) held.Add(File.Open(file, FileMode.Open, FileAccess.Read, FileShare.None));
            Assert.IsNotEmpty(held, folder);
            CodedOrDone(await HostProcess.RunAsync(ada, "restore"), folder);
        }
        finally
        {
            held.ForEach(h => h.Dispose());
        }

        Invariants.WorkspaceIsOnly(ada, folder, s_one);
        await Scene.RunAsync(ada, "restore");
        Invariants.WorkspaceIs(ada, folder, s_one);
        Invariants.StoreIsWhole(ada.Store, folder);
    }

    private static void CodedOrDone(HostOutcome outcome, string context)
    {
        Assert.IsTrue(outcome.ExitCode is 0 or 1, $"{context}: {outcome}");
        Assert.AreEqual(outcome.ExitCode == 1, outcome.ErrorCodes.Count > 0, $"{context}: {outcome}");
    }
}
