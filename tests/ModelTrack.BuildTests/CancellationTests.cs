using System.Diagnostics;
using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>Ctrl-C in the middle of long work.</summary>
[TestClass]
public sealed class CancellationTests : BuildTest
{
    [TestMethod]
    public void An_interrupted_save_ends_at_once_and_leaves_nothing_half_written()
    {
        Folder.WithApp("""<ItemGroup><TrackedArtifact Include="big.bin" /></ItemGroup>""");
        // All zeros and no blocks: long to read, nothing to store on this disk while it is read.
        using (var big = File.Create(Folder["App/big.bin"]))
        {
            big.SetLength(4L << 30);
        }

        // Whoever runs the tests in the background may have them ignore the signal, and children inherit that.
        using var build = new Process
        {
            StartInfo = Command.Prepare("env", ["--default-signal=INT", "dotnet", "build", "--no-restore", "-v:d", .. Scratch.FastCompilation], Folder["App"], Scratch.Environment(Folder.Path)),
        };
        var saving = new TaskCompletionSource();
        var said = new System.Text.StringBuilder();
        build.OutputDataReceived += (_, line) =>
        {
            lock (said) said.Append(line.Data).Append('\n');
            if (line.Data?.Contains("Task \"SaveTrackedArtifacts\"", StringComparison.Ordinal) == true) saving.TrySetResult();
        };
        build.Start();
        build.BeginOutputReadLine();
        build.BeginErrorReadLine();
        Assert.IsTrue(saving.Task.Wait(TimeSpan.FromMinutes(3)), "The save never began.");
        Thread.Sleep(300);

        Process.Start("kill", ["-INT", build.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]).WaitForExit();

        // Half a minute is for a busy machine; the work itself would take longer still there.
        Assert.IsTrue(build.WaitForExit(TimeSpan.FromSeconds(30)), "It went on.");
        Assert.AreNotEqual(0, build.ExitCode);
        lock (said) Assert.IsFalse(said.ToString().Contains("MSB4018", StringComparison.Ordinal), said.ToString());
        Assert.IsFalse(Folder.Exists("App/big.bin.track"));
        Assert.AreEqual(4L << 30, new FileInfo(Folder["App/big.bin"]).Length);

        using (var big = File.OpenWrite(Folder["App/big.bin"]))
        {
            big.SetLength(10);
        }

        Folder.Build().Succeeds().Says("saved big.bin");
    }
}
