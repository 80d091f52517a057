using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage;
using ModelTrack.Storage.Remote;
using ModelTrack.StorageTests.Transports;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Remote;

/// <summary>Pushes and garbage collection at the same time, in every order of their requests.</summary>
[TestClass]
public sealed class PushBesideGcTests
{
    private static readonly TimeSpan s_overGrace = TimeSpan.FromDays(15);

    public required TestContext TestContext { get; set; }

    /// <summary>Each number of requests of a push, then each of the sweep, then the push to its end: what was condemned is pushed while it is swept.</summary>
    [TestMethod]
    [Rule("Push beside garbage collection 1")]
    [Rule("Push beside garbage collection 3")]
    [DataRow("revert")]
    [DataRow("base")]
    [DataRow("directory")]
    public async Task A_push_beside_a_sweep_loses_nothing_in_any_order(string what)
    {
        await RunAllAsync(async (bed, order) =>
        {
            var (machine, artifact, bases) = await PrepareAsync(bed, what);
            await CondemnAsync(bed);
            var flows = bed.Interleave();
            flows.Add(transport => bed.On(machine, transport).Remote.PushAsync(artifact, bases, null, default));
            flows.Add(async transport => await bed.SweepAsync([], transport: transport));
            var counts = await flows.RunAsync(order);
            await bed.NewMachine().PullAsync(artifact);
            return counts;
        });
    }

    /// <summary>The same beside a mark; a grace period later a sweep comes, for which a pointer names the artifact or not yet.</summary>
    [TestMethod]
    [Rule("Push beside garbage collection 3")]
    [DataRow("revert")]
    [DataRow("base")]
    [DataRow("directory")]
    public async Task A_push_beside_a_mark_loses_nothing_in_any_order(string what)
    {
        await RunAllAsync(async (bed, order) =>
        {
            var (machine, artifact, bases) = await PrepareAsync(bed, what);
            bed.Time.Advance(s_overGrace);
            var flows = bed.Interleave();
            flows.Add(transport => bed.On(machine, transport).Remote.PushAsync(artifact, bases, null, default));
            flows.Add(async transport => await bed.MarkAsync([], transport: transport));
            var counts = await flows.RunAsync(order);
            await bed.NewMachine().PullAsync(artifact);
            bed.Time.Advance(s_overGrace);
            if (bed.Memory.Keys(RemoteKeys.Condemned).Count > 0) await bed.SweepAsync(artifact);
            await bed.NewMachine().PullAsync(artifact);
            return counts;
        });
    }

    [TestMethod]
    [Rule("Push beside garbage collection 4")]
    [DataRow("revert")]
    [DataRow("base")]
    public async Task A_push_that_sleeps_over_mark_and_sweep_checks_again(string what)
    {
        for (var at = 0; ; at++)
        {
            await using var bed = new GcBed();
            var (machine, artifact, bases) = await PrepareAsync(bed, what);
            bed.Time.Advance(s_overGrace);
            var flows = bed.Interleave();
            var slept = false;
            flows.Add(transport => bed.On(machine, transport).Remote.PushAsync(artifact, bases, null, default));
            flows.BeforeRequest = request =>
            {
                if (request != at) return;
                slept = true;
                bed.MarkAsync().GetAwaiter().GetResult();
                bed.Time.Advance(s_overGrace);
                bed.SweepAsync([]).GetAwaiter().GetResult();
            };
            await flows.RunAsync([]);
            await bed.NewMachine().PullAsync(artifact);
            if (!slept) break;
        }
    }

    [TestMethod]
    public async Task Two_pushers_of_one_artifact_with_different_bases_and_a_sweep_lose_nothing()
    {
        var random = new Random(7);
        for (var round = 0; round < 60; round++)
        {
            await using var bed = new GcBed();
            var one = bed.NewMachine();
            var other = bed.NewMachine();
            var (a, b, artifact) = (await one.SaveAsync(Content(1)), await other.SaveAsync(Content(2)), await one.SaveAsync([.. Content(1), .. Content(2)]));
            await one.PushAsync(a);
            await other.PushAsync(b);
            await other.SaveAsync([.. Content(1), .. Content(2)]);
            await CondemnAsync(bed);
            var flows = bed.Interleave();
            flows.Add(transport => bed.On(one, transport).Remote.PushAsync(artifact, [a.Id], null, default));
            flows.Add(transport => bed.On(other, transport).Remote.PushAsync(artifact, [b.Id], null, default));
            flows.Add(async transport => await bed.SweepAsync([], transport: transport));
            await flows.RunAsync(Enumerable.Range(0, 200).Select(_ => random.Next(3)).ToList());
            await bed.NewMachine().PullAsync(artifact);
        }
    }

