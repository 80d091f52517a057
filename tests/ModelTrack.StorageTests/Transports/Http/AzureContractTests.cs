using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.Http;
using ModelTrack.TestServers;

namespace ModelTrack.StorageTests.Transports.Http;

/// <summary>Azure Blob Storage, as Azurite has it, by a shared access signature that stands in an environment variable.</summary>
[TestClass]
public sealed class AzureContract : HttpContract
{
    private static readonly Lazy<Task<AzuriteServer>> s_server = new(() => AzuriteServer.StartAsync(RepositoryRoot()));
    private static int s_containers;

    [ClassCleanup]
    public static async Task End()
    {
        if (s_server.IsValueCreated) await (await s_server.Value).DisposeAsync();
    }

    internal override ITransport Open(string folder)
    {
        var server = s_server.Value.GetAwaiter().GetResult();
        var container = $"models{Interlocked.Increment(ref s_containers)}";
        server.MakeContainerAsync(container).GetAwaiter().GetResult();
        var options = Options with { Variable = name => name == "MODELS_SAS" ? "?" + AzuriteServer.Sas(container, "racwdl", TimeSpan.FromHours(1)) : null };
        return new HttpTransport(server.Url(container) + "/team/a b", new RemoteSettings { TokenVariable = "MODELS_SAS" }, options);
    }

    internal static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ModelTrack.Build.sln"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not in the repository");
        return folder;
    }
}
