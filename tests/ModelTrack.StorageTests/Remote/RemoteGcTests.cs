using ModelTrack.Diagnostics;
using ModelTrack.Storage;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.StorageTests.Transports;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Remote;

/// <summary>Garbage collection of a remote: what is named, or young, is never lost.</summary>
[TestClass]
public sealed class RemoteGcTests
{
    private static readonly TimeSpan s_grace = GcWatch.GracePeriod;
    private static readonly TimeSpan s_overGrace = s_grace + TimeSpan.FromHours(1);

    public required TestContext TestContext { get; set; }

    [TestMethod]
    [Rule("Garbage collection 1")]
    [Rule("Garbage collection 2")]
    public async Task What_no_root_names_is_condemned_by_a_mark_and_deleted_by_a_sweep_a_grace_period_later()
    {
        await using var bed = new GcBed();
        var kept = await bed.PushAsync(1);
        var garbage = await bed.PushAsync(2);
        bed.Time.Advance(s_overGrace);

        var mark = await bed.MarkAsync(kept);
        Assert.AreEqual((1, 1), (mark.GarbageManifests.Count, mark.GarbagePacks.Count));
        Assert.IsTrue(bed.Has(garbage), "a mark deletes nothing");

        Assert.AreEqual("MT3407", await CodeOf(() => bed.SweepAsync(kept)));
        Assert.IsEmpty(bed.Memory.Keys(RemoteKeys.Sweep));
        bed.Time.Advance(s_overGrace);
        var sweep = await bed.SweepAsync(kept);
        Assert.AreEqual((1, 1), (sweep.GarbageManifests.Count, sweep.GarbagePacks.Count));
        Assert.IsFalse(bed.Has(garbage));
        Assert.HasCount(1, bed.Packs);
        Assert.IsEmpty(bed.Memory.Keys("gc/").Except([RemoteKeys.Clock]));
        await bed.NewMachine().PullAsync(kept);
    }

    [TestMethod]
    public async Task A_dry_run_writes_nothing()
    {
        await using var bed = new GcBed();
        await bed.PushAsync(1);
        bed.Time.Advance(s_overGrace);
        bed.Count.Reset();
        Assert.AreEqual(1, (await bed.MarkAsync([], apply: false)).GarbageManifests.Count);
        Assert.IsTrue((await bed.SweepAsync([], apply: false)).NothingMarked);
        await bed.MarkAsync();
        bed.Time.Advance(s_overGrace);
        bed.Count.Reset();
        Assert.AreEqual(1, (await bed.SweepAsync([], apply: false)).GarbageManifests.Count);
        Assert.AreEqual(0, bed.Count.Requests(RequestKind.Put) + bed.Count.Requests(RequestKind.Delete));
    }

    [TestMethod]
    [Rule("Push beside garbage collection 1")]
    [Rule("Garbage collection 1")]
    [Rule("Garbage collection 2")]
    public async Task What_is_young_named_again_or_written_again_stays()
    {
        await using var bed = new GcBed();
        var old = await bed.PushAsync(1);
        var revived = await bed.PushAsync(2);
        var pushedAgain = await bed.PushAsync(3);
        bed.Time.Advance(s_overGrace);
        var young = await bed.PushAsync(4);
        Assert.AreEqual(3, (await bed.MarkAsync()).GarbageManifests.Count);
        bed.Time.Advance(s_overGrace);
        await bed.NewMachine().SaveAndPushAsync(Content(3));

        var sweep = await bed.SweepAsync(revived);
        Assert.AreEqual(1, sweep.GarbageManifests.Count);
        Assert.IsFalse(bed.Has(old));
        foreach (var artifact in new[] { revived, pushedAgain, young }) await bed.NewMachine().PullAsync(artifact);
    }

    [TestMethod]
    [Rule("Garbage collection 1")]
    [Rule("Garbage collection 2")]
    public async Task Packs_that_kept_artifacts_share_stay_and_those_that_only_garbage_names_go()
    {
        await using var bed = new GcBed();
        var one = bed.NewMachine();
        var bytes = Noise(3_000_000, 1);
        var first = await one.SaveAsync(bytes);
        await one.PushAsync(first);
        bytes[10] ^= 1;
        var second = await one.SaveAsync(bytes);
        await one.PushAsync(second, first);
        bed.Time.Advance(s_overGrace);
        await bed.MarkAsync(second);
        bed.Time.Advance(s_overGrace);
        await bed.SweepAsync(second);
        Assert.IsFalse(bed.Has(first));
        await bed.NewMachine().PullAsync(second);
    }

