using ModelTrack.Content;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;

namespace ModelTrack.StorageTests.Remote;

/// <summary>Mark and sweep through a server, by whoever may do what.</summary>
internal static class GcScenario
{
    /// <summary>For a server whose clock cannot be moved: there the grace period is none, and what counts is that a second has passed, which its headers tell and no part of one.</summary>
    public static Task ASecondAsync(TimeSpan grace) => Task.Delay(grace + TimeSpan.FromSeconds(1.1));

    /// <param name="pass">Lets a little more than so much time pass at the server.</param>
    public static async Task RunAsync(Func<ITransport> push, Func<ITransport> pull, Func<ITransport> gc, TimeSpan grace, Func<TimeSpan, Task> pass)
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(push());
        var kept = await one.SaveAsync(RemoteBed.Noise(3_000_000, 1));
        var folder = await one.SaveAsync(Enumerable.Range(0, 60).Select(i => ($"f/{i:000}.csv", RemoteBed.Csv(1 + i, i))));
        var garbage = await one.SaveAsync(RemoteBed.Noise(2_000_000, 2));
        foreach (var artifact in new[] { kept, folder, garbage }) await one.PushAsync(artifact);
        await pass(grace);

        HashSet<Sha256Hash> roots = [kept.Id, folder.Id];
        var request = new RemoteGcRequest(true, grace, _ => Task.FromResult<IReadOnlySet<Sha256Hash>>(roots));
        var collector = bed.NewMachine(gc()).Remote;
        var mark = await collector.MarkAsync(request, default);
        Assert.AreEqual((1, 1), (mark.GarbageManifests.Count, mark.GarbagePacks.Count));
        Assert.IsGreaterThan(1_900_000, mark.GarbagePacks.Bytes);
        await bed.NewMachine(pull()).PullAsync(garbage);
        await pass(grace);

        var dry = await collector.SweepAsync(request with { Apply = false }, default);
        Assert.AreEqual((1, 1), (dry.GarbageManifests.Count, dry.GarbagePacks.Count));
        await bed.NewMachine(pull()).PullAsync(garbage);
        var sweep = await collector.SweepAsync(request, default);
        Assert.AreEqual((1, 1, 0), (sweep.GarbageManifests.Count, sweep.GarbagePacks.Count, sweep.Spared));
        Assert.IsNull(await bed.NewMachine(pull()).Remote.FindAsync(garbage.Id, default));
        foreach (var artifact in new[] { kept, folder }) await bed.NewMachine(pull()).PullAsync(artifact);
        Assert.IsTrue((await one.Remote.VerifyAsync([kept, folder], 100, heal: false, default)).IsGood);

        // What went comes back by a push, though this machine had seen it there a moment ago.
        Assert.IsFalse((await one.PushAsync(garbage)).AlreadyThere);
        await bed.NewMachine(pull()).PullAsync(garbage);
        Assert.IsTrue((await collector.SweepAsync(request, default)).NothingMarked);
    }
}
