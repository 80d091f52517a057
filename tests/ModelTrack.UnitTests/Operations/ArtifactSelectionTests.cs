using ModelTrack.Diagnostics;
using ModelTrack.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Operations;

[TestClass]
public sealed class ArtifactSelectionTests
{
    [TestMethod]
    [DataRow("models/a.bin", "models/a.bin")]
    [DataRow("models/a.bin.track", "models/a.bin")]
    [DataRow("models\\a.bin", "models/a.bin")]
    [DataRow("data/raw/", "data/raw")]
    [DataRow("./data/raw", "data/raw")]
    [DataRow("models", "models/a.bin models/sub/b.onnx")]
    [DataRow("models/*", "models/a.bin")]
    [DataRow("**/*.onnx", "models/sub/b.onnx")]
    [DataRow("**/*", "data/raw models/a.bin models/sub/b.onnx")]
    public void A_path_a_pointer_a_folder_or_a_glob_selects(string pattern, string expected)
    {
        var selected = ArtifactSelection.Select(Items("data/raw", "models/a.bin", "models/sub/b.onnx"), Options(pattern));
        Assert.AreEqual(expected, string.Join(' ', selected.Select(a => a.DisplayName)));
    }

    [TestMethod]
    public void A_full_path_selects_and_two_patterns_select_once()
    {
        var selected = ArtifactSelection.Select(Items("a", "b"), Options(Full("a"), "*", "b"));
        Assert.AreEqual("a b", string.Join(' ', selected.Select(a => a.DisplayName)));
    }

    [TestMethod]
    public void A_pattern_that_selects_nothing_is_an_error_that_names_what_there_is()
    {
        var error = Assert.ThrowsExactly<ModelTrackException>(() => ArtifactSelection.Select(Items("a", "b"), Options("c*")));
        Assert.AreEqual("MT5501", error.Code);
        StringAssert.Contains(error.Message, "a, b", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_save_adds_what_is_there_and_not_tracked()
    {
        using var folder = new TempFolder();
        folder.Write("data/raw/x.csv", "1");
        var options = Options("data/raw/") with { ProjectDirectory = folder.Path };
        var added = ArtifactSelection.SelectOrAdd([], options).Single();
        Assert.AreEqual("data/raw", added.DisplayName);
        Assert.AreEqual(folder["data", "raw"], added.FullPath);
        Assert.AreEqual("MT5501", Assert.ThrowsExactly<ModelTrackException>(() => ArtifactSelection.SelectOrAdd([], options with { Artifacts = ["nowhere"] })).Code);
    }

    [TestMethod]
    public void An_artifact_inside_another_is_refused_and_a_neighbour_with_a_common_start_is_not()
    {
        Assert.HasCount(4, ArtifactSelection.Select(Items("data", "data-2/x", "data.bin", "datax"), Options()));
        var error = Assert.ThrowsExactly<ModelTrackException>(() => ArtifactSelection.Select(Items("data", "data-2", "data/raw/x"), Options()));
        Assert.AreEqual("MT5502", error.Code);
    }

    private static string Full(string name) => Path.GetFullPath(name, Path.GetTempPath());

    private static List<TrackedArtifact> Items(params string[] names) =>
        [.. names.Select(n => new TrackedArtifact { FullPath = Full(n), DisplayName = n })];

    private static OperationOptions Options(params string[] artifacts) => new()
    {
        ProjectDirectory = Path.GetTempPath(),
        ProjectFile = "p.csproj",
        IntermediateDirectory = Path.GetTempPath(),
        Artifacts = artifacts,
    };
}