    /// <summary>Each order again, and the push is killed when it has written its manifest. Whoever pushes next on that machine may not go by what it saw.</summary>
    [TestMethod]
    [Rule("Push beside garbage collection 3")]
    [DataRow("revert")]
    [DataRow("base")]
    [DataRow("directory")]
    public async Task A_push_killed_beside_a_sweep_is_not_taken_for_done_by_the_next(string what)
    {
        await RunAllAsync(async (bed, order) =>
        {
            var (machine, artifact, bases) = await PrepareAsync(bed, what);
            await CondemnAsync(bed);
            var flows = bed.Interleave();
            flows.Add(async transport =>
            {
                var killed = DyingTransport.AfterPut(transport, ManifestOf(artifact));
                await Assert.ThrowsAsync<ModelTrackException>(() => bed.On(machine, killed).Remote.PushAsync(artifact, bases, null, default));
            });
            flows.Add(async transport => await bed.SweepAsync([], transport: transport));
            var counts = await flows.RunAsync(order);
            await bed.NewMachine(machine.Store).PushAsync(artifact);
            await bed.NewMachine().PullAsync(artifact);
            return counts;
        });
    }

    /// <summary>A machine that has the pointer and not the content pushes it while it is swept.</summary>
    [TestMethod]
    [Rule("Push beside garbage collection 5")]
    [DataRow("revert")]
    [DataRow("directory")]
    public async Task Who_lacks_what_was_condemned_keeps_it_or_is_told_that_it_is_gone(string what)
    {
        var (kept, gone) = (0, 0);
        await RunAllAsync(async (bed, order) =>
        {
            var (machine, artifact, _) = await PrepareAsync(bed, what);
            await machine.PushAsync(artifact);
            await CondemnAsync(bed);
            var other = bed.NewMachine();
            var isKept = false;
            var flows = bed.Interleave();
            flows.Add(async transport => isKept = await bed.On(other, transport).Remote.KeepAsync(artifact.Id, default));
            flows.Add(async transport => await bed.SweepAsync([], transport: transport));
            var counts = await flows.RunAsync(order);
            if (isKept) await bed.NewMachine().PullAsync(artifact);
            Assert.AreEqual(isKept, await bed.NewMachine(other.Store).Remote.KeepAsync(artifact.Id, default));
            if (isKept) kept++;
            else gone++;
            return counts;
        });
        Assert.IsGreaterThan(3, kept);
        Assert.IsGreaterThan(3, gone);
    }

    private static byte[] Content(int seed) => Noise(150_000, seed);

    /// <summary>All that is there is old, no pointer names it, and a sweep may come.</summary>
    private static async Task CondemnAsync(GcBed bed)
    {
        bed.Time.Advance(s_overGrace);
        await bed.MarkAsync();
        bed.Time.Advance(s_overGrace);
    }

    /// <summary>A remote with old garbage, and a push that wants some of it.</summary>
    private static async Task<(GcMachine Machine, ArtifactContent Artifact, Sha256Hash[] Bases)> PrepareAsync(GcBed bed, string what)
    {
        var machine = bed.NewMachine();
        switch (what)
        {
            case "revert":
                var reverted = await machine.SaveAsync(Content(1));
                await machine.PushAsync(reverted);
                return (machine, reverted, []);
            case "base":
                var first = await machine.SaveAsync(Content(1));
                await machine.PushAsync(first);
                return (machine, await machine.SaveAsync([.. Content(1), .. Content(2)]), [first.Id]);
            default:
                var files = Enumerable.Range(0, 3).Select(i => ($"{i}.bin", Noise(20_000, i))).ToList();
                var folder = await machine.SaveAsync(files);
                await machine.PushAsync(folder);
                files.Add(("new.bin", Noise(20_000, 9)));
                return (machine, await machine.SaveAsync(files), [folder.Id]);
        }
    }

    /// <summary>All orders: i requests of the first flow, j of the second, the first to its end, the second to its; and the same with the flows changed.</summary>
    private async Task RunAllAsync(Func<GcBed, IEnumerable<int>, Task<int[]>> run)
    {
        int[] counts;
        await using (var bed = new GcBed()) counts = await run(bed, []);
        var runs = 0;
        for (var i = 0; i <= counts[0]; i++)
        {
            for (var j = 0; j <= counts[1]; j++)
            {
                await using var bed = new GcBed();
                var order = Enumerable.Repeat(0, i).Concat(Enumerable.Repeat(1, j)).Concat(Enumerable.Repeat(0, 25));
                try
                {
                    await run(bed, order);
                }
                catch (Exception e)
                {
                    // Whatever it was, it fails the test, with the order in which it happens.
                    throw new AssertFailedException($"{i} requests of the push, {j} of the collection, the push: {e.Message}", e);
                }

                runs++;
            }
        }

        TestContext.WriteLine($"{counts[0]} and {counts[1]} requests, {runs} orders");
    }
}
