using ModelTrack.FaultTests.Support;
using ModelTrack.UnitTests.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.FaultTests;

/// <summary>What whole verbs cost at a server, and what they hold open.</summary>
[TestClass]
public sealed class ServedScaleTests
{
    /// <summary>Contents under way are at most 256, each a file; the runtime, the connections and the store hold some 100 more.</summary>
    private const int OpenFiles = 512;

    public required TestContext TestContext { get; set; }

    [TestMethod]
    [DataRow("http")]
    [DataRow("s3")]
    public async Task A_push_from_a_clone_of_depth_1_with_an_empty_store_sends_little(string kind)
    {
        await using var remote = await ServedRemote.StartAsync(kind);
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write(".gitignore", "*.bin\nobj/\n");
        var bytes = ServedRemote.Noise(50_000_000, 3);
        ada.Write("m.bin", bytes);
        await remote.RunAsync(ada, "save", "m.bin");
        await remote.RunAsync(ada, "push", "m.bin");
        GitSandbox.CommitAll(ada.Project, "one");

        var ben = team.NewMachine("ben", git: false);
        GitSandbox.Run(ben.Project, "clone", "-q", "--depth=1", new Uri(ada.Project).AbsoluteUri, ".");
        Assert.AreEqual("true", GitSandbox.Run(ben.Project, "rev-parse", "--is-shallow-repository"));
        await remote.RunAsync(ben, "restore", "m.bin");
        Directory.Delete(ben.Store, recursive: true);
        bytes[20_000_000] ^= 1;
        ben.Write("m.bin", bytes);
        await remote.RunAsync(ben, "save", "m.bin");
        remote.Server.Forget();
        await remote.RunAsync(ben, "push", "m.bin");
        TestContext.WriteLine($"{remote.Server.BytesReceived} bytes came, {remote.Server.BytesSent} went, {remote.Server.Requests()} requests");
        Assert.IsLessThan(1_000_000, remote.Server.BytesReceived);

        var eve = team.NewMachine("eve");
        eve.TakePointer("m.bin", ben);
        await remote.RunAsync(eve, "restore", "m.bin");
        Assert.AreEqual(ServedRemote.Hash(ben.PathOf("m.bin")), ServedRemote.Hash(eve.PathOf("m.bin")));
    }

    [TestMethod]
    public async Task A_push_and_a_pull_of_many_files_hold_few_of_them_open()
    {
        await using var remote = await ServedRemote.StartAsync("http");
        using var team = new Team();
        var ada = team.NewMachine("ada");
        for (var i = 0; i < 1200; i++) ada.Write($"data/large/{i % 10}/{i}.bin", ServedRemote.Noise(66_000, i));
        for (var i = 0; i < 3000; i++) ada.Write($"data/small/{i % 10}/{i}.bin", ServedRemote.Noise(200, i));
        await BoundedAsync(remote, ada, "save");
        await BoundedAsync(remote, ada, "push");

        var ben = team.NewMachine("ben");
        ben.TakePointer("data", ada);
        await BoundedAsync(remote, ben, "restore");
        Assert.HasCount(4200, Directory.GetFiles(ben.PathOf("data"), "*", SearchOption.AllDirectories));
    }

    /// <summary>The system refuses more; what was seen is told.</summary>
    private async Task BoundedAsync(ServedRemote remote, Machine machine, string verb)
    {
        using var host = remote.Start(machine, verb, ["data"], ["prlimit", $"--nofile={OpenFiles}:{OpenFiles}"]);
        var ending = host.EndAsync();
        var most = 0;
        while (!ending.IsCompleted)
        {
            try
            {
                most = Math.Max(most, Directory.GetFiles($"/proc/{host.Id}/fd").Length);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has just ended.
            }

            await Task.WhenAny(ending, Task.Delay(5));
        }

        var outcome = await ending;
        TestContext.WriteLine($"{verb}: at most {most} open files were seen");
        Assert.AreEqual(0, outcome.ExitCode, outcome.ToString());
        Assert.IsLessThan(OpenFiles, most);
    }
}
