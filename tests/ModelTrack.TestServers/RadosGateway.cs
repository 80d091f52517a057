using System.Diagnostics;

namespace ModelTrack.TestServers;

/// <summary>
/// A real S3 server on loopback, Ceph's, by tests/radosgw.sh. It takes a second to start, and so one serves all tests of a process; it ends with the process,
/// also when that is killed.
/// </summary>
public static class RadosGateway
{
    private static readonly Lazy<Task<RadosServer>> s_server = new(() => Task.Run(StartAsync));

    // Held for as long as the process lives: the watcher reads from it until it ends.
    private static Process? s_watch;

    public static Task<RadosServer> GetAsync() => s_server.Value;

    private static async Task<RadosServer> StartAsync()
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

        s_watch = Process.Start(start);
    }

    private static void Stop(string script, string folder)
    {
        using var stop = Process.Start(new ProcessStartInfo("bash", [script, "stop", folder]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        stop.WaitForExit(TimeSpan.FromSeconds(30));
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
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
}
