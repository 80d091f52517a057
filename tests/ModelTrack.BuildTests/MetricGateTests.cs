using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>A build that lets only good models through.</summary>
[TestClass]
public sealed class MetricGateTests : BuildTest
{
    private const string Model = """<ItemGroup><TrackedArtifact Include="m.bin" Metrics="metrics.json" /></ItemGroup>""";

    [TestMethod]
    public void A_model_that_is_not_good_enough_fails_the_build_before_anything_is_pushed()
    {
        Folder.WithApp(Model, "<ModelTrackRequireMetric>eval.accuracy &gt;= 0.90|not worse than prod</ModelTrackRequireMetric><ModelTrackRemote>../remote</ModelTrackRemote><ModelTrackPushOnBuild>true</ModelTrackPushOnBuild>")
            .Write(".gitignore", "obj/\nbin/\n.data/\n*.binlog\nremote/\n").Write("App/m.bin", "good").Write("App/metrics.json", """{"eval":{"accuracy":0.95},"loss":0.1}""");
        Folder.Git("", "init", "-qb", "prod");
        Folder.Git("", "commit", "-qm", "empty", "--allow-empty");
        Folder.Build().Succeeds().Says("pushed m.bin").Says("compared nothing");
        StringAssert.Contains(Folder.Read("App/m.bin.track"), "\"eval.accuracy\": 0.95", StringComparison.Ordinal);
        Folder.Git("", "add", "-A");
        Folder.Git("", "commit", "-qm", "good");

        Folder.Write("App/m.bin", "bad").Write("App/metrics.json", """{"eval":{"accuracy":0.85},"loss":0.2}""");
        Folder.Build().FailsWith("MT5921", "MT5923").Says("'m.bin' has eval.accuracy 0.85, which is not >= 0.9").Says("loss 0.2, worse than 0.1 at prod (lower is better)").DoesNotSay("pushed m.bin");

        Folder.Build("-p:ModelTrackRequireMetric=accuracy > x").FailsWith("MT5920");
    }
}
