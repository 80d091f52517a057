using System.Globalization;
using ModelTrack.Storage.Transports;
using static ModelTrack.StorageTests.Remote.RemoteBed;

namespace ModelTrack.StorageTests.Remote;

/// <summary>
/// The budgets on a real folder, with what was counted in the test's output. MODELTRACK_TEST_LARGE=1 takes the sizes that the budgets speak of;
/// without it they are a tenth.
/// </summary>
[TestClass]
public sealed class FolderBudgetTests
{
    private static readonly int s_part = Environment.GetEnvironmentVariable("MODELTRACK_TEST_LARGE") == "1" ? 1 : 10;

    public required TestContext TestContext { get; set; }

    [TestMethod]
    public async Task One_byte_in_500_MB_and_a_push_of_nothing()
    {
        await using var bed = new RemoteBed();
        await using var folder = Folder(bed);
        var one = bed.NewMachine(folder);
        var bytes = Noise(500_000_000 / s_part, 1);
        var first = await one.SaveAsync(bytes);
        await one.PushAsync(first);
        bytes[bytes.Length / 3] ^= 1;
        var second = await one.SaveAsync(bytes);

        folder.Reset();
        await one.PushAsync(second, first);
        Tell("one byte changed", folder);
        Assert.IsLessThan(200_000, folder.BytesSent);

        folder.Reset();
        Assert.IsTrue((await one.PushAsync(second, first)).AlreadyThere);
        Tell("nothing changed", folder);
        Assert.AreEqual(1, folder.Requests());

        await bed.NewMachine(folder).PullAsync(second);
    }

    [TestMethod]
    public async Task A_hundred_thousand_small_files_and_one_more()
    {
        await using var bed = new RemoteBed();
        await using var folder = Folder(bed);
        var one = bed.NewMachine(folder);
        var files = Enumerable.Range(0, 100_000 / s_part)
            .Select(i => (Path: string.Create(CultureInfo.InvariantCulture, $"data/{i / 1000}/{i:000000}.bin"), Bytes: Noise(1024, i))).ToList();
        var first = await one.SaveAsync(files);
        await one.PushAsync(first);
        Tell("all files", folder);
        Assert.IsLessThan(50, (int)folder.Requests());

        files.Add(("data/7/new.bin", Noise(1024, -1)));
        var second = await one.SaveAsync(files);
        folder.Reset();
        await one.PushAsync(second, first);
        Tell("one file added", folder);
        Assert.IsLessThan(300_000, folder.BytesSent);

        folder.Reset();
        Assert.IsTrue((await one.PushAsync(second, first)).AlreadyThere);
        Assert.AreEqual(1, folder.Requests());

        folder.Reset();
        await bed.NewMachine(folder).PullAsync(second);
        Tell("fresh pull", folder);
    }

    [TestMethod]
    public async Task A_fresh_pull_of_version_50_of_a_model()
    {
        await using var bed = new RemoteBed();
        await using var folder = Folder(bed);
        var one = bed.NewMachine(folder);
        var random = new Random(50);
        var bytes = Noise(100_000_000 / s_part, 2);
        var first = await one.SaveAsync(bytes);
        await one.PushAsync(first);
        var before = first;
        for (var version = 2; version <= 50; version++)
        {
            // A layer of 2 %, and a few scattered rows.
            random.NextBytes(bytes.AsSpan(random.Next(bytes.Length - (bytes.Length / 50)), bytes.Length / 50));
            for (var i = 0; i < 5; i++) random.NextBytes(bytes.AsSpan(random.Next(bytes.Length - 500), 500));
            var next = await one.SaveAsync(bytes);
            await one.PushAsync(next, before);
            before = next;
        }

        folder.Reset();
        await bed.NewMachine(folder).PullAsync(first);
        Tell("pull of version 1", folder);
        var oldest = folder.BytesReceived;
        folder.Reset();
        await bed.NewMachine(folder).PullAsync(before);
        Tell("pull of version 50", folder);
        Assert.IsLessThanOrEqualTo(1.5, (double)folder.BytesReceived / oldest);
    }

    private static CountingTransport Folder(RemoteBed bed) => new(new FileTransport(bed.Folder("remote")));

    private void Tell(string what, CountingTransport folder) => TestContext.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{what}: {folder.BytesSent / 1e6:0.000} MB sent, {folder.BytesReceived / 1e6:0.000} MB received, {folder.Requests()} requests"));
}