    [TestMethod]
    public async Task A_pack_of_which_little_is_used_is_packed_anew()
    {
        await using var bed = new GcBed();
        var one = bed.NewMachine();
        var files = Enumerable.Range(0, 40).Select(i => ($"f{i:00}.bin", Noise(60_000, i))).ToList();
        var large = await one.SaveAsync(files);
        await one.PushAsync(large);
        var before = bed.Packs.Single();

        // A push would leave the pack behind by itself: one whose bases said otherwise did not.
        var small = await one.SaveAsync(files.Take(3));
        await bed.WriteManifestAsync(one, small, large);
        bed.Time.Advance(s_overGrace);

        var mark = await bed.MarkAsync(small);
        Assert.AreEqual(1, mark.Repacked.Count);
        CollectionAssert.DoesNotContain((await bed.PacksOfAsync(small)).ToList(), before);
        await bed.NewMachine().PullAsync(small);
        bed.Time.Advance(s_overGrace);
        await bed.SweepAsync(small);
        CollectionAssert.DoesNotContain(bed.Packs.ToList(), before);
        await bed.NewMachine().PullAsync(small);
        Assert.IsLessThan(400_000, bed.Memory.Objects.Values.Sum(stored => stored.Bytes.Length));
    }

    /// <summary>Of which each manifest uses little, and all together enough.</summary>
    [TestMethod]
    public async Task A_pack_of_which_several_artifacts_together_use_enough_stays()
    {
        await using var bed = new GcBed();
        var one = bed.NewMachine();
        var files = Enumerable.Range(0, 40).Select(i => ($"f{i:00}.bin", Noise(60_000, i))).ToList();
        var large = await one.SaveAsync(files);
        await one.PushAsync(large);
        var pack = bed.Packs.Single();
        var parts = new List<ArtifactContent>();
        for (var part = 0; part < 4; part++)
        {
            parts.Add(await one.SaveAsync(files.Skip(part * 8).Take(8)));
            await bed.WriteManifestAsync(one, parts[^1], large);
        }

        bed.Time.Advance(s_overGrace);
        Assert.AreEqual(0, (await bed.MarkAsync([.. parts])).Repacked.Count);
        Assert.AreEqual(1, (await bed.MarkAsync([parts[0]], apply: false)).Repacked.Count);
        CollectionAssert.Contains(bed.Packs.ToList(), pack);
    }

    [TestMethod]
    [Rule("Garbage collection 1")]
    public async Task A_damaged_manifest_that_is_named_keeps_all_packs()
    {
        await using var bed = new GcBed();
        var named = await bed.PushAsync(1);
        await bed.PushAsync(2);
        bed.Memory.Spoil(ManifestOf(named), bytes => bytes[..^3]);
        bed.Time.Advance(s_overGrace);
        var mark = await bed.MarkAsync(named);
        Assert.AreEqual((1, 0), (mark.GarbageManifests.Count, mark.GarbagePacks.Count));
        CollectionAssert.AreEqual(new[] { named.Id }, mark.Damaged.ToArray());
        bed.Time.Advance(s_overGrace);
        Assert.AreEqual(0, (await bed.SweepAsync(named)).GarbagePacks.Count);
        Assert.HasCount(2, bed.Packs);
    }

    /// <summary>As S3 answers a reader that may list, and may not read the objects of another account: what it names is not known.</summary>
    [TestMethod]
    [Rule("Garbage collection 1")]
    public async Task A_listed_manifest_that_reads_as_absent_keeps_all_packs()
    {
        await using var bed = new GcBed();
        var named = await bed.PushAsync(1);
        await bed.PushAsync(2);
        var blinkered = new Forbidding(bed.Memory, ManifestOf(named));
        bed.Time.Advance(s_overGrace);
        var mark = await bed.MarkAsync([named], transport: blinkered);
        Assert.AreEqual((1, 0), (mark.GarbageManifests.Count, mark.GarbagePacks.Count));
        CollectionAssert.AreEqual(new[] { named.Id }, mark.Damaged.ToArray());

        await bed.MarkAsync(named);
        bed.Time.Advance(s_overGrace);
        Assert.AreEqual(0, (await bed.SweepAsync([named], transport: blinkered)).GarbagePacks.Count);
        await bed.NewMachine().PullAsync(named);
    }

