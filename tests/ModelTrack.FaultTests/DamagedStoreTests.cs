using ModelTrack.FaultTests.Support;
using ModelTrack.UnitTests.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.FaultTests;

/// <summary>What the store holds goes bad: it is never delivered, it is healed where another copy is, and else an error names the artifact.</summary>
[TestClass]
public sealed class DamagedStoreTests
{
    private static readonly ModelVersion s_one = ModelVersion.Of(1);

    public static IEnumerable<object[]> Damages =>
        from target in new[] { "entry", "record", "large entry", "large record", "pack", "index" }
        from kind in Damage.Kinds
        select new object[] { target, kind };

    [TestMethod]
    [DynamicData(nameof(Damages))]
    public async Task It_is_healed_from_the_remote_by_the_restore_that_finds_it(string target, string kind)
    {
        using var team = new Team();
        var ada = await SavedAsync(team, push: true);
        EmptyWorkspace(ada);
        Spoil(ada, target, kind);

        await Scene.RunAsync(ada, "restore");

        Invariants.WorkspaceIs(ada, $"{target} {kind}", s_one);
    }

    [TestMethod]
    [DynamicData(nameof(Damages))]
    public async Task Without_another_copy_it_is_a_coded_error_that_names_the_artifact_and_nothing_is_placed(string target, string kind)
    {
        using var team = new Team();
        var ada = await SavedAsync(team, push: false);
        EmptyWorkspace(ada);
        Spoil(ada, target, kind);

        var (result, log) = await Scene.TryAsync(ada, "restore");

        Invariants.WorkspaceIsOnly(ada, $"{target} {kind}", s_one);
        if (target is "record" or "large record" or "index")
        {
            // The contents themselves are good, and prove it by their hashes.
            Assert.IsTrue(result.Succeeded, log.ToString());
            Invariants.WorkspaceIs(ada, $"{target} {kind}", s_one);
            return;
        }

        var artifact = target == "entry" ? ModelVersion.Model : ModelVersion.Data;
        Assert.IsFalse(result.Succeeded, $"{target} {kind}");
        AssertNames(log, artifact);
        Assert.IsFalse(Path.Exists(ada.PathOf(artifact)), "nothing of it is placed");

        // The other artifact is as good as before, and what is missing is missed again, not delivered by a second try.
        var again = await Scene.TryAsync(ada, "restore");
        Assert.IsFalse(again.Result.Succeeded);
        AssertNames(again.Log, artifact);
        Assert.IsTrue(Path.Exists(ada.PathOf(artifact == ModelVersion.Model ? ModelVersion.Data : ModelVersion.Model)));
    }

    [TestMethod]
    [DynamicData(nameof(Damages))]
    public async Task Verify_finds_it_and_heals_it_from_the_workspace(string target, string kind)
    {
        using var team = new Team();
        var ada = await SavedAsync(team, push: false);
        Spoil(ada, target, kind);

        await Scene.RunAsync(ada, "verify", $"{target} {kind}", o => o with { Explicit = true });

        Invariants.WorkspaceIs(ada, $"{target} {kind}", s_one);
        EmptyWorkspace(ada);
        await Scene.RunAsync(ada, "restore", $"{target} {kind}, restored from the healed store");
        Invariants.WorkspaceIs(ada, $"{target} {kind}", s_one);
    }

    [TestMethod]
    [DynamicData(nameof(Damages))]
    public async Task A_push_never_sends_it(string target, string kind)
    {
        using var team = new Team();
        var ada = await SavedAsync(team, push: false);
        Spoil(ada, target, kind);

        // Named, so that the remote is this one: saved was without any.
        var (result, log) = await Scene.TryAsync(ada, "push", o => o with { DefaultRemote = team.Remote, Explicit = true });

        Invariants.RemoteIsWhole(team.Remote, $"{target} {kind}");
        if (!result.Succeeded) AssertNames(log, target == "entry" ? ModelVersion.Model : ModelVersion.Data);
        var ben = team.NewMachine("ben");
        Scene.TakePointers(ben, ada);
        var (restored, _) = await Scene.TryAsync(ben, "restore");
        Assert.AreEqual(result.Succeeded, restored.Succeeded, $"{target} {kind}: what was pushed can be restored, {log}");
        Invariants.WorkspaceIsOnly(ben, $"{target} {kind}", s_one);
        if (result.Succeeded) Invariants.WorkspaceIs(ben, $"{target} {kind}", s_one);
    }

    private static async Task<Machine> SavedAsync(Team team, bool push)
    {
        var ada = team.NewMachine("ada", remote: push);
        s_one.WriteTo(ada);
        await Scene.RunAsync(ada, "save");
        if (push) await Scene.RunAsync(ada, "push");
        return ada;
    }

    private static void EmptyWorkspace(Machine machine)
    {
        File.Delete(machine.PathOf(ModelVersion.Model));
        Directory.Delete(machine.PathOf(ModelVersion.Data), recursive: true);
    }

    private static void Spoil(Machine machine, string target, string kind)
    {
        var (model, large) = (s_one.Files[ModelVersion.Model], s_one.Files[ModelVersion.Data + "/large/a.bin"]);
        IReadOnlyList<string> paths = target switch
        {
            "entry" => [Damage.EntryOf(machine, model)],
            "record" => [Damage.RecordOf(machine, model)],
            "large entry" => [Damage.EntryOf(machine, large)],
            "large record" => [Damage.RecordOf(machine, large)],
            "pack" => Invariants.FilesUnder(Path.Combine(machine.Store, "packs")),
            "index" => Invariants.FilesUnder(Path.Combine(machine.Store, "index")),
            _ => throw new ArgumentException(target),
        };
        Assert.IsNotEmpty(paths, target);
        foreach (var path in paths) Damage.Do(kind, path);
    }

    private static void AssertNames(CapturingLog log, string artifact)
    {
        var error = log.Errors.Single();
        StringAssert.Contains(error.Text, artifact, StringComparison.Ordinal);
        StringAssert.StartsWith(error.Code, "MT", StringComparison.Ordinal);
    }
}
