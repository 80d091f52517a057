using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>Tracked folders: data, never source code.</summary>
[TestClass]
public sealed class DirectoryTests : BuildTest
{
    private const string Data = """<ItemGroup><TrackedArtifact Include="data/raw" /></ItemGroup>""";

    private BuildFolder WithData(string content = Data) => Folder.WithApp(content)
        .Write("App/data/raw/source.cs", "this is no C#")
        .Write("App/data/raw/deep er/form.resx", "no resource")
        .Write("App/data/raw/.hidden/settings.json", "{")
        .Write("App/data/raw/ümlaut.txt", "ü")
        .Write("App/data/raw/empty.bin", "");

    [TestMethod]
    public void Data_with_source_files_inside_builds_before_and_after_it_was_restored()
    {
        WithData().Build().Succeeds().Says("saved data/raw");
        Directory.Delete(Folder["App/data/raw"], recursive: true);

        var restored = Folder.Build().Succeeds().Says("restored data/raw");
        Assert.AreEqual("", restored.WarningCodes);
        Assert.AreEqual("this is no C#", Folder.Read("App/data/raw/source.cs"));
        Assert.AreEqual("{", Folder.Read("App/data/raw/.hidden/settings.json"));
        Assert.AreEqual("ü", Folder.Read("App/data/raw/ümlaut.txt"));
        Assert.IsTrue(Folder.Exists("App/data/raw/empty.bin"));

        Folder.Build().Succeeds().DoesNotSay("data/raw");
        Assert.IsFalse(Directory.Exists(Folder["App/bin/Debug/net10.0/data"]));
    }

    [TestMethod]
    public void Default_globs_stay_out_of_it_from_the_second_build_on()
    {
        WithData().Build().Succeeds();

        var values = Folder.Evaluate("-getProperty:DefaultItemExcludes", "-getItem:Compile", "-getItem:None", "-getItem:EmbeddedResource");

        StringAssert.Contains(Property(values, "DefaultItemExcludes"), "data/raw/**", StringComparison.Ordinal);
        CollectionAssert.AreEqual((string[])["Program.cs"], Identities(values, "Compile"));
        Assert.IsEmpty(Identities(values, "EmbeddedResource"));
    }

    [TestMethod]
    public void A_folder_that_is_no_longer_tracked_is_source_code_again()
    {
        WithData().Build().Succeeds();
        File.Delete(Folder["App/data/raw.track"]);
        Folder.WithApp().Write("App/data/raw/source.cs", "class Source;");
        Folder.Build().Succeeds();

        Assert.Contains("data/raw/source.cs", Identities(Folder.Evaluate("-getItem:Compile", "-getItem:None"), "Compile"));
    }

    [TestMethod]
    public void Its_files_are_copied_where_the_item_says_so_in_the_build_that_restores_them()
    {
        WithData("""<ItemGroup><TrackedArtifact Include="data/raw" Link="d" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""").Build().Succeeds();
        Directory.Delete(Folder["App/data/raw"], recursive: true);
        Directory.Delete(Folder["App/bin"], recursive: true);

        Folder.Build().Succeeds();

        foreach (var file in (string[])["source.cs", "deep er/form.resx", ".hidden/settings.json", "ümlaut.txt", "empty.bin"])
        {
            Assert.IsTrue(Folder.Exists($"App/bin/Debug/net10.0/d/{file}"), file);
        }
    }

    [TestMethod]
    public void Names_that_mean_something_to_MSBuild_stay_as_they_are_on_every_way()
    {
        string[] names = ["img%20001.png", "a;b.txt", "50%.txt", "(x) 'y' @(z) $(w).txt"];
        Folder.WithApp("""
            <ItemGroup><TrackedArtifact Include="data" CopyToOutputDirectory="PreserveNewest" /><TrackedArtifact Include="odd%2541.bin" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>
            <Target Name="Train" AfterTargets="ModelTrackProduce"><WriteLinesToFile File="odd%2541.bin" Lines="$(Seed)" Overwrite="true" /></Target>
            """);
        foreach (var name in names) Folder.Write($"App/data/{name}", name);

        Folder.Dotnet("App", "publish", "--no-restore", "-p:Seed=1", "-o", Folder["out"]).Succeeds();
        Assert.AreEqual("1", Folder.Read("out/odd%41.bin").Trim());
        Folder.Build("-p:Seed=2").Succeeds();
        Assert.AreEqual("2", Folder.Read("App/bin/Debug/net10.0/odd%41.bin").Trim());
        foreach (var name in names)
        {
            Assert.AreEqual(name, Folder.Read($"out/data/{name}"));
            Assert.AreEqual(name, Folder.Read($"App/bin/Debug/net10.0/data/{name}"));
        }

        StringAssert.Contains(
            Folder.Dotnet("App", "msbuild", "-t:ModelTrackStatus", "-getTargetResult:ModelTrackStatus").Succeeds().Output, $"\"ContentPath\": \"{Folder["App/odd%41.bin"]}\"", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_folder_that_a_producer_makes_is_in_the_output_of_that_build()
    {
        Folder.WithApp("""
            <ItemGroup><TrackedArtifact Include="out/model" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>
            <Target Name="Train" AfterTargets="ModelTrackProduce">
              <MakeDir Directories="out/model" />
              <WriteLinesToFile File="out/model/weights.txt" Lines="$([System.IO.File]::ReadAllText('$(MSBuildProjectDirectory)/seed.txt').Trim())" Overwrite="true" />
              <Touch Files="out/model/weights.txt" Time="2020-01-01T00:00:00Z" />
            </Target>
            """);
        foreach (var seed in (string[])["1", "2", "1"])
        {
            Folder.Write("App/seed.txt", seed);
            Folder.Build().Succeeds().Says("saved out/model");
            Assert.AreEqual(seed, Folder.Read("App/bin/Debug/net10.0/out/model/weights.txt").Trim());
        }
    }

    [TestMethod]
    public void A_path_can_be_tracked_by_a_save_alone()
    {
        WithData("").Build("-t:ModelTrackSave", "-p:ModelTrackArtifacts=data/raw").Succeeds().Says("saved data/raw");

        CollectionAssert.AreEqual((string[])["data/raw"], Identities(Folder.Evaluate("-getItem:TrackedArtifact", "-getItem:Compile"), "TrackedArtifact"));
        Folder.Build().Succeeds();
    }
}
