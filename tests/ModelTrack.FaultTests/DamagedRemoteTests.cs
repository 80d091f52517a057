using ModelTrack.FaultTests.Support;
using ModelTrack.Storage.Formats;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests;

/// <summary>What the remote holds goes bad, or all of it goes.</summary>
[TestClass]
public sealed class DamagedRemoteTests
{
    private static readonly ModelVersion s_one = ModelVersion.Of(1);

    public static IEnumerable<object[]> Damages =>
        from artifact in ModelVersion.Artifacts
        from target in new[] { "manifest", "pack" }
        from kind in Damage.Kinds
        select new object[] { artifact, target, kind };

    [TestMethod]
    [DynamicData(nameof(Damages))]
    public async Task It_is_never_delivered_and_verify_heals_it_from_a_full_store(string artifact, string target, string kind)
    {
        using var team = new Team();
        var (ada, ben) = await PushedAsync(team);
        Spoil(team, artifact, target, kind);

        foreach (var verb in new[] { "fetch", "restore" })
        {
            var (result, log) = await Scene.TryAsync(ben, verb);
            var context = $"{verb} with {target} of {artifact} {kind}: {log}";
            Invariants.WorkspaceIsOnly(ben, context, s_one);
            Invariants.StoreIsWhole(ben.Store, context);
            // What was put behind a pack is in no range that a pull reads.
            if ((target, kind) == ("pack", "extended") && result.Succeeded) continue;
            Assert.IsFalse(result.Succeeded, context);
            var error = log.Errors.Single();
            Assert.AreEqual("MT5510", error.Code, context);
            StringAssert.Contains(error.Text, artifact, StringComparison.Ordinal);
            Assert.IsFalse(Path.Exists(ben.PathOf(artifact)), context);
        }

        await Scene.RunAsync(ada, "verify", $"{target} of {artifact} {kind}", o => o with { Explicit = true });

        Invariants.RemoteIsWhole(team.Remote, $"healed {target} of {artifact} {kind}", garbage: true);
        await Scene.RunAsync(ben, "restore", $"healed {target} of {artifact} {kind}");
        Invariants.WorkspaceIs(ben, $"healed {target} of {artifact} {kind}", s_one);
    }

    [TestMethod]
    [Rule("Push 1")]
    [DynamicData(nameof(Damages))]
    public async Task A_push_of_somebody_who_has_the_content_sends_again_what_a_look_can_tell_is_bad(string artifact, string target, string kind)
    {
        using var team = new Team();
        var (_, ben) = await PushedAsync(team);
        Spoil(team, artifact, target, kind);
        var cyd = team.NewMachine("cyd");
        s_one.WriteTo(cyd);
        await Scene.RunAsync(cyd, "save");
        await Scene.RunAsync(cyd, "push", $"{target} of {artifact} {kind}");

        // Other bytes of the same length are found by reading all, which is what verify is for.
        if (target == "pack" && kind.StartsWith("altered", StringComparison.Ordinal)) return;
        Invariants.RemoteIsWhole(team.Remote, $"pushed over {target} of {artifact} {kind}", garbage: true);
        await Scene.RunAsync(ben, "restore");
        Invariants.WorkspaceIs(ben, $"pushed over {target} of {artifact} {kind}", s_one);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_remote_emptied_behind_a_full_store_is_filled_again_by_the_next_push(bool folderToo)
    {
        using var team = new Team();
        var (ada, ben) = await PushedAsync(team);
        Directory.Delete(team.Remote, recursive: true);
        if (!folderToo) Directory.CreateDirectory(team.Remote);

        var (result, log) = await Scene.TryAsync(ben, "restore");
        Assert.IsFalse(result.Succeeded);
        Assert.HasCount(2, log.Errors);
        foreach (var artifact in ModelVersion.Artifacts)
        {
            Assert.IsTrue(log.Errors.Any(e => e.Code == "MT5510" && e.Text.Contains(artifact, StringComparison.Ordinal)), log.ToString());
        }

        Assert.IsEmpty(Invariants.ContentFiles(ben));

        // Who has it does not need the remote …
        File.Delete(ada.PathOf(ModelVersion.Model));
        await Scene.RunAsync(ada, "restore");
        Invariants.WorkspaceIs(ada, "restored from the full store", s_one);

        // … and does not believe its own memory of having pushed. A folder that is gone may be a share that is not mounted.
        if (folderToo)
        {
            var (pushed, said) = await Scene.TryAsync(ada, "push");
            Assert.IsFalse(pushed.Succeeded);
            StringAssert.Contains(said.ToString(), "MT3601", StringComparison.Ordinal);
            Directory.CreateDirectory(team.Remote);
        }

        await Scene.RunAsync(ada, "push");
        Invariants.RemoteIsWhole(team.Remote, "filled again");
        await Scene.RunAsync(ben, "restore");
        Invariants.WorkspaceIs(ben, "filled again", s_one);
    }

    [TestMethod]
    [Rule("What a manifest promises 6")]
    public async Task Restoring_does_not_need_the_layout_file()
    {
        using var team = new Team();
        var (_, ben) = await PushedAsync(team);
        File.Delete(Path.Combine(team.Remote, "modeltrack.json"));
        await Scene.RunAsync(ben, "restore");
        Invariants.WorkspaceIs(ben, "no layout file", s_one);
    }

    /// <returns>Ada, who pushed, and Ben, who has the pointers and an empty store.</returns>
    private static async Task<(Machine Ada, Machine Ben)> PushedAsync(Team team)
    {
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        s_one.WriteTo(ada);
        await Scene.BuildAsync(ada);
        Scene.TakePointers(ben, ada);
        return (ada, ben);
    }

    private static void Spoil(Team team, string artifact, string target, string kind)
    {
        var manifest = Invariants.FilesUnder(Path.Combine(team.Remote, "manifests")).Single(
            f => ManifestReader.ParseRoot(File.ReadAllBytes(f), f).Info.IsDirectory == (artifact == ModelVersion.Data));
        if (target == "manifest")
        {
            Damage.Do(kind, manifest);
            return;
        }

        foreach (var pack in ManifestReader.ParseRoot(File.ReadAllBytes(manifest), manifest).Packs.Where(p => !p.IsTombstone))
        {
            var id = pack.Id.ToString();
            Damage.Do(kind, Path.Combine(team.Remote, "packs", id[..2], id));
        }
    }
}
