using ModelTrack.FaultTests.Support;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests;

/// <summary>An IDE, a terminal and parallel projects, all at once; also where the file system has no locks.</summary>
[TestClass]
public sealed class ManyBuildsTests
{
    private const int Builds = 10;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Ten_builds_of_one_clone_all_succeed_whatever_there_is_to_do(bool lockingOff)
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        var (one, two) = (ModelVersion.Of(1), ModelVersion.Of(2));

        // All of them save and push what is new.
        one.WriteTo(ada);
        await BuildAllAsync(lockingOff, "first save", [.. Enumerable.Repeat((ada, ada.Store), Builds)]);
        Invariants.WorkspaceIs(ada, "first save", one);
        Check(ada, "first save");

        // All of them restore a fresh clone.
        Scene.TakePointers(ben, ada);
        await BuildAllAsync(lockingOff, "fresh clone", [.. Enumerable.Repeat((ben, ben.Store), Builds)]);
        Invariants.WorkspaceIs(ben, "fresh clone", one);

        // All of them save and push a change.
        two.WriteTo(ada);
        await BuildAllAsync(lockingOff, "change", [.. Enumerable.Repeat((ada, ada.Store), Builds)]);
        Invariants.WorkspaceIs(ada, "change", two);
        Check(ada, "change");

        // All of them follow the pointers.
        Scene.TakePointers(ben, ada);
        await BuildAllAsync(lockingOff, "pointers moved", [.. Enumerable.Repeat((ben, ben.Store), Builds)]);
        Invariants.WorkspaceIs(ben, "pointers moved", two);
        Check(ben, "pointers moved");
        foreach (var artifact in ModelVersion.Artifacts) Assert.AreEqual(ada.ReadPointer(artifact), ben.ReadPointer(artifact));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Two_clones_on_one_store_build_at_once(bool lockingOff)
    {
        using var team = new Team();
        var (ada, ben, cyd) = (team.NewMachine("ada"), team.NewMachine("ben"), team.NewMachine("cyd"));
        var (one, two) = (ModelVersion.Of(1), ModelVersion.Of(2));

        // The same new content, saved from two clones into one store.
        one.WriteTo(ada);
        one.WriteTo(ben);
        await BuildAllAsync(lockingOff, "first save", [.. Alternate(ada, ben, ada.Store)]);
        Check(ada, "first save");
        foreach (var artifact in ModelVersion.Artifacts) Assert.AreEqual(ada.ReadPointer(artifact), ben.ReadPointer(artifact));

        // One goes on to version 2 while the other, with what the first has not pushed yet, stays.
        two.WriteTo(ada);
        await BuildAllAsync(lockingOff, "change beside no change", [.. Alternate(ada, ben, ada.Store)]);
        Invariants.WorkspaceIs(ada, "change beside no change", two);
        Invariants.WorkspaceIs(ben, "change beside no change", one);
        Check(ada, "change beside no change");

        // One restores into an empty clone what the other moves to.
        Scene.TakePointers(ben, ada);
        Scene.TakePointers(cyd, ada);
        var fresh = Path.Combine(team.Remote, "..", "fresh", "store");
        await BuildAllAsync(lockingOff, "both restore", [.. Alternate(ben, cyd, fresh)]);
        Invariants.WorkspaceIs(ben, "both restore", two);
        Invariants.WorkspaceIs(cyd, "both restore", two);
        Invariants.StoreIsWhole(fresh, "both restore");
    }

    private static IEnumerable<(Machine Machine, string Store)> Alternate(Machine one, Machine other, string store) =>
        Enumerable.Range(0, Builds).Select(i => (i % 2 == 0 ? one : other, store));

    private static void Check(Machine machine, string context)
    {
        Invariants.StoreIsWhole(machine.Store, context);
        Invariants.RemoteIsWhole(machine.Team.Remote, context);
        Invariants.NothingIsLeftOver(machine, context);
    }

    private static async Task BuildAllAsync(bool lockingOff, string context, (Machine Machine, string Store)[] builds)
    {
        var environment = new Dictionary<string, string>();
        if (lockingOff) environment["DOTNET_SYSTEM_IO_DISABLEFILELOCKING"] = "1";
        var outcomes = await Task.WhenAll(builds.Select(b => HostProcess.RunAsync(b.Machine, "build", environment: environment, store: b.Store)));
        foreach (var outcome in outcomes)
        {
            Assert.AreEqual(0, outcome.ExitCode, $"{context}: {outcome}");
        }
    }
}
