using System.Collections.Concurrent;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;
using ModelTrack.Storage.Transports;

namespace ModelTrack.Storage.Remote;

/// <summary>What the parts of one open remote share.</summary>
internal sealed class RemoteSession : IDisposable
{
    /// <summary>How many packs are in memory at once, whatever is pushed side by side.</summary>
    private const int PacksInMemory = 4;

    private const int MaxReads = 16;

    private static readonly TimeSpan s_trust = TimeSpan.FromHours(24);

    public RemoteSession(ITransport transport, LocalStore store, IOperationLog log, TimeProvider time)
    {
        Transport = transport;
        Store = store;
        Log = log;
        Time = time;
        Cache = new ManifestCache(store, transport.Traits.Name);
        Gc = new GcWatch(this);
    }

    public ITransport Transport { get; }

    public LocalStore Store { get; }

    public IOperationLog Log { get; }

    public TimeProvider Time { get; }

    public string Identity => Transport.Traits.Name;

    /// <summary>What to say of a key that a manifest names and the remote does not give; some servers answer alike to who may not read.</summary>
    public string NotGiven => Transport.Traits.HidesAbsence ? "is missing, or the credentials may not read it (it answered 403)" : "is missing";

    public RateMeter Meter { get; } = new();

    public ManifestCache Cache { get; }

    public GcWatch Gc { get; }

    public PackBuffers Buffers { get; } = new();

    /// <summary>When packs were last seen there in this run.</summary>
    public ConcurrentDictionary<Sha256Hash, DateTimeOffset> PacksSeen { get; } = new();

    public SemaphoreSlim PackSlots { get; } = new(PacksInMemory);

    public int Parallelism => Math.Clamp(Transport.Traits.MaxConnections, 1, MaxReads);

    /// <summary>Whether what this machine saw at the remote is taken to be there still.</summary>
    public bool IsTrusted(DateTimeOffset? seen)
    {
        var age = Time.GetUtcNow() - seen;
        return age >= TimeSpan.Zero && age < s_trust;
    }

    public void Dispose()
    {
        PackSlots.Dispose();
        Gc.Dispose();
    }
}
