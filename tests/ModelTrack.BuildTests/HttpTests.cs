using System.IO.Compression;
using System.Text;
using ModelTrack.BuildTests.Infra;
using ModelTrack.TestServers;

namespace ModelTrack.BuildTests;

/// <summary>Remotes behind HTTP, from `dotnet build` on.</summary>
[TestClass]
public sealed class HttpTests : BuildTest
{
    private const string Secret = "s3cret-w0rd";
    private const string Model = """<ItemGroup><TrackedArtifact Include="models/m.onnx" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""";

    private static readonly string[] s_secrets = [Secret, Convert.ToBase64String(Encoding.UTF8.GetBytes("ann:" + Secret))];

    [TestMethod]
    public async Task A_model_travels_by_https_with_credentials_from_variables_and_a_clone_restores_from_a_read_only_server()
    {
        var certificate = TestCertificate.New();
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { Certificate = certificate, Authorization = "Basic " + s_secrets[1] });
        await using var mirror = await ObjectServer.StartAsync(new ObjectServerOptions { ReadOnly = true });
        Folder.Write("authority.pem", certificate.ExportCertificatePem());
        WithRepository($"""<TrackedRemote Include="team" Url="{server.Url}" UsernameVariable="MODELS_USER" TokenVariable="MODELS_TOKEN" />""");
        var environment = new Dictionary<string, string?> { ["MODELS_USER"] = "ann", ["MODELS_TOKEN"] = Secret, ["SSL_CERT_FILE"] = Folder["authority.pem"] };
        string[] push = ["build", "--no-restore", .. Scratch.FastCompilation, "-p:ModelTrackPushOnBuild=true"];

        // Nobody vouches for the server yet; then a variable is missing; then all is there.
        Folder.Dotnet("App", push, new() { ["MODELS_USER"] = "ann", ["MODELS_TOKEN"] = Secret }).FailsWith("MT5523").Says("MT3813");
        NoSecretIn(Folder.Dotnet("App", push, new() { ["MODELS_USER"] = "ann", ["SSL_CERT_FILE"] = Folder["authority.pem"] }).FailsWith("MT5523").Says("MT3801").Says("MODELS_TOKEN"));
        Assert.IsEmpty(server.Seen, "nothing was sent so far");
        NoSecretIn(Folder.Dotnet("App", push, environment).Succeeds());
        Assert.HasCount(1, server.Keys("manifests/"));
        NoSecretIn(Folder.Dotnet("App", push, new(environment) { ["MODELS_TOKEN"] = Secret + "-old" }).FailsWith("MT5523").Says("MT3804").Says("MODELS_TOKEN"));

