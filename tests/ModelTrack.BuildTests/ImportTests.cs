using ModelTrack.BuildTests.Infra;
using ModelTrack.TestServers;

namespace ModelTrack.BuildTests;

/// <summary>Data of another repository: imported, pinned, and as a submodule.</summary>
[TestClass]
public sealed class ImportTests : BuildTest
{
    private const string Ignored = "obj/\nbin/\n.data/\n*.binlog\nremote/\n";

    /// <summary>A repository `shared` without a project in use, with a file in two versions, v1 and main.</summary>
    private void Shared(string remote = "../remote")
    {
        Folder.WithApp(folder: "shared").Write("shared/.gitignore", Ignored)
            .Write("shared/ModelTrack.props", $"<Project><PropertyGroup><ModelTrackRemote>{remote}</ModelTrackRemote></PropertyGroup></Project>");
        Folder.Git("shared", "init", "-q");
        foreach (var version in (string[])["v1", "v2"])
        {
            Folder.Write("shared/d.csv", version);
            Folder.Dotnet("shared", "build", "--no-restore", "-t:ModelTrackSave", "-p:ModelTrackArtifacts=d.csv").Succeeds();
            Folder.Dotnet("shared", "build", "--no-restore", "-t:ModelTrackPush").Succeeds();
            Folder.Git("shared", "add", "-A");
            Folder.Git("shared", "commit", "-qm", version);
            if (version == "v1") Folder.Git("shared", "tag", version);
        }

        // What comes from there from now on comes by its remote.
        Directory.Delete(Folder[".data"], recursive: true);
    }

    [TestMethod]
    public void An_import_is_one_command_an_update_another_and_a_pin_of_the_same_repository_one_item()
    {
        Shared();
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="d.csv" Repository="../shared" Revision="v1" Link="pinned.csv" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""");
        Folder.Git("App", "init", "-q");

        Folder.Build("-t:ModelTrackImport", "-p:ModelTrackFrom=../shared", "-p:ModelTrackArtifacts=d.csv", "-p:ModelTrackRevision=v1", "-p:ModelTrackTo=data/d.csv").Succeeds().Says("imported data/d.csv");
        Assert.AreEqual("v1", Folder.Read("App/data/d.csv"));
        Folder.Build("-p:ModelTrackRevision=").Succeeds().Says("pinned d.csv@v1 of ../shared");
        Assert.AreEqual("v1", Folder.Read("App/bin/Debug/net10.0/pinned.csv"));

        Folder.Build("-t:ModelTrackUpdate", "-p:ModelTrackArtifacts=data/d.csv", "-p:ModelTrackRevision=HEAD").Succeeds().Says("moved data/d.csv from commit");
        Assert.AreEqual("v2", Folder.Read("App/data/d.csv"));
        Folder.Build("-t:ModelTrackUpdate").Succeeds().Says("d.csv@v1 of ../shared is at commit").Says("data/d.csv is at commit");
        Folder.Build("-t:ModelTrackImport").FailsWith("MT5912");
    }

    [TestMethod]
    public async Task A_private_repository_s_model_comes_into_a_build_by_token_and_by_key_and_a_stranger_hears_why_not()
    {
        const string token = "ghp_TheSecretOfThisTest";
        Shared(Folder["remote"]);
        Folder.Git("", "clone", "-q", "--bare", "shared", "served.git");
        await using var https = await GitHttpServer.StartAsync(Folder.Path, "ada", token);
        await using var ssh = await GitSshServer.StartAsync(Folder.Path);
        Folder.WithApp($"""
            <ItemGroup>
              <TrackedArtifact Include="d.csv" Repository="{https.Url}/served.git" Revision="v1" Link="by-token.csv" CopyToOutputDirectory="PreserveNewest" />
              <TrackedArtifact Include="d.csv" Repository="{ssh.UrlOf(Folder["served.git"])}" Link="by-key.csv" CopyToOutputDirectory="PreserveNewest" />
            </ItemGroup>
            """);
        Folder.Git("App", "init", "-q");
        string[] build = ["build", "--no-restore", .. Scratch.FastCompilation];
        var stranger = new Dictionary<string, string?> { ["GIT_SSL_CAINFO"] = https.CertificateFile, ["GIT_SSH_COMMAND"] = ssh.StrangersCommand };
        var refused = Folder.Dotnet("App", build, stranger).FailsWith("MT5907").Says(https.Url).Says("ssh://");
        Assert.IsFalse(Folder.Exists("App/modeltrack.lock.json"), refused.Text);

        var ada = new Dictionary<string, string?>
        {
            ["GIT_SSL_CAINFO"] = https.CertificateFile,
            ["GITHUB_TOKEN"] = token,
            ["GITHUB_USERNAME"] = "ada",
            ["GITHUB_SERVER_URL"] = https.Url,
            ["GIT_SSH_COMMAND"] = ssh.Command,
        };
        var built = Folder.Dotnet("App", build, ada).Succeeds();
        Assert.AreEqual("v1", Folder.Read("App/bin/Debug/net10.0/by-token.csv"));
        Assert.AreEqual("v2", Folder.Read("App/bin/Debug/net10.0/by-key.csv"));
        Assert.DoesNotContain(token, built.Text);
        Assert.DoesNotContain(token, Folder.Read("App/modeltrack.lock.json"));
        // What is pinned and here asks nobody.
        Folder.Dotnet("App", [.. build, "-p:ModelTrackLocked=true"], stranger).Succeeds();
    }

    [TestMethod]
    public void A_moved_gitlink_restores_the_new_data_and_bulk_data_comes_when_it_is_asked_for()
    {
        Shared();
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="../data/d.csv" RestoreOnBuild="$(OnBuild)" /></ItemGroup>""", "<OnBuild Condition=\"'$(OnBuild)' == ''\">true</OnBuild>", "main/App");
        Folder.Git("main", "init", "-q");
        Folder.Git("main", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", Folder["shared"], "data");
        Folder.Git("main/data", "checkout", "-q", "v1");
        // The remote of the submodule's ModelTrack.props is relative to where that repository was.
        string[] build = ["build", "--no-restore", $"-p:ModelTrackRemote={Folder["remote"]}", .. Scratch.FastCompilation];

        Folder.Dotnet("main/App", [.. build, "-p:OnBuild=false"]).Succeeds();
        Assert.IsFalse(Folder.Exists("main/data/d.csv"), "Bulk data waits until somebody asks.");
        Folder.Dotnet("main/App", [.. build, "-p:OnBuild=false", "-t:ModelTrackRestore"]).Succeeds();
        Assert.AreEqual("v1", Folder.Read("main/data/d.csv"));

        Folder.Git("main", "add", "-A");
        Folder.Git("main/data", "checkout", "-q", "main");
        Folder.Git("main", "add", "data");
        Folder.Dotnet("main/App", build).Succeeds().Says("restored ../data/d.csv");
        Assert.AreEqual("v2", Folder.Read("main/data/d.csv"));
        Folder.Git("main", "submodule", "--quiet", "foreach", "git checkout -q v1");
        Folder.Dotnet("main/App", build).Succeeds();
        Assert.AreEqual("v1", Folder.Read("main/data/d.csv"));
    }
}
