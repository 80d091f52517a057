using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>Another branch's model beside this one's, in one build.</summary>
[TestClass]
public sealed class PinTests : BuildTest
{
    private const string Pins = """
        <ItemGroup>
          <TrackedArtifact Include="models/intents.bin" CopyToOutputDirectory="PreserveNewest" />
          <TrackedArtifact Include="models/intents.bin" Revision="ab-test" Link="models/intents.ab.bin" CopyToOutputDirectory="PreserveNewest" />
          <TrackedArtifact Include="data/raw" Revision="ab-test" Link="data/ab" CopyToOutputDirectory="PreserveNewest" />
        </ItemGroup>
        """;

    // An alias of net10.0, since no other framework's reference assemblies are in the SDK.
    private const string TwoFrameworks = """
        <TargetFramework></TargetFramework>
        <TargetFrameworks>net10.0;alt</TargetFrameworks>
        <OutputType>Library</OutputType>
        </PropertyGroup>
        <PropertyGroup Condition="'$(TargetFramework)' == 'alt'">
          <TargetFrameworkIdentifier>.NETCoreApp</TargetFrameworkIdentifier>
          <TargetFrameworkVersion>v10.0</TargetFrameworkVersion>
        """;

    /// <summary>main and ab-test have a model each, ab-test has data too; the project of main pins both of ab-test.</summary>
    private void TwoBranches(string properties = "")
    {
        Folder.WithApp(properties: properties).Write(".gitignore", "obj/\nbin/\n.data/\n*.binlog\n").Write("App/models/intents.bin", "A");
        Folder.Git("", "init", "-q");
        Folder.Build("-t:ModelTrackSave", "-p:ModelTrackArtifacts=models/intents.bin").Succeeds();
        Folder.Git("", "add", "-A");
        Folder.Git("", "commit", "-qm", "A");
        Folder.Git("", "switch", "-qc", "ab-test");
        Folder.Write("App/models/intents.bin", "B").Write("App/data/raw/x.cs", "no C#");
        Folder.Build("-t:ModelTrackSave", "-p:ModelTrackArtifacts=models/intents.bin|data/raw").Succeeds();
        Folder.Git("", "add", "-A");
        Folder.Git("", "commit", "-qm", "B");
        Folder.Git("", "switch", "-q", "main");
        Directory.Delete(Folder["App/data"], recursive: true);
        Folder.WithApp(Pins, properties);
    }

    [TestMethod]
    public void Both_models_are_in_the_output_and_in_what_is_published_and_the_work_tree_is_untouched()
    {
        TwoBranches();
        Folder.Build("-p:ModelTrackLocked=true").FailsWith("MT5904");

        var built = Folder.Build().Succeeds().Says("pinned models/intents.bin@ab-test to commit").Says("commit modeltrack.lock.json");

        Assert.AreEqual("", built.WarningCodes);
        Assert.AreEqual("A", Folder.Read("App/models/intents.bin"));
        AssertOutput("App/bin/Debug/net10.0");
        Assert.AreEqual("M App/App.csproj\n?? App/modeltrack.lock.json", Folder.Git("", "status", "--porcelain").Output.Trim());

        Folder.Build("-p:ModelTrackLocked=true", "-p:ModelTrackOffline=true").Succeeds().DoesNotSay("restored").DoesNotSay("pinned");
        Folder.Dotnet("App", "publish", "--no-restore", "-o", Folder["published"]).Succeeds();
        AssertOutput("published");

        // A change of the branch is nothing to a build; an update takes the entry of a pin that is gone.
        Folder.Git("", "branch", "-qD", "ab-test");
        Folder.Build().Succeeds();
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="models/intents.bin" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""");
        Folder.Build().Succeeds();
        Assert.IsTrue(Folder.Exists("App/modeltrack.lock.json"));
        Folder.Build("-t:ModelTrackUpdate").Succeeds().Says("removed pins");
        Assert.IsFalse(Folder.Exists("App/modeltrack.lock.json"));
    }

    [TestMethod]
    public void Every_framework_and_a_referencing_project_get_them()
    {
        TwoBranches("<OutputType>Library</OutputType>");
        Folder.Write("App/Program.cs", "class C;");
        Folder.Write("Host/Host.csproj", BuildFolder.AppProject(references: """<ProjectReference Include="../App/App.csproj" />""")).Write("Host/Program.cs", "class P { static void Main() { } }");
        Folder.Dotnet("Host", "build").Succeeds();
        AssertOutput("Host/bin/Debug/net10.0");

        Folder.Write("App/App.csproj", BuildFolder.AppProject(Pins, TwoFrameworks));
        Directory.Delete(Folder["App/obj"], recursive: true);
        Folder.Dotnet("App", "build", "-p:ModelTrackLocked=true").Succeeds();
        AssertOutput("App/bin/Debug/net10.0");
        AssertOutput("App/bin/Debug/alt");
    }

    private void AssertOutput(string folder)
    {
        Assert.AreEqual("A", Folder.Read($"{folder}/models/intents.bin"));
        Assert.AreEqual("B", Folder.Read($"{folder}/models/intents.ab.bin"));
        Assert.AreEqual("no C#", Folder.Read($"{folder}/data/ab/x.cs"));
    }
}
