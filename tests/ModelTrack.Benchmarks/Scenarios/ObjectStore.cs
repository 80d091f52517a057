using System.Globalization;

namespace ModelTrack.Benchmarks.Scenarios;

/// <summary>A real S3 server for a benchmark: Ceph's radosgw in memory (tests/radosgw.sh), with one bucket that anyone may read.</summary>
internal sealed class ObjectStore : IAsyncDisposable
{
    public const string Bucket = "bench";
    private readonly string _folder = Directory.CreateTempSubdirectory("modeltrack-rgw-").FullName;

    private ObjectStore()
    {
    }

    public int Port { get; private set; }

    /// <summary>What every client needs to find and enter it.</summary>
    public Dictionary<string, string?> Environment { get; } = new()
    {
        ["AWS_ACCESS_KEY_ID"] = "testaccesskey",
        ["AWS_SECRET_ACCESS_KEY"] = "testsecretkey",
        ["AWS_DEFAULT_REGION"] = "us-east-1",
        ["AWS_REGION"] = "us-east-1",
        ["AWS_EC2_METADATA_DISABLED"] = "true",
    };

    public static async Task<ObjectStore> StartAsync()
    {
        var store = new ObjectStore();
        var folder = Path.Combine(store._folder, "rgw");
        var started = await Shell.BashAsync($"bash '{Script}' start '{folder}'");
        var endpoint = started.Output.Split("endpoint=")[1].Split([' ', '\n'])[0];
        store.Port = new Uri(endpoint).Port;
        await Shell.RunAsync(store._folder, store.Environment, "aws", "--endpoint-url", endpoint, "s3api", "create-bucket", "--bucket", Bucket, "--acl", "public-read");
        return store;
    }

    public static string Endpoint(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    public async ValueTask DisposeAsync()
    {
        await Shell.BashAsync($"bash '{Script}' stop '{Path.Combine(_folder, "rgw")}'");
        Directory.Delete(_folder, recursive: true);
    }

    private static string Script => Path.Combine(VerbHost.Root, "tests", "radosgw.sh");
}
