using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>What a project is before anything runs.</summary>
[TestClass]
public sealed class EvaluationTests : BuildTest
{
    [TestMethod]
    public void Pointers_under_the_project_are_tracked_without_being_listed()
    {
        Folder.WithApp()
            .Write("App/models/a.onnx.track", "")
            .Write("App/.hidden/.b.bin.track", "")
            .Write("App/with space/ü (1);%41.bin.track", "")
            .Write("App/bin/x.track", "").Write("App/obj/y.track", "").Write("App/.git/z.track", "")
            .Write("App/other/Other.csproj", "<Project />").Write("App/other/models/c.onnx.track", "");

        var items = Folder.Evaluate("-getItem:TrackedArtifact");

        CollectionAssert.AreEquivalent(
            (string[])[".hidden/.b.bin", "models/a.onnx", "with space/ü (1);%41.bin"], Identities(items, "TrackedArtifact"));
    }

    [TestMethod]
    public void Default_items_can_be_switched_off()
    {
        Folder.WithApp(properties: "<EnableDefaultTrackedArtifactItems>false</EnableDefaultTrackedArtifactItems>").Write("App/a.onnx.track", "");

        Assert.IsEmpty(Identities(Folder.Evaluate("-getItem:TrackedArtifact"), "TrackedArtifact"));
    }

    [TestMethod]
    public void Every_spelling_of_a_directory_and_its_pointer_are_one_artifact()
    {
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="data/raw/" /><TrackedArtifact Include="data\raw" /><TrackedArtifact Include="data/raw.track" /></ItemGroup>""")
            .Write("App/data/raw.track", "");

        CollectionAssert.AreEqual((string[])["data/raw"], Identities(Folder.Evaluate("-getItem:_ModelTrackContent"), "_ModelTrackContent"));
    }

    [TestMethod]
    public void A_listed_pointer_is_not_found_a_second_time()
    {
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="models/*.track" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""")
            .Write("App/models/a.onnx.track", "");

        var items = Folder.Evaluate("-getItem:TrackedArtifact", "-getItem:None");

