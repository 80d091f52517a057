using System.Globalization;
using ModelTrack.Content;
using ModelTrack.Storage.Formats;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Remote;

/// <summary>What an edit may cost, counted at the remote.</summary>
[TestClass]
public sealed class BudgetTests
{
    private static bool IsLarge => Environment.GetEnvironmentVariable("MODELTRACK_TEST_LARGE") == "1";

    [TestMethod]
    [Rule("Push 2")]
    public async Task One_byte_changed_in_a_large_file_sends_under_200_KB()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var bytes = Noise(IsLarge ? 500_000_000 : 150_000_000, 1);
        var first = await one.SaveAsync(bytes);
        await one.PushAsync(first);
        bytes[bytes.Length / 3] ^= 1;
        var second = await one.SaveAsync(bytes);
        bed.Count.Reset();

        var result = await one.PushAsync(second, first);
        Assert.IsLessThan(200_000, bed.Count.BytesSent);
        Assert.AreEqual(bed.Count.Sent("packs") + bed.Count.Sent("manifests"), result.BytesSent);
        Assert.IsLessThanOrEqualTo(6, (int)bed.Count.Requests());

        var other = bed.NewMachine();
        await other.PullAsync(first);
        bed.Count.Reset();
        await other.PullAsync(second, first);
        Assert.IsLessThan(1_500_000, bed.Count.BytesReceived);
    }

    [TestMethod]
    public async Task One_file_added_to_many_small_ones_sends_under_300_KB_and_few_requests_move_them_all()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var count = IsLarge ? 100_000 : 20_000;
        var files = Enumerable.Range(0, count).Select(i => (Path: string.Create(CultureInfo.InvariantCulture, $"data/{i / 1000}/{i:000000}.bin"), Bytes: Noise(1024, i))).ToList();
        var first = await one.SaveAsync(files);
        await one.PushAsync(first);
        Assert.IsLessThan(50, (int)bed.Count.Requests());
        Assert.IsLessThan(count * 1300L, bed.Count.BytesSent);

        files.Add(("data/7/new.bin", Noise(1024, -1)));
        var second = await one.SaveAsync(files);
        bed.Count.Reset();
        await one.PushAsync(second, first);
        Assert.IsLessThan(300_000, bed.Count.BytesSent);
        Assert.IsLessThan(10, (int)bed.Count.Requests());

        bed.Count.Reset();
        await bed.NewMachine().PullAsync(second);
        Assert.IsLessThan(60, (int)bed.Count.Requests());
        Assert.IsLessThan(count * 1400L, bed.Count.BytesReceived);
    }

    [TestMethod]
    public async Task One_file_added_by_a_clone_that_has_only_the_listing_sends_under_300_KB_and_receives_no_contents()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var files = Enumerable.Range(0, 20_000).Select(i => (Path: string.Create(CultureInfo.InvariantCulture, $"data/{i / 1000}/{i:000000}.bin"), Bytes: Noise(1024, i))).ToList();
        files.Add(("data/large.bin", Noise(3_000_000, -2)));
        var first = await one.SaveAsync(files);
        await one.PushAsync(first);
        files.Add(("data/7/new.bin", Noise(1024, -1)));
        var second = await one.SaveAsync(files);

        // The other machine's store: the old listing as it came from the remote, the new listing, and the new file.
        bed.Count.Reset();
        var other = bed.NewMachine();
        await other.Remote.ReadListingAsync((await other.Remote.FindAsync(first.Id, default))!, default);
        using (var small = other.Store.BeginSmall())
        {
            var listing = new byte[second.Blobs[0].Size];
            await one.Store.ReadAsync(second.Blobs[0], 0, listing, default);
            await other.Store.AddListingAsync(listing, small, default);
            small.Add(Noise(1024, -1));
            await small.CompleteAsync(default);
        }

        await other.Remote.PushPartAsync(
            second, _ => Task.FromResult<IReadOnlyList<Sha256Hash>>([first.Id]), (id, _) => Task.FromResult(id == first.Id ? first : null), null, default);

        Assert.IsLessThan(300_000, bed.Count.BytesSent);
        Assert.IsLessThan(2 * first.Blobs[0].Size + 2_000_000, bed.Count.BytesReceived, $"the listing has {first.Blobs[0].Size} bytes, the contents have {first.Blobs.Skip(1).Sum(b => b.Size)}; {bed.Count}");
        await bed.NewMachine().PullAsync(second);
    }

    [TestMethod]
    public void One_byte_changed_in_40_GB_sends_a_manifest_of_under_1_MB()
    {
        // The manifest as the writer makes it, of made-up chunks: 1.28 million of 32 KB, 512 in each pack.
        const int Chunks = 1_280_000;
        const int Length = 32_000;
        var packs = Enumerable.Range(0, Chunks / 512).Select(i => new PackEntry(Sha256Hash.Of(BitConverter.GetBytes(i)), PackFormat.MaxSize)).ToList();
        var info = new ManifestInfo(Sha256Hash.Of("v1"u8), false, (long)Chunks * Length, 0);
        var random = new Random(1);
        var locations = new ChunkLocation[Chunks];
        for (var i = 0; i < Chunks; i++)
        {
            var hash = new byte[32];
            random.NextBytes(hash);
            locations[i] = new ChunkLocation(new Sha256Hash(hash), Length, packs[i / 512].Id, new FrameRef((uint)(16 + (i % 512 * Length)), Length, Length, 0), 0);
        }

        var first = Write(info, [], packs, locations, []);
        locations[Chunks / 2] = locations[Chunks / 2] with { Hash = Sha256Hash.Of("changed"u8), Pack = Sha256Hash.Of("new"u8), Frame = new FrameRef(16, Length, Length, 0) };
        var second = Write(info with { Artifact = Sha256Hash.Of("v2"u8) }, packs, [.. packs, new PackEntry(Sha256Hash.Of("new"u8), 100_000)], locations, first.Pieces);
        Assert.IsLessThan(1_000_000, second.Root.Length + second.NewPieces + Length, $"{second.Root.Length} + {second.NewPieces}");
    }

    [TestMethod]
    public async Task A_fresh_pull_of_version_50_costs_at_most_half_more_than_of_version_1()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var random = new Random(50);
        var bytes = Noise(20_000_000, 2);
        var first = await one.SaveAsync(bytes);
        await one.PushAsync(first);
        var before = first;
        for (var version = 2; version <= 50; version++)
        {
            // A layer of 2 %, a few scattered rows, and now and then some rows more.
            random.NextBytes(bytes.AsSpan(random.Next(bytes.Length - 400_000), 400_000));
            for (var i = 0; i < 5; i++) random.NextBytes(bytes.AsSpan(random.Next(bytes.Length - 500), 500));
            if (version % 10 == 0) bytes = [.. bytes[..5_000_000], .. Noise(20_000, version), .. bytes[5_000_000..]];
            var next = await one.SaveAsync(bytes);
            await one.PushAsync(next, before);
            before = next;
        }

        bed.Count.Reset();
        await bed.NewMachine().PullAsync(first);
        var oldest = bed.Count.BytesReceived;
        bed.Count.Reset();
        await bed.NewMachine().PullAsync(before);
        Assert.IsLessThanOrEqualTo(1.5, (double)bed.Count.BytesReceived / oldest);
    }

    [TestMethod]
    [Rule("Push 3")]
    public async Task A_pack_that_is_hardly_used_any_more_is_left_behind()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var bytes = Noise(15_000_000, 3);
        var first = await one.SaveAsync(bytes);
        await one.PushAsync(first);
        var old = bed.Packs;

        // A tenth of the old pack is left.
        var second = await one.SaveAsync([.. bytes[..1_500_000], .. Noise(5_000_000, 4)]);
        await one.PushAsync(second, first);
        foreach (var pack in old) bed.Memory.Objects.TryRemove(pack, out _);
        await bed.NewMachine().PullAsync(second);
    }

    private static (byte[] Root, Dictionary<Sha256Hash, ChunkLocation> Pieces, int NewPieces) Write(
        ManifestInfo info, IReadOnlyList<PackEntry> basePacks, IReadOnlyList<PackEntry> packs, ChunkLocation[] chunks, Dictionary<Sha256Hash, ChunkLocation> known)
    {
        var writer = new ManifestWriter(info, basePacks);
        foreach (var chunk in chunks) writer.Add(chunk);
        var pieces = writer.CutBody();
        var located = new Dictionary<Sha256Hash, ChunkLocation>();
        var fresh = 0;
        foreach (var piece in pieces)
        {
            if (known.TryGetValue(piece.Hash, out var there))
            {
                located[piece.Hash] = there;
                continue;
            }

            fresh += piece.Bytes.Length;
            located[piece.Hash] = new ChunkLocation(piece.Hash, piece.Bytes.Length, packs[^1].Id, new FrameRef(16, piece.Bytes.Length, piece.Bytes.Length, 0), 0);
        }

        return (writer.Finish([.. pieces.Select(piece => located[piece.Hash])], packs, default), located, fresh);
    }
}
