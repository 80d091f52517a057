using ModelTrack.Content;
using ModelTrack.Storage.Store;

namespace ModelTrack.StorageTests.Store;

[TestClass]
public sealed class IncomingFileTests : StoreTestBase
{
    private const int Size = 300_000;
    private const int Piece = 100_000;

    private readonly byte[] _content = Bytes(Size);

    private ContentId Id => IdOf(_content);

    private Chunk[] Recipe => [.. Enumerable.Range(0, Size / Piece).Select(i => new Chunk(Sha256Hash.Of(Part(i)), Piece))];

    [TestMethod]
    public async Task A_content_written_in_any_order_appears_when_it_is_complete()
    {
        using var store = Open();
        await using var incoming = store.BeginIncoming(Id);
        Assert.IsFalse(incoming.IsResumed);
        await incoming.WriteAsync(2 * Piece, Part(2).ToArray(), Token);
        await incoming.WriteAsync(0, Part(0).ToArray(), Token);
        Assert.IsFalse(incoming.IsComplete);
        Assert.IsNull(await store.FindFileAsync(Id, Token));
        await incoming.WriteAsync(Piece, Part(1).ToArray(), Token);
        Assert.IsTrue(incoming.IsComplete);

        var stored = await incoming.CompleteAsync(null, Token);
        Assert.IsNotNull(stored);
        CollectionAssert.AreEqual(_content, await File.ReadAllBytesAsync(stored.Path, Token));
        Assert.AreEqual(stored, await store.FindFileAsync(Id, Token));
        Assert.IsEmpty(Leftovers("incoming"));
    }

    [TestMethod]
    public async Task A_digest_from_the_caller_is_taken_without_hashing_again()
    {
        using var store = Open();
        await using var incoming = store.BeginIncoming(Id);
        await incoming.WriteAsync(0, _content, Token);
        var stored = await incoming.CompleteAsync(new ContentDigest(Id, new FastHash(0, 42), Recipe), Token);
        Assert.AreEqual((UInt128)42, stored!.Xxh128);
        CollectionAssert.AreEqual(Recipe, (await store.ChunksOfAsync(Id, Token)).ToArray());
    }

