using System.Globalization;
using ModelTrack.FaultTests.Support;
using ModelTrack.UnitTests.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.FaultTests;

/// <summary>A sweep of a server's garbage is killed between its steps: what is named stays, pushes beside the dead sweep go on, and the next one ends the work.</summary>
[TestClass]
public sealed class KilledSweepTests
{
    private const string Model = "m.bin";

    public required TestContext TestContext { get; set; }

    [TestMethod]
    [DataRow("http", "remote.gc.sweep remote.gc.flagged remote.gc.manifests remote.gc.deleted remote.gc.packs remote.gc.unlisted remote.gc.done")]
    [DataRow("s3", "remote.gc.flagged remote.gc.deleted remote.gc.unlisted")]
    public async Task What_is_named_outlives_a_sweep_that_is_killed(string kind, string at)
    {
        await using var remote = await ServedRemote.StartAsync(kind);
        var server = remote.Server;
        using var team = new Team();
        var ada = team.NewMachine("ada");
        var origin = Path.Combine(Path.GetDirectoryName(team.Remote)!, "origin");
        Directory.CreateDirectory(origin);
        GitSandbox.Run(origin, "init", "-q", "--bare", "-b", "main");
        GitSandbox.Run(ada.Project, "remote", "add", "origin", origin);
        ada.Write(".gitignore", "*.bin\nobj/\n");

        var kept = await VersionAsync(remote, ada, 1);
        GitSandbox.CommitAll(ada.Project, "kept");
        var garbage = await VersionAsync(remote, ada, 2);
        var named = await VersionAsync(remote, ada, 3);
        GitSandbox.CommitAll(ada.Project, "named");
        GitSandbox.Run(ada.Project, "push", "-q", "origin", "main");
        server.Clock += TimeSpan.FromDays(15);
        await remote.RunAsync(ada, "mark");
        server.Clock += TimeSpan.FromDays(15);
        var (objects, clock) = (server.Objects.ToArray(), server.Clock);

        var log = Path.Combine(ada.Project, "obj", "points.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        Assert.AreEqual(0, (await remote.TryAsync(ada, "sweep", [], new Dictionary<string, string> { ["MODELTRACK_FAILPOINT_LOG"] = log })).ExitCode);
        Assert.IsFalse(IsThere(remote, garbage), "not killed, it sweeps");
        var points = await File.ReadAllLinesAsync(log);
        foreach (var point in at.Split(' '))
        {
            var hit = Array.IndexOf(points, point) + 1;
            Assert.IsGreaterThan(0, hit, $"{point} is not among {string.Join(' ', points)}");
            server.Objects.Clear();
            foreach (var (key, value) in objects) server.Objects[key] = value;
            server.Clock = clock;
            ada.Write(Model + ".track", named.Pointer);
            ada.Write(Model, named.Bytes);

            var killed = await remote.TryAsync(ada, "sweep", [], new Dictionary<string, string> { ["MODELTRACK_FAILPOINT"] = hit.ToString(CultureInfo.InvariantCulture) });
            Assert.IsTrue(killed.WasKilled, $"{point}: {killed}");

            // Beside a dead sweep: what relies on nothing that was condemned is pushed as ever.
            var beside = await VersionAsync(remote, ada, 100 + hit);
            server.Clock += TimeSpan.FromHours(2);
            await remote.RunAsync(ada, "sweep");
            Assert.IsFalse(server.Objects.ContainsKey(remote.Before + "gc/sweep"), point);
            var again = await VersionAsync(remote, ada, 2);
            Assert.AreEqual(garbage.Pointer, again.Pointer);

            var ben = team.NewMachine("ben" + hit);
            (string Pointer, byte[] Bytes)[] versions = [kept, named, beside, again];
            for (var i = 0; i < versions.Length; i++) ben.Write($"{i}.bin.track", versions[i].Pointer);
            string[] names = [.. versions.Select((_, i) => $"{i}.bin")];
            await remote.RunAsync(ben, "restore", names);
            for (var i = 0; i < versions.Length; i++) CollectionAssert.AreEqual(versions[i].Bytes, await File.ReadAllBytesAsync(ben.PathOf(names[i])), $"{point}: {i}");
            await remote.RunAsync(ben, "verify", names);
            TestContext.WriteLine($"{point}: killed at {hit} of {points.Length}");
        }
    }

    private static bool IsThere(ServedRemote remote, (string Pointer, byte[] Bytes) version)
    {
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(version.Bytes));
        return remote.Server.Objects.ContainsKey($"{remote.Before}manifests/{hash[..2]}/{hash}");
    }

    private static async Task<(string Pointer, byte[] Bytes)> VersionAsync(ServedRemote remote, Machine machine, int seed)
    {
        var bytes = ServedRemote.Noise(300_000, seed);
        machine.Write(Model, bytes);
        await remote.RunAsync(machine, "save", Model);
        await remote.RunAsync(machine, "push", Model);
        return (machine.ReadPointer(Model), bytes);
    }
}
