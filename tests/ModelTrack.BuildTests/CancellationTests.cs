using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>Ctrl-C in the middle of long work.</summary>
[TestClass]
public sealed class CancellationTests : BuildTest
{
    /// <summary>A busy machine is ten times slower than a quiet one, where it takes a few tenths of a second.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    [TestMethod]
    public void An_interrupted_save_ends_at_once_and_leaves_nothing_half_written()
    {
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="big.bin" /></ItemGroup>""");
        // All zeros and no blocks: long to read, nothing to store on this disk while it is read.
        using (var big = File.Create(Folder["App/big.bin"]))
        {
            big.SetLength(4L << 30);
        }

        Interrupt("SaveTrackedArtifacts");

        Assert.IsFalse(Folder.Exists("App/big.bin.track"));
        Assert.AreEqual(4L << 30, new FileInfo(Folder["App/big.bin"]).Length);

        using (var big = File.OpenWrite(Folder["App/big.bin"]))
        {
            big.SetLength(10);
        }

        Folder.Build().Succeeds().Says("saved big.bin");
    }

    [TestMethod]
    public void An_interrupted_push_and_an_interrupted_restore_end_at_once_and_the_next_build_goes_on()
    {
        var remote = $"-p:ModelTrackRemote={Folder["remote"]}";
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="big.bin" /></ItemGroup>""");
        var hash = WriteNoise(Folder["App/big.bin"], megabytes: 320);
        Folder.Build().Succeeds();

        Interrupt("PushTrackedArtifacts", remote, "-p:ModelTrackPushOnBuild=true");
        Assert.IsEmpty(FilesIn("remote/manifests"), "an interrupted push is no push");
        Assert.IsFalse(FilesIn("remote").Any(f => Path.GetFileName(f).Contains('~', StringComparison.Ordinal)), "a half-written pack");
        Folder.Build(remote, "-p:ModelTrackPushOnBuild=true").Succeeds().Says("pushed big.bin");

        // From the remote to the store.
        File.Delete(Folder["App/big.bin"]);
        Directory.Delete(Folder[".data"], recursive: true);
        Interrupt("RestoreTrackedArtifacts", remote);
        AssertAbsentOrWhole(hash);
        Folder.Build(remote).Succeeds();
        AssertAbsentOrWhole(hash, mayBeAbsent: false);

        // From the store to the workspace.
        File.Delete(Folder["App/big.bin"]);
        Interrupt("RestoreTrackedArtifacts", remote);
        AssertAbsentOrWhole(hash);
        Folder.Build(remote).Succeeds();
        AssertAbsentOrWhole(hash, mayBeAbsent: false);
        Assert.IsFalse(Directory.Exists(Folder["App/.modeltrack"]));
    }

    /// <summary>Builds, and presses Ctrl-C a moment after the task began.</summary>
    private void Interrupt(string task, params string[] arguments)
    {
        // Whoever runs the tests in the background may have them ignore the signal, and children inherit that.
        using var build = new Process
        {
            StartInfo = Command.Prepare(
                "env",
                ["--default-signal=INT", "dotnet", "build", "--no-restore", "-v:d", .. Scratch.FastCompilation, .. arguments],
                Folder["App"],
                Scratch.Environment(Folder.Path)),
        };
        var working = new TaskCompletionSource();
        var said = new System.Text.StringBuilder();
        build.OutputDataReceived += (_, line) =>
        {
            lock (said) said.Append(line.Data).Append('\n');
            if (line.Data?.Contains($"Task \"{task}\"", StringComparison.Ordinal) == true) working.TrySetResult();
        };
        build.Start();
        build.BeginOutputReadLine();
        build.BeginErrorReadLine();
        Assert.IsTrue(working.Task.Wait(TimeSpan.FromMinutes(3)), $"{task} never began.");
        Thread.Sleep(200);

        using var kill = Process.Start("kill", ["-INT", build.Id.ToString(CultureInfo.InvariantCulture)]);
        var clock = Stopwatch.StartNew();
        Assert.IsTrue(build.WaitForExit(TimeSpan.FromMinutes(2)), $"{task} went on.");
        var took = clock.Elapsed;
        build.WaitForExit();
        kill.WaitForExit();
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{task}: ended {took.TotalMilliseconds:0} ms after the signal, exit code {build.ExitCode}"));
        lock (said)
        {
            Assert.AreNotEqual(0, build.ExitCode, $"{task} was over before it was interrupted.\n{said}");
            Assert.IsFalse(said.ToString().Contains("MSB4018", StringComparison.Ordinal), said.ToString());
        }

        Assert.IsLessThan(s_limit, took);
    }

    private static byte[] WriteNoise(string path, int megabytes)
    {
        var bytes = new byte[1_000_000];
        using var file = File.Create(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < megabytes; i++)
        {
            Random.Shared.NextBytes(bytes);
            file.Write(bytes);
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset();
    }

    private void AssertAbsentOrWhole(byte[] hash, bool mayBeAbsent = true)
    {
        if (mayBeAbsent && !Folder.Exists("App/big.bin")) return;
        using var file = File.OpenRead(Folder["App/big.bin"]);
        CollectionAssert.AreEqual(hash, SHA256.HashData(file));
    }

    private string[] FilesIn(string folder) => Directory.Exists(Folder[folder]) ? Directory.GetFiles(Folder[folder], "*", SearchOption.AllDirectories) : [];
}
