using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.StorageTests.Formats;

namespace ModelTrack.StorageTests.Content;

[TestClass]
public class ContentHasherTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modeltrack-hasher-").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [Rule("Chunks 6")]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(65_535)]
    [DataRow(65_536)]
    [DataRow((1 << 20) - 1)]
    [DataRow(1 << 20)]
    [DataRow((1 << 20) + 1)]
    [DataRow(7 * 128 * 1024)] // a block of the pipeline
    [DataRow((14 * 128 * 1024) - 1)]
    [DataRow((14 * 128 * 1024) + 1)]
    [DataRow(20_000_000)]
    public async Task A_file_hashes_cuts_and_copies_as_its_bytes_in_memory_do(int length)
    {
        var content = length % 2 == 0 ? Samples.Random(length) : Samples.Text(length);
        var progress = new TransferProgress();
        var copy = Path.Combine(_folder, "copy");
        using var source = Open(content);
        ContentDigest digest;
        using (var target = File.OpenHandle(copy, FileMode.Create, FileAccess.Write))
        {
            digest = await ContentHasher.HashAsync(source, new HashOptions(Cut: true), target, progress, CancellationToken.None);
        }

        var expected = ContentHasher.Hash(content, cut: true);
        Assert.AreEqual(expected.Id, digest.Id);
        Assert.AreEqual(expected.Xxh128, digest.Xxh128);
        CollectionAssert.AreEqual(expected.Chunks.ToArray(), digest.Chunks.ToArray());
        Assert.AreEqual(length, progress.Done);
        CollectionAssert.AreEqual(content, await File.ReadAllBytesAsync(copy));
        Assert.AreEqual(expected.Xxh128, await ContentHasher.Xxh128OfFileAsync(source, null, CancellationToken.None));

        var plain = await ContentHasher.HashAsync(source, default, null, null, CancellationToken.None);
        Assert.AreEqual(expected.Id, plain.Id);
        Assert.IsEmpty(plain.Chunks);
    }

    [TestMethod]
    [Rule("Chunks 6")]
    public void In_memory_the_hashes_are_those_of_the_libraries_and_the_chunks_make_the_content()
    {
        var content = Samples.Text(300_000);
        var digest = ContentHasher.Hash(content, cut: true);

        Assert.AreEqual(new ContentId(Sha256Hash.Of(content), content.Length), digest.Id);
        Assert.AreEqual(XxHash128.HashToUInt128(content), digest.Xxh128);
        var at = 0;
        foreach (var chunk in digest.Chunks)
        {
            Assert.AreEqual(Sha256Hash.Of(content.AsSpan(at, chunk.Length)), chunk.Hash);
            at += chunk.Length;
        }

        Assert.AreEqual(content.Length, at);
        CollectionAssert.AreEqual(ChunkCutter.Contents.Cut(content), digest.Chunks.Select(c => c.Length).ToArray());
    }

    [TestMethod]
    public void A_content_of_one_chunk_has_its_own_hash_as_the_chunks_hash()
    {
        var digest = ContentHasher.Hash(Samples.Random(65_535), cut: true);
        Assert.AreEqual(new Chunk(digest.Id.Sha256, 65_535), digest.Chunks.Single());
    }

    [TestMethod]
    public async Task A_failing_read_or_write_reaches_the_caller_and_ends_every_stage()
    {
        using var source = Open(Samples.Random(20_000_000));
        using var readOnly = File.OpenHandle(Path.Combine(_folder, "target"), FileMode.Create, FileAccess.Write);
        readOnly.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ContentHasher.HashAsync(source, new HashOptions(true), readOnly, null, CancellationToken.None));
    }

    [TestMethod]
    public async Task A_cancelled_hash_stops()
    {
        using var source = Open(Samples.Random(20_000_000));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => ContentHasher.HashAsync(source, new HashOptions(true), null, null, cancelled.Token));
        await Assert.ThrowsAsync<OperationCanceledException>(() => ContentHasher.Xxh128OfFileAsync(source, null, cancelled.Token).AsTask());
    }

    private SafeFileHandle Open(byte[] content)
    {
        var path = Path.Combine(_folder, "source");
        File.WriteAllBytes(path, content);
        return File.OpenHandle(path);
    }
}
