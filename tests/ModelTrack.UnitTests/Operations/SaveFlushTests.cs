using ModelTrack.Diagnostics;

namespace ModelTrack.UnitTests.Operations;

/// <summary>Sets the process's fail points, so it runs alone.</summary>
[TestClass]
[DoNotParallelize]
public sealed class SaveFlushTests
{
    [TestCleanup]
    public void Unset() => FailPoint.Handler = null;

    [TestMethod]
    [Rule("The store 6")]
    [DataRow("m.bin")]
    [DataRow("data")]
    public async Task Contents_are_flushed_before_a_pointer_names_them(string name)
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write("m.bin", "v1");
        ada.Write("data/small", "v1");
        ada.Write("data/large", new byte[100_000]);
        string[] wanted = ["store.flush.files", "store.flush.directories", "pointer.write.written", "pointer.write.renamed"];
        var points = new List<(string Name, bool HasPointer)>();
        FailPoint.Handler = point =>
        {
            lock (points) if (wanted.Contains(point)) points.Add((point, File.Exists(ada.PathOf(name) + ".track")));
        };
        await ada.SucceedAsync(ada.SaveAsync(name));

        CollectionAssert.AreEqual(wanted, points.ConvertAll(point => point.Name));
        CollectionAssert.AreEqual(new[] { false, false, false, true }, points.ConvertAll(point => point.HasPointer));
    }
}
