using ModelTrack.Diagnostics;
using ModelTrack.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Operations;

[TestClass]
public sealed class InitAndDestroyTests
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <ModelTrackRemote>../remote</ModelTrackRemote>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="ModelTrack.Sdk" Version="0.1.0" PrivateAssets="all" />
            <PackageReference Include="Other" Version="1.0.0" />
          </ItemGroup>
          <ItemGroup>
            <TrackedArtifact Include="m.bin" CopyToOutputDirectory="PreserveNewest" />
          </ItemGroup>
        </Project>

        """;

    [TestMethod]
    public async Task Init_writes_the_configuration_once_and_leaves_what_is_there()
    {
        using var folder = new TempFolder();
        GitSandbox.Init(folder.Path);
        folder.Write(".gitattributes", "*.png binary");
        var log = new CapturingLog();
        await InitOperation.RunAsync(new RepositoryOptions(folder.Path, folder.Path) { Remote = "../a&b%20$(c)" }, log, CancellationToken.None);
        StringAssert.Contains(File.ReadAllText(folder["ModelTrack.props"]), "<ModelTrackRemote>../a&amp;b%2520%24(c)</ModelTrackRemote>", StringComparison.Ordinal);
        Assert.AreEqual("*.png binary\n*.track text eol=lf merge=modeltrack\n", File.ReadAllText(folder[".gitattributes"]));
        Assert.IsFalse(File.Exists(folder["Directory.Solution.targets"]));

        folder.Write("ModelTrack.props", "<Project />");
        await InitOperation.RunAsync(new RepositoryOptions(folder.Path, folder.Path), log, CancellationToken.None);
        Assert.AreEqual("<Project />", File.ReadAllText(folder["ModelTrack.props"]));
        Assert.AreEqual("*.png binary\n*.track text eol=lf merge=modeltrack\n", File.ReadAllText(folder[".gitattributes"]));
    }

    [TestMethod]
    public async Task Init_without_git_says_that_nothing_versions_the_pointers()
    {
        using var folder = new TempFolder();
        folder.Write("all.slnx", "<Solution />");
        var log = new CapturingLog();
        await InitOperation.RunAsync(new RepositoryOptions(folder.Path, folder.Path), log, CancellationToken.None);
        StringAssert.Contains(log.ToString(), "git init", StringComparison.Ordinal);
        StringAssert.Contains(File.ReadAllText(folder["Directory.Solution.targets"]), "<Target Name=\"ModelTrackStatus\"", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Destroy_takes_all_of_it_out_and_leaves_the_models()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write("m.bin", "v1");
        ada.Write("p.csproj", Project);
        await InitOperation.RunAsync(new RepositoryOptions(ada.Project, ada.Project), ada.Log, CancellationToken.None);
        await ada.BuildAsync("m.bin");
        var log = await DestroyAsync(ada);

        Assert.AreEqual("v1", ada.Read("m.bin"));
        Assert.AreEqual(
            """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Other" Version="1.0.0" />
              </ItemGroup>
            </Project>

            """,
            ada.Read("p.csproj"));
        CollectionAssert.AreEquivalent(
            new[] { "m.bin", "p.csproj" }, Directory.EnumerateFiles(ada.Project).Select(f => Path.GetFileName(f)).ToArray(), log.ToString());
    }

    [TestMethod]
    public async Task What_does_not_stand_plainly_is_named_and_modeltrack_is_switched_off()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write("p.csproj", "<Project>\n  <ItemGroup Condition=\"'$(X)' != ''\">\n    <TrackedArtifact Include=\"m.bin\" />\n  </ItemGroup>\n  <Target Name=\"Train\" AfterTargets=\"ModelTrackProduce\" />\n</Project>\n");
        var log = await DestroyAsync(ada);
        StringAssert.Contains(log.ToString(), "p.csproj(3)", StringComparison.Ordinal);
        StringAssert.Contains(log.ToString(), "p.csproj(5)", StringComparison.Ordinal);
        StringAssert.Contains(ada.Read("ModelTrack.props"), "<ModelTrackEnabled>false</ModelTrackEnabled>", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Content_that_exists_nowhere_else_is_not_stranded_unless_forced()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada", remote: false);
        ada.Write("m.bin", "v1");
        await ada.BuildAsync("m.bin");
        File.Delete(ada.PathOf("m.bin"));
        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => DestroyAsync(ada));
        Assert.AreEqual("MT5518", error.Code);
        Assert.IsTrue(File.Exists(ada.PathOf("m.bin.track")));

        await DestroyAsync(ada, force: true);
        Assert.IsFalse(File.Exists(ada.PathOf("m.bin.track")));
    }

    [TestMethod]
    public async Task A_file_that_only_ends_like_a_pointer_stays_even_if_forced_and_an_unresolved_pointer_goes()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write("m.bin", "v1");
        await ada.BuildAsync("m.bin");
        var (one, other) = (ada.ReadPointer("m.bin"), ada.ReadPointer("m.bin").Replace(Machine.Sha256Of("v1"), Machine.Sha256Of("v2"), StringComparison.Ordinal));
        ada.Write("n.bin.track", $"<<<<<<< HEAD\n{one}=======\n{other}>>>>>>> side\n");
        string[] others = ["route.track", "album.track", "sub/cut.bin.track"];
        ada.Write("route.track", [0, 1, 2, 255]);
        ada.Write("album.track", "Side one\n========\n");
        ada.Write("sub/cut.bin.track", one[..(one.Length / 2)]);

        var log = await DestroyAsync(ada, force: true);

        CollectionAssert.AreEquivalent(
            others, Directory.EnumerateFiles(ada.Project, "*.track", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(ada.Project, p).Replace('\\', '/')).ToArray());
        foreach (var name in others) StringAssert.Contains(log.ToString(), $"{name} stays", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task A_file_that_cannot_be_removed_is_a_coded_error()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write("ModelTrack.props/in the way", "");
        Assert.AreEqual("MT5531", (await Assert.ThrowsExactlyAsync<ModelTrackException>(() => DestroyAsync(ada))).Code);
    }

    private static async Task<CapturingLog> DestroyAsync(Machine machine, bool force = false)
    {
        var log = new CapturingLog();
        var options = new RepositoryOptions(machine.Project, machine.Project) { StorePath = machine.Store, Force = force };
        Assert.IsTrue((await DestroyOperation.RunAsync(options, log, CancellationToken.None)).Succeeded);
        return log;
    }
}
