using ModelTrack.BuildTests.Infra;
using ModelTrack.TestServers;

namespace ModelTrack.BuildTests;

/// <summary>S3 through real builds: Ceph's gateway, credentials by named variables, and the SDK only where it is needed.</summary>
[TestClass]
public sealed class S3Tests : BuildTest
{
    private const string App = """<ItemGroup><TrackedArtifact Include="m.onnx" /></ItemGroup>""";

    [TestMethod]
    public async Task A_model_is_pushed_to_a_bucket_and_another_machine_restores_it_and_no_secret_shows()
    {
        var server = await RadosGateway.GetAsync();
        await server.MakeBucketAsync("builds");
        Folder.WithApp(App).Write("App/m.onnx", "a model").Write("ModelTrack.props", Remote(server.Endpoint));
        var secrets = new Dictionary<string, string?>(Quiet) { ["TEAM_S3_KEY"] = server.AccessKey, ["TEAM_S3_SECRET"] = server.SecretKey };

        var push = Build(secrets, "-p:ModelTrackPushOnBuild=true", "-v:diag").Succeeds().Says("sent to");
        var again = Build(Loads(secrets, "noop")).Succeeds();
        Assert.AreEqual("", again.WarningCodes);

        // As on another machine: neither content nor store.
        File.Delete(Folder["App/m.onnx"]);
        Directory.Move(Folder[".data"], Folder[".data-of-the-first"]);
        var restore = Build(Loads(secrets, "restore"), "-v:diag").Succeeds().Says("restored m.onnx");
        Assert.AreEqual("a model", Folder.Read("App/m.onnx"));

        // The store has it now.
        File.Delete(Folder["App/m.onnx"]);
        Build(Loads(secrets, "from-store")).Succeeds().Says("restored m.onnx");

        Assert.AreEqual("", Loaded("noop"));
        Assert.AreEqual("", Loaded("from-store"));
        StringAssert.Contains(Loaded("restore"), "AWSSDK.S3");
        foreach (var result in new[] { push, restore })
        {
            Assert.DoesNotContain(server.SecretKey, result.Text);
            Assert.DoesNotContain(server.AccessKey, result.Text);
            var binlog = Unpacked(result.BinlogPath!);
            StringAssert.Contains(binlog, "TEAM_S3_SECRET");
            Assert.DoesNotContain(server.SecretKey, binlog);
            Assert.DoesNotContain(server.AccessKey, binlog);
        }
    }

    [TestMethod]
    public async Task Garbage_collection_of_a_bucket_goes_by_its_remotes_settings_whichever_are_left_out()
    {
        var server = await RadosGateway.GetAsync();
        await server.MakeBucketAsync("builds");
        Folder.WithApp(App).Write("App/m.onnx", "a model").Write("ModelTrack.props", Remote(server.Endpoint, "collected")).Write(".gitignore", "bin/\nobj/\n.data/\n*.binlog\n").Git(".", "init", "-q");
        var secrets = new Dictionary<string, string?>(Quiet) { ["TEAM_S3_KEY"] = server.AccessKey, ["TEAM_S3_SECRET"] = server.SecretKey };
        Build(secrets, "-p:ModelTrackPushOnBuild=true").Succeeds();
        Folder.Git(".", "add", "-A");
        Folder.Git(".", "commit", "-qm", "a model");

        Build(secrets, "-t:ModelTrackGc", "-p:ModelTrackGcRemote=mark").Succeeds().Says("holds: 1 artifact").Says("nothing is garbage");
    }

