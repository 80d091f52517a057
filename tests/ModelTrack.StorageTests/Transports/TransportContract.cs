using ModelTrack.Storage.Transports;

namespace ModelTrack.StorageTests.Transports;

/// <summary>What every transport and every wrapper does. A subclass opens one over the place that it is given.</summary>
public abstract class TransportContract
{
    private const string Key = "packs/ab/abcd";

    private string _folder = null!;
    private ITransport _transport = null!;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationTokenSource.Token;

    /// <param name="folder">An empty folder of the test's own.</param>
    internal abstract ITransport Open(string folder);

    [TestInitialize]
    public async Task Start()
    {
        _folder = Directory.CreateTempSubdirectory("modeltrack-").FullName;
        _transport = Open(_folder);
        await _transport.PrepareAsync(Token);
    }

    [TestCleanup]
    public async Task Stop()
    {
        await _transport.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [TestMethod]
    public async Task An_absent_object_has_no_head_reads_as_absent_and_is_deleted_without_complaint()
    {
        Assert.IsNull(await _transport.HeadAsync(Key, Token));
        Assert.AreEqual(ReadStatus.Absent, (await _transport.ReadAsync(Key, 0, new byte[4], null, Token)).Status);
        Assert.AreEqual(ReadStatus.Absent, (await _transport.ReadAsync(Key, 7, new byte[4], "tag", Token)).Status);
        await _transport.DeleteAsync(Key, Token);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(65_537)]
    [DataRow(16_777_216)]
    public async Task What_was_put_is_read_back_whole(int size)
    {
        var bytes = Bytes(size, 1);
        Assert.IsTrue(await _transport.PutAsync(Key, bytes, false, Token));

        Assert.AreEqual(size, (await _transport.HeadAsync(Key, Token))!.Size);
        var buffer = new byte[size + 10];
        var read = await _transport.ReadAsync(Key, 0, buffer, null, Token);
        Assert.AreEqual(ReadStatus.Found, read.Status);
        Assert.AreEqual(size, read.Count);
        Assert.AreEqual(size, read.Head!.Size);
        Assert.IsTrue(buffer.AsSpan(0, size).SequenceEqual(bytes));
    }

    [TestMethod]
    public async Task A_range_is_short_only_at_the_end()
    {
        var bytes = Bytes(1000, 2);
        await _transport.PutAsync(Key, bytes, false, Token);

        foreach (var (offset, length, expected) in new[] { (0, 10, 10), (990, 10, 10), (990, 11, 10), (1000, 5, 0), (5000, 5, 0), (3, 0, 0), (0, 1000, 1000) })
        {
            var buffer = new byte[length];
            var read = await _transport.ReadAsync(Key, offset, buffer, null, Token);
            Assert.AreEqual(ReadStatus.Found, read.Status);
            Assert.AreEqual(expected, read.Count, $"{offset}+{length}");
            Assert.AreEqual(1000, read.Head!.Size);
            if (expected > 0) Assert.IsTrue(buffer.AsSpan(0, expected).SequenceEqual(bytes.AsSpan(offset, expected)));
        }
    }

    [TestMethod]
    public async Task A_put_replaces_what_is_there()
    {
        await _transport.PutAsync(Key, Bytes(100, 3), false, Token);
        Assert.IsTrue(await _transport.PutAsync(Key, Bytes(50, 4), false, Token));

        CollectionAssert.AreEqual(Bytes(50, 4), await ReadAll(Key));
    }

    [TestMethod]
    public async Task The_tag_tells_whether_the_object_changed()
    {
        await _transport.PutAsync(Key, Bytes(100, 5), false, Token);
        var tag = (await _transport.ReadAsync(Key, 0, new byte[100], null, Token)).Head!.ETag;
        if (tag is null) return;

        Assert.AreEqual(tag, (await _transport.HeadAsync(Key, Token))!.ETag);
        Assert.AreEqual(ReadStatus.NotModified, (await _transport.ReadAsync(Key, 0, new byte[100], tag, Token)).Status);
        Assert.AreEqual(ReadStatus.Found, (await _transport.ReadAsync(Key, 0, new byte[100], "another", Token)).Status);

        await _transport.PutAsync(Key, Bytes(101, 6), false, Token);
        var changed = await _transport.ReadAsync(Key, 0, new byte[200], tag, Token);
        Assert.AreEqual(ReadStatus.Found, changed.Status);
        Assert.AreEqual(101, changed.Count);
    }

    [TestMethod]
    public async Task Only_if_absent_leaves_what_is_there_where_the_transport_can()
    {
        Assert.IsTrue(await _transport.PutAsync(Key, Bytes(10, 7), true, Token));
        var second = await _transport.PutAsync(Key, Bytes(20, 8), true, Token);

        Assert.AreEqual(!_transport.Traits.ConditionalPut, second);
        Assert.HasCount(_transport.Traits.ConditionalPut ? 10 : 20, await ReadAll(Key));
    }

    [TestMethod]
    public async Task A_deleted_object_is_gone_and_can_be_put_again()
    {
        await _transport.PutAsync(Key, Bytes(10, 9), false, Token);
        await _transport.DeleteAsync(Key, Token);
        Assert.IsNull(await _transport.HeadAsync(Key, Token));

        await _transport.PutAsync(Key, Bytes(11, 10), true, Token);
        Assert.HasCount(11, await ReadAll(Key));
    }

    [TestMethod]
    public async Task A_listing_has_the_objects_of_its_prefix_with_their_sizes()
    {
        if (!_transport.Traits.CanList) return;

        Assert.IsEmpty(await List(""));
        string[] keys = ["modeltrack.json", "manifests/ab/ab11", "manifests/ac/ac22", "packs/ab/ab33", "packs/ab/ab44", "packs-2/x"];
        for (var i = 0; i < keys.Length; i++) await _transport.PutAsync(keys[i], Bytes(i + 1, i), false, Token);

        CollectionAssert.AreEquivalent(keys, (await List("")).Select(item => item.Key).ToArray());
        CollectionAssert.AreEquivalent(new[] { "manifests/ab/ab11", "manifests/ac/ac22" }, (await List("manifests/")).Select(item => item.Key).ToArray());
        CollectionAssert.AreEquivalent(new[] { "packs/ab/ab33" }, (await List("packs/ab/ab3")).Select(item => item.Key).ToArray());
        CollectionAssert.AreEquivalent(new[] { "packs/ab/ab33", "packs/ab/ab44", "packs-2/x" }, (await List("packs")).Select(item => item.Key).ToArray());
        Assert.IsEmpty(await List("repos/"));
        Assert.AreEqual(5, (await List("packs/ab/ab44")).Single().Size);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("/x")]
    [DataRow("x/")]
    [DataRow("a//b")]
    [DataRow("../x")]
    [DataRow("a/./b")]
    [DataRow("a/..")]
    [DataRow("A")]
    [DataRow("a b")]
    [DataRow("a\\b")]
    [DataRow("c:x")]
    [DataRow("packs/~temp")]
    public async Task A_bad_key_is_refused(string key)
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await _transport.HeadAsync(key, Token));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _transport.ReadAsync(key, 0, new byte[1], null, Token));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _transport.PutAsync(key, new byte[1], false, Token));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _transport.DeleteAsync(key, Token));
    }

    [TestMethod]
    public async Task A_cancelled_request_says_so_and_does_nothing()
    {
        await _transport.PutAsync(Key, Bytes(10, 11), false, Token);
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await _transport.HeadAsync(Key, cancelled));
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await _transport.ReadAsync(Key, 0, new byte[10], null, cancelled));
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await _transport.PutAsync(Key, Bytes(5, 1), false, cancelled));
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await _transport.DeleteAsync(Key, cancelled));
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in _transport.ListAsync("", cancelled))
            {
            }
        });
        Assert.HasCount(10, await ReadAll(Key));
    }

    [TestMethod]
    public async Task Readers_beside_writers_of_one_key_only_ever_see_whole_objects()
    {
        var versions = Enumerable.Range(0, 6).Select(i => Enumerable.Repeat((byte)i, 200_000 + i).ToArray()).ToArray();
        await _transport.PutAsync(Key, versions[0], false, Token);
        var writers = Enumerable.Range(0, 3).Select(w => Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++) await _transport.PutAsync(Key, versions[(i + (w * 2)) % versions.Length], false, Token);
        })).ToArray();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
            {
                var read = await ReadAll(Key);
                CollectionAssert.AreEqual(versions[read[0]], read);
            }
        })).ToArray();
        await Task.WhenAll([.. writers, .. readers]);
    }

    [TestMethod]
    public async Task Many_requests_at_once_each_get_their_own_answer()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), Token, async (i, token) =>
        {
            var key = $"packs/{i % 16:x2}/k{i}";
            await _transport.PutAsync(key, Bytes(100 + i, i), false, token);
            CollectionAssert.AreEqual(Bytes(100 + i, i), await ReadAll(key));
        });
    }

    [TestMethod]
    [DataRow(20261121)]
    [DataRow(7)]
    public async Task Any_sequence_of_requests_ends_as_on_a_plain_dictionary(int seed)
    {
        var random = new Random(seed);
        var model = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        for (var step = 0; step < 150; step++)
        {
            var key = $"{(random.Next(2) == 0 ? "a" : "b")}/{random.Next(5)}";
            var bytes = Bytes(random.Next(300), step);
            switch (random.Next(5))
            {
                case 0:
                    await _transport.PutAsync(key, bytes, false, Token);
                    model[key] = bytes;
                    break;
                case 1 when _transport.Traits.ConditionalPut:
                    Assert.AreEqual(model.TryAdd(key, bytes), await _transport.PutAsync(key, bytes, true, Token));
                    break;
                case 2:
                    await _transport.DeleteAsync(key, Token);
                    model.Remove(key);
                    break;
                default:
                    Assert.AreEqual(model.TryGetValue(key, out var expected) ? expected.Length : null, (await _transport.HeadAsync(key, Token))?.Size);
                    if (expected is not null) CollectionAssert.AreEqual(expected, await ReadAll(key));
                    break;
            }
        }

        if (_transport.Traits.CanList) CollectionAssert.AreEquivalent(model.Keys.ToArray(), (await List("")).Select(item => item.Key).ToArray());
    }

    private static byte[] Bytes(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private async Task<byte[]> ReadAll(string key)
    {
        var buffer = new byte[(16 << 20) + 1];
        var read = await _transport.ReadAsync(key, 0, buffer, null, Token);
        Assert.AreEqual(ReadStatus.Found, read.Status);
        return buffer[..read.Count];
    }

    private async Task<List<ObjectListing>> List(string prefix)
    {
        var all = new List<ObjectListing>();
        await foreach (var item in _transport.ListAsync(prefix, Token)) all.Add(item);
        return all;
    }
}
