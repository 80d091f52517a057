using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <summary>What the parts of one open remote share.</summary>
internal sealed class RemoteSession(ITransport transport, LocalStore store, IOperationLog log, TimeProvider time) : IDisposable
{
    /// <summary>How many packs are in memory at once, whatever is pushed side by side.</summary>
    private const int PacksInMemory = 4;

    private const int MaxReads = 16;

    public ITransport Transport { get; } = transport;

    public LocalStore Store { get; } = store;

    public IOperationLog Log { get; } = log;

    public TimeProvider Time { get; } = time;

    public string Identity => Transport.Traits.Name;

    public RateMeter Meter { get; } = new();

    public ManifestCache Cache { get; } = new(store, transport.Traits.Name);

    public PackBuffers Buffers { get; } = new();

    public SemaphoreSlim PackSlots { get; } = new(PacksInMemory);

    public int Parallelism => Math.Clamp(Transport.Traits.MaxConnections, 1, MaxReads);

    public void Dispose() => PackSlots.Dispose();
}
