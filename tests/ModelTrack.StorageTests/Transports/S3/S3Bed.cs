using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports.S3;
using ModelTrack.TestServers;

namespace ModelTrack.StorageTests.Transports.S3;

/// <summary>The real server of these tests, a bucket of theirs, and environments to open transports in.</summary>
internal static class S3Bed
{
    public const string Bucket = "team";

    private static readonly Lazy<Task<RadosServer>> s_server = new(StartAsync);
    private static int s_prefix;

    public static Task<RadosServer> ServerAsync() => s_server.Value;

    /// <summary>Only the variables given, whatever this process has.</summary>
    public static S3Options Options(params (string Name, string Value)[] variables) => new()
    {
        Variable = name => variables.FirstOrDefault(variable => variable.Name == name).Value,
    };

    /// <summary>Credentials by named variables.</summary>
    public static RemoteSettings Settings(string endpoint) => new() { Endpoint = endpoint, UsernameVariable = "TEAM_KEY", TokenVariable = "TEAM_SECRET" };

    public static S3Options Login(string accessKey, string secretKey) => Options(("TEAM_KEY", accessKey), ("TEAM_SECRET", secretKey));

    public static string NewUrl() => $"s3://{Bucket}/tests/{Interlocked.Increment(ref s_prefix)}";

    /// <summary>Its owner's, under a prefix of its own.</summary>
    public static async Task<S3Transport> OpenAsync(string? url = null)
    {
        var server = await ServerAsync();
        return new S3Transport(url ?? NewUrl(), Settings(server.Endpoint), Login(server.AccessKey, server.SecretKey));
    }

    /// <summary>The server's owner, by the SDK itself.</summary>
    public static AmazonS3Client Owner(RadosServer server) => new(
        new BasicAWSCredentials(server.AccessKey, server.SecretKey),
        new AmazonS3Config
        {
            ServiceURL = server.Endpoint,
            AuthenticationRegion = "us-east-1",
            ForcePathStyle = true,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
        });

    private static async Task<RadosServer> StartAsync()
    {
        var server = await RadosGateway.GetAsync();
        using var owner = Owner(server);
        await owner.PutBucketAsync(new PutBucketRequest { BucketName = Bucket });
        return server;
    }
}
