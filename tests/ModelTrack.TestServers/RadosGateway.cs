using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ModelTrack.TestServers;

/// <summary>
/// A real S3 server on loopback, Ceph's, by tests/radosgw.sh. It takes a second to start, and so one serves all tests of a process; it ends with the process,
/// also when that is killed.
/// </summary>
public static class RadosGateway
{
    private static readonly Lazy<Task<RadosServer>> s_server = new(() => Task.Run(StartAsync));

    // Held for as long as the process lives: the watcher reads from it until it ends.
    private static readonly ConcurrentBag<Process> s_watches = [];

    public static Task<RadosServer> GetAsync() => s_server.Value;

    /// <summary>One more, for a test that does to it what others would not survive. It ends with the process, too.</summary>
    public static async Task<RadosServer> StartAsync()
    {
        var script = Path.Combine(AppContext.BaseDirectory, "radosgw.sh");
        var folder = Directory.CreateTempSubdirectory("mtr-").FullName;
        Watch(script, folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Stop(script, folder);
        await RunAsync("bash", script, "start", folder).ConfigureAwait(false);
        var port = (await File.ReadAllTextAsync(Path.Combine(folder, "port")).ConfigureAwait(false)).Trim();
        var keys = await File.ReadAllLinesAsync(Path.Combine(folder, "keys")).ConfigureAwait(false);
        return new RadosServer(folder, $"http://127.0.0.1:{port}", keys[0], keys[1]);
    }

    /// <summary>Stops it when this process has gone without doing so: the pipe then ends.</summary>
    private static void Watch(string script, string folder)
    {
        var start = new ProcessStartInfo("setsid", ["bash", "-c", "cat > /dev/null; bash \"$0\" stop \"$1\"; rm -rf \"$1\"", script, folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        s_watches.Add(Process.Start(start)!);
    }

    private static void Stop(string script, string folder)
    {
        using var stop = Process.Start(new ProcessStartInfo("bash", [script, "stop", folder]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        stop.WaitForExit(TimeSpan.FromSeconds(30));
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>An empty PUT, signed by version 4: what makes a bucket.</summary>
    internal static async Task SignedPutAsync(RadosServer server, string path)
    {
        const string Region = "us-east-1";
        const string Empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        var url = new Uri($"{server.Endpoint}/{path}");
        var time = DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{time[..8]}/{Region}/s3/aws4_request";
        var canonical = $"PUT\n{url.AbsolutePath}\n\nhost:{url.Authority}\nx-amz-content-sha256:{Empty}\nx-amz-date:{time}\n\nhost;x-amz-content-sha256;x-amz-date\n{Empty}";
        var toSign = $"AWS4-HMAC-SHA256\n{time}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + server.SecretKey);
        foreach (var part in (string[])[time[..8], Region, "s3", "aws4_request"]) key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign)));

        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Put, url);
        request.Headers.TryAddWithoutValidation("x-amz-content-sha256", Empty);
        request.Headers.TryAddWithoutValidation("x-amz-date", time);
        request.Headers.TryAddWithoutValidation(
            "Authorization", $"AWS4-HMAC-SHA256 Credential={server.AccessKey}/{scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}");
        using var response = await client.SendAsync(request).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
    }

    internal static async Task<string> RunAsync(string command, params string[] arguments)
    {
        // Into files: what it starts lives on and would hold a pipe open.
        var output = Path.GetTempFileName();
        try
        {
            using var process = Process.Start("bash", ["-c", "\"$@\" > \"$0\" 2>&1 < /dev/null", output, command, .. arguments]);
            await process.WaitForExitAsync().ConfigureAwait(false);
            var text = await File.ReadAllTextAsync(output).ConfigureAwait(false);
            return process.ExitCode == 0 ? text : throw new InvalidOperationException($"{command} {string.Join(' ', arguments)}: {text}");
        }
        finally
        {
            File.Delete(output);
        }
    }
}

/// <param name="Endpoint">Its URL.</param>
public sealed record RadosServer(string Folder, string Endpoint, string AccessKey, string SecretKey)
{
    /// <summary>A user who owns nothing: what a bucket's policy grants is all that it may.</summary>
    public async Task<(string AccessKey, string SecretKey)> NewUserAsync(string name)
    {
        var (access, secret) = ($"access-{name}", $"secret-{name}");
        await RadosGateway.RunAsync(
            "timeout", "120", "radosgw-admin", "-c", Path.Combine(Folder, "ceph.conf"), "user", "create", $"--uid={name}", $"--display-name={name}", $"--access-key={access}", $"--secret-key={secret}").ConfigureAwait(false);
        return (access, secret);
    }

    /// <summary>kill -9 of the gateway alone, whatever it is doing: what it had stored stays.</summary>
    public void Kill()
    {
        var pid = File.ReadAllText(Path.Combine(Folder, "run", "rgw.pid")).Split(' ')[0];
        using var gateway = Process.GetProcessById(int.Parse(pid, CultureInfo.InvariantCulture));
        gateway.Kill();
    }

    /// <summary>Starts the gateway again after <see cref="Kill"/>, on the same port and objects.</summary>
    public Task StartAgainAsync() => RadosGateway.RunAsync("bash", Path.Combine(AppContext.BaseDirectory, "radosgw.sh"), "again", Folder);

    /// <summary>A bucket of the owner's, made without the SDK, which not every test project has.</summary>
    public Task MakeBucketAsync(string name) => RadosGateway.SignedPutAsync(this, name);
}
