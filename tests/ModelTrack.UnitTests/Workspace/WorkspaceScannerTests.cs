using System.Runtime.InteropServices;
using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Workspace;

namespace ModelTrack.UnitTests.Workspace;

[TestClass]
public sealed class WorkspaceScannerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public TestContext TestContext { get; set; } = null!;

    private Task<ArtifactScan> ScanAsync(string relative, ArtifactScan? before = null, ScanOptions? options = null) =>
        WorkspaceScanner.ScanAsync(
            _folder.At(relative),
            before is null ? null : new ArtifactState { FullPath = _folder.At(relative), File = before.File, Directory = before.Directory },
            options ?? new ScanOptions { Root = _folder.Path },
            TestContext.CancellationTokenSource.Token);

    /// <summary>Puts the times far enough back that the stat can be trusted.</summary>
    private static void Age(string path)
    {
        if (Directory.Exists(path))
        {
            foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)) Age(file);
        }
        else
        {
            File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddTicks(1));
        }
    }

    [TestMethod]
    public async Task Nothing_is_missing()
    {
        var scan = await ScanAsync("models/x.onnx");

        Assert.IsTrue(scan.IsMissing);
        Assert.IsTrue(scan.StateIsCurrent);
    }

    [TestMethod]
    public async Task A_file_is_known_by_its_sha256_and_size()
    {
        _folder.Write("m.bin", "hello");

        var scan = await ScanAsync("m.bin");

        Assert.AreEqual(new ArtifactIdentity(ArtifactKind.File, Sha256Hash.Of("hello"u8), 5), scan.Identity);
        Assert.AreEqual(System.IO.Hashing.XxHash128.HashToUInt128("hello"u8), scan.File!.Value.Xxh128);
        Assert.IsFalse(scan.StateIsCurrent);
        Assert.AreEqual(5, scan.BytesRead);
    }

    [TestMethod]
    public async Task What_the_stat_vouches_for_is_not_read()
    {
        var path = _folder.Write("m.bin", "hello");
        Age(path);
        var first = await ScanAsync("m.bin");

        var second = await ScanAsync("m.bin", first);

        Assert.AreEqual(first.Identity, second.Identity);
        Assert.AreEqual(0, second.BytesRead);
        Assert.IsTrue(second.StateIsCurrent);
        var everything = await ScanAsync("m.bin", first, new ScanOptions { HashEverything = true });
        Assert.AreEqual(5, everything.BytesRead);
    }

    [TestMethod]
    public async Task A_touched_but_equal_file_is_recognised_without_SHA256()
    {
        var path = _folder.Write("m.bin", "hello");
        Age(path);
        var first = await ScanAsync("m.bin");
        File.SetLastWriteTimeUtc(path, new DateTime(2026, 2, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        var options = new ScanOptions { Read = (_, _, _) => throw new AssertFailedException("SHA-256 was asked for") };

        var second = await ScanAsync("m.bin", first, options);

        Assert.AreEqual(first.Identity, second.Identity);
        Assert.IsFalse(second.StateIsCurrent);
        Assert.IsTrue((await ScanAsync("m.bin", second)).StateIsCurrent);
    }

    [TestMethod]
    public async Task A_change_that_leaves_size_and_time_as_they_were_is_seen_while_the_observation_is_young()
    {
        var path = _folder.Write("m.bin", "hello");
        var time = File.GetLastWriteTimeUtc(path);
        var first = await ScanAsync("m.bin");
        File.WriteAllText(path, "jello");
        File.SetLastWriteTimeUtc(path, time);

        // The worst case: a system without inode change times, so that the whole stat stays as it was.
        FileStat.TryGet(path, out var stat);
        var state = new ArtifactState { FullPath = path, File = first.File!.Value with { Stat = stat } };
        var second = await WorkspaceScanner.ScanAsync(path, state, new ScanOptions(), TestContext.CancellationTokenSource.Token);

        Assert.AreEqual(Sha256Hash.Of("jello"u8), second.Identity!.Value.Sha256);
    }

    [TestMethod]
    public async Task A_saves_own_way_of_reading_is_asked_once_for_what_changed()
    {
        var path = _folder.Write("m.bin", "hello");
        Age(path);
        var first = await ScanAsync("m.bin");
        File.WriteAllText(path, "other");
        var asked = new List<string>();
        var options = new ScanOptions
        {
            Read = (file, _, _) =>
            {
                asked.Add(file);
                return Task.FromResult(new ContentDigest(new ContentId(Sha256Hash.Of("other"u8), 5), new FastHash(0, 17), []));
            },
        };

        var second = await ScanAsync("m.bin", first, options);

        CollectionAssert.AreEqual(new[] { path }, asked);
        Assert.AreEqual(new FastHash(0, 17), second.File!.Value.Xxh128);
    }

    [TestMethod]
    public async Task A_file_that_keeps_changing_is_a_coded_error()
    {
        var path = _folder.Write("m.bin", "hello");
        var options = new ScanOptions
        {
            Read = (file, _, _) =>
            {
                File.AppendAllText(file, "more");
                return Task.FromResult(new ContentDigest(ContentId.Empty, default, []));
            },
        };

        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => ScanAsync("m.bin", null, options));

        Assert.AreEqual("MT2003", error.Code);
        StringAssert.Contains(error.Message, path);
    }

    [TestMethod]
    public async Task Links_and_special_files_are_coded_errors_that_name_them()
    {
        if (OperatingSystem.IsWindows()) return;
        _folder.Write("d/sub/f", "1");
        File.CreateSymbolicLink(_folder.At("link"), _folder.At("d/sub/f"));
        Directory.CreateSymbolicLink(_folder.At("way"), _folder.At("d"));

        Assert.AreEqual("MT2001", (await Assert.ThrowsExactlyAsync<ModelTrackException>(() => ScanAsync("link"))).Code);
        var way = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => ScanAsync("way/sub/f"));
        Assert.AreEqual("MT2001", way.Code);
        StringAssert.Contains(way.Message, _folder.At("way"));

        File.CreateSymbolicLink(_folder.At("d/sub/inner"), _folder.At("d/sub/f"));
        var inner = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => ScanAsync("d"));
        Assert.AreEqual("MT2001", inner.Code);
        StringAssert.Contains(inner.Message, _folder.At("d/sub/inner"));
        File.Delete(_folder.At("d/sub/inner"));

        Directory.CreateSymbolicLink(_folder.At("d/sub/folder"), _folder.Path);
        Assert.AreEqual("MT2001", (await Assert.ThrowsExactlyAsync<ModelTrackException>(() => ScanAsync("d"))).Code);
        File.Delete(_folder.At("d/sub/folder"));

        if (!OperatingSystem.IsLinux() || mkfifo(_folder.At("d/pipe"), 0x1FF) != 0) return;
        var pipe = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => ScanAsync("d"));
        Assert.AreEqual("MT2002", pipe.Code);
        StringAssert.Contains(pipe.Message, _folder.At("d/pipe"));
    }

    [TestMethod]
    public async Task A_directory_lists_nested_and_empty_files_empty_folders_and_strange_names()
    {
        _folder.Write("d/a.txt", "a");
        _folder.Write("d/.hidden/b c/ünï 🧠.bin", "b");
        _folder.Write("d/empty.bin", "");
        Directory.CreateDirectory(_folder.At("d/nothing/in here"));
        Directory.CreateDirectory(_folder.At("d/.modeltrack/1-1-1@host"));
        _folder.Write("d/.modeltrack/1-1-1@host/1", "half");

        var scan = await ScanAsync("d");

        var expected = Listing.Create(
        [
            ListingEntry.File("a.txt", new ContentId(Sha256Hash.Of("a"u8), 1)),
            ListingEntry.File(".hidden/b c/ünï 🧠.bin", new ContentId(Sha256Hash.Of("b"u8), 1)),
            ListingEntry.File("empty.bin", ContentId.Empty),
            ListingEntry.EmptyDirectory("nothing/in here"),
        ]);
        CollectionAssert.AreEqual(expected.Entries.ToList(), scan.Directory!.ToListing().Entries.ToList());
        Assert.AreEqual(new ArtifactIdentity(ArtifactKind.Directory, expected.Id, 2), scan.Identity);
        Assert.AreEqual(3, scan.Files);
    }

    [TestMethod]
    public async Task An_empty_directory_is_a_directory()
    {
        Directory.CreateDirectory(_folder.At("d"));

        var scan = await ScanAsync("d");

        Assert.AreEqual(Listing.Empty.Id, scan.Identity!.Value.Sha256);
        Assert.IsTrue((await ScanAsync("d", scan)).StateIsCurrent);
    }

    [TestMethod]
    public async Task Of_a_directory_only_what_changed_is_read()
    {
        for (var i = 0; i < 1600; i++) _folder.Write($"d/s{i % 5}/file-{i}.txt", $"content {i}");
        Directory.CreateDirectory(_folder.At("d/none"));
        Age(_folder.At("d"));
        var first = await ScanAsync("d");
        Assert.AreEqual(1600, first.Files);

        var second = await ScanAsync("d", first);
        Assert.IsTrue(second.StateIsCurrent);
        Assert.AreSame(first.Directory, second.Directory);
        Assert.AreEqual(0, second.BytesRead);

        // Touched: the same identity, seen anew.
        File.SetLastWriteTimeUtc(_folder.At("d/s1/file-1.txt"), DateTime.UtcNow.AddDays(-1));
        var touched = await ScanAsync("d", first);
        Assert.AreEqual(first.Identity, touched.Identity);
        Assert.IsFalse(touched.StateIsCurrent);
        Assert.AreEqual("content 1".Length, touched.BytesRead);

        // Changed, appeared, gone, folder no longer empty.
        File.WriteAllText(_folder.At("d/s2/file-2.txt"), "changed");
        _folder.Write("d/none/now", "new");
        File.Delete(_folder.At("d/s3/file-3.txt"));
        var changed = await ScanAsync("d", touched);
        Assert.AreEqual(1600, changed.Files);
        Assert.AreNotEqual(first.Identity, changed.Identity);
        var fresh = await ScanAsync("d");
        Assert.AreEqual(fresh.Identity, changed.Identity);
        CollectionAssert.AreEqual(
            fresh.Directory!.Files.Select(f => (f.Key, f.Value.Id)).ToList(), changed.Directory!.Files.Select(f => (f.Key, f.Value.Id)).ToList());
    }

    [TestMethod]
    public async Task A_file_in_the_place_of_a_folder_and_a_folder_in_the_place_of_a_file_are_seen()
    {
        _folder.Write("d/a", "1");
        Directory.CreateDirectory(_folder.At("d/b"));
        Age(_folder.At("d"));
        var first = await ScanAsync("d");
        File.Delete(_folder.At("d/a"));
        Directory.CreateDirectory(_folder.At("d/a"));
        Directory.Delete(_folder.At("d/b"));
        _folder.Write("d/b", "2");

        var second = await ScanAsync("d", first);

        Assert.AreEqual((await ScanAsync("d")).Identity, second.Identity);
        Assert.AreEqual(1, second.Files);
    }

    [TestMethod]
    public async Task The_executable_bit_is_content()
    {
        if (OperatingSystem.IsWindows()) return;
        var path = _folder.Write("d/run", "1");
        Age(path);
        var first = await ScanAsync("d");
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute);

        var second = await ScanAsync("d", first);

        Assert.AreNotEqual(first.Identity, second.Identity);
        Assert.IsTrue(second.Directory!.ToListing().Entries[0].Executable);
        Assert.IsTrue((await ScanAsync("d/run")).Identity!.Value.Executable);
    }

    [TestMethod]
    public async Task Where_files_have_no_executable_bit_the_base_tells_it()
    {
        _folder.Write("d/run", "1");
        _folder.Write("d/data", "2");
        var known = Listing.Create([ListingEntry.File("run", new ContentId(Sha256Hash.Of("0"u8), 1), executable: true)]);
        var options = new ScanOptions { HasExecutableBit = false, BaseListing = () => Task.FromResult<Listing?>(known), BaseExecutable = true };

        var listing = (await ScanAsync("d", null, options)).Directory!.ToListing();

        CollectionAssert.AreEqual(new[] { false, true }, listing.Entries.Select(e => e.Executable).ToArray());
        Assert.IsTrue((await ScanAsync("d/data", null, options)).Identity!.Value.Executable);
    }

    [TestMethod]
    public async Task Ignored_files_and_folders_are_left_out_and_leave_no_empty_folder_behind()
    {
        _folder.Write("d/keep/a.bin", "1");
        _folder.Write("d/keep/a.md", "2");
        _folder.Write("d/only/b.md", "3");
        _folder.Write("d/notes/deep/c.bin", "4");
        var rules = new Rules(path => path.EndsWith(".md", StringComparison.Ordinal) || path == "notes", folder => folder is "" or "keep" or "only");

        var listing = (await ScanAsync("d", null, new ScanOptions { Ignore = rules })).Directory!.ToListing();

        CollectionAssert.AreEqual(new[] { "keep/a.bin" }, listing.Entries.Select(e => e.Path).ToArray());
    }

    [TestMethod]
    public async Task A_name_that_no_listing_can_hold_is_a_coded_error()
    {
        if (!OperatingSystem.IsLinux()) return;
        _folder.Write("d/con.txt", "1");
        var reserved = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => ScanAsync("d"));
        StringAssert.StartsWith(reserved.Code, "MT1");
        File.Delete(_folder.At("d/con.txt"));

        using (var process = System.Diagnostics.Process.Start("sh", ["-c", $"printf x > '{_folder.At("d")}/'$(printf 'bad\\377name')"])) process.WaitForExit();
        var bad = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => ScanAsync("d"));
        Assert.AreEqual("MT2013", bad.Code);
        using (var process = System.Diagnostics.Process.Start("sh", ["-c", $"rm '{_folder.At("d")}/'bad*"])) process.WaitForExit();
    }

    [TestMethod]
    [DataRow("d/bin/x")]
    [DataRow("d/a/Obj/x")]
    [DataRow("d/.git/config")]
    public async Task What_could_not_be_restored_is_not_taken_in(string relative)
    {
        _folder.Write(relative, "1");

        Assert.AreEqual("MT2009", (await Assert.ThrowsExactlyAsync<ModelTrackException>(() => ScanAsync("d"))).Code);
    }

    [TestMethod]
    public async Task What_cannot_be_read_is_a_coded_error_that_names_it()
    {
        if (OperatingSystem.IsWindows() || Environment.UserName == "root") return;
        var path = _folder.Write("d/secret", "1");
        File.SetUnixFileMode(path, UnixFileMode.None);

        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => ScanAsync("d"));

        Assert.AreEqual("MT2005", error.Code);
        StringAssert.Contains(error.Message, path);
    }

    [TestMethod]
    public async Task A_cancelled_scan_stops()
    {
        for (var i = 0; i < 100; i++) _folder.Write($"d/{i}/f", "1");
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(
            () => WorkspaceScanner.ScanAsync(_folder.At("d"), null, new ScanOptions(), source.Token));
    }

    [TestMethod]
    public async Task Any_sequence_of_changes_scans_as_from_scratch()
    {
        var random = new Random(4711);
        Directory.CreateDirectory(_folder.At("d"));
        ArtifactScan? known = null;
        for (var round = 0; round < 60; round++)
        {
            for (var change = random.Next(6); change > 0; change--) Change(random, _folder.At("d"));
            var fresh = await ScanAsync("d");
            known = await ScanAsync("d", known);
            Assert.AreEqual(fresh.Identity, known.Identity, $"round {round}");
            CollectionAssert.AreEqual(
                fresh.Directory!.ToListing().Entries.ToList(), known.Directory!.ToListing().Entries.ToList(), $"round {round}");
        }
    }

    private static void Change(Random random, string root)
    {
        var path = Path.Combine(root, string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => "abc"[random.Next(3)])));
        switch (random.Next(5))
        {
            case 0 when Directory.Exists(path):
                Directory.Delete(path, true);
                break;
            case 0 or 1 when File.Exists(path):
                File.Delete(path);
                break;
            case 2 when File.Exists(path):
                File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(-random.Next(1000)));
                break;
            case 3:
                if (!File.Exists(path) && Clear(path)) Directory.CreateDirectory(path);
                break;
            default:
                if (!Directory.Exists(path) && Clear(path))
                {
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    File.WriteAllBytes(path, Encoding.UTF8.GetBytes(new string('x', random.Next(3))));
                }

                break;
        }

        bool Clear(string of)
        {
            for (var folder = Path.GetDirectoryName(of)!; folder.Length > root.Length; folder = Path.GetDirectoryName(folder)!)
                if (File.Exists(folder)) return false;
            return true;
        }
    }

    private sealed class Rules(Func<string, bool> ignored, Func<string, bool> applies) : IIgnoreRules
    {
        public bool AppliesIn(string relativeFolder) => applies(relativeFolder);

        public bool IsIgnored(string relativePath, bool isDirectory) => ignored(relativePath);
    }

    [DllImport("libc", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int mkfifo(string path, uint mode);
}
