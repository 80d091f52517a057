using System.Text;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Operations;
using ModelTrack.TestServers;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Operations;

/// <summary>The set-up of a DagsHub remote, against a server that answers as DagsHub's API does.</summary>
[TestClass]
public sealed class DagsHubTests
{
    private const string Secret = "tok3n-0f-ada";

    [TestMethod]
    [DataRow("ada/models", "ada", "models")]
    [DataRow(" Ada_1/My.Models-2 ", "Ada_1", "My.Models-2")]
    [DataRow("https://dagshub.com/ada/models", "ada", "models")]
    [DataRow("https://dagshub.com/ada/models.git", "ada", "models")]
    [DataRow("https://ada@dagshub.com/ada/models.dvc", "ada", "models")]
    [DataRow("https://DAGSHUB.com/ada/models/", "ada", "models")]
    public void A_repository_is_read_as_people_write_it(string text, string owner, string name)
    {
        Assert.AreEqual(new DagsHubRepository("https://dagshub.com", owner, name), DagsHubRepository.Parse(text, null));
        Assert.AreEqual("https://dagshub.com/api/v1/repo-buckets/s3/" + owner, DagsHubRepository.Parse(text, null).BucketEndpoint);
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow("")]
    [DataRow("models")]
    [DataRow("ada/models/tree/main")]
    [DataRow("ada/../models")]
    [DataRow("ada/mo dels")]
    [DataRow("../models")]
    [DataRow("ada/models\n")]
    [DataRow("ada/models?x=1")]
    [DataRow("https://github.com/ada/models")]
    [DataRow("https://dagshub.com.example.org/ada/models")]
    [DataRow("https://dagshub.com:444/ada/models")]
    [DataRow("https://dagshub.com")]
    public void What_names_no_repository_there_is_refused_with_the_form(string? text)
    {
        if (text == "ada/models\n") text = "ada/mod\nels";
        var error = Assert.ThrowsExactly<ModelTrackException>(() => DagsHubRepository.Parse(text, null));
        Assert.AreEqual("MT5601", error.Code);
        StringAssert.Contains(error.Message, "OWNER/REPO");
    }

    [TestMethod]
    public void A_password_in_a_pasted_address_is_not_shown() =>
        Assert.DoesNotContain(Secret, Assert.ThrowsExactly<ModelTrackException>(() => DagsHubRepository.Parse($"https://ada:{Secret}@example.org/x", null)).Message);

    [TestMethod]
    [DataRow("DAGSHUB_USER_TOKEN")]
    [DataRow("DAGSHUB_TOKEN")]
    public async Task The_remote_is_written_with_the_variables_name_and_a_second_run_changes_nothing(string variable)
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync();
        var log = await RunAsync(folder, server, (variable, Secret));

        var text = File.ReadAllText(folder["ModelTrack.props"]);
        StringAssert.Contains(text, "<ModelTrackRemote>dagshub</ModelTrackRemote>");
        StringAssert.Contains(text, $"""<TrackedRemote Include="dagshub" Url="s3://models/modeltrack" Endpoint="{server.Url}/api/v1/repo-buckets/s3/ada" Region="us-east-1" ForcePathStyle="true" UsernameVariable="{variable}" TokenVariable="{variable}" />""");
        ProjectXml.Load(text);
        Assert.AreEqual(1, server.Requests(), "one request tells all");
        AssertNoSecret(folder, log);

