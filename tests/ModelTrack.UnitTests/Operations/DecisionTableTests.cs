namespace ModelTrack.UnitTests.Operations;

/// <summary>Every row of the table in the design's section 7, played with real files, stores and a remote.</summary>
[TestClass]
public sealed class DecisionTableTests
{
    private const string Model = "models/m.bin";

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Content_that_equals_its_pointer_is_in_step_whatever_the_base(bool knowsABase)
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        ada.Write(Model, "v1");
        await ada.BuildAsync(Model);
        if (knowsABase)
        {
            ben.Write(Model, "v0");
            await ben.BuildAsync(Model);
        }

        ben.Write(Model, "v1");
        ben.TakePointer(Model, ada);
        await ben.BuildAsync(Model);
        Assert.IsEmpty(ben.Log.Reports);
        Assert.AreEqual("in step", await ben.StatusAsync(Model));

        // Adopted as base: a pointer that moves on is followed.
        ada.Write(Model, "v2");
        await ada.BuildAsync(Model);
        ben.TakePointer(Model, ada);
        await ben.BuildAsync(Model);
        Assert.AreEqual("v2", ben.Read(Model));
    }

    [TestMethod]
    [Rule("Pointer 3")]
    [Rule("Pointer 5")]
    public async Task A_pointer_that_says_the_same_in_other_line_endings_is_in_step_and_stays()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write(Model, "v1");
        await ada.BuildAsync(Model);
        ada.Write(Model + ".track", "\uFEFF" + ada.ReadPointer(Model).Replace("\n", "\r\n", StringComparison.Ordinal));
        var dressed = File.ReadAllBytes(ada.PathOf(Model) + ".track");

        Assert.AreEqual("in step", await ada.StatusAsync(Model));
        await ada.BuildAsync(Model, o => o with { Locked = true });
        await ada.BuildAsync(Model);
        CollectionAssert.AreEqual(dressed, File.ReadAllBytes(ada.PathOf(Model) + ".track"));
    }

    [TestMethod]
    public async Task Missing_content_with_a_pointer_is_restored()
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        ada.Write(Model, "v1");
        await ada.BuildAsync(Model);
        ben.TakePointer(Model, ada);
        Assert.AreEqual("missing, not in store, not pushed", await ben.StatusAsync(Model));

        var result = await ben.SucceedAsync(ben.RestoreAsync(Model));

        Assert.AreEqual("restored", result.Artifacts.Single().Action);
        Assert.AreEqual("v1", ben.Read(Model));
        StringAssert.Contains(ben.Log.Reports.Single(), "restored models/m.bin (2 B", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Neither_content_nor_pointer_is_nothing_before_the_build_and_an_error_after_it()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        await ada.SucceedAsync(ada.RestoreAsync(Model));
        Assert.AreEqual("MT5509", await ada.FailAsync(ada.SaveAsync(Model)));

        // Locked, nothing can make it: said, and not an error of this build.
        await ada.SucceedAsync(ada.SaveAsync(Model, o => o with { Locked = true }));
        Assert.AreEqual("MT5522", ada.Log.Warnings.Single().Code);
    }

    [TestMethod]
    public async Task New_content_is_saved_after_the_build_and_refused_when_locked()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write(Model, "v1");
        Assert.AreEqual("MT5506", await ada.FailAsync(ada.RestoreAsync(Model, o => o with { Locked = true })));
        Assert.AreEqual("MT5506", await ada.FailAsync(ada.SaveAsync(Model, o => o with { Locked = true })));
        Assert.IsFalse(File.Exists(ada.PathOf(Model) + ".track"));

        await ada.SucceedAsync(ada.RestoreAsync(Model));
        await ada.SucceedAsync(ada.SaveAsync(Model));

        Assert.AreEqual($$"""
            {
              "modeltrack": 1,
              "kind": "file",
              "sha256": "{{Machine.Sha256Of("v1")}}",
              "size": 2
            }

            """.ReplaceLineEndings("\n"), ada.ReadPointer(Model));
        Assert.AreEqual("not pushed", await ada.StatusAsync(Model));
    }

    [TestMethod]
    public async Task A_pointer_that_was_taken_away_is_not_rewritten_and_that_is_said_once()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write(Model, "v1");
        await ada.BuildAsync(Model);
        File.Delete(ada.PathOf(Model) + ".track");

        await ada.SucceedAsync(ada.SaveAsync(Model));
        StringAssert.Contains(ada.Log.Reports.Single(), "no longer tracked", StringComparison.Ordinal);
        await ada.SucceedAsync(ada.SaveAsync(Model));
        Assert.IsEmpty(ada.Log.Reports);
        Assert.IsFalse(File.Exists(ada.PathOf(Model) + ".track"));

        // By name it is tracked again.
        await ada.SucceedAsync(ada.SaveAsync(Model, o => o with { Explicit = true, Artifacts = [Model] }));
        Assert.IsTrue(File.Exists(ada.PathOf(Model) + ".track"));
    }

    [TestMethod]
    public async Task A_pointer_that_changed_brings_the_new_content()
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        ada.Write(Model, "v1");
        await ada.BuildAsync(Model);
        ben.TakePointer(Model, ada);
        await ben.BuildAsync(Model);
        ada.Write(Model, "v2");
        await ada.BuildAsync(Model);
        ben.TakePointer(Model, ada);
        Assert.AreEqual("pointer moved, not in store, not pushed", await ben.StatusAsync(Model));

        await ben.SucceedAsync(ben.RestoreAsync(Model, o => o with { Locked = true }));
        Assert.AreEqual("v2", ben.Read(Model));
    }

    [TestMethod]
    public async Task Content_that_changed_is_saved_after_the_build_and_refused_when_locked()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write(Model, "v1");
        await ada.BuildAsync(Model);
        ada.Write(Model, "v2");
        Assert.AreEqual("modified", await ada.StatusAsync(Model));
        Assert.AreEqual("MT5505", await ada.FailAsync(ada.RestoreAsync(Model, o => o with { Locked = true })));
        StringAssert.Contains(ada.ReadPointer(Model), Machine.Sha256Of("v1"), StringComparison.Ordinal);

        await ada.SucceedAsync(ada.RestoreAsync(Model));
        Assert.AreEqual("v2", ada.Read(Model));
        await ada.SucceedAsync(ada.SaveAsync(Model));
        StringAssert.Contains(ada.ReadPointer(Model), Machine.Sha256Of("v2"), StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task A_change_on_both_sides_is_an_error_with_both_hashes_and_both_ways_out_work()
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        ada.Write(Model, "v1");
        await ada.BuildAsync(Model);
        ben.TakePointer(Model, ada);
        await ben.BuildAsync(Model);
        ada.Write(Model, "ada's v2");
        await ada.BuildAsync(Model);
        ben.TakePointer(Model, ada);
        ben.Write(Model, "ben's v2");
        var pointer = ben.ReadPointer(Model);

        Assert.AreEqual("conflict, not in store, not pushed", await ben.StatusAsync(Model));
        Assert.AreEqual("MT5507", await ben.FailAsync(ben.RestoreAsync(Model)));
        var text = ben.Log.Errors.Single().Text;
        StringAssert.Contains(text, Machine.Sha256Of("ben's v2")[..10], StringComparison.Ordinal);
        StringAssert.Contains(text, Machine.Sha256Of("ada's v2")[..10], StringComparison.Ordinal);
        Assert.AreEqual("MT5507", await ben.FailAsync(ben.SaveAsync(Model)));
        Assert.AreEqual("ben's v2", ben.Read(Model));
        Assert.AreEqual(pointer, ben.ReadPointer(Model));

        // The pointer's side, with mine kept in the store and named.
        await ben.SucceedAsync(ben.RestoreAsync(Model, o => o with { Force = true, Explicit = true }));
        Assert.AreEqual("ada's v2", ben.Read(Model));
        StringAssert.Contains(ben.Log.ToString(), Machine.Sha256Of("ben's v2"), StringComparison.Ordinal);

        // Mine, from the start again.
        ben.Write(Model, "ben's v3");
        ada.Write(Model, "ada's v3");
        await ada.BuildAsync(Model);
        ben.TakePointer(Model, ada);
        await ben.SucceedAsync(ben.SaveAsync(Model, o => o with { Explicit = true, Artifacts = [Model] }));
        StringAssert.Contains(ben.ReadPointer(Model), Machine.Sha256Of("ben's v3"), StringComparison.Ordinal);
        Assert.AreEqual("ben's v3", ben.Read(Model));
    }

    [TestMethod]
    public async Task Without_a_base_safe_content_gives_way_and_other_content_is_an_error()
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        ada.Write(Model, "v1");
        await ada.BuildAsync(Model);
        ben.TakePointer(Model, ada);
        ben.Write(Model, "never seen");
        Assert.AreEqual("MT5507", await ben.FailAsync(ben.RestoreAsync(Model)));
        Assert.AreEqual("never seen", ben.Read(Model));

        // The same bytes, saved under another name: safe in the store.
        ben.Write("copy.bin", "never seen");
        await ben.BuildAsync("copy.bin");
        await ben.SucceedAsync(ben.RestoreAsync(Model));
        Assert.AreEqual("v1", ben.Read(Model));
    }

    [TestMethod]
    public async Task An_unresolved_merge_stops_every_verb_and_naming_the_artifact_in_a_save_settles_it()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write(Model, "v1");
        await ada.BuildAsync(Model);
        ada.Write(Model + ".track", $"<<<<<<< HEAD\n{ada.ReadPointer(Model)}=======\n{ada.ReadPointer(Model)}>>>>>>> theirs\n");
        Assert.AreEqual("MT1003", await ada.FailAsync(ada.RestoreAsync(Model)));
        Assert.AreEqual("MT1003", await ada.FailAsync(ada.SaveAsync(Model)));

        await ada.SucceedAsync(ada.SaveAsync(Model, o => o with { Explicit = true, Artifacts = [Model] }));
        StringAssert.Contains(ada.ReadPointer(Model), Machine.Sha256Of("v1"), StringComparison.Ordinal);
        Assert.AreEqual("in step", await ada.StatusAsync(Model));
    }

    [TestMethod]
    [DataRow("bin/m.bin")]
    [DataRow("sub/obj/m.bin")]
    public async Task What_no_restore_could_place_is_not_saved(string name)
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write(name, "v1");
        Assert.AreEqual("MT2009", await ada.FailAsync(ada.SaveAsync(name)));
        Assert.IsFalse(File.Exists(ada.PathOf(name) + ".track"));
    }

    [TestMethod]
    public async Task Losing_the_state_loses_nothing()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write(Model, "v1");
        await ada.BuildAsync(Model);
        ada.Write(Model, "v2");
        await ada.BuildAsync(Model);
        Directory.Delete(ada.PathOf(".git/modeltrack"), recursive: true);

        Assert.AreEqual("in step", await ada.StatusAsync(Model));
        await ada.BuildAsync(Model);
        Assert.AreEqual("v2", ada.Read(Model));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_save_by_name_keeps_mine_where_nothing_is_known_of_it(bool isInStoreAlready)
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        ada.Write(Model, "v1");
        await ada.BuildAsync(Model);
        if (isInStoreAlready)
        {
            ben.Write("models/other.bin", "mine");
            await ben.BuildAsync("models/other.bin");
        }

        ben.TakePointer(Model, ada);
        ben.Write(Model, "mine");
        var result = await ben.SucceedAsync(ben.SaveAsync(Model, o => o with { Explicit = true, Artifacts = [Model] }));

        Assert.AreEqual("saved", result.Artifacts.Single().Action);
        StringAssert.Contains(ben.ReadPointer(Model), Machine.Sha256Of("mine"), StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task A_build_s_save_does_not_make_unknown_content_safe_by_looking_at_it()
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        ada.Write(Model, "v1");
        await ada.BuildAsync(Model);
        ben.TakePointer(Model, ada);
        ben.Write(Model, "mine");

        // As where RestoreOnBuild is false: no restore came before.
        Assert.AreEqual("MT5507", await ben.FailAsync(ben.SaveAsync(Model)));
        Assert.AreEqual("MT5507", await ben.FailAsync(ben.RestoreAsync(Model)));
        Assert.AreEqual("mine", ben.Read(Model));
    }
}
