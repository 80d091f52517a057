using ModelTrack.FaultTests.Support;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests;

/// <summary>No room, at each of the three places: a coded error, nothing half-written, and all well once there is room.</summary>
[TestClass]
public sealed class FullDiskTests
{
    private static readonly ModelVersion s_one = ModelVersion.Of(1);
    private static readonly ModelVersion s_two = ModelVersion.Of(2);

    [TestMethod]
    [DataRow(16)]
    [DataRow(150)]
    [DataRow(500)]
    public async Task A_save_into_a_full_store_writes_no_pointer(int kilobytesLeft)
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        using var disk = TinyDisk.Mount(ada.Store, 4000);
        disk.FillUpTo(kilobytesLeft);
        s_one.WriteTo(ada);

        var outcome = await HostProcess.RunAsync(ada, "save");

        Fails(outcome, "MT3302");
        Invariants.WorkspaceIs(ada, "full store", s_one);
        Assert.IsFalse(ModelVersion.Artifacts.All(a => File.Exists(ada.PathOf(a) + ".track")));
        Assert.IsEmpty(Invariants.FilesUnder(Path.Combine(ada.Store, "temp")), "nothing half-written takes room");

        disk.MakeRoom();
        await Scene.BuildAsync(ada);
        Invariants.StoreIsWhole(ada.Store, "room again");
        Invariants.RemoteIsWhole(team.Remote, "room again");
    }

    [TestMethod]
    [DataRow(16)]
    [DataRow(150)]
    [DataRow(500)]
    public async Task A_restore_through_a_full_store_touches_nothing(int kilobytesLeft)
    {
        using var team = new Team();
        var (ada, ben) = await TwoVersionsAsync(team);
        using var disk = TinyDisk.Mount(ben.Store, 4000);
        disk.FillUpTo(kilobytesLeft);

        Fails(await HostProcess.RunAsync(ben, "restore"), "MT3302");
        Invariants.WorkspaceIsOnly(ben, "full store", s_one, s_two);
        Fails(await HostProcess.RunAsync(ben, "fetch"), "MT3302");

        disk.MakeRoom();
        await Scene.RunAsync(ben, "restore");
        Invariants.WorkspaceIs(ben, "room again", s_two);
        Assert.IsEmpty(Invariants.FilesUnder(Path.Combine(ben.Store, "temp")));
    }

    [TestMethod]
    [DataRow(8)]
    [DataRow(150)]
    [DataRow(300)]
    public async Task A_restore_into_a_full_workspace_touches_no_file_in_place(int kilobytesLeft)
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        using var disk = TinyDisk.Mount(Path.Combine(Path.GetDirectoryName(team.Remote)!, "ben", "project"), 3000);
        var ben = team.NewMachine("ben");
        s_one.WriteTo(ada);
        await Scene.BuildAsync(ada);
        Scene.TakePointers(ben, ada);
        await Scene.RunAsync(ben, "restore");
        s_two.WriteTo(ada);
        await Scene.BuildAsync(ada);
        Scene.TakePointers(ben, ada);
        disk.FillUpTo(kilobytesLeft);

        Fails(await HostProcess.RunAsync(ben, "restore"), "MT2007", "MT2004");
        Invariants.WorkspaceIsOnly(ben, "full workspace", s_one, s_two);

        disk.MakeRoom();
        await Scene.RunAsync(ben, "restore");
        Invariants.WorkspaceIs(ben, "room again", s_two);
        Invariants.NothingIsLeftOver(ben, "room again");
    }

    [TestMethod]
    [DataRow(8)]
    [DataRow(100)]
    [DataRow(300)]
    public async Task A_push_to_a_full_remote_leaves_no_manifest_of_what_is_not_there(int kilobytesLeft)
    {
        using var team = new Team();
        using var disk = TinyDisk.Mount(team.Remote, 4000);
        disk.FillUpTo(kilobytesLeft);
        var ada = team.NewMachine("ada");
        s_one.WriteTo(ada);
        await Scene.RunAsync(ada, "save");

        Fails(await HostProcess.RunAsync(ada, "push"), "MT3604");
        Invariants.RemoteIsWhole(team.Remote, "full remote");

        disk.MakeRoom();
        await Scene.RunAsync(ada, "push");
        Invariants.RemoteIsWhole(team.Remote, "room again");
        Invariants.NothingIsLeftOver(ada, "room again");
    }

    private static async Task<(Machine Ada, Machine Ben)> TwoVersionsAsync(Team team)
    {
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        s_one.WriteTo(ada);
        s_one.WriteTo(ben);
        await Scene.BuildAsync(ada);
        Scene.TakePointers(ben, ada);
        // Ben has version 1 and knows it, with nothing in his store.
        await Scene.RunAsync(ben, "restore");
        s_two.WriteTo(ada);
        await Scene.BuildAsync(ada);
        Scene.TakePointers(ben, ada);
        return (ada, ben);
    }

    private static void Fails(HostOutcome outcome, params string[] codes)
    {
        Assert.AreEqual(1, outcome.ExitCode, outcome.ToString());
        // An error may stand inside the sentence of another: what could not be restored, and why.
        Assert.IsTrue(outcome.ErrorCodes.Count > 0 && codes.Any(c => outcome.Output.Contains(c, StringComparison.Ordinal)), outcome.ToString());
    }
}
