using System.Globalization;
using ModelTrack.FaultTests.Support;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests;

/// <summary>A copy from one remote to another of another kind is killed: what the other remote names it has, and who restores from both gets all.</summary>
[TestClass]
public sealed class KilledMirrorTests
{
    private const string Model = "m.bin";
    private const int Size = 20_000_000;

    [TestMethod]
    [DataRow("s3", "http")]
    [DataRow("http", "s3")]
    public async Task A_copy_that_is_killed_at_any_fail_point_leaves_a_whole_remote_and_the_next_completes_it(string from, string to)
    {
        await using var cloud = await ServedRemote.StartAsync(from);
        await using var office = await ServedRemote.StartAsync(to);
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write(Model, ServedRemote.Noise(Size, 11));
        var hash = ServedRemote.Hash(ada.PathOf(Model));
        await cloud.RunAsync(ada, "save", Model);
        await cloud.RunAsync(ada, "push", Model);
        var both = cloud.With(office);

        var kills = 0;
        for (var hit = 1; ; hit++)
        {
            office.Server.Objects.Clear();
            // A machine that saw the office's copies before they went would trust them.
            var mirror = team.NewMachine($"mirror{hit}");
            mirror.TakePointer(Model, ada);
            var failPoint = new Dictionary<string, string>(both) { ["MODELTRACK_FAILPOINT"] = hit.ToString(CultureInfo.InvariantCulture) };
            var outcome = await cloud.TryAsync(mirror, "mirror", [Model], failPoint, ["--from", cloud.Url, "--remote", office.Url]);
            if (!outcome.WasKilled)
            {
                Assert.AreEqual(0, outcome.ExitCode, outcome.ToString());
                break;
            }

            kills++;
            var isNamed = office.Server.Keys(office.Before + "manifests/").Count > 0;
            var alone = team.NewMachine($"alone{hit}");
            alone.TakePointer(Model, ada);
            var restored = await office.TryAsync(alone, "restore", [Model], both);
            Assert.AreEqual(isNamed, restored.ExitCode == 0, $"fail point {hit}: {restored}");
            if (isNamed) Assert.AreEqual(hash, ServedRemote.Hash(alone.PathOf(Model)));

            // The office first, then the cloud.
            var ben = team.NewMachine($"ben{hit}");
            ben.TakePointer(Model, ada);
            restored = await cloud.TryAsync(ben, "restore", [Model], both, ["--restore-from", office.Url]);
            Assert.AreEqual(0, restored.ExitCode, $"fail point {hit}: {restored}");
            Assert.AreEqual(hash, ServedRemote.Hash(ben.PathOf(Model)));

            var arrived = office.Server.Keys(office.Before + "packs/").Count;
            office.Server.Forget();
            outcome = await cloud.TryAsync(mirror, "mirror", [Model], both, ["--from", cloud.Url, "--remote", office.Url]);
            Assert.AreEqual(0, outcome.ExitCode, $"fail point {hit}: {outcome}");
            if (arrived > 0) Assert.IsLessThan(Size - 2_000_000, office.Server.BytesReceived, $"fail point {hit}: what had arrived is not sent again");
            Assert.IsNotEmpty(office.Server.Keys(office.Before + "manifests/"));
        }

        Assert.IsGreaterThan(3, kills);
        var eve = team.NewMachine("eve");
        eve.TakePointer(Model, ada);
        cloud.Server.Objects.Clear();
        var last = await office.TryAsync(eve, "restore", [Model], both);
        Assert.AreEqual(0, last.ExitCode, last.ToString());
        Assert.AreEqual(hash, ServedRemote.Hash(eve.PathOf(Model)));
    }
}
