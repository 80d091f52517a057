using System.Globalization;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.StorageTests.Transports;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Remote;

[TestClass]
public sealed class PushAndPullTests
{
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(65_535)]
    [DataRow(65_536)]
    [DataRow(3_000_000)]
    [DataRow(40_000_000)]
    public async Task A_file_that_one_machine_pushed_another_pulls(int size)
    {
        await using var bed = new RemoteBed();
        var artifact = await SaveAndPushAsync(bed.NewMachine(), Noise(size, size));

        var other = bed.NewMachine();
        await other.PullAsync(artifact);
        Assert.AreEqual(0, (await other.FetchAsync(artifact)).Contents);
    }

    [TestMethod]
    public async Task A_directory_with_files_of_all_sizes_arrives_whole()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var files = Enumerable.Range(0, 300).Select(i => ($"small/{i:000}.json", Csv(1 + (i % 40), i)))
            .Concat([("empty", []), ("twice", Noise(500, 1)), ("again", Noise(500, 1)), ("mid", Noise(70_000, 2)), ("mid2", Noise(70_000, 2)), ("large", Noise(5_000_000, 3)), ("text.csv", Csv(100_000, 4))]);
        var artifact = await one.SaveAsync(files);
        await one.PushAsync(artifact);

        await bed.NewMachine().PullAsync(artifact);
    }

    [TestMethod]
    public async Task A_directory_of_nothing_but_its_listing_arrives()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Array.Empty<(string, byte[])>());
        await one.PushAsync(artifact);
        await bed.NewMachine().PullAsync(artifact);
    }

    [TestMethod]
    [Rule("What a manifest promises 6")]
    [Rule("Packs 2")]
    public async Task The_remote_has_only_the_layouts_keys_and_its_packs_are_small_enough()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Noise(40_000_000, 5));
        await one.Remote.PushAsync(artifact, [], "models/a.onnx.track", default);

        Assert.AreEqual("{\"modeltrack-remote\":1,\"chunker\":\"mt1\"}\n", System.Text.Encoding.UTF8.GetString(bed.Memory.Objects["modeltrack.json"].Bytes));
        foreach (var key in bed.Memory.Objects.Keys)
        {
            StringAssert.Matches(key, new System.Text.RegularExpressions.Regex("^(modeltrack\\.json|(manifests|packs)/([0-9a-f]{2})/\\3[0-9a-f]{62}|recent/[0-9a-f]{64})$"));
            Assert.IsTrue(bed.Memory.Objects[key].Bytes.Length <= 16_777_216);
        }

        Assert.AreEqual($"{artifact.Id}\n", System.Text.Encoding.UTF8.GetString(bed.Memory.Objects[RemoteKeys.Recent("models/a.onnx.track")].Bytes));
    }

    [TestMethod]
    [Rule("What a manifest promises 1")]
    [Rule("Push 6")]
    public async Task The_manifest_comes_last()
    {
        await using var bed = new RemoteBed();
        var order = new List<string>();
        var one = bed.NewMachine(new Recorder(bed.Memory, order));
        await one.PushAsync(await one.SaveAsync(Noise(40_000_000, 6)));

        var puts = order.Where(line => line.StartsWith("PUT", StringComparison.Ordinal)).ToList();
        StringAssert.StartsWith(puts[^2], "PUTTING manifests/");
        StringAssert.StartsWith(puts[^1], "PUT manifests/");
        Assert.AreEqual(1, puts.Count(line => line.StartsWith("PUT manifests/", StringComparison.Ordinal)));
    }

    [TestMethod]
    [Rule("Push 1")]
    public async Task A_second_push_costs_one_request_and_after_a_day_a_look_at_each_pack()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await SaveAndPushAsync(one, Noise(40_000_000, 7));
        bed.Count.Reset();

        Assert.IsTrue((await one.PushAsync(artifact)).AlreadyThere);
        Assert.AreEqual(1, bed.Count.Requests());
        Assert.AreEqual(0, bed.Count.BytesSent);

        bed.Time.Advance(TimeSpan.FromHours(25));
        bed.Count.Reset();
        Assert.IsTrue((await one.PushAsync(artifact)).AlreadyThere);
        // Once for a session: what is condemned, and the remote's own time.
        Assert.AreEqual(3, bed.Count.Requests(area: "gc"));
        Assert.AreEqual(1 + bed.Packs.Count + 3, bed.Count.Requests());
        Assert.AreEqual(bed.Packs.Count, bed.Count.Requests(RequestKind.Head, "packs"));

        bed.Count.Reset();
        Assert.IsTrue((await one.PushAsync(artifact)).AlreadyThere);
        Assert.AreEqual(1, bed.Count.Requests());
        Assert.AreEqual(0, bed.Count.BytesReceived);
    }

    [TestMethod]
    [Rule("Push 1")]
    [DataRow(32, 1)]
    [DataRow(40, 0x55)]
    public async Task A_manifest_that_tells_another_kind_or_size_is_written_anew(int at, int value)
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await SaveAndPushAsync(one, Noise(100_000, 36));
        bed.Memory.Spoil(ManifestOf(artifact), bytes => Formats.ManifestTests.Altered(bytes, m => m[16 + at] = (byte)value));

        Assert.IsFalse((await one.PushAsync(artifact)).AlreadyThere);
        Assert.HasCount(1, bed.Packs);
        await bed.NewMachine().PullAsync(artifact);
    }

    [TestMethod]
    public async Task A_push_is_confirmed_in_the_store()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Noise(100_000, 8));
        Assert.IsFalse(one.Store.IsConfirmed(artifact.Id, one.Remote.Identity));
        await one.PushAsync(artifact);
        Assert.IsTrue(one.Store.IsConfirmed(artifact.Id, one.Remote.Identity));
    }

    [TestMethod]
    [Rule("What a manifest promises 1")]
    [Rule("Push 5")]
    public async Task An_interrupted_push_leaves_no_manifest_and_the_next_sends_only_what_did_not_arrive()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(new LimitTransport(bed.Count, maxRequests: 1));
        var artifact = await one.SaveAsync(Noise(80_000_000, 9));
        bed.Faults.On(Fault.ThrowBefore, RequestKind.Put, "packs/", nth: 4, times: 100, transient: false);

        Assert.AreEqual("MT3101", await CodeOf(() => one.PushAsync(artifact)));
        Assert.IsEmpty(bed.Memory.Keys("manifests/"));
        Assert.IsNull(await one.Remote.FindAsync(artifact.Id, default));
        var arrived = bed.Packs.Sum(key => (long)bed.Memory.Objects[key].Bytes.Length);
        Assert.HasCount(3, bed.Packs);

        bed.Faults.Clear();
        bed.Count.Reset();
        await one.PushAsync(artifact);
        var all = bed.Packs.Sum(key => (long)bed.Memory.Objects[key].Bytes.Length);
        Assert.AreEqual(all - arrived, bed.Count.Sent("packs"));
        await bed.NewMachine().PullAsync(artifact);
    }

    [TestMethod]
    [Rule("Push 1")]
    [Rule("Push 5")]
    public async Task A_pack_whose_put_was_cut_short_is_sent_again()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Noise(20_000_000, 10));
        bed.Faults.On(Fault.Short, RequestKind.Put, "packs/").On(Fault.ThrowAfter, RequestKind.Put, "packs/", nth: 2, transient: false);
        await CodeOf(() => one.PushAsync(artifact));

        bed.Faults.Clear();
        await one.PushAsync(artifact);
        await bed.NewMachine().PullAsync(artifact);
    }

    [TestMethod]
    [Rule("Push 4")]
    public async Task Two_packings_of_one_list_of_chunks_are_the_same_packs()
    {
        await using var bed = new RemoteBed();
        var bytes = Csv(1_500_000, 11);
        await SaveAndPushAsync(bed.NewMachine(), bytes);
        var keys = bed.Packs;
        var other = new MemoryTransport();
        var machine = bed.NewMachine(other);
        await machine.PushAsync(await machine.SaveAsync(bytes));

        CollectionAssert.AreEqual(keys.ToArray(), other.Keys("packs/").ToArray());
    }

    [TestMethod]
    [Rule("Push 2")]
    public async Task A_fresh_clone_finds_bases_by_the_hint()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var bytes = Noise(20_000_000, 12);
        var first = await one.SaveAsync(bytes);
        await one.Remote.PushAsync(first, [], "m.track", default);
        bytes[10_000_000] ^= 1;

        var other = bed.NewMachine();
        var second = await other.SaveAsync(bytes);
        bed.Count.Reset();
        await other.Remote.PushAsync(second, [], "m.track", default);
        Assert.IsLessThan(200_000, bed.Count.BytesSent);
        CollectionAssert.AreEqual(new[] { second.Id, first.Id }, (await one.Remote.RecentAsync("m.track", default)).ToArray());
        await bed.NewMachine().PullAsync(second);
    }

    [TestMethod]
    [Rule("Push 7")]
    public async Task The_hint_keeps_the_last_eight_and_a_wrong_one_is_harmless()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        for (var i = 0; i < 10; i++) await one.Remote.PushAsync(await one.SaveAsync(Noise(1000, i)), [], "m.track", default);
        Assert.HasCount(8, await one.Remote.RecentAsync("m.track", default));

        var key = RemoteKeys.Recent("m.track");
        foreach (var wrong in new[] { Noise(5000, 1), [], "no\nhash\n"u8.ToArray(), System.Text.Encoding.ASCII.GetBytes(new string('a', 64)) })
        {
            bed.Memory.Spoil(key, _ => wrong);
            var artifact = await one.SaveAsync(Noise(1000, 100 + wrong.Length));
            await one.Remote.PushAsync(artifact, [], "m.track", default);
            await bed.NewMachine().PullAsync(artifact);
        }
    }

    [TestMethod]
    [Rule("Push 2")]
    public async Task A_base_whose_manifest_the_remote_lost_is_no_base()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var bytes = Noise(5_000_000, 13);
        var first = await SaveAndPushAsync(one, bytes);
        foreach (var key in bed.Memory.Objects.Keys) bed.Memory.Objects.TryRemove(key, out _);
        bytes[1] ^= 1;
        var second = await one.SaveAsync(bytes);
        await one.PushAsync(second, first);

        await bed.NewMachine().PullAsync(second);
    }

    [TestMethod]
    public async Task A_remote_emptied_behind_a_full_store_gets_all_again_and_a_warning_is_given()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await SaveAndPushAsync(one, Noise(20_000_000, 14));
        foreach (var key in bed.Memory.Objects.Keys) bed.Memory.Objects.TryRemove(key, out _);

        var again = new RemoteBed.Machine(one.Store, bed.OpenRemote(one.Store));
        Assert.IsFalse((await again.PushAsync(artifact)).AlreadyThere);
        Assert.AreEqual("MT3107", bed.Log.Warnings.Single().Code);
        await bed.NewMachine().PullAsync(artifact);
    }

    [TestMethod]
    [Rule("Push 2")]
    public async Task A_base_with_a_lost_pack_is_used_for_the_rest_once_the_look_is_a_day_old()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var bytes = Noise(40_000_000, 15);
        var first = await SaveAndPushAsync(one, bytes);
        bed.Memory.Objects.TryRemove(bed.Packs[0], out _);
        bed.Time.Advance(TimeSpan.FromHours(25));
        bytes[^1] ^= 1;
        var second = await one.SaveAsync(bytes);
        await one.PushAsync(second, first);

        await bed.NewMachine().PullAsync(second);
    }

    [TestMethod]
    [Rule("Push 2")]
    public async Task A_fresh_machine_looks_at_the_packs_of_a_base_before_it_relies_on_them()
    {
        await using var bed = new RemoteBed();
        var bytes = Noise(40_000_000, 16);
        var first = await SaveAndPushAsync(bed.NewMachine(), bytes);
        bed.Memory.Objects.TryRemove(bed.Packs[0], out _);

        var other = bed.NewMachine();
        bytes[^1] ^= 1;
        var second = await other.SaveAsync(bytes);
        await other.PushAsync(second, first);
        await bed.NewMachine().PullAsync(second);
    }

    [TestMethod]
    [Rule("What a manifest promises 2")]
    public async Task A_torn_manifest_is_absent_to_a_push_which_replaces_it_without_sending_packs()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await SaveAndPushAsync(one, Noise(20_000_000, 17));
        bed.Memory.Spoil(ManifestOf(artifact), bytes => bytes[..^7]);
        Assert.AreEqual("MT3102", await bed.NewMachine().CodeOfFindAsync(artifact));

        bed.Count.Reset();
        Assert.IsFalse((await one.PushAsync(artifact)).AlreadyThere);
        Assert.AreEqual(0, bed.Count.Requests(RequestKind.Put, "packs"));
        await bed.NewMachine().PullAsync(artifact);
    }

    [TestMethod]
    [Rule("What a manifest promises 3")]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Two_pushers_of_one_artifact_with_different_bases_both_succeed_and_the_last_manifest_is_whole(bool conditionalPut)
    {
        await using var bed = new RemoteBed();
        var bytes = Noise(20_000_000, 18);
        var remote = new MemoryTransport { Traits = new TransportTraits("memory://shared", conditionalPut, RangeReads: true, CanList: true, MaxConnections: 8) };
        var machines = new[] { bed.NewMachine(remote), bed.NewMachine(remote) };
        var halves = new[] { (byte[])[.. bytes[..10_000_000], .. Noise(1000, 1)], [.. Noise(1000, 2), .. bytes[10_000_000..]] };
        var artifacts = new List<ArtifactContent>();
        for (var i = 0; i < 2; i++)
        {
            var half = await machines[i].SaveAsync(halves[i]);
            await machines[i].PushAsync(half);
            artifacts.Add(half);
        }

        var whole = await machines[0].SaveAsync(bytes);
        await machines[1].SaveAsync(bytes);
        await Task.WhenAll(machines[0].PushAsync(whole, artifacts[0]), machines[1].PushAsync(whole, artifacts[1]));
        await bed.NewMachine(remote).PullAsync(whole);
        Assert.IsTrue((await machines[0].PushAsync(whole)).AlreadyThere);
        Assert.IsTrue((await machines[1].PushAsync(whole)).AlreadyThere);
    }

    [TestMethod]
    [Rule("Pull 3")]
    public async Task A_pull_with_an_older_version_in_the_store_fetches_only_what_changed()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var bytes = Noise(40_000_000, 19);
        var first = await SaveAndPushAsync(one, bytes);
        var other = bed.NewMachine();
        await other.PullAsync(first);

        bytes[20_000_000] ^= 1;
        var second = await one.SaveAsync(bytes);
        await one.PushAsync(second, first);
        bed.Count.Reset();
        var result = await other.PullAsync(second, first);
        Assert.IsLessThan(400_000, bed.Count.BytesReceived);
        Assert.AreEqual(1, result.Contents);
    }

    [TestMethod]
    public async Task A_pulled_version_can_be_pushed_elsewhere_and_is_a_base()
    {
        await using var bed = new RemoteBed();
        var bytes = Csv(200_000, 20);
        var first = await SaveAndPushAsync(bed.NewMachine(), bytes);
        var other = bed.NewMachine();
        await other.PullAsync(first);
        var second = await other.SaveAsync([.. bytes, .. "one,more,row\n"u8]);
        bed.Count.Reset();
        await other.PushAsync(second, first);
        Assert.IsLessThan(200_000, bed.Count.BytesSent);

        var elsewhere = new MemoryTransport();
        var mirror = new RemoteBed.Machine(other.Store, bed.OpenRemote(other.Store, elsewhere));
        await mirror.PushAsync(first);
        await bed.NewMachine(elsewhere).PullAsync(first);
    }

    [TestMethod]
    [Rule("Pull 6")]
    public async Task An_interrupted_pull_goes_on_from_what_came()
    {
        await using var bed = new RemoteBed();
        var artifact = await SaveAndPushAsync(bed.NewMachine(), Noise(60_000_000, 21));
        var other = bed.NewMachine(new LimitTransport(bed.Count, maxRequests: 1));
        bed.Faults.On(Fault.ThrowBefore, RequestKind.Read, "packs/", nth: 8, times: 1000, transient: false);
        Assert.AreEqual("MT3101", await CodeOf(() => other.FetchAsync(artifact)));
        Assert.IsFalse(other.Store.Contains(artifact.Blobs[0]));

        bed.Faults.Clear();
        bed.Count.Reset();
        await other.PullAsync(artifact);
        Assert.IsLessThan(40_000_000, bed.Count.Received("packs"));
    }

    [TestMethod]
    [Rule("Pull 3")]
    public async Task A_part_of_a_directory_can_be_fetched_alone()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync([("a", Noise(500, 1)), ("b", Noise(9_000_000, 2)), ("c", Noise(9_000_000, 3))]);
        await one.PushAsync(artifact);
        var other = bed.NewMachine();
        var found = await other.Remote.FindAsync(artifact.Id, default);
        bed.Count.Reset();
        await other.Remote.FetchAsync(found!, artifact, [artifact.Blobs[2]], [], default);

        Assert.IsTrue(other.Store.Contains(artifact.Blobs[2]));
        Assert.IsFalse(other.Store.Contains(artifact.Blobs[3]));
        Assert.IsLessThan(10_000_000, bed.Count.BytesReceived);
    }

    [TestMethod]
    public async Task A_transport_without_ranges_gets_whole_packs()
    {
        await using var bed = new RemoteBed();
        var artifact = await SaveAndPushAsync(bed.NewMachine(), Noise(40_000_000, 22));
        var plain = new MemoryTransport { Traits = new TransportTraits("memory://plain", false, RangeReads: false, CanList: false, MaxConnections: 2) };
        foreach (var (key, value) in bed.Memory.Objects) plain.Objects[key] = value;
        var count = new CountingTransport(plain);
        await bed.NewMachine(count).PullAsync(artifact);

        Assert.IsLessThanOrEqualTo(bed.Packs.Count, (int)count.Requests(RequestKind.Read, "packs"));
    }

    [TestMethod]
    [Rule("What a manifest promises 6")]
    [DataRow("{\"modeltrack-remote\":2,\"chunker\":\"mt9\"}")]
    [DataRow("{\"modeltrack-remote\":2,\"chunker\":\"mt1\"}")]
    [DataRow("{\"modeltrack-remote\":1,\"chunker\":\"mt9\"}")]
    public async Task A_newer_layout_is_not_written_to_and_still_read_from(string newer)
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await SaveAndPushAsync(one, Noise(1000, 23));
        bed.Memory.Spoil("modeltrack.json", _ => System.Text.Encoding.UTF8.GetBytes(newer));
        var other = bed.NewMachine();
        await other.PullAsync(artifact);
        Assert.AreEqual("MT3105", await CodeOf(async () => await other.PushAsync(await other.SaveAsync(Noise(1000, 24)))));

        bed.Memory.Spoil("modeltrack.json", bytes => bytes[..5]);
        await other.PushAsync(await other.SaveAsync(Noise(1000, 25)));
        Assert.AreEqual(40, bed.Memory.Objects["modeltrack.json"].Bytes.Length);
    }

    [TestMethod]
    [Rule("What a manifest promises 4")]
    public async Task A_cached_manifest_counts_only_while_the_remote_says_that_it_has_that_one()
    {
        await using var bed = new RemoteBed();
        var artifact = await SaveAndPushAsync(bed.NewMachine(), Noise(1_000_000, 30));
        var other = bed.NewMachine();
        await other.Remote.FindAsync(artifact.Id, default);
        bed.Count.Reset();
        Assert.IsNotNull(await other.Remote.FindAsync(artifact.Id, default));
        Assert.AreEqual((1L, 0L), (bed.Count.Requests(), bed.Count.BytesReceived));

        // Another client's manifest of the same artifact: this one has a note in it.
        bed.Memory.Spoil(ManifestOf(artifact), bytes =>
            Formats.ManifestTests.Altered([.. bytes[..8], .. "note"u8, 0, 0, 0, 0, .. bytes[8..]], _ => { }));
        var found = await other.Remote.FindAsync(artifact.Id, default);
        CollectionAssert.AreEqual(bed.Memory.Objects[ManifestOf(artifact)].Bytes, found!.Manifest.RootBytes.ToArray());

        bed.Memory.Objects.TryRemove(ManifestOf(artifact), out _);
        Assert.IsNull(await other.Remote.FindAsync(artifact.Id, default));
    }

    [TestMethod]
    [Rule("Push beside garbage collection 1")]
    public async Task What_is_condemned_is_read_before_anything_else()
    {
        await using var bed = new RemoteBed();
        var bytes = Noise(100_000, 31);
        foreach (var _ in new[] { "the first push", "one that finds all there" })
        {
            var order = new List<string>();
            var machine = bed.NewMachine(new Recorder(bed.Memory, order));
            await machine.PushAsync(await machine.SaveAsync(bytes));
            Assert.AreEqual("GET gc/condemned", order[0]);
            Assert.Contains("GET " + RemoteKeys.Manifest(Sha256Hash.Of(bytes)), order);
        }
    }

    [TestMethod]
    [Rule("Push 4")]
    public async Task Small_contents_come_first_and_share_no_pack_with_chunks_of_large_ones()
    {
        await using var bed = new RemoteBed();
        var order = new List<string>();
        var one = bed.NewMachine(new LimitTransport(new Recorder(bed.Memory, order), maxRequests: 1));
        var files = Enumerable.Range(0, 100).Select(i => ($"small/{i:000}", Noise(20_000, i))).Append(("large", Noise(3_000_000, 101)));
        var artifact = await one.SaveAsync(files);
        await one.PushAsync(artifact);

        var small = artifact.Blobs.Where(blob => blob.Size < Storage.Store.LocalStore.SmallLimit).Select(blob => blob.Sha256).ToHashSet();
        var packs = order.Where(line => line.StartsWith("PUT packs/", StringComparison.Ordinal))
            .Select(line => Storage.Formats.PackReader.Parse(bed.Memory.Objects[line[4..]].Bytes, line).Chunks.Select(chunk => small.Contains(chunk.Hash)).Distinct().ToArray()).ToArray();
        foreach (var kinds in packs) Assert.HasCount(1, kinds);
        CollectionAssert.AreEqual(packs.Select(kinds => kinds[0]).OrderDescending().ToArray(), packs.Select(kinds => kinds[0]).ToArray());
        CollectionAssert.AreEquivalent(new[] { true, false }, packs.Select(kinds => kinds[0]).Distinct().ToArray());
    }

    [TestMethod]
    [Rule("Push 5")]
    public async Task Packs_go_in_parallel()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine(new Meeting(bed.Memory));
        var artifact = await one.SaveAsync(Noise(36_000_000, 32));
        await one.PushAsync(artifact);
        await bed.NewMachine().PullAsync(artifact);
    }

    [TestMethod]
    [Rule("Pull 2")]
    public async Task A_manifest_that_does_not_come_out_even_is_refused()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync([("a", Noise(70_000, 33)), ("b", Noise(90_000, 34))]);
        await one.PushAsync(artifact);
        var other = bed.NewMachine();
        var found = (await other.Remote.FindAsync(artifact.Id, default))!;
        var (listing, a, b) = (artifact.Blobs[0], artifact.Blobs[1], artifact.Blobs[2]);
        foreach (var blobs in new ContentId[][] { [listing, a with { Size = a.Size - 1 }, b with { Size = b.Size + 1 }], [listing, a], [listing, a, b, a] })
        {
            Assert.AreEqual("MT3104", await CodeOf(() => other.Remote.FetchAsync(found, artifact with { Blobs = blobs }, [blobs[1]], [], default)));
        }

        Assert.IsFalse(other.Store.Contains(a));
        foreach (var size in new[] { listing.Size - 1, listing.Size + 1 })
        {
            bed.Memory.Spoil(ManifestOf(artifact), bytes => Formats.ManifestTests.Altered(bytes, m => BitConverter.TryWriteBytes(m.AsSpan(16 + 48), size)));
            var another = bed.NewMachine();
            var lying = (await another.Remote.FindAsync(artifact.Id, default))!;
            Assert.AreEqual("MT3104", await CodeOf(() => another.Remote.ReadListingAsync(lying, default)));
        }
    }

    [TestMethod]
    [Rule("Pull 3")]
    [DataRow(30, false)]
    [DataRow(70, true)]
    public async Task Of_a_pack_of_small_contents_neighbours_come_by_one_request_and_with_half_of_it_all_is_kept(int wanted, bool isKept)
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Enumerable.Range(0, 100).Select(i => ($"{i:000}", Noise(1000, i))));
        await one.PushAsync(artifact);
        var other = bed.NewMachine();
        var found = (await other.Remote.FindAsync(artifact.Id, default))!;
        await other.Remote.ReadListingAsync(found, default);
        bed.Count.Reset();

        // Of the few, each other one: there are gaps between them.
        var some = artifact.Blobs.Skip(1).Where((_, i) => isKept || i % 2 == 0).Take(wanted).ToList();
        await other.Remote.FetchAsync(found, artifact, some, [], default);
        Assert.AreEqual(1, bed.Count.Requests(RequestKind.Read, "packs"));
        Assert.IsTrue(some.TrueForAll(other.Store.Contains));
        Assert.AreEqual(isKept, File.Exists(other.Store.PackPath(Sha256Hash.Parse(bed.Packs.Single()[^64..]))));
        Assert.AreEqual(isKept, other.Store.Contains(artifact.Blobs[^1]));
    }

    [TestMethod]
    [Rule("The store 9")]
    public async Task A_file_whose_content_stands_in_a_pack_is_not_fetched()
    {
        await using var bed = new RemoteBed();
        var artifact = await SaveAndPushAsync(bed.NewMachine(), Noise(1000, 35));
        var other = bed.NewMachine();
        await other.SaveAsync([("same", Noise(1000, 35))]);
        await other.PullAsync(artifact);
        Assert.AreEqual(0, bed.Count.Requests(RequestKind.Read, "packs"));
    }

    [TestMethod]
    public async Task Content_that_the_stores_disk_spoilt_is_not_published()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Noise(3_000_000, 26));
        var file = (await one.Store.FindFileAsync(artifact.Blobs[0], default))!;
        var stamp = File.GetLastWriteTimeUtc(file.Path);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using (var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Write))
        {
            stream.Position = 1_000_000;
            stream.WriteByte(1);
            stream.WriteByte(2);
        }

        File.SetLastWriteTimeUtc(file.Path, stamp);
        var code = await CodeOf(() => one.PushAsync(artifact));
        Assert.IsTrue(code is "MT3106" or "MT3312", code);
        Assert.IsEmpty(bed.Memory.Keys("manifests/"));
    }

    [TestMethod]
    public async Task A_cancelled_push_and_pull_say_so()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Noise(20_000_000, 27));
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAsync<OperationCanceledException>(() => one.Remote.PushAsync(artifact, [], null, cancelled));

        using var midway = new CancellationTokenSource();
        var stopping = new RemoteBed.Machine(one.Store, bed.OpenRemote(one.Store, new Stopper(bed.Count, midway, RequestKind.Put)));
        await Assert.ThrowsAsync<OperationCanceledException>(() => stopping.Remote.PushAsync(artifact, [], null, midway.Token));
        Assert.IsEmpty(bed.Memory.Keys("manifests/"));

        await one.PushAsync(artifact);
        var other = bed.NewMachine();
        using var reading = new CancellationTokenSource();
        var puller = new RemoteBed.Machine(other.Store, bed.OpenRemote(other.Store, new Stopper(bed.Count, reading, RequestKind.Read)));
        var found = await other.Remote.FindAsync(artifact.Id, default);
        await Assert.ThrowsAsync<OperationCanceledException>(() => puller.Remote.FetchAsync(found!, artifact, artifact.Blobs, [], reading.Token));
        Assert.IsFalse(other.Store.Contains(artifact.Blobs[0]));
        await other.PullAsync(artifact);
    }

    [TestMethod]
    [Rule("In a folder 4")]
    public async Task A_first_push_makes_the_folder_and_one_that_vanished_is_not_made_again()
    {
        await using var bed = new RemoteBed();
        var folder = bed.Folder("remote");
        var one = bed.NewMachine(new FileTransport(folder));
        Assert.AreEqual("MT3601", await CodeOf(() => one.Remote.FindAsync(default, default)));
        var artifact = await one.SaveAsync(Noise(3_000_000, 28));
        await one.PushAsync(artifact);
        await bed.NewMachine(new FileTransport(folder)).PullAsync(artifact);

        Directory.Delete(folder, recursive: true);
        Assert.AreEqual("MT3601", await CodeOf(() => one.PushAsync(artifact)));
        Assert.IsFalse(Directory.Exists(folder));
        Directory.CreateDirectory(folder);
        Assert.IsFalse((await one.PushAsync(artifact)).AlreadyThere);
        await bed.NewMachine(new FileTransport(folder)).PullAsync(artifact);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public async Task Any_history_of_edits_can_be_pushed_step_by_step_and_any_version_pulled(int seed)
    {
        await using var bed = new RemoteBed();
        var random = new Random(seed);
        var one = bed.NewMachine();
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var versions = new List<ArtifactContent>();
        for (var version = 0; version < 6; version++)
        {
            for (var edit = 0; edit < 10; edit++)
            {
                var name = random.Next(30).ToString(CultureInfo.InvariantCulture);
                switch (random.Next(4))
                {
                    case 0:
                        files.Remove(name);
                        break;
                    case 1 when files.TryGetValue(name, out var old) && old.Length > 0:
                        var copy = (byte[])old.Clone();
                        copy[random.Next(copy.Length)] ^= 1;
                        files[name] = copy;
                        break;
                    default:
                        files[name] = Noise(random.Next(3) switch { 0 => random.Next(5), 1 => random.Next(70_000), _ => random.Next(600_000) }, random.Next());
                        break;
                }
            }

            var artifact = await one.SaveAsync(files.Select(file => (file.Key, file.Value)));
            await one.PushAsync(artifact, [.. versions.TakeLast(3).Reverse()]);
            versions.Add(artifact);
        }

        await bed.NewMachine().PullAsync(versions[^1]);
        var other = bed.NewMachine();
        foreach (var artifact in versions.OrderBy(_ => random.Next())) await other.PullAsync(artifact, [.. versions.Where(v => v != artifact)]);
        var report = await one.Remote.VerifyAsync(versions, 100, heal: false, default);
        Assert.IsEmpty(report.Damage);
    }

    private static async Task<ArtifactContent> SaveAndPushAsync(RemoteBed.Machine machine, byte[] bytes)
    {
        var artifact = await machine.SaveAsync(bytes);
        Assert.IsFalse((await machine.PushAsync(artifact)).AlreadyThere);
        return artifact;
    }

    private static async Task<string> CodeOf(Func<Task> action) => (await Assert.ThrowsAsync<ModelTrackException>(action)).Code;

    private sealed class Recorder(ITransport inner, List<string> order) : DelegatingTransport(inner)
    {
        public override async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
        {
            lock (order) order.Add($"PUTTING {key}");
            var stored = await base.PutAsync(key, content, onlyIfAbsent, cancellationToken);
            lock (order) order.Add($"PUT {key}");
            return stored;
        }

        public override ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken)
        {
            lock (order) order.Add($"GET {key}");
            return base.ReadAsync(key, offset, destination, ifNoneMatch, cancellationToken);
        }

        public override ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken)
        {
            lock (order) order.Add($"HEAD {key}");
            return base.HeadAsync(key, cancellationToken);
        }
    }

    /// <summary>No pack arrives before a second one is under way. The last of a push waits for the others, so it takes three.</summary>
    private sealed class Meeting(ITransport inner) : DelegatingTransport(inner)
    {
        private readonly TaskCompletionSource _met = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _packs;

        public override async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
        {
            if (key.StartsWith("packs/", StringComparison.Ordinal))
            {
                if (Interlocked.Increment(ref _packs) == 2) _met.SetResult();
                await _met.Task.WaitAsync(TimeSpan.FromMinutes(1), cancellationToken);
            }

            return await base.PutAsync(key, content, onlyIfAbsent, cancellationToken);
        }
    }

    /// <summary>Cancels when the first pack is asked for or put.</summary>
    private sealed class Stopper(ITransport inner, CancellationTokenSource stop, RequestKind kind) : DelegatingTransport(inner)
    {
        public override async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
        {
            if (kind == RequestKind.Put && key.StartsWith("packs", StringComparison.Ordinal)) await stop.CancelAsync();
            return await base.PutAsync(key, content, onlyIfAbsent, cancellationToken);
        }

        public override async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken)
        {
            if (kind == RequestKind.Read && key.StartsWith("packs", StringComparison.Ordinal)) await stop.CancelAsync();
            return await base.ReadAsync(key, offset, destination, ifNoneMatch, cancellationToken);
        }
    }
}
