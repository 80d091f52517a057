using System.Diagnostics;
using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>Real builds that end by kill -9 while the task works. The fault tests do the same to a host, many more times.</summary>
[TestClass]
public sealed class KilledBuildTests : BuildTest
{
    private const string Model = "App/models/m.onnx";
    private const int Kills = 3;

    [TestMethod]
    [DataRow("SaveTrackedArtifacts")]
    [DataRow("PushTrackedArtifacts")]
    [DataRow("FetchTrackedArtifacts")]
    [DataRow("RestoreTrackedArtifacts")]
    public void A_build_killed_in_the_middle_leaves_the_model_whole_and_the_next_one_completes(string task)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MODELTRACK_TEST_SEED"), out var given) ? given : Random.Shared.Next();
        var random = new Random(seed);
        TestContext.WriteLine($"seed {seed}");
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="models/m.onnx" /></ItemGroup>""").Write(".gitignore", "obj/\nbin/\n.data/\n");
        Folder.Git(".", "init", "-q");
        string[] arguments = task == "FetchTrackedArtifacts"
            ? ["-t:ModelTrackFetch", $"-p:ModelTrackRemote={Folder["remote"]}"]
            : [$"-p:ModelTrackRemote={Folder["remote"]}", "-p:ModelTrackPushOnBuild=true"];
        for (var kill = 0; kill < Kills; kill++)
        {
            var content = new byte[20_000_000];
            random.NextBytes(content);
            Directory.CreateDirectory(Folder["App/models"]);
            File.WriteAllBytes(Folder[Model], content);
            var isWanted = task is "FetchTrackedArtifacts" or "RestoreTrackedArtifacts";
            if (isWanted)
            {
                // All of it is at the remote and nothing here.
                Folder.Build($"-p:ModelTrackRemote={Folder["remote"]}", "-p:ModelTrackPushOnBuild=true").Succeeds();
                File.Delete(Folder[Model]);
                Directory.Delete(Folder[".data"], recursive: true);
            }

            KillIn(task, arguments, random.Next(250));

            if (!isWanted || File.Exists(Folder[Model])) CollectionAssert.AreEqual(content, File.ReadAllBytes(Folder[Model]), $"seed {seed}, kill {kill}");
            Folder.Build(arguments).Succeeds();
            Folder.Build($"-p:ModelTrackRemote={Folder["remote"]}").Succeeds();
            CollectionAssert.AreEqual(content, File.ReadAllBytes(Folder[Model]), $"seed {seed}, kill {kill}");
            StringAssert.Contains(Folder.Read(Model + ".track"), Folder.Sha256(Model), StringComparison.Ordinal);
        }
    }

    private void KillIn(string task, string[] arguments, int milliseconds)
    {
        using var build = new Process
        {
            StartInfo = Command.Prepare(
                "dotnet", ["build", "--no-restore", "-v:d", "-m:1", .. Scratch.FastCompilation, .. arguments], Folder["App"], Scratch.Environment(Folder.Path)),
        };
        var working = new TaskCompletionSource();
        build.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains($"Task \"{task}\"", StringComparison.Ordinal) == true) working.TrySetResult();
        };
        build.Start();
        build.BeginOutputReadLine();
        build.BeginErrorReadLine();
        Assert.IsTrue(working.Task.Wait(TimeSpan.FromMinutes(3)), $"{task} never began.");
        Thread.Sleep(milliseconds);
        build.Kill();
        build.WaitForExit();
    }
}
