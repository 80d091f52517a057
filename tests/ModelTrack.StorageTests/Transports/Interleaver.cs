using System.Runtime.CompilerServices;
using ModelTrack.Storage.Transports;

namespace ModelTrack.StorageTests.Transports;

/// <summary>
/// Several flows at one remote, of which one request at a time is let through, in an order that a test prescribes: after that, in turns.
/// </summary>
internal sealed class Interleaver(ITransport inner)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly List<Flow> _flows = [];

    /// <summary>Called before each request with the number of requests so far.</summary>
    public Action<int>? BeforeRequest { get; set; }

    /// <summary>Adds a flow; it begins when <see cref="RunAsync"/> is called.</summary>
    public void Add(Func<ITransport, Task> work) => _flows.Add(new Flow(inner, work));

    /// <param name="order">Which flow (by number) makes the next request; one that is done is passed over.</param>
    /// <returns>How many requests each flow made.</returns>
    public async Task<int[]> RunAsync(IEnumerable<int> order)
    {
        foreach (var flow in _flows) flow.Begin();
        var count = 0;
        foreach (var turn in order.Concat(InTurns()))
        {
            if (_flows.TrueForAll(flow => flow.IsDone)) break;
            var flow = _flows[turn % _flows.Count];
            if (!await flow.IsWaitingAsync(s_patience)) continue;
            BeforeRequest?.Invoke(count++);
            await flow.LetAsync(s_patience);
        }

        foreach (var flow in _flows) await flow.Work;
        int[] counts = [.. _flows.Select(flow => flow.Requests)];
        foreach (var flow in _flows) flow.Dispose();
        return counts;
    }

    private static IEnumerable<int> InTurns()
    {
        for (var i = 0; i < 100_000; i++) yield return i;
    }

    private sealed class Flow(ITransport inner, Func<ITransport, Task> work) : IDisposable
    {
        private readonly SemaphoreSlim _asked = new(0);
        private readonly SemaphoreSlim _let = new(0);
        private readonly SemaphoreSlim _served = new(0);

        public Task Work { get; private set; } = Task.CompletedTask;

        public int Requests { get; private set; }

        public bool IsDone => Work.IsCompleted;

        public void Begin()
        {
            var gate = new Gate(inner, this);
            Work = Task.Run(() => work(gate));
        }

        /// <summary>Waits for the flow's next request; false when it makes no more.</summary>
        public async Task<bool> IsWaitingAsync(TimeSpan patience)
        {
            var asked = _asked.WaitAsync(patience);
            if (await Task.WhenAny(asked, Work) == asked || asked.IsCompletedSuccessfully) return await asked ? true : throw new TimeoutException("A flow neither asks nor ends.");

            // It may have asked for the last time just before it ended: then nobody waits for the answer.
            return false;
        }

        public async Task LetAsync(TimeSpan patience)
        {
            Requests++;
            _let.Release();
            if (!await _served.WaitAsync(patience)) throw new TimeoutException("A request does not end.");
        }

        public void Dispose()
        {
            _asked.Dispose();
            _let.Dispose();
            _served.Dispose();
        }

        public async Task<T> AskAsync<T>(Func<Task<T>> request, CancellationToken cancellationToken)
        {
            _asked.Release();
            await _let.WaitAsync(cancellationToken);
            try
            {
                return await request();
            }
            finally
            {
                _served.Release();
            }
        }
    }

    private sealed class Gate(ITransport inner, Flow flow) : DelegatingTransport(inner)
    {
        public override async ValueTask<ObjectHead?> HeadAsync(string key, CancellationToken cancellationToken) =>
            await flow.AskAsync(() => Inner.HeadAsync(key, cancellationToken).AsTask(), cancellationToken);

        public override async ValueTask<ReadResult> ReadAsync(string key, long offset, Memory<byte> destination, string? ifNoneMatch, CancellationToken cancellationToken) =>
            await flow.AskAsync(() => Inner.ReadAsync(key, offset, destination, ifNoneMatch, cancellationToken).AsTask(), cancellationToken);

        public override async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, bool onlyIfAbsent, CancellationToken cancellationToken) =>
            await flow.AskAsync(() => Inner.PutAsync(key, content, onlyIfAbsent, cancellationToken).AsTask(), cancellationToken);

        public override async IAsyncEnumerable<ObjectListing> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            // A listing is one look.
            var listed = await flow.AskAsync(
                async () =>
                {
                    var all = new List<ObjectListing>();
                    await foreach (var item in Inner.ListAsync(prefix, cancellationToken)) all.Add(item);
                    return all;
                },
                cancellationToken);
            foreach (var item in listed) yield return item;
        }

        public override async ValueTask DeleteAsync(string key, CancellationToken cancellationToken) =>
            await flow.AskAsync(
                async () =>
                {
                    await Inner.DeleteAsync(key, cancellationToken);
                    return true;
                },
                cancellationToken);
    }
}
