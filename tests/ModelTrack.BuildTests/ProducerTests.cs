using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>Targets that make models: what they make is saved and in the output in the same build.</summary>
[TestClass]
public sealed class ProducerTests : BuildTest
{
    private const string Output = "App/bin/Debug/net10.0/models/m.onnx";

    /// <summary>Writes a model of the seed's text, always with the same time stamp.</summary>
    private const string Train = """
        <ItemGroup><TrackedArtifact Include="models/m.onnx" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>
        <Target Name="Train" AfterTargets="ModelTrackProduce">
          <MakeDir Directories="models" />
          <WriteLinesToFile File="models/m.onnx" Lines="model of $([System.IO.File]::ReadAllText('$(MSBuildProjectDirectory)/seed.txt').Trim())" Overwrite="true" />
          <Touch Files="models/m.onnx" Time="2020-01-01T00:00:00Z" />
        </Target>
        """;

    [TestMethod]
    public void Versions_of_equal_size_and_time_reach_the_output_in_the_build_that_makes_them()
    {
        Folder.WithApp(Train);
        foreach (var seed in (string[])["1", "2", "1"])
        {
            Folder.Write("App/seed.txt", seed);

            Folder.Build().Succeeds().Says("saved models/m.onnx");

            Assert.AreEqual($"model of {seed}", Folder.Read(Output).Trim());
            StringAssert.Contains(Folder.Read("App/models/m.onnx.track"), Folder.Sha256(Output), StringComparison.Ordinal);
        }
    }

    [TestMethod]
    public void What_is_made_again_alike_is_in_an_output_that_was_deleted()
    {
        Folder.WithApp(Train.Replace("CopyToOutputDirectory", "RestoreOnBuild=\"false\" CopyToOutputDirectory", StringComparison.Ordinal)).Write("App/seed.txt", "1");
        Folder.Build().Succeeds();
        File.Delete(Folder["App/models/m.onnx"]);
        Directory.Delete(Folder["App/bin"], recursive: true);

        Folder.Build().Succeeds();

        Assert.AreEqual("model of 1", Folder.Read(Output).Trim());
    }

    [TestMethod]
    public void Publish_has_what_the_first_build_made()
    {
        Folder.WithApp(Train).Write("App/seed.txt", "1");

        Folder.Dotnet("App", "publish", "--no-restore", "-o", Folder["out"]).Succeeds();

        Assert.AreEqual("model of 1", Folder.Read("out/models/m.onnx").Trim());
    }

    [TestMethod]
    public void A_referencing_project_gets_what_the_first_build_made()
    {
        Folder.WithApp(Train).Write("App/seed.txt", "1").Write("User/Program.cs", "Console.WriteLine(1);")
            .Write("User/User.csproj", """
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings><UseAppHost>false</UseAppHost></PropertyGroup>
                  <ItemGroup><ProjectReference Include="../App/App.csproj" /></ItemGroup>
                </Project>
                """);
        foreach (var seed in (string[])["1", "22"])
        {
            Folder.Write("App/seed.txt", seed);
            Folder.Dotnet("User", "build").Succeeds();
            Assert.AreEqual($"model of {seed}", Folder.Read("User/bin/Debug/net10.0/models/m.onnx").Trim());
        }
    }

    [TestMethod]
    public void A_locked_build_runs_no_producer()
    {
        Folder.WithApp(Train).Write("App/seed.txt", "1");
        Folder.Build().Succeeds();
        Folder.Write("App/seed.txt", "2");

        var build = Folder.Build("-p:ModelTrackLocked=true").Succeeds();

        Assert.IsEmpty(build.Targets("Train"));
        Assert.AreEqual("model of 1", Folder.Read(Output).Trim());
    }

    [TestMethod]
    public void What_nothing_makes_is_an_error_after_the_build_and_no_failed_copy()
    {
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="models/none.onnx" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""");

        Folder.Build().FailsWith("MT5509");
    }

    [TestMethod]
    public void A_hook_that_runs_after_the_saving_is_found()
    {
        Folder.WithApp(Train.Replace("AfterTargets=\"ModelTrackProduce\"", "AfterTargets=\"_ModelTrackAfterBuild\"", StringComparison.Ordinal))
            .Write("App/models/m.onnx", "model of 0").Write("App/seed.txt", "1");
        Folder.Build().Succeeds();

        var second = Folder.Build().Succeeds();

        Assert.AreEqual("MT5010", second.WarningCodes);
        second.Says("AfterTargets=\"ModelTrackProduce\"");
    }

    [TestMethod]
    public void A_hook_on_Build_works_as_well_in_the_project_and_in_Directory_Build_targets()
    {
        var onBuild = Train.Replace("AfterTargets=\"ModelTrackProduce\"", "AfterTargets=\"Build\"", StringComparison.Ordinal);
        Folder.WithApp(onBuild).Write("App/seed.txt", "1");
        Folder.Build().Succeeds().Says("saved models/m.onnx");

        Folder.WithApp().Write("Directory.Build.targets", $"<Project>{onBuild}</Project>").Write("App/seed.txt", "2");
        Folder.Build().Succeeds().Says("saved models/m.onnx");
        Assert.AreEqual("model of 2", Folder.Read(Output).Trim());
    }

    [TestMethod]
    public void Saving_can_be_switched_off_and_the_output_still_gets_what_was_made()
    {
        Folder.WithApp(Train).Write("App/seed.txt", "1");

        Folder.Build("-p:ModelTrackSaveOnBuild=false").Succeeds();

        Assert.AreEqual("model of 1", Folder.Read(Output).Trim());
        Assert.IsFalse(Folder.Exists("App/models/m.onnx.track"));
    }
}
