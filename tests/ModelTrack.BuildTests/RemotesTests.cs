using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>Several remotes, by their names, through real builds.</summary>
[TestClass]
public sealed class RemotesTests : BuildTest
{
    private const string Remotes = """
        <Project>
          <PropertyGroup>
            <ModelTrackRemote>cloud</ModelTrackRemote>
            <ModelTrackRestoreFrom>office</ModelTrackRestoreFrom>
          </PropertyGroup>
          <ItemGroup>
            <TrackedRemote Include="cloud" Url="remotes/cloud" />
            <TrackedRemote Include="office" Url="remotes/office" />
          </ItemGroup>
        </Project>
        """;

    [TestMethod]
    public void A_mirror_is_filled_from_the_remote_and_then_serves_restores()
    {
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="m.onnx" /></ItemGroup>""").Write("App/m.onnx", "a model").Write("ModelTrack.props", Remotes);
        Directory.CreateDirectory(Folder["remotes"]);
        Folder.Build("-p:ModelTrackPushOnBuild=true").Succeeds().Says("sent to");
        Assert.IsFalse(Directory.Exists(Folder["remotes/office"]));
        Forget();

        var build = Folder.Build().Succeeds().Says("restored m.onnx");
        Assert.AreEqual("MT5525", build.WarningCodes);

        Folder.Build("-t:ModelTrackPush", "-p:ModelTrackFromRemote=cloud", "-p:ModelTrackRemote=office").Succeeds().Says("copied 1 version of artifacts");
        Directory.Delete(Folder["remotes/cloud"], recursive: true);
        Forget();
        build = Folder.Build().Succeeds().Says("remotes/office");
        Assert.AreEqual("", build.WarningCodes);
        Assert.AreEqual("a model", Folder.Read("App/m.onnx"));
    }

    /// <summary>As on another machine: no content, no store.</summary>
    private void Forget()
    {
        File.Delete(Folder["App/m.onnx"]);
        Directory.Delete(Folder[".data"], recursive: true);
    }
}
