using System.Text.RegularExpressions;

namespace ModelTrack.TestServers;

/// <summary>rclone's WebDAV server, on loopback: folders must be made, and PROPFIND lists them.</summary>
public sealed partial class RcloneServer : IAsyncDisposable
{
    private readonly ServerProcess _process;

    private RcloneServer(ServerProcess process, string url)
    {
        _process = process;
        Url = url;
    }

    /// <summary>The server's address, with a slash at its end.</summary>
    public string Url { get; }

    public static async Task<RcloneServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("modeltrack-rclone-").FullName;
        var process = ServerProcess.Start("rclone", ["serve", "webdav", folder, "--addr", "127.0.0.1:0", "--config", Path.Combine(folder, "none"), "-v"], folder);
        var url = await process.SaysAsync(output => Started().Match(output) is { Success: true } match ? match.Groups[1].Value : null);
        if (url is not null) return new RcloneServer(process, url);

        var output = process.Output;
        await process.DisposeAsync();
        throw new InvalidOperationException("rclone does not start: " + output);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    [GeneratedRegex(@"(http://127\.0\.0\.1:[0-9]+/)")]
    private static partial Regex Started();
}
