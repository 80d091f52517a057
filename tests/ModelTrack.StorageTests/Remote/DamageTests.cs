using ModelTrack.Storage;
using ModelTrack.StorageTests.Transports;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Remote;

/// <summary>A remote that has not what it should: never delivered, healed where a copy exists, else told.</summary>
[TestClass]
public sealed class DamageTests
{
    private static readonly Dictionary<string, Func<byte[], byte[]?>> s_damages = new(StringComparer.Ordinal)
    {
        ["altered"] = bytes => Flip(bytes, bytes.Length / 2),
        ["altered at its start"] = bytes => Flip(bytes, 1),
        ["altered at its end"] = bytes => Flip(bytes, bytes.Length - 1),
        ["truncated"] = bytes => bytes[..(bytes.Length / 2)],
        ["short of a byte"] = bytes => bytes[..^1],
        ["emptied"] = _ => [],
        ["extended"] = bytes => [.. bytes, 0],
        ["replaced"] = bytes => Noise(bytes.Length, 77),
        ["deleted"] = _ => null,
    };

    public static IEnumerable<object[]> Damages => s_damages.Keys.Select(name => new object[] { name });

    [TestMethod]
    [Rule("What a manifest promises 5")]
    [Rule("Packs 7")]
    [Rule("Verify and heal 1")]
    [DynamicData(nameof(Damages))]
    public async Task A_damaged_pack_of_a_file_is_never_delivered_and_heals_from_a_store(string damage)
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync([.. Noise(20_000_000, 1), .. Csv(100_000, 1)]);
        await one.PushAsync(artifact);
        foreach (var pack in bed.Packs) Damage(bed, pack, damage);

