using System.Globalization;
using System.Security.Cryptography;
using ModelTrack.FaultTests.Support;
using ModelTrack.TestServers;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests;

/// <summary>A file of 5 GB saved, pushed, fetched and restored by processes whose memory is watched.</summary>
[TestClass]
public sealed class LargeFileTests
{
    private const long Size = 5_000_000_000;
    private const long MostMemory = 400_000_000;
    private const string Model = "models/m.bin";

    private Dictionary<string, string> _environment = [];
    private string _remote = "";

    public required TestContext TestContext { get; set; }

    [TestMethod]
    [DataRow("folder")]
    [DataRow("http")]
    [DataRow("s3")]
    public async Task Memory_stays_within_its_bounds_for_a_file_of_5_GB(string kind)
    {
        if (Environment.GetEnvironmentVariable("MODELTRACK_TEST_LARGE") != "1" || !OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("It takes 20 GB of disk and is run with MODELTRACK_TEST_LARGE=1 on Linux.");
        }

        using var team = new Team();
        await using var nginx = kind == "http" ? await NginxServer.StartAsync() : null;
        if (kind == "s3") await UseGatewayAsync();
        else _remote = nginx?.Url ?? team.Remote;
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        var hash = await WriteAsync(ada.PathOf(Model));
        await RunAsync(ada, "save");
        await RunAsync(ada, "push");
        Directory.Delete(ada.Store, recursive: true);
        File.Delete(ada.PathOf(Model));

        ben.TakePointer(Model, ada);
        await RunAsync(ben, "fetch");
        await RunAsync(ben, "restore");
        await using var restored = File.OpenRead(ben.PathOf(Model));
        Assert.AreEqual(hash, Convert.ToHexStringLower(await SHA256.HashDataAsync(restored)));
    }

    private async Task UseGatewayAsync()
    {
        var server = await RadosGateway.GetAsync();
        await server.MakeBucketAsync("large");
        _remote = "s3://large/models";
        _environment = new()
        {
            ["AWS_ENDPOINT_URL_S3"] = server.Endpoint,
            ["AWS_REGION"] = "us-east-1",
            ["AWS_ACCESS_KEY_ID"] = server.AccessKey,
            ["AWS_SECRET_ACCESS_KEY"] = server.SecretKey,
        };
    }

    private async Task RunAsync(Machine machine, string verb)
    {
        using var host = HostProcess.Start(machine, verb, [Model], _environment, ["--remote", _remote]);
        var end = host.EndAsync();
        var peak = 0L;
        while (!end.IsCompleted)
        {
            peak = Math.Max(peak, PeakOf(host.Id));
            await Task.WhenAny(end, Task.Delay(20));
        }

        var outcome = await end;
        Assert.AreEqual(0, outcome.ExitCode, outcome.ToString());
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verb}: {peak / 1e6:0} MB at most"));
        Assert.IsGreaterThan(0, peak);
        Assert.IsLessThan(MostMemory, peak, verb);
    }

    /// <summary>The most that a process had in memory at once, in bytes; 0 when it has ended.</summary>
    private static long PeakOf(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan("VmHWM:".Length, line.Length - "VmHWM:".Length - " kB".Length).Trim(), CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static async Task<string> WriteAsync(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var bytes = new byte[10_000_000];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = File.Create(path);
        for (var written = 0L; written < Size; written += bytes.Length)
        {
            Random.Shared.NextBytes(bytes);
            hash.AppendData(bytes);
            await file.WriteAsync(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
