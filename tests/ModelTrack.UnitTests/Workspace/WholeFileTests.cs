using ModelTrack.Content;

namespace ModelTrack.UnitTests.Workspace;

[TestClass]
public sealed class WholeFileTests
{
    [TestMethod]
    public void It_is_there_with_its_content_and_one_that_is_there_stays()
    {
        using var folder = new TempFolder();
        var path = folder.At("a file");

        WholeFile.Create(path, "one"u8);
        WholeFile.Create(path, "two"u8);

        Assert.AreEqual("one", File.ReadAllText(path));
    }

    [TestMethod]
    public void A_folder_that_is_not_there_is_an_io_failure() =>
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => WholeFile.Create(Path.Combine(Path.GetTempPath(), "no", "such", "folder"), "x"u8));
}
