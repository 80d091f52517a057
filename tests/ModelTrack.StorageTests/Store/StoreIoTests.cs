using ModelTrack.Storage.Store;
using ModelTrack.StorageTests.Support;

namespace ModelTrack.StorageTests.Store;

[TestClass]
public sealed class StoreIoTests
{
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void A_missing_folder_is_made_whatever_dotnet_calls_it(bool saysFile)
    {
        using var folder = new TestFolder();
        var path = Path.Combine(folder.Path, "ab", "file");
        var calls = 0;

        // A process that makes the folder between the failed rename and the look at the cause leaves "no such file" to be said.
        var opened = StoreIo.InFolder(path, path => ++calls == 1
            ? throw (saysFile ? new FileNotFoundException() : new DirectoryNotFoundException())
            : Directory.Exists(Path.GetDirectoryName(path)));

        Assert.IsTrue(opened);
    }

    [TestMethod]
    public void What_is_missing_for_good_says_so()
    {
        using var folder = new TestFolder();

        Assert.ThrowsExactly<FileNotFoundException>(() => StoreIo.Rename(Path.Combine(folder.Path, "none"), Path.Combine(folder.Path, "ab", "file")));
    }

    [TestMethod]
    public void Many_that_make_one_folder_at_once_all_succeed()
    {
        using var folder = new TestFolder();
        for (var round = 0; round < 200; round++)
        {
            var target = Path.Combine(folder.Path, $"{round}", "file");
            Parallel.For(0, 4, i =>
            {
                var temp = Path.Combine(folder.Path, $"{round}-{i}");
                File.WriteAllText(temp, "same");
                StoreIo.Rename(temp, target);
            });
            Assert.AreEqual("same", File.ReadAllText(target));
        }
    }
}
