using System.Text.Json;
using ModelTrack.Diagnostics;
using ModelTrack.Operations;
using ModelTrack.Operations.Pins;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Operations.Pins;

/// <summary>What ModelTrackRequireMetric may say, and how it is judged.</summary>
[TestClass]
public sealed class MetricRequirementTests
{
    [TestMethod]
    [DataRow("accuracy >= 0.90", null, "accuracy", ">=", 0.9)]
    [DataRow("eval.f1>.5", null, "eval.f1", ">", 0.5)]
    [DataRow(" loss <= 1e-3 ", null, "loss", "<=", 0.001)]
    [DataRow("delta < -2", null, "delta", "<", -2.0)]
    [DataRow("classes == 12", null, "classes", "==", 12.0)]
    [DataRow("models/a b.bin: accuracy >= 1", "models/a b.bin", "accuracy", ">=", 1.0)]
    public void A_bound_is_read(string text, string? scope, string metric, string op, double bound)
    {
        var requirement = MetricRequirement.Parse(text);
        Assert.AreEqual((scope, metric, op, bound), (requirement.Scope, requirement.Metric, requirement.Operator, requirement.Bound));
        Assert.IsNull(requirement.Revision);
    }

    [TestMethod]
    [DataRow("not worse than origin/prod", null, null, "origin/prod", null)]
    [DataRow("accuracy not worse than v1.0", null, "accuracy", "v1.0", null)]
    [DataRow("score not  worse than HEAD~2 lower", null, "score", "HEAD~2", true)]
    [DataRow("loss not worse than prod higher", null, "loss", "prod", false)]
    [DataRow("m/*.bin: not worse than prod", "m/*.bin", null, "prod", null)]
    public void A_comparison_is_read(string text, string? scope, string? metric, string revision, bool? lower)
    {
        var requirement = MetricRequirement.Parse(text);
        Assert.AreEqual((scope, metric, revision, lower), (requirement.Scope, requirement.Metric, requirement.Revision, requirement.LowerIsBetter));
        Assert.IsNull(requirement.Operator);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("accuracy")]
    [DataRow("accuracy => 0.9")]
    [DataRow("accuracy >= high")]
    [DataRow("accuracy >= 0,9")]
    [DataRow("accuracy >= 0.9 percent")]
    [DataRow("accuracy = 0.9")]
    [DataRow("not worse than")]
    [DataRow("not worse than prod lower")]
    [DataRow("accuracy not worse than prod sideways")]
    [DataRow("accuracy >= 0.9; loss <= 1")]
    public void Anything_else_is_refused(string text) =>
        Assert.AreEqual("MT5920", Assert.Throws<ModelTrackException>(() => MetricRequirement.Parse(text)).Code);

    [TestMethod]
    [DataRow("loss", true)]
    [DataRow("eval.loss", true)]
    [DataRow("evalLoss", true)]
    [DataRow("val_rmse", true)]
    [DataRow("error-rate", true)]
    [DataRow("accuracy", false)]
    [DataRow("lossless", false)]
    [DataRow("terror", false)]
    public void A_metric_s_name_tells_which_way_is_better(string metric, bool lower) =>
        Assert.AreEqual(lower, MetricRequirement.Parse("not worse than prod").IsLowerBetter(metric));

    private static Dictionary<string, double> Metrics(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')).ToDictionary(p => p[0], p => double.Parse(p[1], System.Globalization.CultureInfo.InvariantCulture));

    [TestMethod]
    [DataRow("a >= 0.9", "a=0.9", "")]
    [DataRow("a > 0.9", "a=0.9", "MT5921")]
    [DataRow("a <= 0.9", "a=0.91", "MT5921")]
    [DataRow("a < 0.9", "a=0.89", "")]
    [DataRow("a == 1", "a=1", "")]
    [DataRow("b >= 0.9", "a=1", "MT5922")]
    public void A_bound_is_judged(string requirement, string mine, string codes) =>
        Assert.AreEqual(codes, string.Join(' ', MetricGate.Judge(MetricRequirement.Parse(requirement), [("m", Metrics(mine)), ("other", Metrics(""))]).Select(d => d.Code)));

    [TestMethod]
    [DataRow("not worse than p", "a=1 loss=2", "a=1 loss=2", "")]
    [DataRow("not worse than p", "a=0.9 loss=3", "a=1 loss=2", "MT5923 MT5923")]
    [DataRow("not worse than p", "a=2 new=0", "a=1 gone=2", "")]
    [DataRow("not worse than p", "new=0", "a=1", "MT5922")]
    [DataRow("a not worse than p", "a=1 loss=9", "a=1 loss=2", "")]
    [DataRow("a not worse than p lower", "a=2", "a=1", "MT5923")]
    [DataRow("a not worse than p", "b=2", "a=1", "MT5922")]
    [DataRow("a not worse than p", "a=2", "b=1", "")]
    public void A_comparison_is_judged(string requirement, string mine, string others, string codes) =>
        Assert.AreEqual(codes, string.Join(' ', MetricGate.Compare(MetricRequirement.Parse(requirement), "m", Metrics(mine), Metrics(others)).Select(d => d.Code)));

    [TestMethod]
    [DataRow("""{"accuracy":0.910,"eval":{"f1":8.8e-1,"by":{"de":1}},"name":"bert","list":[1],"ok":true,"none":null}""", """{"accuracy":0.910,"eval.f1":8.8e-1,"eval.by.de":1}""")]
    [DataRow("""{"name":"bert"}""", null)]
    [DataRow("\uFEFF{\"a\":1}", """{"a":1}""")]
    public void A_metrics_file_gives_its_numbers_as_they_are_written(string text, string? expected)
    {
        using var folder = new TempFolder();
        var file = folder.Write("m.json", text);
        Assert.AreEqual(expected, MetricsFile.Read(new TrackedArtifact { FullPath = "/m", DisplayName = "m", MetricsFile = file })?.GetRawText());
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("[1]")]
    [DataRow("{\"a\":1,}")]
    [DataRow("{\"a\":1,\"a\":2}")]
    [DataRow("{\"a.b\":1,\"a\":{\"b\":2}}")]
    [DataRow("{\"a\":1e999}")]
    [DataRow(null, DisplayName = "no file")]
    public void A_metrics_file_that_is_none_is_refused(string? text)
    {
        using var folder = new TempFolder();
        var file = text is null ? folder["m.json"] : folder.Write("m.json", text);
        var artifact = new TrackedArtifact { FullPath = "/m", DisplayName = "m", MetricsFile = file };
        Assert.AreEqual("MT5516", Assert.Throws<ModelTrackException>(() => MetricsFile.Read(artifact)).Code);
    }

    [TestMethod]
    public void Numbers_keep_their_text_through_the_pointer()
    {
        using var document = JsonDocument.Parse("""{"a":0.910}""");
        Assert.AreEqual("a 0.910", MetricsText.Of(document.RootElement));
    }
}
