using System.IO.Compression;
using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>Whatever the command, the program finds the model.</summary>
[TestClass]
public sealed class ModeTests : BuildTest
{
    private const string Model = """<ItemGroup><TrackedArtifact Include="models/m.onnx" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""";
    private const string Output = "App/bin/Debug/net10.0/models/m.onnx";

    private BuildFolder Clone(string content = Model, string properties = "") => Folder.WithApp(content, properties).WithStoredModel("App/models/m.onnx.track");

    [TestMethod]
    [DataRow("build")]
    [DataRow("build -tl:off")]
    [DataRow("build -tl:on")]
    [DataRow("build -graph")]
    [DataRow("build -graph -isolate")]
    [DataRow("build -mt")]
    [DataRow("build -t:Rebuild")]
    [DataRow("msbuild")]
    [DataRow("msbuild -m:1")]
    public void The_first_build_of_a_clone_has_the_model_in_its_output(string command)
    {
        var words = command.Split(' ');
        string[] norestore = words[0] == "msbuild" ? [] : ["--no-restore"];

        var build = Clone().Dotnet("App", [words[0], .. norestore, .. words[1..], .. Scratch.FastCompilation]).Succeeds();

        Assert.AreEqual(BuildFolder.ModelText, Folder.Read(Output));
        Assert.AreEqual(BuildFolder.ModelText, Folder.Read("App/models/m.onnx"));
        Assert.AreEqual("", build.WarningCodes);
        Assert.HasCount(1, build.Messages("restored models/m.onnx"));
    }

    [TestMethod]
    public void Test_restores_the_model_before_it_runs_the_tests()
    {
        Folder.WithStoredModel("Tests/models/m.onnx.track")
            .Write("global.json", """{ "test": { "runner": "Microsoft.Testing.Platform" } }""")
            .Write("Tests/Tests.csproj", BuildFolder.AppProject(Model, $"""
                <EnableMSTestRunner>true</EnableMSTestRunner><IsTestProject>true</IsTestProject><UseAppHost>true</UseAppHost>
                <RestoreFallbackFolders>{Scratch.PackagesOfTheseTests}</RestoreFallbackFolders>
                """, """<PackageReference Include="MSTest.TestFramework" Version="4.5.2" /><PackageReference Include="MSTest.TestAdapter" Version="4.5.2" />"""))
            .Write("Tests/ModelTests.cs", $$"""
                using Microsoft.VisualStudio.TestTools.UnitTesting;
                [TestClass] public class ModelTests
                {
                    [TestMethod] public void It_is_there() => Assert.AreEqual("{{BuildFolder.ModelText}}", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "models/m.onnx")));
                }
                """);

        Command.Run("dotnet", ["test", "--no-progress"], Folder["Tests"], Scratch.Environment(Folder.Path)).Succeeds().Says("succeeded: 1");
    }

    [TestMethod]
    public void The_analyzers_of_MSBuild_find_nothing()
    {
        var build = Clone().Build("-check").Succeeds();

        Assert.AreEqual("", build.WarningCodes);
        Assert.IsFalse(build.Text.Contains("BC0", StringComparison.Ordinal), build.Text);
    }

    [TestMethod]
    public void Run_finds_it_beside_the_program()
    {
        Clone().Write("App/Program.cs", "Console.WriteLine(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, \"models/m.onnx\")));");

        Folder.Dotnet("App", "run", "--no-restore").Succeeds().Says(BuildFolder.ModelText);
        Command.Run("dotnet", ["run", "--no-build"], Folder["App"], Scratch.Environment(Folder.Path)).Succeeds().Says(BuildFolder.ModelText);
    }

    [TestMethod]
    public void Publish_has_it_with_and_without_a_build_before()
    {
        Clone().Dotnet("App", "publish", "--no-restore", "-c", "Debug", "-o", Folder["one"]).Succeeds();
        Assert.AreEqual(BuildFolder.ModelText, Folder.Read("one/models/m.onnx"));
        Assert.IsFalse(Folder.Exists("one/models/m.onnx.track"));

        File.Delete(Folder["App/models/m.onnx"]);
        Folder.Dotnet("App", "publish", "--no-build", "-c", "Debug", "-o", Folder["two"]).Succeeds();
        Assert.AreEqual(BuildFolder.ModelText, Folder.Read("two/models/m.onnx"));
    }

    [TestMethod]
    [DataRow("", true, DisplayName = "beside the program, as content is")]
    [DataRow("<IncludeAllContentForSelfExtract>true</IncludeAllContentForSelfExtract>", false, DisplayName = "in it, where all content is")]
    public void A_single_file_program_finds_its_model(string properties, bool isBeside)
    {
        CloneAsSingleFile("", properties);

        Assert.AreEqual(isBeside, Folder.Exists("out/models/m.onnx"));
        Command.Run(Folder["out/App"], [], Folder["out"], SingleFileEnvironment()).Succeeds().Says(BuildFolder.ModelText);
    }

    [TestMethod]
    public void ExcludeFromSingleFile_keeps_the_model_out_of_the_program()
    {
        CloneAsSingleFile("""ExcludeFromSingleFile="true" """, "<IncludeAllContentForSelfExtract>true</IncludeAllContentForSelfExtract>");

        Assert.AreEqual(BuildFolder.ModelText, Folder.Read("out/models/m.onnx"));
    }

