using System.Security.Cryptography;
using ModelTrack.TestServers;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests.Support;

/// <summary>A remote at a server in this process, which counts and fails when asked, for hosts in processes of their own.</summary>
internal sealed class ServedRemote(IFaultyServer server) : IAsyncDisposable
{
    public IFaultyServer Server => server;

    /// <summary>What stands before the remote's keys at the server.</summary>
    public string Before => server is BucketServer ? "team/models/" : "";

    public string Url => server is ObjectServer http ? http.Url : "s3://team/models";

    private Dictionary<string, string> Environment => server is not BucketServer bucket ? [] : new()
    {
        ["AWS_ENDPOINT_URL_S3"] = bucket.Endpoint,
        ["AWS_REGION"] = "us-east-1",
        ["AWS_ACCESS_KEY_ID"] = "k",
        ["AWS_SECRET_ACCESS_KEY"] = "s",
        ["AWS_EC2_METADATA_DISABLED"] = "true",
    };

    /// <summary>The environment of a host that talks to both.</summary>
    public Dictionary<string, string> With(ServedRemote other)
    {
        var all = Environment;
        foreach (var (name, value) in other.Environment) all[name] = value;
        return all;
    }

    public static async Task<ServedRemote> StartAsync(string kind) =>
        new(kind == "s3" ? await BucketServer.StartAsync() : await ObjectServer.StartAsync(new ObjectServerOptions { Lists = true }));

    /// <param name="more">Arguments of the host; a remote among them counts in place of this one.</param>
    public HostProcess Start(
        Machine machine, string verb, string[] artifacts, string[]? through = null, IReadOnlyDictionary<string, string>? environment = null, string[]? more = null)
    {
        var all = Environment;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) all[name] = value;

        // Saved by its name is saved whatever the pointer says.
        string[] named = verb == "save" ? ["--explicit", .. artifacts.SelectMany(name => new[] { "--part", name })] : [];
        return HostProcess.Start(machine, verb, artifacts, all, ["--remote", Url, .. named, .. more ?? []], through);
    }

    public async Task<HostOutcome> TryAsync(
        Machine machine, string verb, string[] artifacts, IReadOnlyDictionary<string, string>? environment = null, string[]? more = null)
    {
        using var host = Start(machine, verb, artifacts, null, environment, more);
        return await host.EndAsync();
    }

    public async Task RunAsync(Machine machine, string verb, params string[] artifacts)
    {
        var outcome = await TryAsync(machine, verb, artifacts);
        Assert.AreEqual(0, outcome.ExitCode, $"{verb}: {outcome}");
    }

    /// <summary>Waits for what another process or the server does; a loaded machine may take its time.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        for (var tries = 0; tries < 6000; tries++)
        {
            if (condition()) return;
            await Task.Delay(20);
        }

        Assert.Fail("This never came: " + what);
    }

    public static byte[] Noise(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Hash(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