        CollectionAssert.AreEqual((string[])["models/a.onnx.track"], Identities(items, "TrackedArtifact"));
        Assert.AreEqual("IfDifferent", Item(items, "None", "models/a.onnx").GetProperty("CopyToOutputDirectory").GetString());
    }

    [TestMethod]
    public void A_file_becomes_one_None_item_whether_it_is_there_or_not()
    {
        Folder.WithApp("""
            <ItemGroup>
              <TrackedArtifact Include="there.bin" CopyToOutputDirectory="PreserveNewest" CopyToPublishDirectory="PreserveNewest" />
              <TrackedArtifact Include="absent.bin" CopyToOutputDirectory="Always" Link="m/absent.bin" Visible="false" />
            </ItemGroup>
            """).Write("App/there.bin", "1").Write("App/found.bin.track", "");

        var items = Folder.Evaluate("-getItem:None", "-getItem:Watch", "-getItem:UpToDateCheckInput");

        CollectionAssert.AreEquivalent((string[])["found.bin.track", "there.bin", "absent.bin", "found.bin"], Identities(items, "None"));
        Assert.AreEqual("IfDifferent", Item(items, "None", "there.bin").GetProperty("CopyToPublishDirectory").GetString());
        Assert.AreEqual("m/absent.bin", Item(items, "None", "absent.bin").GetProperty("Link").GetString());
        Assert.AreEqual("Always", Item(items, "None", "absent.bin").GetProperty("CopyToOutputDirectory").GetString());
        Assert.AreEqual("Never", Item(items, "None", "found.bin").GetProperty("CopyToOutputDirectory").GetString());
        CollectionAssert.AreEquivalent((string[])["there.bin.track", "absent.bin.track", "found.bin.track"], Identities(items, "Watch"));
        CollectionAssert.AreEquivalent(Identities(items, "Watch"), Identities(items, "UpToDateCheckInput"));
    }

    [TestMethod]
    public void An_item_definition_of_the_project_holds_for_found_artifacts_too()
    {
        Folder.WithApp("<ItemDefinitionGroup><TrackedArtifact><CopyToOutputDirectory>PreserveNewest</CopyToOutputDirectory></TrackedArtifact></ItemDefinitionGroup>")
            .Write("App/a.onnx.track", "");

        Assert.AreEqual("IfDifferent", Item(Folder.Evaluate("-getItem:None"), "None", "a.onnx").GetProperty("CopyToOutputDirectory").GetString());
    }

    [TestMethod]
    public void Content_outside_the_project_gets_its_place_in_the_repository()
    {
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="../shared/s.bin;a.bin" CopyToOutputDirectory="PreserveNewest" /><TrackedArtifact Include="../shared/t.bin" Link="t.bin" /></ItemGroup>""")
            .Write("shared/s.bin", "");
        Folder.Git(".", "init", "-q");

        var items = Folder.Evaluate("-getItem:None");

        Assert.AreEqual("shared/s.bin", Item(items, "None", "../shared/s.bin").GetProperty("Link").GetString());
        Assert.AreEqual("t.bin", Item(items, "None", "../shared/t.bin").GetProperty("Link").GetString());
        Assert.AreEqual("", Item(items, "None", "a.bin").GetProperty("Link").GetString());
    }

    [TestMethod]
    public void Source_code_in_a_directory_that_is_tracked_from_now_on_is_not_compiled()
    {
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="data/raw" /></ItemGroup>""")
            .Write("App/data/raw/a.cs", "not C#").Write("App/data/raw/deep/b.resx", "").Write("App/data/raw/c.json", "").Write("App/data/other.cs", "");

        var items = Folder.Evaluate("-getItem:Compile", "-getItem:EmbeddedResource", "-getItem:None");

        CollectionAssert.AreEquivalent((string[])["Program.cs", "data/other.cs"], Identities(items, "Compile"));
        Assert.IsEmpty(Identities(items, "EmbeddedResource"));
        Assert.IsEmpty(Identities(items, "None"));
    }

    [TestMethod]
    public void Properties_come_from_Directory_Build_props_then_ModelTrack_props_then_the_project_then_the_command_line()
    {
        const string Set = "<Project><PropertyGroup><A>{0}</A><B>{0}</B><C>{0}</C><D>{0}</D></PropertyGroup></Project>";
        Folder.WithApp(properties: "<C>project</C><D>project</D>", folder: "App")
            .Write("Directory.Build.props", Set.Replace("{0}", "directory", StringComparison.Ordinal))
            .Write("ModelTrack.props", Set.Replace("{0}", "modeltrack", StringComparison.Ordinal).Replace("<A>modeltrack</A>", "", StringComparison.Ordinal));

        var values = Folder.Evaluate("-getProperty:A", "-getProperty:B", "-getProperty:C", "-getProperty:D", "-p:D=command");

        CollectionAssert.AreEqual((string[])["directory", "modeltrack", "project", "command"], (string[])[Property(values, "A"), Property(values, "B"), Property(values, "C"), Property(values, "D")]);
    }

    [TestMethod]
    public void The_order_of_properties_holds_where_ModelTrack_is_the_first_SDK()
    {
        Folder.WithApp().Write("App/App.csproj", $"""
            <Project Sdk="ModelTrack.Sdk/{Scratch.PackageVersion};Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
            </Project>
            """)
            .Write("Directory.Build.props", "<Project><PropertyGroup><A>directory</A></PropertyGroup></Project>")
            .Write("ModelTrack.props", "<Project><PropertyGroup><A>modeltrack</A></PropertyGroup></Project>")
            .Write("App/a.bin.track", "");

        var values = Folder.Evaluate("-getProperty:A", "-getProperty:ModelTrackEnabled", "-getItem:TrackedArtifact");

        Assert.AreEqual("modeltrack", Property(values, "A"));
        CollectionAssert.AreEqual((string[])["a.bin"], Identities(values, "TrackedArtifact"));
    }

    [TestMethod]
    public void Artifacts_listed_in_Directory_Build_targets_count()
    {
        Folder.WithApp().Write("Directory.Build.targets", """<Project><ItemGroup><TrackedArtifact Include="late.bin" CopyToOutputDirectory="PreserveNewest" /></ItemGroup></Project>""");

        Assert.AreEqual("IfDifferent", Item(Folder.Evaluate("-getItem:None"), "None", "late.bin").GetProperty("CopyToOutputDirectory").GetString());
    }

    [TestMethod]
    [DataRow("CI", "true", "true")]
    [DataRow("CI", "false", "false")]
    [DataRow("TF_BUILD", "True", "true")]
    [DataRow("TEAMCITY_VERSION", "2026.1", "true")]
    [DataRow("ContinuousIntegrationBuild", "true", "true")]
    [DataRow("Other", "true", "false")]
    public void A_build_server_is_locked(string variable, string value, string locked) =>
        Assert.AreEqual(locked, Folder.WithApp().Evaluate("-getProperty:ModelTrackLocked", "-getProperty:ModelTrackEnabled", $"-p:{variable}={value}")
            .GetProperty("Properties").GetProperty("ModelTrackLocked").GetString());

    [TestMethod]
    public void Disabled_it_adds_no_item()
    {
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="a.bin" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""").Write("App/b.bin.track", "");

        var items = Folder.Evaluate("-getItem:None", "-getItem:Watch", "-getItem:TrackedArtifact", "-p:ModelTrackEnabled=false");

        CollectionAssert.AreEqual((string[])["b.bin.track"], Identities(items, "None"));
        Assert.IsEmpty(Identities(items, "Watch"));
        CollectionAssert.AreEqual((string[])["a.bin"], Identities(items, "TrackedArtifact"));
    }
}