    [TestMethod]
    public async Task An_incomplete_content_cannot_be_completed()
    {
        using var store = Open();
        await using var incoming = store.BeginIncoming(Id);
        await incoming.WriteAsync(0, Part(0).ToArray(), Token);
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => incoming.CompleteAsync(null, Token));
    }

    [TestMethod]
    public async Task Wrong_bytes_do_not_appear_and_can_be_written_again()
    {
        using var store = Open();
        await using var incoming = store.BeginIncoming(Id);
        var wrong = _content.ToArray();
        wrong[Piece + 5] ^= 1;
        await incoming.WriteAsync(0, wrong, Token);
        Assert.IsNull(await incoming.CompleteAsync(null, Token));
        Assert.IsNull(await store.FindFileAsync(Id, Token));

        incoming.Forget(Piece, Piece);
        Assert.IsFalse(incoming.IsComplete);
        await incoming.WriteAsync(Piece, Part(1).ToArray(), Token);
        Assert.IsNotNull(await incoming.CompleteAsync(null, Token));
    }

    [TestMethod]
    public async Task A_discarded_content_leaves_nothing()
    {
        using var store = Open();
        await using (var incoming = store.BeginIncoming(Id))
        {
            await incoming.WriteAsync(0, Part(0).ToArray(), Token);
            incoming.Discard();
        }

        Assert.IsEmpty(Leftovers("incoming"));
    }

    [TestMethod]
    public async Task One_that_was_never_written_to_leaves_nothing()
    {
        using var store = Open();
        await store.BeginIncoming(Id).DisposeAsync();
        Assert.IsEmpty(Leftovers("incoming"));
    }

    [TestMethod]
    public async Task An_interrupted_content_goes_on_from_its_verified_ranges()
    {
        using var store = Open();
        await using (var first = store.BeginIncoming(Id))
        {
            await first.WriteAsync(0, Part(0).ToArray(), Token);
            await first.WriteAsync(2 * Piece, Part(2).ToArray(), Token);
        }

        await using var second = store.BeginIncoming(Id);
        Assert.IsTrue(second.IsResumed);
        CollectionAssert.AreEqual(new[] { true, false, true }, (await second.VerifyResumedAsync(Recipe, Token)).ToArray());
        await second.WriteAsync(Piece, Part(1).ToArray(), Token);
        Assert.IsNotNull(await second.CompleteAsync(null, Token));
        Assert.IsEmpty(Leftovers("incoming"));
    }

    [TestMethod]
    [Rule("Pull 6")]
    [Rule("A content on its way in 3")]
    public async Task A_resumed_range_with_wrong_bytes_is_forgotten()
    {
        using var store = Open();
        await using (var first = store.BeginIncoming(Id))
        {
            await first.WriteAsync(0, _content.AsMemory(0, 2 * Piece), Token);
        }

        var file = Leftovers("incoming").Single();
        AlterSilently(file, Piece + 10);
        await using var second = store.BeginIncoming(Id);
        CollectionAssert.AreEqual(new[] { true, false, false }, (await second.VerifyResumedAsync(Recipe, Token)).ToArray());
        Assert.IsFalse(second.IsComplete);
    }

    [TestMethod]
    [Rule("A content on its way in 3")]
    public async Task Nothing_of_an_earlier_pull_counts_before_it_was_verified()
    {
        using var store = Open();
        await using (var first = store.BeginIncoming(Id))
        {
            await first.WriteAsync(0, _content, Token);
        }

        await using var second = store.BeginIncoming(Id);
        Assert.IsFalse(second.IsComplete);
        await second.VerifyResumedAsync(Recipe, Token);
        Assert.IsTrue(second.IsComplete);
    }

    [TestMethod]
    [Rule("A content on its way in 3")]
    public async Task A_torn_journal_gives_the_ranges_before_the_tear()
    {
        using var store = Open();
        await using (var first = store.BeginIncoming(Id))
        {
            await first.WriteAsync(0, Part(0).ToArray(), Token);
            await first.WriteAsync(2 * Piece, Part(2).ToArray(), Token);
        }

        var file = Leftovers("incoming").Single();
        using (var stream = new FileStream(file, FileMode.Open)) stream.SetLength(stream.Length - 5);
        await using var second = store.BeginIncoming(Id);
        CollectionAssert.AreEqual(new[] { true, false, false }, (await second.VerifyResumedAsync(Recipe, Token)).ToArray());
    }

    [TestMethod]
    public async Task Any_bytes_in_place_of_an_interrupted_content_are_survived()
    {
        using var store = Open();
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var garbage = new byte[random.Next(2 * Size)];
            random.NextBytes(garbage);
            Write($"store/incoming/{Id.Sha256}", garbage);
            await using var incoming = store.BeginIncoming(Id);
            Assert.IsTrue((await incoming.VerifyResumedAsync(Recipe, Token)).All(good => !good));
            incoming.Discard();
        }
    }

    [TestMethod]
    [Rule("A content on its way in 1")]
    public async Task Two_writers_of_one_content_each_have_their_own_file()
    {
        using var store = Open();
        using var other = Open();
        await using var first = store.BeginIncoming(Id);
        await using var second = other.BeginIncoming(Id);
        Assert.HasCount(2, Leftovers("incoming"));
        await first.WriteAsync(0, new byte[Size], Token);
        await second.WriteAsync(0, _content, Token);
        Assert.IsNotNull(await second.CompleteAsync(null, Token));
        Assert.IsNull(await first.CompleteAsync(null, Token));
        Assert.IsNotNull(await store.FindFileAsync(Id, Token));
    }

    [TestMethod]
    public async Task The_second_of_two_complete_contents_is_dropped()
    {
        using var store = Open();
        await using var first = store.BeginIncoming(Id);
        await using var second = store.BeginIncoming(Id);
        await first.WriteAsync(0, _content, Token);
        await second.WriteAsync(0, _content, Token);
        var stored = await first.CompleteAsync(null, Token);
        Assert.AreEqual(stored, await second.CompleteAsync(null, Token));
        Assert.IsEmpty(Leftovers("incoming"));
    }

    [TestMethod]
    public async Task An_empty_content_is_complete_at_once()
    {
        using var store = Open();
        await using var incoming = store.BeginIncoming(ContentId.Empty);
        Assert.IsNotNull(await incoming.CompleteAsync(null, Token));
    }

    [TestMethod]
    public async Task Writes_outside_the_content_are_refused()
    {
        using var store = Open();
        await using var incoming = store.BeginIncoming(Id);
        await Assert.ThrowsExactlyAsync<ArgumentOutOfRangeException>(() => incoming.WriteAsync(Size - 1, new byte[2], Token).AsTask());
        await Assert.ThrowsExactlyAsync<ArgumentOutOfRangeException>(() => incoming.WriteAsync(-1, new byte[2], Token).AsTask());
    }

    [TestMethod]
    public async Task A_size_that_no_disk_has_is_a_coded_error()
    {
        using var store = Open();
        var error = await Assert.ThrowsExactlyAsync<Diagnostics.ModelTrackException>(() => Task.FromResult(store.BeginIncoming(new ContentId(Id.Sha256, long.MaxValue / 2))));
        Assert.AreEqual("MT3302", error.Code);
        Assert.IsEmpty(Leftovers("incoming"));
    }

    [TestMethod]
    public void Ranges_join_and_part_as_a_set_of_bytes_does()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var ranges = new RangeSet();
            var model = new bool[60];
            for (var step = 0; step < 30; step++)
            {
                var start = random.Next(60);
                var length = random.Next(60 - start + 1);
                var add = random.Next(3) > 0;
                if (add) ranges.Add(start, length);
                else ranges.Remove(start, length);
                model.AsSpan(start, length).Fill(add);

                var inside = ranges.Ranges.SelectMany(range => Enumerable.Range((int)range.Start, (int)(range.End - range.Start))).ToHashSet();
                for (var i = 0; i < model.Length; i++) Assert.AreEqual(model[i], inside.Contains(i), $"seed {seed}, step {step}, byte {i}");
                var from = random.Next(60);
                var count = random.Next(60 - from + 1);
                Assert.AreEqual(model.AsSpan(from, count).IndexOf(false) < 0, ranges.Contains(from, count), $"seed {seed}, step {step}");
                for (var i = 1; i < ranges.Ranges.Count; i++) Assert.IsGreaterThan(ranges.Ranges[i - 1].End, ranges.Ranges[i].Start);
            }
        }
    }

    private ReadOnlySpan<byte> Part(int index) => _content.AsSpan(index * Piece, Piece);
}
