using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>What keeps a build cheap that has nothing to do; how cheap it is is for the benchmark to say.</summary>
[TestClass]
public sealed class NoOpTests : BuildTest
{
    [TestMethod]
    public void Nothing_of_ModelTrack_is_left_for_the_JIT()
    {
        // A package for another kind of system has the portable assembly only.
        if (!Directory.Exists(Path.Combine(Scratch.PackageFolder, "tasks", "linux-x64"))) return;

        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="models/a.onnx;models/b.onnx" CopyToOutputDirectory="PreserveNewest" /></ItemGroup>""");
        Folder.Write("App/models/a.onnx", "a").Write("App/models/b.onnx", "b");
        Folder.Git(".", "init", "-q");
        Folder.Build().Succeeds();
        // Time stamps that are too young to trust make the next build look twice.
        foreach (var file in Directory.GetFiles(Folder["App/models"])) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-1));
        Folder.Build().Succeeds();

        var list = Folder["jit.txt"];
        Folder.Dotnet(
            "App",
            ["build", "--no-restore", .. Scratch.FastCompilation],
            new Dictionary<string, string?> { ["DOTNET_JitStdOutFile"] = list, ["DOTNET_JitDisasmSummary"] = "1" }).Succeeds();

        var compiled = File.ReadAllLines(list).Where(line => line.Contains("ModelTrack.", StringComparison.Ordinal)).ToArray();
        Assert.IsNotEmpty(File.ReadAllLines(list), "The runtime no longer lists what it compiles.");
        // One or two may come with another version of the runtime; async methods, or generics over our own values, come by the dozen.
        Assert.IsLessThan(6, compiled.Length, string.Join('\n', compiled));
    }
}