    [TestMethod]
    public async Task A_transport_without_listing_or_times_is_refused()
    {
        await using var bed = new GcBed();
        await bed.PushAsync(1);
        var blind = new Blind(bed.Memory, canList: false);
        Assert.AreEqual("MT3404", await CodeOf(() => bed.MarkAsync([], transport: blind)));
        Assert.AreEqual("MT3404", await CodeOf(() => bed.SweepAsync([], transport: blind)));
        var timeless = new Blind(bed.Memory, canList: true);
        Assert.AreEqual("MT3405", await CodeOf(() => bed.MarkAsync([], transport: timeless)));
    }

    [TestMethod]
    [Rule("Push beside garbage collection 2")]
    public async Task Old_manifests_and_orphan_packs_are_written_again_by_a_push()
    {
        await using var bed = new GcBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Content(1));
        await one.PushAsync(artifact);
        var written = bed.Memory.Objects[ManifestOf(artifact)].Head.LastModified;
        bed.Time.Advance(s_grace / 2 - TimeSpan.FromHours(1));
        Assert.IsTrue((await bed.NewMachine(one.Store).PushAsync(artifact)).AlreadyThere);
        Assert.AreEqual(written, bed.Memory.Objects[ManifestOf(artifact)].Head.LastModified);
        bed.Time.Advance(TimeSpan.FromDays(2));
        Assert.IsTrue((await bed.NewMachine(one.Store).PushAsync(artifact)).AlreadyThere);
        Assert.AreNotEqual(written, bed.Memory.Objects[ManifestOf(artifact)].Head.LastModified);

