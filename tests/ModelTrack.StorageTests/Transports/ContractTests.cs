using ModelTrack.Storage.Transports;

namespace ModelTrack.StorageTests.Transports;

[TestClass]
public sealed class FileTransportContract : TransportContract
{
    internal override ITransport Open(string folder) => new FileTransport(Path.Combine(folder, "remote"));
}

[TestClass]
public sealed class MemoryTransportContract : TransportContract
{
    internal override ITransport Open(string folder) => new MemoryTransport();
}

[TestClass]
public sealed class PlainMemoryTransportContract : TransportContract
{
    internal override ITransport Open(string folder) =>
        new MemoryTransport { Traits = new TransportTraits("memory://plain", ConditionalPut: false, RangeReads: true, CanList: false, MaxConnections: 1) };
}

[TestClass]
public sealed class RetryTransportContract : TransportContract
{
    internal override ITransport Open(string folder) => new RetryTransport(new MemoryTransport());
}

[TestClass]
public sealed class RetryOverFaultsContract : TransportContract
{
    // Every third request fails before it does anything; who retries sees no difference.
    internal override ITransport Open(string folder)
    {
        var faults = new FaultTransport(new MemoryTransport());
        for (var n = 3; n < 3000; n += 3) faults.On(Fault.ThrowBefore, nth: n);
        return new RetryTransport(faults, RetryOptions.Default with { Attempts = 20 }, new InstantTime());
    }
}

[TestClass]
public sealed class LimitTransportContract : TransportContract
{
    internal override ITransport Open(string folder) => new LimitTransport(new MemoryTransport(), maxRequests: 2, maxBytes: 100_000);
}

[TestClass]
public sealed class CountingTransportContract : TransportContract
{
    internal override ITransport Open(string folder) => new CountingTransport(new MemoryTransport());
}

[TestClass]
public sealed class FaultTransportContract : TransportContract
{
    internal override ITransport Open(string folder) => new FaultTransport(new MemoryTransport());
}

[TestClass]
public sealed class WholeStackContract : TransportContract
{
    internal override ITransport Open(string folder) =>
        new RetryTransport(new LimitTransport(new CountingTransport(new FileTransport(Path.Combine(folder, "remote")))));
}
