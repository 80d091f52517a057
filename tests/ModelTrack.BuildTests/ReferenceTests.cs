using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>Ways to refer to the package, and what is there before any artifact is.</summary>
[TestClass]
public sealed class ReferenceTests : BuildTest
{
    private const string Artifact = """<ItemGroup><TrackedArtifact Include="a.bin" /></ItemGroup>""";

    [TestMethod]
    public void By_PackageReference_a_build_without_artifacts_runs_none_of_its_tasks()
    {
        var build = Folder.WithApp().Build().Succeeds();

        Assert.AreEqual("", build.WarningCodes);
        Assert.IsEmpty(build.Targets("_ModelTrackRestoreForBuild"));
        build.DoesNotSay("ModelTrack");
    }

    [TestMethod]
    [DataRow("""<Project Sdk="Microsoft.NET.Sdk"><Sdk Name="ModelTrack.Sdk" Version="VERSION" />BODY</Project>""")]
    [DataRow("""<Project Sdk="Microsoft.NET.Sdk;ModelTrack.Sdk/VERSION">BODY</Project>""")]
    [DataRow("""<Project Sdk="ModelTrack.Sdk/VERSION;Microsoft.NET.Sdk">BODY</Project>""")]
    public void As_an_SDK_it_is_the_same(string project)
    {
        Folder.Write("App/Program.cs", "Console.WriteLine(1);").Write("App/a.bin.track", "")
            .Write("App/App.csproj", project.Replace("VERSION", Scratch.PackageVersion, StringComparison.Ordinal)
                .Replace("BODY", "<PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>" + Artifact, StringComparison.Ordinal));

        var items = Folder.Evaluate("-getItem:_ModelTrackContent", "-getProperty:ModelTrackSaveOnBuild");

        CollectionAssert.AreEqual((string[])["a.bin"], Identities(items, "_ModelTrackContent"));
        Assert.AreEqual("true", Property(items, "ModelTrackSaveOnBuild"));
    }

    [TestMethod]
    public void Reference_and_SDK_together_import_it_once()
    {
        Folder.WithApp().Write("App/App.csproj", BuildFolder.AppProject($"""<Sdk Name="ModelTrack.Sdk" Version="{Scratch.PackageVersion}" />"""));

        Assert.AreEqual("", Folder.Build("-t:ModelTrackHelp").Succeeds().WarningCodes);
    }

    [TestMethod]
    public void Central_package_versions_serve_it_to_all_projects()
    {
        Folder.Write("App/Program.cs", "Console.WriteLine(1);")
            .Write("Directory.Packages.props", $"""
                <Project>
                  <PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup>
                  <ItemGroup><GlobalPackageReference Include="ModelTrack.Sdk" Version="{Scratch.PackageVersion}" /></ItemGroup>
                </Project>
                """)
            .Write("App/App.csproj", """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>""");

        Folder.Dotnet("App", "build", "-t:ModelTrackHelp").Succeeds().Says("dotnet build -t:ModelTrackStatus");
    }

    [TestMethod]
    public void A_design_time_build_touches_nothing()
    {
        Folder.WithApp(Artifact).Write("App/a.bin.track", "not read");

        var build = Folder.Build("-t:Compile;GetCopyToOutputDirectoryItems", "-p:DesignTimeBuild=true", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true").Succeeds();

        Assert.IsEmpty(build.Tasks("RestoreTrackedArtifacts"));
        Assert.IsFalse(Directory.Exists(Folder[".data"]));
    }

    [TestMethod]
    public void Disabled_it_runs_nothing_and_a_verb_says_so()
    {
        Folder.WithApp(Artifact).Write("App/a.bin.track", "not read");

        var build = Folder.Build("-p:ModelTrackEnabled=false").Succeeds();
        Assert.IsEmpty(build.Tasks("RestoreTrackedArtifacts"));
        Assert.IsEmpty(build.Tasks("SaveTrackedArtifacts"));

        Folder.Build("-t:ModelTrackStatus", "-p:ModelTrackEnabled=false").Succeeds().Says("ModelTrackEnabled is false");
    }

    [TestMethod]
    public void An_MSBuild_that_is_too_old_is_told_which_one_is_needed() =>
        Folder.WithApp(Artifact).Build("-p:_ModelTrackMSBuildVersion=17.14.1").FailsWith("MT5001").Says("MSBuild 18.0").Says("10.0.100").Says("17.14.1");

    [TestMethod]
    [DataRow("ModelTrackEnabled", "yes", "MT5002")]
    [DataRow("ModelTrackSaveOnBuild", "1", "MT5002")]
    [DataRow("ModelTrackPushOnBuild", "ture", "MT5002")]
    [DataRow("EnableDefaultTrackedArtifactItems", "on", "MT5002")]
    [DataRow("ModelTrackLinkMode", "SymLink", "MT5003")]
    [DataRow("ModelTrackMaxConnections", "0", "MT5003")]
    [DataRow("ModelTrackRevision", "v1.0", "MT5008")]
    public void A_property_with_a_wrong_value_is_an_error_that_names_it(string property, string value, string code)
    {
        var build = Folder.WithApp(Artifact).Build($"-p:{property}={value}").FailsWith(code).Says(property).Says(value);

        Assert.AreEqual("App.csproj", Path.GetFileName(build.Errors[0].File));
    }

    [TestMethod]
    public void Items_that_contradict_each_other_are_an_error() =>
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="d" Remote="one" /><TrackedArtifact Include="d/" Remote="two" /></ItemGroup>""")
            .Build().FailsWith("MT5005").Says("one").Says("two");

    [TestMethod]
    public void Two_artifacts_for_one_place_in_the_output_are_an_error() =>
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="a/m.bin;b/m.bin" Link="m.bin" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""")
            .Build().FailsWith("MT5006").Says("a/m.bin").Says("b/m.bin");

    [TestMethod]
    public void A_place_outside_the_output_is_an_error() =>
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="a.bin" Link="../a.bin" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""").Build().FailsWith("MT5007");

    [TestMethod]
    public void Metadata_with_a_wrong_value_is_an_error_that_names_it() =>
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="a.bin" RestoreOnBuild="never" /></ItemGroup>""").Build().FailsWith("MT5004").Says("RestoreOnBuild").Says("a.bin");

    [TestMethod]
    public void A_remote_without_a_Url_is_an_error() =>
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="a.bin" /><TrackedRemote Include="team" /></ItemGroup>""").Build().FailsWith("MT5009").Says("team");

    [TestMethod]
    public void Help_is_a_page()
    {
        var help = Folder.WithApp().Build("-t:ModelTrackHelp").Succeeds();

        foreach (var verb in (string[])["Status", "Save", "Push", "Restore", "Fetch", "Verify", "Init", "Destroy"])
        {
            help.Says($"-t:ModelTrack{verb}");
        }
    }
}
