using ModelTrack.Content;
using ModelTrack.Workspace;

namespace ModelTrack.UnitTests.Workspace;

/// <summary>What other systems run, run here too.</summary>
[TestClass]
[DoNotParallelize]
public sealed class PortableWaysTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly bool _native = OperatingSystem.IsLinux() && LinuxFiles.IsAvailable;

    public PortableWaysTests() => SetNative(false);

    public TestContext TestContext { get; set; } = null!;

    public void Dispose()
    {
        SetNative(_native);
        _folder.Dispose();
    }

    private static void SetNative(bool native)
    {
        if (OperatingSystem.IsLinux()) LinuxFiles.IsAvailable = native;
    }

    [TestMethod]
    public async Task A_directory_placed_and_scanned_the_portable_way_is_the_same()
    {
        var root = _folder.At("d");
        var id = new ContentId(Sha256Hash.Of("abc"u8), 3);
        using (var placement = new FilePlacer(new PlacementOptions { Root = _folder.Path }).Begin(root, isDirectory: true))
        {
            foreach (var path in new[] { "a", "b/c", "b/ü d/e" }) placement.Place(path, "abc"u8, id, path == "a", null);
            placement.PlaceEmptyDirectory("none/here");
            placement.Complete();
        }

        var portable = await WorkspaceScanner.ScanAsync(root, null, new ScanOptions { Root = _folder.Path }, TestContext.CancellationTokenSource.Token);
        SetNative(_native);
        var native = await WorkspaceScanner.ScanAsync(root, null, new ScanOptions { Root = _folder.Path }, TestContext.CancellationTokenSource.Token);

        Assert.AreEqual(native.Identity, portable.Identity);
        Assert.AreEqual(3, portable.Files);
        CollectionAssert.AreEqual(native.Directory!.ToListing().Entries.ToList(), portable.Directory!.ToListing().Entries.ToList());
        Assert.IsFalse(Directory.Exists(_folder.At(".modeltrack")));
    }

    [TestMethod]
    public async Task Changes_in_place_the_portable_way_keep_every_promise()
    {
        _folder.Write("d/keep", "1");
        _folder.Write("d/gone/x", "2");
        var swap = _folder.Write("d/swap", "3");
        FileStat.TryGet(swap, out var before);
        FileStat.TryGet(_folder.At("d/gone/x"), out var gone);
        var id = new ContentId(Sha256Hash.Of("abc"u8), 3);
        using (var placement = new FilePlacer(new PlacementOptions { Root = _folder.Path }).Begin(_folder.At("d"), isDirectory: true))
        {
            placement.Remove("gone/x", gone);
            var observed = placement.Place("swap", "abc"u8, id, false, before);
            FileStat.TryGet(swap, out var now);
            Assert.AreEqual(now, observed.Stat);
            Assert.AreEqual("MT2010", Assert.ThrowsExactly<Diagnostics.ModelTrackException>(() => placement.Place("swap", "abc"u8, id, false, before)).Code);
            if (!OperatingSystem.IsWindows())
            {
                Directory.CreateSymbolicLink(_folder.At("d/way"), _folder.Path);
                Assert.AreEqual("MT2001", Assert.ThrowsExactly<Diagnostics.ModelTrackException>(() => placement.Place("way/x", "abc"u8, id, false, null)).Code);
                Directory.Delete(_folder.At("d/way"));
            }
        }

        var scan = await WorkspaceScanner.ScanAsync(_folder.At("d"), null, new ScanOptions(), TestContext.CancellationTokenSource.Token);
        CollectionAssert.AreEqual(new[] { "keep", "swap" }, scan.Directory!.Files.Select(f => f.Key).ToArray());
        Assert.IsFalse(Directory.Exists(_folder.At(".modeltrack")));
    }
}
