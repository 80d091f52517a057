using ModelTrack.Diagnostics;
using ModelTrack.Storage.Transports;
using ModelTrack.StorageTests.Transports;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Remote;

/// <summary>From one remote to another, counted at both.</summary>
[TestClass]
public sealed class CopyTests
{
    [TestMethod]
    public async Task All_of_it_is_read_once_and_sent_once_and_a_clone_pulls_it_from_the_target()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Files(40_000_000));
        await one.PushAsync(artifact);
        var size = bed.Count.BytesSent;
        bed.Count.Reset();
        var mirror = new CountingTransport(new MemoryTransport());
        var two = bed.NewMachine(mirror);

        var result = await one.Remote.CopyToAsync(two.Remote, artifact.Id, null, default);

        Assert.IsNotNull(result);
        Assert.IsFalse(result.AlreadyThere);
        Assert.AreEqual(mirror.Sent("packs") + mirror.Sent("manifests"), result.BytesSent);
        Assert.IsLessThanOrEqualTo(size, mirror.BytesSent);
        Assert.IsLessThanOrEqualTo(size, bed.Count.BytesReceived);
        await two.PullAsync(artifact);
    }

    [TestMethod]
    public async Task After_an_interruption_only_what_is_missing_is_sent()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var artifact = await one.SaveAsync(Noise(60_000_000, 1));
        await one.PushAsync(artifact);
        var packs = bed.Packs.Count;
        var memory = new MemoryTransport();
        var puts = 0;
        var failing = new FailingTransport(memory, key => key.StartsWith("packs/", StringComparison.Ordinal) && Interlocked.Increment(ref puts) > 2);
        var two = bed.NewMachine(failing);
        await Assert.ThrowsAsync<ModelTrackException>(() => one.Remote.CopyToAsync(two.Remote, artifact.Id, null, default));
        Assert.IsEmpty(memory.Keys("manifests/"));
        var arrived = memory.Keys("packs/").Count;
        Assert.IsGreaterThan(0, arrived);

        var mirror = new CountingTransport(memory);
        var three = bed.NewMachine(mirror);
        bed.Count.Reset();
        var result = await one.Remote.CopyToAsync(three.Remote, artifact.Id, null, default);

        Assert.AreEqual(packs - arrived, result!.PacksSent);
        Assert.AreEqual(packs - arrived, (int)mirror.Requests(RequestKind.Put, "packs"));
        Assert.AreEqual(packs - arrived, (int)bed.Count.Requests(RequestKind.Read, "packs"));
        await three.PullAsync(artifact);

        mirror.Reset();
        Assert.IsTrue((await one.Remote.CopyToAsync(three.Remote, artifact.Id, null, default))!.AlreadyThere);
        Assert.AreEqual(0, mirror.Sent("packs") + mirror.Sent("manifests"), "garbage collection asks the remote for its time");
    }

    [TestMethod]
    public async Task A_second_version_sends_what_it_has_of_its_own()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var bytes = Noise(30_000_000, 1);
        var first = await one.SaveAsync(bytes);
        await one.PushAsync(first);
        var mirror = new CountingTransport(new MemoryTransport());
        var two = bed.NewMachine(mirror);
        await one.Remote.CopyToAsync(two.Remote, first.Id, null, default);
        bytes[10_000_000] ^= 1;
        var second = await one.SaveAsync(bytes);
        await one.PushAsync(second, first);
        mirror.Reset();

        await one.Remote.CopyToAsync(two.Remote, second.Id, null, default);

        Assert.IsLessThan(300_000, mirror.BytesSent);
        await two.PullAsync(second);
    }

    [TestMethod]
    public async Task What_the_source_does_not_have_is_null_and_leaves_the_target_alone()
    {
        await using var bed = new RemoteBed();
        var one = bed.NewMachine();
        var memory = new MemoryTransport();
        var two = bed.NewMachine(memory);
        Assert.IsNull(await one.Remote.CopyToAsync(two.Remote, (await one.SaveAsync(Noise(10, 1))).Id, null, default));
        Assert.IsEmpty(memory.Keys(""));
    }

    private static IEnumerable<(string Path, byte[] Bytes)> Files(int total)
    {
        yield return ("large.bin", Noise(total / 2, 1));
        for (var i = 0; i < 500; i++) yield return ($"small/{i}.bin", Noise(total / 2 / 500, i + 2));
    }

    /// <summary>Refuses puts by key.</summary>
    private sealed class FailingTransport(ITransport inner, Func<string, bool> refuses) : DelegatingTransport(inner)
    {
        public override ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken) =>
            refuses(key) ? throw new TransportException("refused", transient: false) : Inner.PutAsync(key, content, onlyIfAbsent, cancellationToken);
    }
}
