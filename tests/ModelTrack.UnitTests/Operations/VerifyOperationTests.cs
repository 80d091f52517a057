namespace ModelTrack.UnitTests.Operations;

/// <summary>Verify finds damage by hash wherever it is, and heals it from whichever copy is good.</summary>
[TestClass]
public sealed class VerifyOperationTests
{
    private const string Model = "m.bin";
    private const string Data = "data";

    [TestMethod]
    public async Task Good_copies_are_said_to_be_good()
    {
        using var team = new Team();
        var ada = await SavedAsync(team);
        await ada.SucceedAsync(ada.VerifyAsync(Model));
        StringAssert.Contains(ada.Log.Reports.Single(), "workspace good; store good; ", StringComparison.Ordinal);
        await ada.SucceedAsync(ada.VerifyAsync(Data));
        StringAssert.Contains(ada.Log.Reports.Single(), "workspace good; store good; ", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task A_damaged_store_is_healed_from_the_workspace()
    {
        using var team = new Team();
        var ada = await SavedAsync(team);
        DamageAll(ada.Store, "files", "packs");
        await ada.SucceedAsync(ada.VerifyAsync(Model));
        StringAssert.Contains(ada.Log.Reports.Single(), "HEALED", StringComparison.Ordinal);
        await ada.SucceedAsync(ada.VerifyAsync(Data));
        await AssertStoreDeliversAsync(ada);
    }

    [TestMethod]
    public async Task A_damaged_store_is_healed_from_the_remote_when_the_workspace_has_nothing()
    {
        using var team = new Team();
        var ada = await SavedAsync(team);
        DamageAll(ada.Store, "files", "packs");
        File.Delete(ada.PathOf(Model));
        Directory.Delete(ada.PathOf(Data), recursive: true);
        await ada.SucceedAsync(ada.VerifyAsync(Model));
        StringAssert.Contains(ada.Log.Reports.Single(), "HEALED from", StringComparison.Ordinal);
        await ada.SucceedAsync(ada.VerifyAsync(Data));
        await AssertStoreDeliversAsync(ada);
    }

    [TestMethod]
    public async Task A_damaged_remote_is_healed_from_the_store()
    {
        using var team = new Team();
        var ada = await SavedAsync(team);
        DamageAll(team.Remote, "packs");
        await ada.SucceedAsync(ada.VerifyAsync(Model));
        StringAssert.Contains(ada.Log.Reports.Single(), "HEALED", StringComparison.Ordinal);
        await ada.SucceedAsync(ada.VerifyAsync(Data));

        // A machine that has nothing gets it all from there.
        var ben = team.NewMachine("ben");
        foreach (var name in (string[])[Model, Data])
        {
            ben.TakePointer(name, ada);
            await ben.SucceedAsync(ben.RestoreAsync(name));
        }

        Assert.AreEqual(ada.Read(Model), ben.Read(Model));
        Assert.AreEqual("x1", ben.Read($"{Data}/x"));
    }

    [TestMethod]
    public async Task A_remote_that_is_gone_is_told_with_the_artifact()
    {
        using var team = new Team();
        var ada = await SavedAsync(team);
        Directory.Delete(team.Remote, recursive: true);
        Assert.AreEqual("MT5523", await ada.FailAsync(ada.VerifyAsync(Model)));
        var text = ada.Log.Errors.Single().Text;
        StringAssert.Contains(text, Model, StringComparison.Ordinal);
        StringAssert.Contains(text, "MT3601", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Damage_without_a_good_copy_is_a_coded_error_that_names_the_artifact()
    {
        using var team = new Team();
        var ada = await SavedAsync(team);
        DamageAll(ada.Store, "files", "packs");
        DamageAll(team.Remote, "packs");
        File.Delete(ada.PathOf(Model));
        await ada.FailAsync(ada.VerifyAsync(Model));
        StringAssert.Contains(ada.Log.Errors.Single().Text, Model, StringComparison.Ordinal);
        Assert.IsFalse(File.Exists(ada.PathOf(Model)));
    }

    [TestMethod]
    public async Task Bytes_that_changed_under_an_unchanged_time_are_found_in_the_workspace()
    {
        using var team = new Team();
        var ada = await SavedAsync(team);
        var path = ada.PathOf(Model);
        var time = DateTime.UtcNow.AddHours(-1);
        File.SetLastWriteTimeUtc(path, time);
        await ada.BuildAsync(Model);
        Assert.AreEqual("in step", await ada.StatusAsync(Model));
        using (var file = File.Open(path, FileMode.Open)) file.WriteByte((byte)'X');
        File.SetLastWriteTimeUtc(path, time);
        await ada.SucceedAsync(ada.VerifyAsync(Model));
        StringAssert.Contains(ada.Log.Reports.Single(), "workspace modified", StringComparison.Ordinal);
    }

    private static async Task<Machine> SavedAsync(Team team)
    {
        var ada = team.NewMachine("ada");
        ada.Write(Model, string.Concat(Enumerable.Range(0, 20_000).Select(i => $"weight {i}\n")));
        ada.Write($"{Data}/x", "x1");
        ada.Write($"{Data}/y", new string('y', 100_000));
        await ada.BuildAsync(Model);
        await ada.BuildAsync(Data);
        return ada;
    }

    /// <summary>What the store says it has, it delivers: with the remote out of reach.</summary>
    private static async Task AssertStoreDeliversAsync(Machine machine)
    {
        File.Delete(machine.PathOf(Model));
        if (Directory.Exists(machine.PathOf(Data))) Directory.Delete(machine.PathOf(Data), recursive: true);
        await machine.SucceedAsync(machine.RestoreAsync(Model, o => o with { Offline = true }));
        await machine.SucceedAsync(machine.RestoreAsync(Data, o => o with { Offline = true }));
        Assert.AreEqual("x1", machine.Read($"{Data}/x"));
    }

    /// <summary>Turns one byte in the middle of every file.</summary>
    private static void DamageAll(string root, params string[] folders)
    {
        foreach (var path in folders.Select(f => Path.Combine(root, f)).Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories)))
        {
            File.SetAttributes(path, FileAttributes.Normal);
            var bytes = File.ReadAllBytes(path);
            if (bytes.Length == 0) continue;
            bytes[bytes.Length / 2] ^= 0x55;
            File.WriteAllBytes(path, bytes);
        }
    }
}
