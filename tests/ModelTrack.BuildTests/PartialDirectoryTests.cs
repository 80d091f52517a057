using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>Bulk data of which a clone has a part, through real builds.</summary>
[TestClass]
public sealed class PartialDirectoryTests : BuildTest
{
    private const string Bulk = """<ItemGroup><TrackedArtifact Include="data/raw" RestoreOnBuild="false" /></ItemGroup>""";

    [TestMethod]
    public void A_clone_takes_a_part_adds_to_it_and_pushes_without_the_rest()
    {
        Folder.WithApp(Bulk, "<ModelTrackRemote>../remote</ModelTrackRemote>");
        foreach (var file in (string[])["a/1.csv", "a/2.csv", "b/3.csv"]) Folder.Write($"App/data/raw/{file}", file);
        Folder.Build("-p:ModelTrackPushOnBuild=true").Succeeds();
        Directory.Delete(Folder["App/data/raw"], recursive: true);
        Directory.Delete(Folder[".data"], recursive: true);
        Directory.Delete(Folder["App/obj/modeltrack"], recursive: true);

        Folder.Build("-t:ModelTrackRestore", "-p:ModelTrackArtifacts=data/raw/a/").Succeeds().Says("restored 2 files, 14 B of data/raw");
        Folder.Write("App/data/raw/a/new.csv", "new").Build("-p:ModelTrackPushOnBuild=true").Succeeds().Says("1 file of it not restored here").Says("pushed data/raw (4 files");
        Assert.IsFalse(Folder.Exists("App/data/raw/b/3.csv"));
        Folder.Build("-t:ModelTrackStatus").Succeeds().Says("in part: 3 of 4 files here");

        Directory.Delete(Folder[".data"], recursive: true);
        Folder.Build("-t:ModelTrackRestore").Succeeds();
        Assert.AreEqual("b/3.csv", Folder.Read("App/data/raw/b/3.csv"));
        Assert.AreEqual("new", Folder.Read("App/data/raw/a/new.csv"));
    }
}
