using ModelTrack.Storage.Transports;
using ModelTrack.StorageTests.Support;

namespace ModelTrack.StorageTests.Transports.S3;

/// <summary>
/// The S3 driver over Ceph's gateway, each test under a prefix of its own. Retried, because that server now and then answers 500 to a GET of a key that is just being replaced.
/// </summary>
[TestClass]
public sealed class RadosContract : TransportContract
{
    internal override ITransport Open(string folder) => new RetryTransport(S3Bed.OpenAsync().GetAwaiter().GetResult());
}

[TestClass]
public sealed class WholeStackOverRadosContract : TransportContract
{
    internal override ITransport Open(string folder) =>
        new RetryTransport(new LimitTransport(new CountingTransport(new LogTransport(S3Bed.OpenAsync().GetAwaiter().GetResult(), new TestLog()))));
}