        var again = await RunAsync(folder, server, (variable, Secret));
        Assert.AreEqual(text, File.ReadAllText(folder["ModelTrack.props"]));
        StringAssert.Contains(again.ToString(), "already");
    }

    [TestMethod]
    public async Task Another_remote_gives_way_and_all_else_in_the_file_stays()
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync();
        folder.Write("ModelTrack.props", """
            <Project>
              <!-- ours -->
              <PropertyGroup>
                <ModelTrackRemote>/mnt/models</ModelTrackRemote>
                <ModelTrackLinkMode>Copy</ModelTrackLinkMode>
              </PropertyGroup>
              <ItemGroup>
                <TrackedRemote Include="archive" Url="/mnt/archive" />
                <TrackedRemote Include="DagsHub" Url="s3://old" />
              </ItemGroup>
            </Project>
            """);
        var log = await RunAsync(folder, server, ("DAGSHUB_USER_TOKEN", Secret));
        var text = File.ReadAllText(folder["ModelTrack.props"]);
        StringAssert.StartsWith(text, """
            <Project>
              <!-- ours -->
              <PropertyGroup>
                <ModelTrackLinkMode>Copy</ModelTrackLinkMode>
              </PropertyGroup>
              <ItemGroup>
                <TrackedRemote Include="archive" Url="/mnt/archive" />
              </ItemGroup>
              <PropertyGroup>
                <ModelTrackRemote>dagshub</ModelTrackRemote>
              </PropertyGroup>
            """);
        Assert.DoesNotContain("s3://old", text);
        ProjectXml.Load(text);
        StringAssert.Contains(log.ToString(), "/mnt/models");
        await RunAsync(folder, server, ("DAGSHUB_USER_TOKEN", Secret));
        Assert.AreEqual(text, File.ReadAllText(folder["ModelTrack.props"]));
    }

    [TestMethod]
    [DataRow("wrong", "MT5603")]
    [DataRow("missing", "MT5604")]
    [DataRow("page", "MT5605")]
    [DataRow("down", "MT5605")]
    [DataRow("busy", "MT5605")]
    [DataRow("none", "MT5602")]
    [DataRow("broken", "MT5606")]
    public async Task What_does_not_work_has_a_code_and_writes_nothing(string what, string code)
    {
        using var folder = new TempFolder();
        await using var server = await StartAsync();
        var url = server.Url;
        if (what == "missing") server.Objects.Clear();
        if (what == "page") server.Spoil("api/v1/repos/ada/models", _ => "<html>Sign in</html>"u8.ToArray());
        if (what == "busy") server.Faults.On(ServerFault.Status503, times: 9);
        if (what == "down") url = $"http://127.0.0.1:{LoopbackPort.Free()}";
        if (what == "broken") folder.Write("ModelTrack.props", "<Project>");

        var error = await Assert.ThrowsAsync<ModelTrackException>(() => RunAsync(folder, url, what == "none" ? ("X", "x") : ("DAGSHUB_USER_TOKEN", what == "wrong" ? "wrong-" + Secret : Secret)));
        Assert.AreEqual(code, error.Code, error.Message);
        Assert.DoesNotContain(Secret, error.ToString());
        if (what == "broken") Assert.AreEqual("<Project>", File.ReadAllText(folder["ModelTrack.props"]));
        else Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public async Task A_token_that_Gits_helper_knows_serves_and_one_that_is_refused_is_forgotten()
    {
        using var folder = new TempFolder();
        using var home = new TempFolder();
        await using var server = await StartAsync();
        home.Write("gitconfig", $"[credential]\n\thelper = store --file={home["credentials"].Replace('\\', '/')}\n");
        var git = new GitCredentials(mayPrompt: false, new Dictionary<string, string> { ["GIT_CONFIG_GLOBAL"] = home["gitconfig"], ["GIT_CONFIG_NOSYSTEM"] = "1" });
        await git.ApproveAsync(new Uri(server.Url), new GitCredential("ada", Secret), default);

        var log = await RunAsync(folder, server.Url, ("X", "x"), git);
        StringAssert.Contains(File.ReadAllText(folder["ModelTrack.props"]), "TokenVariable=\"DAGSHUB_USER_TOKEN\"");
        AssertNoSecret(folder, log);
        StringAssert.Contains(File.ReadAllText(home["credentials"]), Secret);

        server.Authorization = "Bearer new";
        Assert.AreEqual("MT5603", (await Assert.ThrowsAsync<ModelTrackException>(() => RunAsync(folder, server.Url, ("X", "x"), git))).Code);
        Assert.DoesNotContain(Secret, File.ReadAllText(home["credentials"]));
    }

    private static async Task<ObjectServer> StartAsync()
    {
        var server = await ObjectServer.StartAsync(new ObjectServerOptions { BasePath = "", Authorization = "Bearer " + Secret });
        server.Objects["api/v1/repos/ada/models"] = new StoredObject(Encoding.UTF8.GetBytes("""{"id":1,"full_name":"ada/models"}"""), "\"1\"", DateTimeOffset.UtcNow);
        return server;
    }

    private static Task<CapturingLog> RunAsync(TempFolder folder, ObjectServer server, (string Name, string Value) variable) => RunAsync(folder, server.Url, variable);

    private static async Task<CapturingLog> RunAsync(TempFolder folder, string url, (string Name, string Value) variable, GitCredentials? git = null)
    {
        var log = new CapturingLog();
        var nobody = new GitCredentials(mayPrompt: false, new Dictionary<string, string> { ["GIT_CONFIG_GLOBAL"] = "/dev/null", ["GIT_CONFIG_NOSYSTEM"] = "1" });
        await DagsHubOperation.RunAsync(
            new RepositoryOptions(folder.Path, folder.Path) { DagsHub = "ada/models" },
            log,
            name => name == DagsHubRepository.HostVariable ? url : name == variable.Name ? variable.Value : null,
            git ?? nobody,
            CancellationToken.None);
        return log;
    }

    private static void AssertNoSecret(TempFolder folder, CapturingLog log)
    {
        Assert.DoesNotContain(Secret, log + string.Concat(log.Details));
        foreach (var file in Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories)) Assert.DoesNotContain(Secret, File.ReadAllText(file));
    }
}
