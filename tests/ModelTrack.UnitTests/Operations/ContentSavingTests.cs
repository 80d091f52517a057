using ModelTrack.Diagnostics;
using ModelTrack.Operations;

namespace ModelTrack.UnitTests.Operations;

/// <summary>A directory that changes between the look at it and the storing of what was seen.</summary>
[TestClass]
public sealed class ContentSavingTests
{
    [TestMethod]
    [DataRow("data/1")]
    [DataRow("data/sub")]
    public async Task What_is_gone_since_the_look_is_looked_at_again(string gone)
    {
        using var team = new Team();
        var (machine, session, look) = await LookAsync(team);
        await using var _ = session;
        if (File.Exists(machine.PathOf(gone))) File.Delete(machine.PathOf(gone));
        else Directory.Delete(machine.PathOf(gone), recursive: true);

        var saved = await ContentSaving.StoreAsync(session, await session.StoreAsync(default), look, default);

        Assert.AreEqual(2, saved.Files);
        Assert.AreNotEqual(look.Content, saved.Identity);
    }

    [TestMethod]
    public async Task What_cannot_be_read_any_more_is_a_coded_error()
    {
        using var team = new Team();
        var (machine, session, look) = await LookAsync(team);
        await using var _ = session;
        File.Delete(machine.PathOf("data/1"));
        Directory.CreateDirectory(machine.PathOf("data/1"));

        var store = await session.StoreAsync(default);
        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => ContentSaving.StoreAsync(session, store, look, default));
        Assert.AreEqual("MT2005", error.Code);
    }

    private static async Task<(Machine Machine, OperationSession Session, ArtifactLook Look)> LookAsync(Team team)
    {
        var machine = team.NewMachine("ada");
        foreach (var name in new[] { "data/1", "data/2", "data/sub/3" }) machine.Write(name, "content of " + name);
        var session = new OperationSession(machine.Options, machine.Log);
        return (machine, session, await ArtifactLook.TakeAsync(session, machine.Item("data"), default));
    }
}
