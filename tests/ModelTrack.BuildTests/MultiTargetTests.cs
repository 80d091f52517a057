using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>Several frameworks, several projects, at once.</summary>
[TestClass]
public sealed class MultiTargetTests : BuildTest
{
    // An alias of net10.0, since no other framework's reference assemblies are in the SDK.
    private const string TwoFrameworks = """
        <TargetFramework></TargetFramework>
        <TargetFrameworks>net10.0;alt</TargetFrameworks>
        </PropertyGroup>
        <PropertyGroup Condition="'$(TargetFramework)' == 'alt'">
          <TargetFrameworkIdentifier>.NETCoreApp</TargetFrameworkIdentifier>
          <TargetFrameworkVersion>v10.0</TargetFrameworkVersion>
        """;

    private const string Model = """<ItemGroup><TrackedArtifact Include="models/m.onnx" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""";

    private const string Train = Model + """
        <Target Name="Train" AfterTargets="ModelTrackProduce">
          <MakeDir Directories="models" />
          <WriteLinesToFile File="models/m.onnx" Lines="model of $([System.IO.File]::ReadAllText('$(MSBuildProjectDirectory)/seed.txt').Trim())" Overwrite="true" />
          <Touch Files="models/m.onnx" Time="2020-01-01T00:00:00Z" />
        </Target>
        """;

    private static readonly string[] s_outputs = ["App/bin/Debug/net10.0/models/m.onnx", "App/bin/Debug/alt/models/m.onnx"];

    private BuildFolder WithTwo(string content, string frameworks = "net10.0;alt")
    {
        Folder.Write("App/App.csproj", BuildFolder.AppProject(content, TwoFrameworks.Replace("net10.0;alt", frameworks, StringComparison.Ordinal))).Write("App/Program.cs", "Console.WriteLine(1);");
        Command.Run("dotnet", ["restore", "-v:q"], Folder["App"], Scratch.Environment(Folder.Path)).Succeeds();
        return Folder;
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("-graph")]
    [DataRow("-mt")]
    public void Every_framework_has_the_model_and_it_is_restored_once(string mode)
    {
        WithTwo(Model).WithStoredModel("App/models/m.onnx.track");

        var build = Folder.Build(mode.Length == 0 ? [] : [mode]).Succeeds();

        foreach (var output in s_outputs)
        {
            Assert.AreEqual(BuildFolder.ModelText, Folder.Read(output));
        }

        Assert.HasCount(1, build.Messages("restored models/m.onnx"));
        Assert.AreEqual("", build.WarningCodes);
    }

    [TestMethod]
    [DataRow(";net10.0;alt")]
    [DataRow("\n      ;\n      net10.0 ;alt\n")]
    public void A_list_of_frameworks_that_begins_empty_has_a_producing_one(string frameworks)
    {
        WithTwo("", frameworks);

        var outer = Folder.Evaluate("-getProperty:ModelTrackProducerFramework", "-getProperty:_ModelTrackIsProducer");
        Assert.AreEqual("net10.0 false", $"{Property(outer, "ModelTrackProducerFramework")} {Property(outer, "_ModelTrackIsProducer")}");
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("-graph")]
    public void A_model_is_made_once_and_reaches_every_framework(string mode)
    {
        WithTwo(Train);
        foreach (var seed in (string[])["1", "2"])
        {
            Folder.Write("App/seed.txt", seed);

            var build = Folder.Build(["-m:2", .. mode.Length == 0 ? (string[])[] : [mode]]).Succeeds();

            Assert.HasCount(1, build.Targets("Train"));
            Assert.HasCount(1, build.Messages("saved models/m.onnx"));
            foreach (var output in s_outputs)
            {
                Assert.AreEqual($"model of {seed}", Folder.Read(output).Trim(), $"{output}\n{build.Text}");
            }
        }
    }

    [TestMethod]
    public void A_build_of_one_framework_alone_restores_and_saves()
    {
        WithTwo(Model).WithStoredModel("App/models/m.onnx.track");

        Folder.Build("-f", "alt").Succeeds().Says("restored models/m.onnx");
        Assert.AreEqual(BuildFolder.ModelText, Folder.Read(s_outputs[1]));

        Folder.Write("App/models/m.onnx", "changed");
        Folder.Build("-f", "alt").Succeeds().Says("saved models/m.onnx");
    }

    [TestMethod]
    public void A_verb_works_on_the_project_as_a_whole()
    {
        WithTwo(Model).WithStoredModel("App/models/m.onnx.track");

        var build = Folder.Build("-t:ModelTrackRestore").Succeeds();

        Assert.HasCount(1, build.Tasks("RestoreTrackedArtifacts"));
        Assert.AreEqual(BuildFolder.ModelText, Folder.Read("App/models/m.onnx"));
    }

    [TestMethod]
    [DataRow("-m:2")]
    [DataRow("-mt")]
    public void Projects_of_a_solution_restore_and_save_their_own_models_at_once(string mode)
    {
        string[] names = ["A", "B", "C", "D"];
        foreach (var name in names)
        {
            Folder.WithApp("""<ItemGroup><TrackedArtifact Include="models/*.onnx.track" CopyToOutputDirectory="PreserveNewest" /><TrackedArtifact Include="own.bin" /></ItemGroup>""", folder: name, name: name)
                .WithStoredModel($"{name}/models/{name}.onnx.track").Write($"{name}/own.bin", $"own of {name}");
        }

        Folder.Write("All.slnx", $"<Solution>{string.Concat(names.Select(name => $"""<Project Path="{name}/{name}.csproj" />"""))}</Solution>");

        var build = Folder.Dotnet(".", ["build", "All.slnx", "--no-restore", mode, .. Scratch.FastCompilation]).Succeeds();

        Assert.AreEqual("", build.WarningCodes);
        foreach (var name in names)
        {
            Assert.AreEqual(BuildFolder.ModelText, Folder.Read($"{name}/bin/Debug/net10.0/models/{name}.onnx"));
            StringAssert.Contains(Folder.Read($"{name}/own.bin.track"), Folder.Sha256($"{name}/own.bin"), StringComparison.Ordinal);
            Assert.HasCount(1, build.Messages($"restored models/{name}.onnx"));
        }

        Assert.HasCount(names.Length, build.Messages("saved own.bin"));
        Folder.Dotnet(".", ["build", "All.slnx", "--no-restore", mode, .. Scratch.FastCompilation]).Succeeds().DoesNotSay("saved").DoesNotSay("restored");
    }

    [TestMethod]
    public void Projects_of_a_solution_share_an_artifact_in_a_parallel_build()
    {
        Folder.WithStoredModel("shared/m.onnx.track");
        foreach (var name in (string[])["A", "B", "C"])
        {
            Folder.WithApp("""<ItemGroup><TrackedArtifact Include="../shared/m.onnx" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""", folder: name, name: name);
        }

        Folder.Git(".", "init", "-q");
        Folder.Write("All.slnx", """<Solution><Project Path="A/A.csproj" /><Project Path="B/B.csproj" /><Project Path="C/C.csproj" /></Solution>""");

        var build = Folder.Dotnet(".", ["build", "All.slnx", "--no-restore", "-m:2", .. Scratch.FastCompilation]).Succeeds();

        foreach (var name in (string[])["A", "B", "C"])
        {
            Assert.AreEqual(BuildFolder.ModelText, Folder.Read($"{name}/bin/Debug/net10.0/shared/m.onnx"));
        }

        Assert.HasCount(1, build.Messages("restored ../shared/m.onnx"));
    }
}
