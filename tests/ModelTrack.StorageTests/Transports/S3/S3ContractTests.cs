using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.S3;
using ModelTrack.StorageTests.Transports.Http;
using ModelTrack.TestServers;

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
        new RetryTransport(new LimitTransport(new CountingTransport(S3Bed.OpenAsync().GetAwaiter().GetResult())));
}

/// <summary>The bare driver over a server of few abilities.</summary>
public abstract class CompatibleContract : TransportContract
{
    private protected abstract BucketServerOptions Server { get; }

    internal override ITransport Open(string folder)
    {
        var server = BucketServer.StartAsync(Server).GetAwaiter().GetResult();
        return new ServedTransport(new S3Transport("s3://team/models", S3Bed.Settings(server.Endpoint), S3Bed.Login("k", "s")), server);
    }
}

/// <summary>No conditional PUT, said so by 501; a path in the endpoint, as DagsHub has it.</summary>
[TestClass]
public sealed class PlainCompatibleContract : CompatibleContract
{
    private protected override BucketServerOptions Server => new() { ConditionalPut = null, BasePath = "/api/v1/repo-buckets/s3/ada" };
}

/// <summary>Ignores ranges, and answers 403 for what is not there.</summary>
[TestClass]
public sealed class SecretiveCompatibleContract : CompatibleContract
{
    private protected override BucketServerOptions Server => new() { Ranges = false, HidesAbsence = true };
}

[TestClass]
public sealed class TlsCompatibleContract : TransportContract
{
    internal override ITransport Open(string folder)
    {
        var certificate = TestCertificate.New();
        var server = BucketServer.StartAsync(new BucketServerOptions { Certificate = certificate }).GetAwaiter().GetResult();
        var options = S3Bed.Login("k", "s") with
        {
            Configure = handler => handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString(),
        };
        return new ServedTransport(new S3Transport("s3://team/models", S3Bed.Settings(server.Endpoint), options), server);
    }
}
