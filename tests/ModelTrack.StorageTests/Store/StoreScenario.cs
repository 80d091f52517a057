using ModelTrack.Content;
using ModelTrack.Storage.Store;

namespace ModelTrack.StorageTests.Store;

/// <summary>A save, a flush and a fetch of known contents, and the proof that all of it is there.</summary>
internal sealed class StoreScenario(LocalStore store, int seed)
{
    private const int SmallCount = 200;

    private byte[] Large => Content(300_000, 0);

    private byte[] Fetched => Content(250_000, 1);

    private byte[] Listing => Content(20_000, 2);

    private byte[] Small(int i) => Content(1000 + i, 3 + i);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var source = Path.Combine(Path.GetTempPath(), $"modeltrack-store-source-{Environment.ProcessId}-{Path.GetRandomFileName()}");
        try
        {
            await File.WriteAllBytesAsync(source, Large, cancellationToken);
            await store.AddFileAsync(source, cancellationToken);
        }
        finally
        {
            File.Delete(source);
        }

        using (var writer = store.BeginSmall())
        {
            await store.AddListingAsync(Listing, writer, cancellationToken);
            for (var i = 0; i < SmallCount; i++) writer.Add(Small(i));
            await writer.CompleteAsync(cancellationToken);
        }

        store.RecordArtifact(new ArtifactRecord(Sha256Hash.Of(Listing), true, 1, SmallCount, SavedHere: true));
        store.RegisterWorkspace(Path.Combine(Path.GetTempPath(), $"workspace{seed}"));
        await store.FlushAsync(cancellationToken);

        var fetched = Fetched;
        await using var incoming = store.BeginIncoming(IdOf(fetched));
        for (var at = 0; at < fetched.Length; at += 100_000) await incoming.WriteAsync(at, fetched.AsMemory(at, Math.Min(100_000, fetched.Length - at)), cancellationToken);
        Assert.IsNotNull(await incoming.CompleteAsync(null, cancellationToken));
    }

    public async Task AssertAllThereAsync(CancellationToken cancellationToken)
    {
        foreach (var content in new[] { Large, Fetched })
        {
            var found = await store.FindFileAsync(IdOf(content), cancellationToken);
            Assert.IsNotNull(found);
            CollectionAssert.AreEqual(content, await File.ReadAllBytesAsync(found.Path, cancellationToken));
        }

        CollectionAssert.AreEqual(Listing, await store.ReadListingAsync(Sha256Hash.Of(Listing), 1 << 20, cancellationToken));
        var expected = Enumerable.Range(0, SmallCount).Select(Small).ToDictionary(IdOf);
        var missing = await store.ReadSmallAsync(expected.Keys, (id, content, _) =>
        {
            Assert.IsTrue(content.Span.SequenceEqual(expected[id]));
            return ValueTask.CompletedTask;
        }, cancellationToken);
        Assert.IsEmpty(missing);
        Assert.IsTrue(store.FindArtifact(Sha256Hash.Of(Listing))!.SavedHere);
    }

    private static ContentId IdOf(byte[] content) => new(Sha256Hash.Of(content), content.Length);

    private byte[] Content(int length, int part)
    {
        var bytes = new byte[length];
        new Random((seed * 1000) + part).NextBytes(bytes);
        return bytes;
    }
}