        // An orphan: a push that died before its manifest.
        bed.Memory.Objects.TryRemove(ManifestOf(artifact), out _);
        bed.Time.Advance(s_grace / 2);
        var pack = bed.Memory.Objects[bed.Packs.Single()].Head.LastModified;
        Assert.IsFalse((await bed.NewMachine(one.Store).PushAsync(artifact)).AlreadyThere);
        Assert.AreNotEqual(pack, bed.Memory.Objects[bed.Packs.Single()].Head.LastModified);
    }

    [TestMethod]
    [Rule("Push beside garbage collection 2")]
    public async Task What_has_no_time_is_taken_for_old_and_written_again_by_a_push()
    {
        await using var bed = new GcBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAndPushAsync(Content(1));
        var written = bed.Memory.Objects[ManifestOf(artifact)].Head.ETag;
        bed.Time.Advance(TimeSpan.FromHours(25));
        await bed.NewMachine(one.Store).PushAsync(artifact);
        Assert.AreEqual(written, bed.Memory.Objects[ManifestOf(artifact)].Head.ETag);
        bed.Time.Advance(TimeSpan.FromHours(25));
        await bed.On(one, new Blind(bed.Memory, canList: true)).PushAsync(artifact);
        Assert.AreNotEqual(written, bed.Memory.Objects[ManifestOf(artifact)].Head.ETag);

        // An orphan.
        bed.Memory.Objects.TryRemove(ManifestOf(artifact), out _);
        written = bed.Memory.Objects[bed.Packs.Single()].Head.ETag;
        await bed.On(bed.NewMachine(), new Blind(bed.Memory, canList: true)).SaveAndPushAsync(Content(1));
        Assert.AreNotEqual(written, bed.Memory.Objects[bed.Packs.Single()].Head.ETag);
    }

    [TestMethod]
    [Rule("Push beside garbage collection 2")]
    [DataRow(-100)]
    [DataRow(100)]
    public async Task Ages_are_told_by_the_remote_s_own_clock(int days)
    {
        await using var bed = new GcBed();
        bed.Memory.Clock = () => bed.Time.GetUtcNow().AddDays(days);
        var one = bed.NewMachine();
        var artifact = await one.SaveAndPushAsync(Content(1));
        var written = bed.Memory.Objects[ManifestOf(artifact)].Head.ETag;
        bed.Time.Advance(TimeSpan.FromDays(6));
        await bed.NewMachine(one.Store).PushAsync(artifact);
        Assert.AreEqual(written, bed.Memory.Objects[ManifestOf(artifact)].Head.ETag);
        bed.Time.Advance(TimeSpan.FromDays(2));
        await bed.NewMachine(one.Store).PushAsync(artifact);
        Assert.AreNotEqual(written, bed.Memory.Objects[ManifestOf(artifact)].Head.ETag);
    }

    [TestMethod]
    [Rule("Push beside garbage collection 3")]
    [Rule("Garbage collection 2")]
    public async Task A_sweep_killed_at_any_request_is_ended_by_the_next_and_a_push_meanwhile_is_whole_or_refused()
    {
        var refused = 0;
        for (var at = 1; ; at++)
        {
            await using var bed = new GcBed();
            var kept = await bed.PushAsync(1);
            var machine = bed.NewMachine();
            var condemned = await machine.SaveAsync(Content(2));
            await machine.PushAsync(condemned);
            bed.Time.Advance(s_overGrace);
            await bed.MarkAsync(kept);
            bed.Time.Advance(s_overGrace);
            var died = DyingTransport.At(bed.Memory, at);
            var isWhole = true;
            try
            {
                await bed.SweepAsync([kept], transport: died);
            }
            catch (ModelTrackException)
            {
                isWhole = false;
            }

            bed.Time.Advance(TimeSpan.FromHours(2));
            await bed.NewMachine().PullAsync(kept);
            try
            {
                await bed.On(machine, bed.Memory).PushAsync(condemned);
                await bed.NewMachine().PullAsync(condemned);
            }
            catch (ModelTrackException e) when (e.Code == "MT3401")
            {
                refused++;
            }

            await bed.SweepAsync(kept);
            Assert.IsEmpty(bed.Memory.Keys("gc/").Except([RemoteKeys.Clock]), $"killed at {at}");
            await bed.NewMachine().PullAsync(kept);
            await bed.On(machine, bed.Memory).PushAsync(condemned);
            await bed.NewMachine().PullAsync(condemned);
            if (isWhole) break;
        }

        Assert.IsGreaterThan(3, refused, "a flag that was left is an error after an hour");
    }

    [TestMethod]
    [Rule("Garbage collection 2")]
    public async Task Two_sweeps_do_not_run_at_once()
    {
        await using var bed = new GcBed();
        await bed.PushAsync(1);
        bed.Time.Advance(s_overGrace);
        await bed.MarkAsync();
        bed.Time.Advance(s_overGrace);
        await bed.Memory.PutAsync(RemoteKeys.Sweep, new byte[16], onlyIfAbsent: false, default);
        Assert.AreEqual("MT3406", await CodeOf(() => bed.SweepAsync([])));
        Assert.AreEqual("MT3406", await CodeOf(() => bed.MarkAsync()));
    }

    [TestMethod]
    [Rule("Garbage collection 2")]
    public async Task A_sweep_whose_flag_is_another_s_stops()
    {
        await using var bed = new GcBed();
        var garbage = new[] { await bed.PushAsync(1), await bed.PushAsync(2), await bed.PushAsync(3) };
        bed.Time.Advance(s_overGrace);
        await bed.MarkAsync();
        bed.Time.Advance(s_overGrace);

        // It was away for so long that another took it for dead.
        var other = new byte[16];
        var taken = new AfterDelete(bed.Memory, async _ =>
        {
            await bed.Memory.PutAsync(RemoteKeys.Sweep, other, onlyIfAbsent: false, default);
            bed.Time.Advance(TimeSpan.FromHours(2));
        });
        Assert.AreEqual("MT3406", await CodeOf(() => bed.SweepAsync([], transport: taken)));
        Assert.AreEqual(1, garbage.Count(one => !bed.Has(one)));
        Assert.HasCount(3, bed.Packs);
        CollectionAssert.AreEqual(other, bed.Memory.Objects[RemoteKeys.Sweep].Bytes);
        Assert.HasCount(1, bed.Memory.Keys(RemoteKeys.Condemned));
    }

    [TestMethod]
    [Rule("Garbage collection 2")]
    public async Task A_sweep_deletes_manifests_then_packs_then_the_list_and_last_its_flag()
    {
        await using var bed = new GcBed();
        var garbage = await bed.PushAsync(1);
        var pack = bed.Packs.Single();
        bed.Time.Advance(s_overGrace);
        await bed.MarkAsync();
        bed.Time.Advance(s_overGrace);
        var deleted = new List<string>();
        await bed.SweepAsync([], transport: new AfterDelete(bed.Memory, key =>
        {
            deleted.Add(key);
            return Task.CompletedTask;
        }));
        CollectionAssert.AreEqual(new[] { ManifestOf(garbage), pack, RemoteKeys.Condemned, RemoteKeys.Sweep }, deleted);
    }

    [TestMethod]
    public async Task Repositories_make_themselves_known_once_and_again_after_the_remote_was_emptied()
    {
        await using var bed = new GcBed();
        var one = bed.NewMachine();
        await one.SaveAndPushAsync(Content(1));
        await one.Remote.RegisterRepositoryAsync("/w/a", _ => Task.FromResult("https://host/a"), hasSent: true, default);
        bed.Count.Reset();
        await one.Remote.RegisterRepositoryAsync("/w/a", _ => throw new InvalidOperationException("asked"), hasSent: false, default);
        await one.Remote.RegisterRepositoryAsync("/w/a", _ => Task.FromResult("https://host/a"), hasSent: true, default);
        Assert.AreEqual(0, bed.Count.Requests());
        await one.Remote.RegisterRepositoryAsync("/w/a", _ => Task.FromResult("https://host/moved"), hasSent: true, default);
        CollectionAssert.AreEqual(new[] { "https://host/a", "https://host/moved" }, (await one.Remote.RepositoriesAsync(default)).Select(known => known.Url).ToArray());

        bed.Memory.Objects.Clear();
        var fresh = bed.NewMachine(one.Store);
        await fresh.SaveAndPushAsync(Content(2));
        await fresh.Remote.RegisterRepositoryAsync("/w/a", _ => Task.FromResult("https://host/moved"), hasSent: true, default);
        Assert.HasCount(1, await fresh.Remote.RepositoriesAsync(default));
    }

    [TestMethod]
    public async Task A_repository_makes_itself_known_again_where_another_made_the_emptied_remote_anew()
    {
        await using var bed = new GcBed();
        var one = bed.NewMachine();
        await one.SaveAndPushAsync(Content(1));
        await one.Remote.RegisterRepositoryAsync("/w/a", _ => Task.FromResult("https://host/a"), hasSent: true, default);
        bed.Memory.Objects.Clear();
        var other = bed.NewMachine();
        await other.SaveAndPushAsync(Content(2));
        await other.Remote.RegisterRepositoryAsync("/w/b", _ => Task.FromResult("https://host/b"), hasSent: true, default);

        var again = bed.NewMachine(one.Store);
        await again.SaveAndPushAsync(Content(1));
        await again.Remote.RegisterRepositoryAsync("/w/a", _ => Task.FromResult("https://host/a"), hasSent: true, default);
        CollectionAssert.AreEqual(new[] { "https://host/a", "https://host/b" }, (await again.Remote.RepositoriesAsync(default)).Select(known => known.Url).ToArray());
    }

    [TestMethod]
    public async Task Artifacts_pushed_at_the_same_time_make_their_repository_known_once()
    {
        await using var bed = new GcBed();
        var one = bed.NewMachine();
        await one.SaveAndPushAsync(Content(1));
        bed.Count.Reset();
        var answer = new TaskCompletionSource<string>();
        var both = Task.WhenAll(
            one.Remote.RegisterRepositoryAsync("/w/a", _ => answer.Task, hasSent: true, default),
            one.Remote.RegisterRepositoryAsync("/w/a", _ => answer.Task, hasSent: true, default));
        answer.SetResult("https://host/a");
        await both;

        Assert.AreEqual(1, bed.Count.Requests());
    }

    private static byte[] Content(int seed) => Noise(150_000, seed);

    private static async Task<string> CodeOf(Func<Task> action) => (await Assert.ThrowsAsync<ModelTrackException>(action)).Code;

    /// <summary>Says less of its objects than the other does.</summary>
    private sealed class Blind(ITransport inner, bool canList) : DelegatingTransport(inner)
    {
        public override TransportTraits Traits => base.Traits with { CanList = canList };

        public override async ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken) =>
            await base.HeadAsync(key, cancellationToken) is { } head ? head with { LastModified = null } : null;

        public override async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken)
        {
            var read = await base.ReadAsync(key, offset, destination, ifNoneMatch, cancellationToken);
            return read with { Head = read.Head is { } head ? head with { LastModified = null } : null };
        }
    }

    /// <summary>Answers a read of one object as if it were not there; it is listed all the same.</summary>
    private sealed class Forbidding(ITransport inner, string forbidden) : DelegatingTransport(inner)
    {
        public override ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken) =>
            key == forbidden ? ValueTask.FromResult(ReadResult.Absent) : base.ReadAsync(key, offset, destination, ifNoneMatch, cancellationToken);
    }

    /// <summary>Something happens when an object was deleted.</summary>
    private sealed class AfterDelete(ITransport inner, Func<string, Task> act) : DelegatingTransport(inner)
    {
        public override async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
        {
            await base.DeleteAsync(key, cancellationToken);
            await act(key);
        }
    }
}