        foreach (var (key, stored) in server.Objects) mirror.Objects[key] = stored;
        Clone();
        var elsewhere = new Dictionary<string, string?> { ["XDG_DATA_HOME"] = Folder["elsewhere"] };
        Folder.Dotnet("Clone/App", ["build", .. Scratch.FastCompilation, $"-p:ModelTrackRemote={mirror.Url}"], elsewhere).Succeeds();
        Assert.AreEqual(Folder.Read("App/models/m.onnx"), Folder.Read("Clone/App/models/m.onnx"));
        Folder.Write("Clone/App/models/m.onnx", "version 2");
        Folder.Dotnet("Clone/App", ["build", "--no-restore", .. Scratch.FastCompilation, "-p:ModelTrackPushOnBuild=true", $"-p:ModelTrackRemote={mirror.Url}"], elsewhere).FailsWith("MT5523").Says("MT3807");
        foreach (var file in Directory.EnumerateFiles(Folder.Path, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".binlog", StringComparison.Ordinal)))
        {
            var text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
            foreach (var secret in s_secrets) Assert.DoesNotContain(secret, text, file);
        }
    }

    [TestMethod]
    public async Task A_real_nginx_serves_a_team_and_a_proxy_may_stand_between()
    {
        await using var server = await NginxServer.StartAsync();
        WithRepository($"""<TrackedRemote Include="team" Url="{server.Url}" />""");
        Folder.Build("-p:ModelTrackPushOnBuild=true").Succeeds();
        Assert.IsNotEmpty(Directory.GetFiles(Path.Combine(server.Root, "models", "manifests"), "*", SearchOption.AllDirectories));

        // The name is known to the proxy alone.
        await using var proxy = await ProxyServer.StartAsync(new Uri(server.Url).GetLeftPart(UriPartial.Authority));
        Clone();
        string[] build = ["build", .. Scratch.FastCompilation, "-p:ModelTrackRemote=http://models.invalid/files/models"];
        var elsewhere = new Dictionary<string, string?> { ["XDG_DATA_HOME"] = Folder["elsewhere"], ["http_proxy"] = proxy.Url };
        Folder.Dotnet("Clone/App", build, new(elsewhere) { ["no_proxy"] = "models.invalid" }).FailsWith("MT5510");
        Assert.AreEqual(0, proxy.Requests);

        // It lets nothing through to https. What .NET says of that may hold the proxy's URL as it was given.
        var closed = new Dictionary<string, string?>(elsewhere) { ["https_proxy"] = new UriBuilder(proxy.Url) { UserName = "ann", Password = Secret }.Uri.AbsoluteUri };
        NoSecretIn(Folder.Dotnet("Clone/App", [.. build[..^1], build[^1].Replace("http:", "https:", StringComparison.Ordinal)], closed).FailsWith("MT5510").Says("refused to connect to the server (403"));

        Folder.Dotnet("Clone/App", build, elsewhere).Succeeds();
        Assert.AreEqual(Folder.Read("App/models/m.onnx"), Folder.Read("Clone/App/models/m.onnx"));
        Assert.IsGreaterThan(0, proxy.Requests);
    }

    [TestMethod]
    public async Task DagsHub_is_set_up_once_for_a_solution_without_a_secret_in_any_file_or_log()
    {
        await using var server = await ObjectServer.StartAsync(new ObjectServerOptions { BasePath = "", Authorization = "Bearer " + Secret });
        server.Objects["api/v1/repos/ada/models"] = new StoredObject("""{"id":1}"""u8.ToArray(), "\"1\"", DateTimeOffset.UtcNow);
        Folder.WithApp().WithApp(folder: "Lib", name: "Lib").Write("all.slnx", """<Solution><Project Path="App/App.csproj" /><Project Path="Lib/Lib.csproj" /></Solution>""");
        Folder.Git(".", "init", "-q");

        // Its evaluation takes seconds, and so would come after the other project has written the configuration.
        Folder.Write("Lib/Directory.Build.props", $"<Project><PropertyGroup><Slow>$([System.Text.RegularExpressions.Regex]::IsMatch('{new string('a', 24)}!', '^(a+)+$'))</Slow></PropertyGroup></Project>");
        Folder.Dotnet("App", "build", "--no-restore", "-t:ModelTrackInit").Succeeds();
        File.Delete(Folder["ModelTrack.props"]);
        string[] setUp = ["build", "all.slnx", "--no-restore", "-t:ModelTrackSetupDagsHub", "-p:ModelTrackDagsHub=ada/models"];
        var environment = new Dictionary<string, string?> { ["DAGSHUB_CLIENT_HOST"] = server.Url };

        Folder.Dotnet(".", setUp, environment).FailsWith("MT5602").Says("DAGSHUB_USER_TOKEN");
        Assert.IsFalse(Folder.Exists("ModelTrack.props"));

        environment["DAGSHUB_USER_TOKEN"] = Secret;
        NoSecretIn(Folder.Dotnet(".", setUp, environment).Succeeds().Says("commit it"));
        Assert.AreEqual(1, server.Requests(), "once for two projects");
        var written = Folder.Read("ModelTrack.props");
        StringAssert.Contains(written, "Url=\"s3://models/modeltrack\"");
        Assert.DoesNotContain(Secret, written);

        Folder.Dotnet(".", setUp, environment).Succeeds().Says("already");
        Assert.AreEqual(written, Folder.Read("ModelTrack.props"));
        Folder.Dotnet("App", ["build", "--no-restore", "-t:ModelTrackSetupDagsHub", "-p:ModelTrackDagsHub=models"], environment).FailsWith("MT5601").Says("OWNER/REPO");
    }

    private void WithRepository(string remote)
    {
        Folder.WithApp(Model).Write("App/models/m.onnx", "version 1").Write(".gitignore", "bin/\nobj/\n.data/\n*.binlog\n*.pem\nelsewhere/\nClone/\n");
        Folder.Write("ModelTrack.props", $"<Project><PropertyGroup><ModelTrackRemote>team</ModelTrackRemote></PropertyGroup><ItemGroup>{remote}</ItemGroup></Project>");
        Folder.Git(".", "init", "-q");
    }

    private void Clone()
    {
        Folder.Git(".", "add", "-A");
        Folder.Git(".", "commit", "-qm", "a model");
        Folder.Git(".", "clone", "-q", ".", "Clone");
        Assert.IsFalse(Folder.Exists("Clone/App/models/m.onnx"));
    }

    private static void NoSecretIn(CommandResult result)
    {
        using var file = File.OpenRead(result.BinlogPath!);
        using var unpacked = new GZipStream(file, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        var text = Encoding.UTF8.GetString(bytes.ToArray());
        StringAssert.Contains(text, "ModelTrackReport", "the log can be searched");
        foreach (var secret in s_secrets)
        {
            Assert.DoesNotContain(secret, result.Text);
            Assert.DoesNotContain(secret, text);
        }
    }
}
