using ModelTrack.Storage.Transports;

namespace ModelTrack.StorageTests.Transports;

[TestClass]
public sealed class WrapperTests
{
    private const string Key = "packs/ab/abcd";

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationTokenSource.Token;

    [TestMethod]
    public async Task Retry_waits_with_full_jitter_up_to_a_doubling_limit()
    {
        var time = new InstantTime();
        var faults = new FaultTransport(new MemoryTransport()).On(Fault.ThrowBefore, times: 5);
        var retry = new RetryTransport(faults, new RetryOptions(6, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6)), time, () => 0.5);

        await retry.PutAsync(Key, new byte[3], false, Token);

        CollectionAssert.AreEqual(new[] { 0.5, 1, 2, 3, 3 }, time.Waits.Select(wait => wait.TotalSeconds).ToArray());
    }

    [TestMethod]
    public async Task Retry_gives_up_after_its_attempts_and_never_repeats_what_is_not_transient()
    {
        var lasting = new FaultTransport(new MemoryTransport()).On(Fault.ThrowBefore, times: 100);
        await Assert.ThrowsAsync<TransportException>(async () => await new RetryTransport(lasting, RetryOptions.Default, new InstantTime()).HeadAsync(Key, Token));
        Assert.AreEqual(RetryOptions.Default.Attempts, lasting.Played);

        var final = new FaultTransport(new MemoryTransport()).On(Fault.ThrowBefore, times: 100, transient: false);
        await Assert.ThrowsAsync<TransportException>(async () => await new RetryTransport(final, RetryOptions.Default, new InstantTime()).HeadAsync(Key, Token));
        Assert.AreEqual(1, final.Played);
    }

    [TestMethod]
    [DataRow("ThrowBefore")]
    [DataRow("ThrowWithin")]
    [DataRow("ThrowAfter")]
    public async Task A_repeated_request_ends_as_one_that_worked_at_once(string fault)
    {
        var kind = Enum.Parse<Fault>(fault);
        var faults = new FaultTransport(new MemoryTransport());
        var retry = new RetryTransport(faults, RetryOptions.Default, new InstantTime());

        faults.On(kind, RequestKind.Put);
        await retry.PutAsync(Key, new byte[] { 1, 2, 3 }, false, Token);
        faults.On(kind, RequestKind.Read);
        var buffer = new byte[3];
        Assert.AreEqual(3, (await retry.ReadAsync(Key, 0, buffer, null, Token)).Count);
        CollectionAssert.AreEqual(new byte[] { 1, 2, 3 }, buffer);
        faults.On(kind, RequestKind.Delete);
        if (kind != Fault.ThrowWithin) await retry.DeleteAsync(Key, Token);
    }

    [TestMethod]
    public async Task A_listing_that_breaks_off_is_told_once()
    {
        var memory = new MemoryTransport();
        for (var i = 0; i < 5; i++) await memory.PutAsync($"packs/{i}", new byte[1], false, Token);
        var faults = new FaultTransport(memory).On(Fault.ThrowWithin, RequestKind.List, times: 3);
        var keys = new List<string>();
        await foreach (var item in new RetryTransport(faults, RetryOptions.Default, new InstantTime()).ListAsync("packs/", Token)) keys.Add(item.Key);

        Assert.HasCount(5, keys);
        Assert.AreEqual(5, keys.Distinct().Count());
    }

    [TestMethod]
    public async Task A_cancelled_wait_ends_at_once()
    {
        var faults = new FaultTransport(new MemoryTransport()).On(Fault.ThrowBefore, times: 100);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var retry = new RetryTransport(faults, new RetryOptions(5, TimeSpan.FromHours(1), TimeSpan.FromHours(1)), TimeProvider.System, () => 1);
        var request = retry.HeadAsync(Key, source.Token).AsTask();
        await source.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => request);
    }

    [TestMethod]
    public async Task Limit_never_has_more_requests_or_bytes_under_way_than_told()
    {
        var gauge = new Gauge(new MemoryTransport());
        var limit = new LimitTransport(gauge, maxRequests: 4, maxBytes: 1000);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(async () =>
            await limit.PutAsync($"packs/{i}", new byte[i % 10 == 0 ? 1000 : 300], false, Token))));

        Assert.IsTrue(gauge.MostRequests is > 1 and <= 4, gauge.MostRequests.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.IsTrue(gauge.MostBytes <= 1000);
        Assert.AreEqual(4, limit.Traits.MaxConnections);
    }

    [TestMethod]
    [Rule("Push 5")]
    public async Task Limit_that_was_told_nothing_has_at_most_128_MiB_under_way()
    {
        var gauge = new Gauge(new MemoryTransport()) { Hold = new TaskCompletionSource() };
        var limit = new LimitTransport(gauge);
        var half = new byte[64 << 20];
        Task[] puts = [Put("packs/1", half), Put("packs/2", half), Put("packs/3", new byte[1])];
        Assert.AreEqual((2, 128L << 20), (gauge.MostRequests, gauge.MostBytes));

        gauge.Hold.SetCanceled(Token);
        await Assert.ThrowsAsync<OperationCanceledException>(() => Task.WhenAll(puts));

        Task Put(string key, byte[] body) => limit.PutAsync(key, body, false, Token).AsTask();
    }

    [TestMethod]
    public async Task A_body_larger_than_the_limit_goes_alone_and_who_gives_up_waiting_holds_nobody_back()
    {
        var gauge = new Gauge(new MemoryTransport());
        var limit = new LimitTransport(gauge, maxRequests: 4, maxBytes: 1000);
        gauge.Hold = new TaskCompletionSource();
        var first = limit.PutAsync("packs/1", new byte[600], false, Token).AsTask();
        using var source = new CancellationTokenSource();
        var huge = limit.PutAsync("packs/2", new byte[5000], false, source.Token).AsTask();
        var small = limit.PutAsync("packs/3", new byte[100], false, Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => huge);
        gauge.Hold.SetResult();
        await Task.WhenAll(first, small);

        await limit.PutAsync("packs/4", new byte[5000], false, Token);
        Assert.AreEqual(5000, gauge.MostBytes);
    }

    [TestMethod]
    public async Task Counting_tells_requests_and_bytes_by_kind_and_area()
    {
        var counting = new CountingTransport(new MemoryTransport());
        await counting.PutAsync("packs/1", new byte[100], false, Token);
        await counting.PutAsync("manifests/1", new byte[10], false, Token);
        await counting.ReadAsync("packs/1", 90, new byte[50], null, Token);
        await counting.HeadAsync("packs/2", Token);

        Assert.AreEqual(110, counting.BytesSent);
        Assert.AreEqual(100, counting.Sent("packs"));
        Assert.AreEqual(10, counting.BytesReceived);
        Assert.AreEqual(4, counting.Requests());
        Assert.AreEqual(2, counting.Requests(RequestKind.Put));
        Assert.AreEqual(1, counting.Requests(RequestKind.Head, "packs"));
    }

    private sealed class Gauge(ITransport inner) : DelegatingTransport(inner)
    {
        private readonly Lock _lock = new();
        private int _requests;
        private long _bytes;

        public TaskCompletionSource? Hold { get; set; }

        public int MostRequests { get; private set; }

        public long MostBytes { get; private set; }

        public override async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken)
        {
            lock (_lock)
            {
                MostRequests = Math.Max(MostRequests, ++_requests);
                MostBytes = Math.Max(MostBytes, _bytes += content.Length);
            }

            try
            {
                if (Hold is not null) await Hold.Task;
                await Task.Yield();
                return await base.PutAsync(key, content, onlyIfAbsent, cancellationToken);
            }
            finally
            {
                lock (_lock)
                {
                    _requests--;
                    _bytes -= content.Length;
                }
            }
        }
    }
}