        await HealsAsync(bed, one, artifact, harmsPull: damage is not ("extended" or "altered at its start" or "altered at its end" or "short of a byte"));
    }

    [TestMethod]
    [Rule("What a manifest promises 5")]
    [Rule("Verify and heal 1")]
    [Rule("Verify and heal 2")]
    [DynamicData(nameof(Damages))]
    public async Task A_damaged_pack_of_a_directory_is_never_delivered_and_heals_from_a_store(string damage)
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Enumerable.Range(0, 3000).Select(i => ($"{i}", Noise(1024, i))).Append(("large", Noise(3_000_000, 5))));
        await one.PushAsync(artifact);
        foreach (var pack in bed.Packs) Damage(bed, pack, damage);

        await HealsAsync(bed, one, artifact, harmsPull: damage is not ("extended" or "altered at its start" or "altered at its end" or "short of a byte"));
    }

    [TestMethod]
    [Rule("What a manifest promises 2")]
    [Rule("Verify and heal 1")]
    [DynamicData(nameof(Damages))]
    public async Task A_damaged_manifest_is_told_and_heals_from_a_store(string damage)
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Noise(60_000_000, 2));
        await one.PushAsync(artifact);
        Damage(bed, ManifestOf(artifact), damage);
        if (damage == "deleted") Assert.IsNull(await bed.NewMachine().Remote.FindAsync(artifact.Id, default));
        else Assert.AreEqual("MT3102", await bed.NewMachine().CodeOfFindAsync(artifact));

        bed.Count.Reset();
        await HealsAsync(bed, one, artifact, harmsPull: false);
        Assert.AreEqual(0, bed.Count.Sent("packs"), "its packs were all there");
    }

    [TestMethod]
    [Rule("What a manifest promises 2")]
    public async Task A_manifest_under_another_artifacts_name_is_damaged()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var first = await one.SaveAsync(Noise(1000, 3));
        var second = await one.SaveAsync(Noise(1000, 4));
        await one.PushAsync(first);
        await one.PushAsync(second);
        bed.Memory.Objects[ManifestOf(first)] = bed.Memory.Objects[ManifestOf(second)];

        Assert.AreEqual("MT3102", await bed.NewMachine().CodeOfFindAsync(first));
        Assert.IsFalse((await one.PushAsync(first)).AlreadyThere);
        await bed.NewMachine().PullAsync(first);
    }

    [TestMethod]
    [Rule("Pull 5")]
    public async Task A_byte_that_is_wrong_on_the_way_is_fetched_again()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Noise(30_000_000, 5));
        await one.PushAsync(artifact);
        bed.Faults.On(Fault.WrongByte, RequestKind.Read, "packs/", nth: 3);

        await bed.NewMachine().PullAsync(artifact);
        Assert.AreEqual(1, bed.Faults.Played);
    }

    [TestMethod]
    [Rule("Pull 4")]
    [Rule("Pull 6")]
    public async Task A_wrong_byte_costs_the_bad_chunk_only()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Noise(60_000_000, 6));
        await one.PushAsync(artifact);
        bed.Faults.On(Fault.WrongByte, RequestKind.Read, "packs/", nth: 3);
        var other = bed.NewMachine();
        await other.PullAsync(artifact);

        Assert.IsLessThan(61_500_000, bed.Count.Received("packs"));
    }

    [TestMethod]
    [Rule("Pull 5")]
    public async Task A_manifest_replaced_while_it_is_cached_is_read_anew()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Noise(5_000_000, 7));
        await one.PushAsync(artifact);
        var other = bed.NewMachine();
        var found = await other.Remote.FindAsync(artifact.Id, default);

        // Another client packs it otherwise and the old packs go.
        var elsewhere = new MemoryTransport();
        var third = bed.NewMachine(elsewhere);
        await third.PushAsync(await third.SaveAsync([.. Noise(100, 8), .. Noise(5_000_000, 7)]));
        var again = await third.SaveAsync(Noise(5_000_000, 7));
        await third.PushAsync(again, await third.SaveAsync([.. Noise(100, 8), .. Noise(5_000_000, 7)]));
        foreach (var pack in bed.Packs) bed.Memory.Objects.TryRemove(pack, out _);
        foreach (var (key, value) in elsewhere.Objects) bed.Memory.Objects[key] = value;

        await other.Remote.FetchAsync(found!, artifact, artifact.Blobs, [], default);
        await other.CheckAsync(artifact);
    }

    [TestMethod]
    [Rule("Pull 5")]
    public async Task Damage_that_no_copy_heals_is_told_with_the_artifact_and_the_key()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Noise(20_000_000, 9));
        await one.PushAsync(artifact);
        var pack = bed.Packs[0];
        bed.Memory.Spoil(pack, bytes => Flip(bytes, bytes.Length / 2));

        var other = bed.NewMachine();
        var report = await other.Remote.VerifyAsync([artifact], 100, heal: true, default);
        var damage = report.Damage.Single();
        Assert.AreEqual(artifact.Id, damage.Artifact);
        Assert.AreEqual(pack, damage.Key);
        Assert.IsFalse(damage.Healed);
        Assert.IsFalse(report.IsGood);

        // The manifest is read, and once more when the pack turned out to be bad.
        bed.Count.Reset();
        var error = await Assert.ThrowsAsync<Diagnostics.ModelTrackException>(() => other.FetchAsync(artifact));
        Assert.AreEqual("MT3103", error.Code);
        StringAssert.Contains(error.Message, artifact.Id.ToString());
        StringAssert.Contains(error.Message, pack);
        Assert.AreEqual(2, bed.Count.Requests(RequestKind.Read, "manifests"));
    }

    [TestMethod]
    [Rule("Verify and heal 2")]
    public async Task Healing_one_artifact_heals_every_manifest_that_names_the_pack()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var bytes = Noise(30_000_000, 10);
        var versions = new List<ArtifactContent>();
        for (var i = 0; i < 4; i++)
        {
            bytes[i * 5_000_000] ^= 1;
            var version = await one.SaveAsync(bytes);
            await one.PushAsync(version, [.. versions.TakeLast(1)]);
            versions.Add(version);
        }

        foreach (var pack in bed.Packs) bed.Memory.Spoil(pack, spoilt => Flip(spoilt, spoilt.Length / 2));
        var report = await one.Remote.VerifyAsync([versions[1]], 100, heal: true, default);
        Assert.IsTrue(report.Damage.Count > 0 && report.IsGood);
        Assert.IsTrue((await one.Remote.VerifyAsync([versions[1]], 100, heal: false, default)).IsGood);
        await bed.NewMachine().PullAsync(versions[1]);
        await bed.NewMachine().PullAsync(versions[0]);
    }

    [TestMethod]
    public async Task What_is_still_good_in_a_bad_pack_heals_it_when_the_store_has_only_the_rest()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync([("a", Noise(400_000, 11)), ("b", Noise(400_000, 12))]);
        await one.PushAsync(artifact);
        var other = bed.NewMachine();
        var found = await other.Remote.FindAsync(artifact.Id, default);
        await other.Remote.ReadListingAsync(found!, default);
        await other.Remote.FetchAsync(found!, artifact, [artifact.Blobs[2]], [], default);

        // The damage is in the second file, which this store has; the first one's chunks are good at the remote alone.
        var pack = bed.Packs.Single();
        bed.Memory.Spoil(pack, bytes => Flip(bytes, bytes.Length - 100_000));
        var report = await other.Remote.VerifyAsync([artifact], 100, heal: true, default);
        Assert.IsTrue(report.IsGood, string.Join("; ", report.Damage));
        await bed.NewMachine().PullAsync(artifact);
    }

    [TestMethod]
    [Rule("Verify and heal 1")]
    public async Task A_part_of_the_packs_is_read_by_percent_and_all_are_looked_for()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Noise(100_000_000, 13));
        await one.PushAsync(artifact);

        var report = await one.Remote.VerifyAsync([artifact], 20, heal: false, default);
        Assert.AreEqual((int)Math.Ceiling(bed.Packs.Count * 0.2), report.PacksChecked);
        bed.Memory.Objects.TryRemove(bed.Packs[^1], out _);
        Assert.AreEqual("is missing", (await one.Remote.VerifyAsync([artifact], 1, heal: false, default)).Damage.Single().Problem);
    }

    [TestMethod]
    public async Task Any_bytes_in_place_of_any_object_are_an_error_or_no_harm()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Enumerable.Range(0, 400).Select(i => ($"{i}", Csv(i % 30, i))).Append(("large", Noise(300_000, 5))));
        await one.PushAsync(artifact);
        var random = new Random(20261121);
        var good = bed.Memory.Objects.ToArray();
        for (var round = 0; round < 40; round++)
        {
            foreach (var (key, value) in good) bed.Memory.Objects[key] = value;
            var target = good[random.Next(good.Length)].Key;
            bed.Memory.Spoil(target, bytes =>
            {
                switch (random.Next(4))
                {
                    case 0:
                        return bytes[..random.Next(bytes.Length)];
                    case 1:
                        return Noise(random.Next(2 * bytes.Length), round);
                    default:
                        for (var i = 0; i < 3; i++) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                        return bytes;
                }
            });
            var other = bed.NewMachine();
            try
            {
                await other.PullAsync(artifact);
            }
            catch (Diagnostics.ModelTrackException e)
            {
                StringAssert.StartsWith(e.Code, "MT3");
            }
        }
    }

    private static async Task HealsAsync(RemoteBed bed, Machine one, ArtifactContent artifact, bool harmsPull)
    {
        if (harmsPull) Assert.AreEqual("MT3103", await bed.NewMachine().CodeOfPullAsync(artifact));
        var told = await one.Remote.VerifyAsync([artifact], 100, heal: false, default);
        Assert.IsFalse(told.IsGood);
        Assert.IsNotEmpty(told.Damage);

        var healed = await one.Remote.VerifyAsync([artifact], 100, heal: true, default);
        Assert.IsTrue(healed.IsGood, string.Join("; ", healed.Damage));
        Assert.HasCount(told.Damage.Count, healed.Damage);
        Assert.IsEmpty((await one.Remote.VerifyAsync([artifact], 100, heal: false, default)).Damage);
        await bed.NewMachine().PullAsync(artifact);
    }

    private static void Damage(RemoteBed bed, string key, string damage)
    {
        if (s_damages[damage](bed.Memory.Objects[key].Bytes.ToArray()) is { } bytes) bed.Memory.Spoil(key, _ => bytes);
        else bed.Memory.Objects.TryRemove(key, out _);
    }

    private static byte[] Flip(byte[] bytes, int at)
    {
        bytes[at] ^= 0x40;
        return bytes;
    }
}
