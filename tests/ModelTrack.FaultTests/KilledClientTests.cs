using System.Security.Cryptography;
using ModelTrack.FaultTests.Support;
using ModelTrack.TestServers;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests;

/// <summary>A client gets SIGKILL in the middle of a push and of a pull through a server, which counts what the next run moves.</summary>
[TestClass]
public sealed class KilledClientTests
{
    private const int Size = 60_000_000;
    private const string Model = "m.bin";

    /// <summary>Manifests, flags and looks.</summary>
    private const int Slack = 600_000;

    /// <summary>A pull is killed when the store has noted that so much has arrived.</summary>
    private const int NotedBytes = 12_000_000;

    [TestMethod]
    [DataRow("http")]
    [DataRow("s3")]
    public async Task A_push_that_is_killed_is_completed_by_the_next_one_which_sends_only_the_rest(string kind)
    {
        await using var remote = await ServedRemote.StartAsync(kind);
        var server = remote.Server;
        using var team = new Team();
        var (ada, bytes) = await SavedAsync(remote, team);
        server.Faults.On(ServerFault.StallWithin, "PUT", remote.Before + "packs/", nth: 3, times: 1000);
        using (var host = remote.Start(ada, "push", [Model]))
        {
            await ServedRemote.UntilAsync(() => server.Faults.Played > 0 && server.Keys(remote.Before + "packs/").Count == 2, "two packs and half a third");
            host.Kill();
            Assert.IsTrue((await host.EndAsync()).WasKilled);
        }

        Assert.IsEmpty(server.Keys(remote.Before + "manifests/"), "no manifest of what is not there");
        var arrived = server.Objects.Where(item => item.Key.StartsWith(remote.Before + "packs/", StringComparison.Ordinal)).Sum(item => (long)item.Value.Bytes.Length);
        Assert.IsGreaterThan(30_000_000, arrived);
        server.Faults.Clear();
        server.Forget();
        await remote.RunAsync(ada, "push", Model);
        Assert.IsLessThan(Size - arrived + Slack, server.BytesReceived);
        await RestoresAsync(remote, ada, team.NewMachine("ben"), bytes);
    }

    [TestMethod]
    [DataRow("http")]
    [DataRow("s3")]
    public async Task A_pull_that_is_killed_is_completed_by_the_next_one_which_receives_only_the_rest(string kind)
    {
        await using var remote = await ServedRemote.StartAsync(kind);
        var server = remote.Server;
        using var team = new Team();
        var (ada, bytes) = await SavedAsync(remote, team);
        await remote.RunAsync(ada, "push", Model);

        var ben = team.NewMachine("ben");
        ben.TakePointer(Model, ada);
        server.Forget();
        server.Faults.On(ServerFault.StallWithin, "GET", remote.Before + "packs/", nth: 7, times: 1000);
        using (var host = remote.Start(ben, "restore", [Model]))
        {
            await ServedRemote.UntilAsync(() => server.Faults.Played > 0 && Noted(ben) >= NotedBytes, "ranges that the store noted, and one that does not come");
            host.Kill();
            Assert.IsTrue((await host.EndAsync()).WasKilled);
        }

        Assert.IsFalse(File.Exists(ben.PathOf(Model)));
        server.Faults.Clear();
        server.Forget();
        await RestoresAsync(remote, ada, ben, bytes);
        Assert.IsLessThan(Size - NotedBytes + Slack, server.BytesSent);
    }

    private static async Task<(Machine Machine, byte[] Bytes)> SavedAsync(ServedRemote remote, Team team)
    {
        var ada = team.NewMachine("ada");
        var bytes = ServedRemote.Noise(Size, 7);
        ada.Write(Model, bytes);
        await remote.RunAsync(ada, "save", Model);
        return (ada, bytes);
    }

    private static async Task RestoresAsync(ServedRemote remote, Machine from, Machine to, byte[] bytes)
    {
        to.TakePointer(Model, from);
        await remote.RunAsync(to, "restore", Model);
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(bytes)), ServedRemote.Hash(to.PathOf(Model)));
    }

    /// <summary>What the store has noted behind an incoming file's own bytes: start, length and checksum of each range.</summary>
    private static long Noted(Machine machine)
    {
        var sum = 0L;
        var copy = Path.Combine(machine.Project, "noted");
        foreach (var path in Invariants.FilesUnder(Path.Combine(machine.Store, "incoming")))
        {
            // The file is locked by who writes it, which the system's own commands do not ask.
            if (!Shell.Try("bash", "-c", $"tail -c +{Size + 1} '{path}' > '{copy}'").Succeeded) continue;
            var notes = File.ReadAllBytes(copy);
            for (var at = 0; at + 24 <= notes.Length; at += 24) sum += BitConverter.ToInt64(notes, at + 8);
        }

        return sum;
    }
}