    [TestMethod]
    public async Task A_build_without_credentials_says_within_seconds_where_they_were_looked_for()
    {
        await using var hole = await ObjectServer.StartAsync(new ObjectServerOptions { BasePath = "" });
        hole.Faults.On(ServerFault.Stall, times: 1000);
        Folder.WithApp(App).Write("App/m.onnx", "a model");
        Folder.Build().Succeeds();

        // The metadata service that the chain asks last takes the question and never answers.
        var environment = new Dictionary<string, string?>(Quiet) { ["AWS_EC2_METADATA_DISABLED"] = null, ["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = hole.Url };
        var push = Build(environment, "-t:ModelTrackPush", "-p:ModelTrackRemote=s3://builds/none").FailsWith("MT5523").Says("MT3704");
        push.Says("AWS_ACCESS_KEY_ID").Says("'default'");
        Build(Quiet, "-t:ModelTrackPush", "-p:ModelTrackRemote=s3://builds/none").FailsWith("MT5523").Says("MT3704");
    }

    [TestMethod]
    public async Task An_artifact_that_the_server_answers_403_for_is_absent_or_forbidden()
    {
        await using var server = await BucketServer.StartAsync(new BucketServerOptions { HidesAbsence = true });
        Folder.WithApp().WritePointer("App/m.onnx.track", "nobody has it").Write("ModelTrack.props", Remote(server.Endpoint));

        Build(new Dictionary<string, string?>(Quiet) { ["TEAM_S3_KEY"] = "k", ["TEAM_S3_SECRET"] = "s" }).FailsWith("MT5510").Says("403").Says("s3:GetObject");
        Build(Quiet).FailsWith("MT5510").Says("MT3701").Says("TEAM_S3_KEY");
    }

    private static string Remote(string endpoint, string prefix = "models") => $"""
        <Project>
          <PropertyGroup><ModelTrackRemote>team</ModelTrackRemote></PropertyGroup>
          <ItemGroup>
            <TrackedRemote Include="team" Url="s3://builds/{prefix}" Endpoint="{endpoint}" UsernameVariable="TEAM_S3_KEY" TokenVariable="TEAM_S3_SECRET" />
          </ItemGroup>
        </Project>
        """;

    /// <summary>Nothing of this machine's own set-up.</summary>
    private Dictionary<string, string?> Quiet => new()
    {
        ["HOME"] = Folder.Path,
        ["AWS_EC2_METADATA_DISABLED"] = "true",
        ["AWS_ACCESS_KEY_ID"] = null,
        ["AWS_SECRET_ACCESS_KEY"] = null,
        ["AWS_PROFILE"] = null,
        ["AWS_ENDPOINT_URL"] = null,
        ["AWS_ENDPOINT_URL_S3"] = null,
    };

    /// <summary>A binlog's bytes as text: whatever it holds, in whatever kind of record.</summary>
    private static string Unpacked(string binlog)
    {
        using var packed = new System.IO.Compression.GZipStream(File.OpenRead(binlog), System.IO.Compression.CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        packed.CopyTo(bytes);
        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>The runtime's own record of what the build's process loads.</summary>
    private Dictionary<string, string?> Loads(Dictionary<string, string?> environment, string name) => new(environment)
    {
        ["DOTNET_EnableEventPipe"] = "1",
        ["DOTNET_EventPipeConfig"] = "Microsoft-Windows-DotNETRuntime:0x8:4",
        ["DOTNET_EventPipeOutputPath"] = Folder[$"{name}-{{pid}}.nettrace"],
    };

    /// <summary>The names of the SDK's assemblies in that record.</summary>
    private string Loaded(string name)
    {
        var traces = Directory.GetFiles(Folder.Path, $"{name}-*.nettrace");
        Assert.IsNotEmpty(traces);
        var text = string.Concat(traces.Select(trace => System.Text.Encoding.Unicode.GetString(File.ReadAllBytes(trace)) + System.Text.Encoding.Unicode.GetString(File.ReadAllBytes(trace).AsSpan(1))));
        StringAssert.Contains(text, "ModelTrack.Build.Tasks");
        return string.Join(" ", new[] { "AWSSDK.Core", "AWSSDK.S3" }.Where(assembly => text.Contains(assembly, StringComparison.Ordinal)));
    }

    private CommandResult Build(Dictionary<string, string?> environment, params string[] arguments) =>
        Folder.Dotnet("App", ["build", "--no-restore", .. Scratch.FastCompilation, .. arguments], environment);
}