    /// <summary>Publishes, as one file, a program that says its model.</summary>
    private void CloneAsSingleFile(string metadata, string properties)
    {
        Folder.WithStoredModel("App/models/m.onnx.track")
            .Write("App/App.csproj", BuildFolder.AppProject(
                Model.Replace("CopyToOutputDirectory", metadata + "CopyToOutputDirectory", StringComparison.Ordinal),
                "<UseAppHost>true</UseAppHost><PublishSingleFile>true</PublishSingleFile><EnableSingleFileAnalyzer>false</EnableSingleFileAnalyzer>" + properties))
            .Write("App/Program.cs", "Console.WriteLine(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, \"models/m.onnx\")));");
        Folder.Dotnet("App", "publish", "--use-current-runtime", "--self-contained", "false", "-o", Folder["out"]).Succeeds();
        Assert.IsFalse(Folder.Exists("out/App.dll"));
    }

    private Dictionary<string, string?> SingleFileEnvironment() => new(Scratch.Environment(Folder.Path))
    {
        ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..")),
        ["DOTNET_BUNDLE_EXTRACT_BASE_DIR"] = Folder["extracted"],
    };

    [TestMethod]
    public void A_model_can_go_to_publish_alone_or_stay_out_of_it()
    {
        Clone("""
            <ItemGroup>
              <TrackedArtifact Include="models/m.onnx" CopyToPublishDirectory="PreserveNewest" />
              <TrackedArtifact Include="models/n.onnx" CopyToOutputDirectory="PreserveNewest" CopyToPublishDirectory="Never" />
            </ItemGroup>
            """).WithStoredModel("App/models/n.onnx.track");

        Folder.Dotnet("App", "publish", "--no-restore", "-c", "Debug", "-o", Folder["out"]).Succeeds();

        Assert.IsTrue(Folder.Exists("out/models/m.onnx"));
        Assert.IsFalse(Folder.Exists("out/models/n.onnx"));
        Assert.IsFalse(Folder.Exists(Output));
        Assert.IsTrue(Folder.Exists("App/bin/Debug/net10.0/models/n.onnx"));
    }

    [TestMethod]
    public void A_web_project_publishes_the_model_and_not_its_pointer()
    {
        Clone().Write("App/App.csproj", Folder.Read("App/App.csproj").Replace("Microsoft.NET.Sdk\"", "Microsoft.NET.Sdk.Web\"", StringComparison.Ordinal))
            .Write("App/models/m.json", BuildFolder.ModelText);
        Folder.Dotnet("App", "build", "-p:ModelTrackSaveOnBuild=false").Succeeds();

        Folder.Dotnet("App", "publish", "--no-restore", "-c", "Debug", "-o", Folder["out"]).Succeeds();

        Assert.AreEqual(BuildFolder.ModelText, Folder.Read("out/models/m.onnx"));
        Assert.IsEmpty(Directory.GetFiles(Folder["out"], "*.track", SearchOption.AllDirectories));
    }

    [TestMethod]
    public void Pack_has_it_only_where_the_item_says_so()
    {
        Clone("""<ItemGroup><TrackedArtifact Include="models/m.onnx" Pack="true" /></ItemGroup>""").WithStoredModel("App/models/n.onnx.track");

        Folder.Dotnet("App", "pack", "--no-restore", "-o", Folder["out"]).Succeeds();

        using var package = ZipFile.OpenRead(Directory.GetFiles(Folder["out"], "*.nupkg").Single());
        CollectionAssert.AreEquivalent((string[])["content/models/m.onnx", "contentFiles/any/net10.0/models/m.onnx"],
            package.Entries.Select(e => e.FullName).Where(n => n.Contains("models", StringComparison.Ordinal)).ToArray());
    }

    [TestMethod]
    public void Watch_looks_at_the_pointer() =>
        Assert.IsTrue(Command.Run("dotnet", ["watch", "--list"], Clone()["App"], Scratch.Environment(Folder.Path)).Succeeds().Text.Contains("m.onnx.track", StringComparison.Ordinal));

    [TestMethod]
    public void Restore_alone_clean_and_compile_leave_the_work_tree_alone()
    {
        Clone().Dotnet("App", "msbuild", "-t:Clean").Succeeds();
        Folder.Dotnet("App", "msbuild", "-t:Compile").Succeeds();

        Assert.IsFalse(Folder.Exists("App/models/m.onnx"));
    }

    [TestMethod]
    public void What_a_build_did_stands_in_last_txt()
    {
        Clone().Build().Succeeds();

        StringAssert.Contains(Folder.Read("App/obj/modeltrack/last.txt"), "restored models/m.onnx", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("-tl:on")]
    [DataRow("-tl:off")]
    public void A_terminal_shows_what_was_done_above_the_last_line(string logger)
    {
        Clone();

        var text = Command.Run("script", ["-qec", $"dotnet build --no-restore -nologo {logger}", "/dev/null"], Folder["App"], Scratch.Environment(Folder.Path)).Succeeds().Text;

        var said = text.IndexOf("restored models/m.onnx", StringComparison.Ordinal);
        Assert.IsGreaterThan(0, said, text);
        Assert.AreEqual(said, text.LastIndexOf("restored models/m.onnx", StringComparison.Ordinal), "Said twice: " + text);
    }

    [TestMethod]
    public void RestoreOnBuild_false_leaves_an_artifact_to_the_verb()
    {
        Clone("""<ItemGroup><TrackedArtifact Include="models/m.onnx" RestoreOnBuild="false" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""").Build().Succeeds();
        Assert.IsFalse(Folder.Exists("App/models/m.onnx"));

        Folder.Build("-t:ModelTrackPull").Succeeds();
        Assert.AreEqual(BuildFolder.ModelText, Folder.Read("App/models/m.onnx"));
        Folder.Build().Succeeds();
        Assert.AreEqual(BuildFolder.ModelText, Folder.Read(Output));
    }
}
