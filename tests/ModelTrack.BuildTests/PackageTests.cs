using System.IO.Compression;
using System.Xml.Linq;
using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>The package as it lies in the feed.</summary>
[TestClass]
public sealed class PackageTests : BuildTest
{
    [TestMethod]
    public void It_holds_exactly_the_files_of_the_list()
    {
        using var package = ZipFile.OpenRead(Scratch.PackageFile);
        var files = package.Entries.Select(e => e.FullName)
            .Where(name => !name.StartsWith("_rels/", StringComparison.Ordinal) && !name.StartsWith("package/", StringComparison.Ordinal) && name != "[Content_Types].xml")
            .Order(StringComparer.Ordinal);

        Assert.AreEqual(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "PackageFiles.txt")).Trim(), string.Join('\n', files));
    }

    [TestMethod]
    public void It_is_an_SDK_and_a_development_dependency_with_no_dependency_of_its_own()
    {
        using var package = ZipFile.OpenRead(Scratch.PackageFile);
        using var stream = package.GetEntry("ModelTrack.Sdk.nuspec")!.Open();
        var metadata = XDocument.Load(stream).Root!.Elements().Single(e => e.Name.LocalName == "metadata");

        CollectionAssert.AreEquivalent((string[])["MSBuildSdk", "Dependency"], metadata.Descendants().Where(e => e.Name.LocalName == "packageType").Select(e => e.Attribute("name")!.Value).ToArray());
        Assert.AreEqual("true", metadata.Elements().Single(e => e.Name.LocalName == "developmentDependency").Value);
        Assert.IsFalse(metadata.Descendants().Any(e => e.Name.LocalName == "dependency"));
        Assert.AreEqual("README.md", metadata.Elements().Single(e => e.Name.LocalName == "readme").Value);
        Assert.AreEqual("MIT", metadata.Elements().Single(e => e.Name.LocalName == "license").Value);
    }

    [TestMethod]
    public void Two_packs_are_equal_byte_for_byte()
    {
        Command.Run("dotnet",
            ["pack", Path.Combine(Scratch.RepositoryRoot, "src/ModelTrack.Sdk"), "--no-build", "--no-restore", "-c", Scratch.Configuration, "-o", Folder.Path, "-nologo", "-v:q"],
            Scratch.RepositoryRoot, Scratch.Environment(Folder.Path)).Succeeds();

        CollectionAssert.AreEqual(File.ReadAllBytes(Scratch.PackageFile), File.ReadAllBytes(Folder[Path.GetFileName(Scratch.PackageFile)]));
    }
}
