using System.Security.Cryptography;
using ModelTrack.Content;
using ModelTrack.Storage;
using ModelTrack.StorageTests.Transports;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Remote;

/// <summary>A manifest whose chunks make the right whole under wrong names: what it says must not travel on.</summary>
[TestClass]
public sealed class LyingManifestTests
{
    [TestMethod]
    [Rule("A record of files 2")]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_lie_about_a_chunk_does_not_reach_a_second_remote(bool isDirectory)
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var model = await SaveAsync(one, isDirectory, [.. Noise(1_000_000, 1), .. Fill(7), .. Noise(500_000, 2)]);
        await one.PushAsync(model);

        // The second remote has a chunk that is as long as one of the model's.
        var second = new MemoryTransport { Traits = bed.Memory.Traits with { Name = "memory://second" } };
        var colleague = bed.NewMachine(second);
        var other = await SaveAsync(colleague, isDirectory, [.. Noise(300_000, 3), .. Fill(9)]);
        await colleague.PushAsync(other);
        var (named, falsely) = await PairAsync(one, model.Blobs[^1], colleague, other.Blobs[^1]);
        Lie(bed.Memory, ManifestOf(model), named, falsely);

        var two = bed.NewMachine();
        await two.PullAsync(model);
        await using var toSecond = bed.OpenRemote(two.Store, second);
        await toSecond.PushAsync(model, [other.Id], null, default);

        var report = await toSecond.VerifyAsync([model], 100, heal: false, default);
        Assert.IsTrue(report.IsGood, string.Join("; ", report.Damage));
        await bed.NewMachine(second).PullAsync(model);
    }

    [TestMethod]
    [Rule("A record of files 2")]
    public async Task An_honest_manifest_is_proved_once_and_keeps_its_chunks()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var model = await one.SaveAsync(Noise(9_000_000, 4));
        await one.PushAsync(model);
        var saved = await one.Store.ChunksOfAsync(model.Blobs[0], default);

        var two = bed.NewMachine();
        await two.PullAsync(model);
        CollectionAssert.AreEqual(saved.ToArray(), (await two.Store.ClaimedChunksOfAsync(model.Blobs[0], default)).ToArray());
        CollectionAssert.AreEqual(saved.ToArray(), (await two.Store.ChunksOfAsync(model.Blobs[0], default)).ToArray());
        Assert.IsFalse(bed.Log.Details.Any(line => line.Contains("cut anew", StringComparison.Ordinal)));
    }

    [TestMethod]
    [Rule("What a manifest promises 5")]
    [Rule("Manifests 7")]
    public async Task A_manifest_of_another_content_s_chunks_delivers_nothing()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var model = await one.SaveAsync(Noise(1_000_000, 5));
        var other = await one.SaveAsync(Noise(1_000_000, 6));
        await one.PushAsync(model);
        await one.PushAsync(other);

        // Each chunk is what its hash says: only the whole is not what the pointer names.
        var lie = bed.Memory.Objects[ManifestOf(other)].Bytes;
        bed.Memory.Spoil(ManifestOf(model), _ => Formats.ManifestTests.Altered(lie, manifest => model.Id.CopyTo(manifest.AsSpan(16))));
        var two = bed.NewMachine();
        Assert.AreEqual("MT3103", await two.CodeOfPullAsync(model));
        Assert.IsFalse(two.Store.Contains(model.Blobs[0]));
        Assert.IsNull(await two.Store.FindFileAsync(model.Blobs[0], default));
    }

    [TestMethod]
    [Rule("Verify and heal 1")]
    public async Task A_record_that_is_no_chunk_of_its_pack_is_told_by_a_verification_though_the_truth_is_cached()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var model = await one.SaveAsync(Noise(1_000_000, 7));
        await one.PushAsync(model);
        Assert.IsTrue((await one.Remote.VerifyAsync([model], 100, heal: false, default)).IsGood);

        Lie(bed.Memory, ManifestOf(model), (await one.Store.ChunksOfAsync(model.Blobs[0], default))[3].Hash, Sha256Hash.Of("another"u8));
        var damage = (await one.Remote.VerifyAsync([model], 100, heal: false, default)).Damage.Single();
        Assert.AreEqual((ManifestOf(model), "names chunks that its packs do not have"), (damage.Key, damage.Problem));
    }

    private static byte[] Fill(byte with)
    {
        var bytes = new byte[600_000];
        bytes.AsSpan().Fill(with);
        return bytes;
    }

    private static Task<ArtifactContent> SaveAsync(Machine machine, bool isDirectory, byte[] bytes) =>
        isDirectory ? machine.SaveAsync([("weights.bin", bytes)]) : machine.SaveAsync(bytes);

    /// <summary>A chunk of each, of one length.</summary>
    private static async Task<(Sha256Hash First, Sha256Hash Second)> PairAsync(Machine machine, ContentId first, Machine other, ContentId second)
    {
        var others = await other.Store.ChunksOfAsync(second, default);
        var chunk = (await machine.Store.ChunksOfAsync(first, default)).First(chunk => others.Any(o => o.Length == chunk.Length && o.Hash != chunk.Hash));
        return (chunk.Hash, others.First(o => o.Length == chunk.Length).Hash);
    }

    private static void Lie(MemoryTransport remote, string manifest, Sha256Hash of, Sha256Hash claimed) => remote.Spoil(manifest, bytes =>
    {
        var (old, fresh) = (new byte[Sha256Hash.Size], new byte[Sha256Hash.Size]);
        of.CopyTo(old);
        claimed.CopyTo(fresh);
        var lies = 0;
        for (int at; (at = bytes.AsSpan().IndexOf(old)) >= 0; lies++) fresh.CopyTo(bytes, at);
        Assert.IsGreaterThan(0, lies);
        SHA256.HashData(bytes.AsSpan(..^Sha256Hash.Size), bytes.AsSpan(^Sha256Hash.Size));
        return bytes;
    });
}
