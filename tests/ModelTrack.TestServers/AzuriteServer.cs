using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelTrack.TestServers;

/// <summary>
/// Azurite, Microsoft's own stand-in for Azure Blob Storage, from npm: tests/run.sh installs it under artifacts/azurite.
/// It has the account and the key that it always has; nothing about them is secret.
/// </summary>
public sealed partial class AzuriteServer : IAsyncDisposable
{
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private const string Version = "2020-10-02";

    private readonly ServerProcess _process;
    private readonly string _server;

    private AzuriteServer(ServerProcess process, string server)
    {
        _process = process;
        _server = server;
    }

    public static async Task<AzuriteServer> StartAsync(string repositoryRoot)
    {
        var program = Path.Combine(repositoryRoot, "artifacts", "azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js");
        if (!File.Exists(program)) throw new InvalidOperationException($"Azurite is not at {program}; tests/run.sh installs it.");

        var folder = Directory.CreateTempSubdirectory("modeltrack-azurite-").FullName;
        var process = ServerProcess.Start("node", [program, "--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--silent", "--disableTelemetry"], folder);
        var server = await process.SaysAsync(output => Listening().Match(output) is { Success: true } match ? match.Groups[1].Value : null);
        if (server is not null) return new AzuriteServer(process, server);

        var output = process.Output;
        await process.DisposeAsync();
        throw new InvalidOperationException("Azurite does not start: " + output);
    }

    /// <summary>A container's URL, without any credentials.</summary>
    public string Url(string container) => $"{_server}/{Account}/{container}";

    /// <summary>A shared access signature for a container, as a portal or `az storage container generate-sas` makes it.</summary>
    /// <param name="permissions">In Azure's order: r, a, c, w, d, l.</param>
    public static string Sas(string container, string permissions, TimeSpan validFor)
    {
        var expiry = (DateTimeOffset.UtcNow + validFor).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

        // Permissions, start, expiry, resource, identifier, address, protocol, version, kind, snapshot and five headers.
        var text = string.Join('\n', permissions, "", expiry, $"/blob/{Account}/{container}", "", "", "", Version, "c", "", "", "", "", "", "");
        return $"sv={Version}&se={Uri.EscapeDataString(expiry)}&sr=c&sp={permissions}&sig={Uri.EscapeDataString(Sign(text))}";
    }

    /// <summary>Makes a container, by the account's key.</summary>
    public async Task MakeContainerAsync(string container)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Url(container)}?restype=container");
        var date = DateTimeOffset.UtcNow.ToString("R", CultureInfo.InvariantCulture);
        request.Headers.Add("x-ms-date", date);
        request.Headers.Add("x-ms-version", Version);
        var text = $"PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{Version}\n/{Account}/{Account}/{container}\nrestype:container";
        request.Headers.Authorization = new AuthenticationHeaderValue("SharedKey", $"{Account}:{Sign(text)}");
        request.Content = new ByteArrayContent([]);
        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string Sign(string text) => Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Key), Encoding.UTF8.GetBytes(text)));

    [GeneratedRegex(@"successfully listens on (http://[0-9.:]+)")]
    private static partial Regex Listening();
}
