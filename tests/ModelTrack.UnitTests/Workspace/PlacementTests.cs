using System.IO.Hashing;
using System.Text;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;
using ModelTrack.Workspace;

namespace ModelTrack.UnitTests.Workspace;

[TestClass]
public sealed class PlacementTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private FilePlacer Placer(LinkMode mode = LinkMode.Auto) => new(new PlacementOptions { Root = _folder.Path, LinkMode = mode });

    private StoredFile Store(string content, bool executable = false, bool foreign = false)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var path = _folder.Write($"store/{Guid.NewGuid():n}", bytes);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead | (executable ? UnixFileMode.UserExecute : 0));
        FileStat.TryGet(path, out var stat);
        return new StoredFile(path, new ContentId(Sha256Hash.Of(bytes), bytes.Length), XxHash128.HashToUInt128(bytes), stat, foreign);
    }

    private static FileStat? Stat(string path) => FileStat.TryGet(path, out var stat) ? stat : null;

    private ObservedFile PlaceFile(string relative, StoredFile source, LinkMode mode = LinkMode.Auto, bool executable = false)
    {
        using var placement = Placer(mode).Begin(_folder.At(relative), isDirectory: false);
        var observed = placement.Place("", source, executable, Stat(_folder.At(relative)), null, CancellationToken.None);
        placement.Complete();
        return observed;
    }

    private void AssertNoLeftovers() =>
        Assert.AreEqual(0, Directory.GetDirectories(_folder.Path, ".modeltrack", SearchOption.AllDirectories).Length, "working folders left");

    [TestMethod]
    [DataRow(LinkMode.Auto)]
    [DataRow(LinkMode.Copy)]
    [DataRow(LinkMode.HardLink)]
    public void A_stores_file_is_placed_and_what_is_told_of_it_is_true(LinkMode mode)
    {
        var content = new string('x', 700_000) + "end";
        var observed = PlaceFile("models/m.onnx", Store(content), mode);

        var path = _folder.At("models/m.onnx");
        Assert.AreEqual(content, File.ReadAllText(path));
        Assert.AreEqual(Stat(path), observed.Stat);
        Assert.AreEqual(Sha256Hash.Of(Encoding.UTF8.GetBytes(content)), observed.Sha256);
        AssertNoLeftovers();
    }

    [TestMethod]
    [DataRow(LinkMode.Auto)]
    [DataRow(LinkMode.Copy)]
    public void A_placed_copy_is_writable_dated_now_and_trusted_at_once(LinkMode mode)
    {
        var before = DateTime.UtcNow.AddSeconds(-1);
        var source = Store("12345");
        var observed = PlaceFile("m.onnx", source, mode);

        var path = _folder.At("m.onnx");
        Assert.IsTrue(File.GetLastWriteTimeUtc(path) >= before && File.GetLastWriteTimeUtc(path) <= DateTime.UtcNow);
        Assert.IsTrue(observed.Vouches(Stat(path)!.Value));
        File.AppendAllText(path, "6");
        Assert.IsFalse(observed.Vouches(Stat(path)!.Value));
        Assert.AreEqual("12345", File.ReadAllText(source.Path));
        if (!OperatingSystem.IsWindows())
        {
            var plain = _folder.Write("plain", "");
            Assert.AreEqual(File.GetUnixFileMode(plain), File.GetUnixFileMode(path));
        }
    }

    [TestMethod]
    public void The_executable_bit_follows_the_umask()
    {
        if (OperatingSystem.IsWindows()) return;
        var observed = PlaceFile("run", Store("#!"), executable: true);
        Assert.IsTrue(observed.Stat.Executable);
        var plain = File.GetUnixFileMode(_folder.Write("plain", ""));
        Assert.AreEqual(PortablePlaceFolder.WithExecute(plain, true), File.GetUnixFileMode(_folder.At("run")));

        observed = PlaceFile("run", Store("data"));
        Assert.IsFalse(observed.Stat.Executable);
    }

    [TestMethod]
    [Rule("The store 3")]
    public void A_hard_link_shares_the_stores_file_and_is_replaced_never_written()
    {
        if (!OperatingSystem.IsLinux()) return;
        var source = Store("one");
        var observed = PlaceFile("m.bin", source, LinkMode.HardLink);
        Assert.AreEqual(source.Stat.Inode, observed.Stat.Inode);
        Assert.AreEqual(source.Stat.MTimeNs, observed.Stat.MTimeNs);

        PlaceFile("m.bin", Store("two"), LinkMode.Copy);
        Assert.AreEqual("one", File.ReadAllText(source.Path));
        Assert.AreEqual("two", File.ReadAllText(_folder.At("m.bin")));

        // An executable file needs an inode of its own.
        var run = PlaceFile("run", source, LinkMode.HardLink, executable: true);
        Assert.AreNotEqual(source.Stat.Inode, run.Stat.Inode);
        Assert.IsTrue(run.Stat.Executable);

        // Another user's entry is never shared.
        var foreign = Store("three", foreign: true);
        Assert.AreNotEqual(foreign.Stat.Inode, PlaceFile("f", foreign, LinkMode.HardLink).Stat.Inode);
        AssertNoLeftovers();
    }

    [TestMethod]
    public void A_hard_link_to_another_volume_is_a_coded_error()
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists("/dev/shm")) return;
        var path = $"/dev/shm/modeltrack-{Guid.NewGuid():n}";
        File.WriteAllText(path, "x");
        try
        {
            FileStat.TryGet(path, out var stat, out var details);
            FileStat.TryGet(_folder.Path, out _, out var here);
            if (details!.Value.Device == here!.Value.Device) return;
            var source = new StoredFile(path, new ContentId(Sha256Hash.Of("x"u8), 1), XxHash128.HashToUInt128("x"u8), stat);

            Assert.AreEqual("MT2012", Assert.ThrowsExactly<ModelTrackException>(() => PlaceFile("m", source, LinkMode.HardLink)).Code);
            PlaceFile("m", source);
            Assert.AreEqual("x", File.ReadAllText(_folder.At("m")));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    [Rule("The store 5")]
    [DataRow(LinkMode.Auto)]
    [DataRow(LinkMode.Copy)]
    [DataRow(LinkMode.HardLink)]
    public void A_store_file_that_is_not_what_its_record_says_is_never_placed(LinkMode mode)
    {
        _folder.Write("m.bin", "old");
        var changed = Store("right");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(changed.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(changed.Path, "wrong");
        Assert.AreEqual("MT2011", Assert.ThrowsExactly<ModelTrackException>(() => PlaceFile("m.bin", changed, mode)).Code);

        if (mode == LinkMode.Copy)
        {
            // The stat agrees; only the hash of the copied bytes tells.
            var rotten = changed with { Stat = Stat(changed.Path)!.Value };
            Assert.AreEqual("MT2011", Assert.ThrowsExactly<ModelTrackException>(() => PlaceFile("m.bin", rotten, mode)).Code);
            var foreign = Store("right", foreign: true);
            foreign = foreign with { Id = foreign.Id with { Sha256 = Sha256Hash.Of("x"u8) } };
            Assert.AreEqual("MT2011", Assert.ThrowsExactly<ModelTrackException>(() => PlaceFile("m.bin", foreign, mode)).Code);
        }

        Assert.AreEqual("old", File.ReadAllText(_folder.At("m.bin")));
        AssertNoLeftovers();
    }

    [TestMethod]
    public void What_changed_since_it_was_looked_at_is_left_alone()
    {
        var path = _folder.Write("m.bin", "old");
        var seen = Stat(path);
        File.WriteAllText(path, "newer");

        using (var placement = Placer().Begin(path, isDirectory: false))
            Assert.AreEqual("MT2010", Assert.ThrowsExactly<ModelTrackException>(() => placement.Place("", Store("x"), false, seen, null, default)).Code);
        using (var placement = Placer().Begin(path, isDirectory: false))
            Assert.AreEqual("MT2010", Assert.ThrowsExactly<ModelTrackException>(() => placement.Place("", Store("x"), false, null, null, default)).Code);
        using (var placement = Placer().Begin(path, isDirectory: false))
            Assert.AreEqual("MT2010", Assert.ThrowsExactly<ModelTrackException>(() => placement.Remove("", seen)).Code);

        Assert.AreEqual("newer", File.ReadAllText(path));
        AssertNoLeftovers();
    }

    private static ContentId Id(string content) => new(Sha256Hash.Of(Encoding.UTF8.GetBytes(content)), Encoding.UTF8.GetByteCount(content));

    private static ObservedFile PlaceText(Placement placement, string relative, string content, FileStat? present = null) =>
        placement.Place(relative, Encoding.UTF8.GetBytes(content), Id(content), false, present);

    [TestMethod]
    public void A_missing_directory_appears_whole_or_not_at_all()
    {
        var path = _folder.At("data/raw");
        using (var placement = Placer().Begin(path, isDirectory: true))
        {
            Assert.IsTrue(placement.IsBuiltBeside);
            PlaceText(placement, "a/b/c.txt", "1");
            Assert.IsFalse(Directory.Exists(path));
        }

        Assert.IsFalse(Directory.Exists(path));
        AssertNoLeftovers();

        using (var placement = Placer().Begin(path, isDirectory: true))
        {
            var observed = PlaceText(placement, "a/b/c.txt", "1");
            placement.PlaceEmptyDirectory("none/here");
            placement.Place("big.bin", Store("big"), true, null, null, default);
            placement.Complete();
            Assert.AreEqual(Stat(Path.Combine(path, "a/b/c.txt")), observed.Stat);
        }

        Assert.AreEqual("1", File.ReadAllText(Path.Combine(path, "a/b/c.txt")));
        Assert.AreEqual("big", File.ReadAllText(Path.Combine(path, "big.bin")));
        Assert.IsTrue(Directory.Exists(Path.Combine(path, "none/here")));
        AssertNoLeftovers();
    }

    [TestMethod]
    [DoNotParallelize]
    public void A_directory_that_appears_at_the_last_moment_is_not_overwritten_and_is_known_for_a_change_meanwhile()
    {
        var path = _folder.At("data");
        using (var placement = Placer().Begin(path, isDirectory: true))
        {
            PlaceText(placement, "mine.txt", "1");
            FailPoint.Handler = name =>
            {
                if (name == "workspace.directory.clear") _folder.Write("data/theirs.txt", Encoding.UTF8.GetBytes("2"));
            };
            try
            {
                Assert.AreEqual(WorkspaceErrors.ChangedMeanwhileCode, Assert.Throws<ModelTrackException>(placement.Complete).Code);
            }
            finally
            {
                FailPoint.Handler = null;
            }
        }

        Assert.AreEqual("2", File.ReadAllText(Path.Combine(path, "theirs.txt")));
        Assert.IsFalse(File.Exists(Path.Combine(path, "mine.txt")));
        AssertNoLeftovers();
    }

    [TestMethod]
    public void A_directory_that_appeared_meanwhile_is_not_overwritten()
    {
        var path = _folder.At("data");
        using (var placement = Placer().Begin(path, isDirectory: true))
        {
            PlaceText(placement, "a", "1");
            _folder.Write("data/mine", "mine");
            Assert.AreEqual("MT2010", Assert.ThrowsExactly<ModelTrackException>(placement.Complete).Code);
        }

        CollectionAssert.AreEqual(new[] { _folder.At("data/mine") }, Directory.GetFiles(path));
        AssertNoLeftovers();
    }

    [TestMethod]
    public void In_a_present_directory_files_are_replaced_removed_and_added_one_by_one()
    {
        _folder.Write("d/keep", "keep");
        _folder.Write("d/old/x/y", "gone");
        _folder.Write("d/swap", "1");
        _folder.Write("d/folder/f", "gone");
        Directory.CreateDirectory(_folder.At("d/empty"));
        using (var placement = Placer().Begin(_folder.At("d"), isDirectory: true))
        {
            Assert.IsFalse(placement.IsBuiltBeside);
            placement.Remove("old/x/y", Stat(_folder.At("d/old/x/y")));
            placement.Remove("folder/f", Stat(_folder.At("d/folder/f")));
            placement.Remove("empty", null);
            placement.Remove("never/there", default(FileStat));
            PlaceText(placement, "swap", "22", Stat(_folder.At("d/swap")));
            PlaceText(placement, "folder", "now a file");
            PlaceText(placement, "old/x", "now a file too");
            placement.PlaceEmptyDirectory("keep2/none");
            placement.Complete();
        }

        var files = Directory.GetFileSystemEntries(_folder.At("d"), "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(_folder.At("d"), p)).Order().ToArray();
        CollectionAssert.AreEqual(new[] { "folder", "keep", "keep2", "keep2/none", "old", "old/x", "swap" }, files);
        Assert.AreEqual("22", File.ReadAllText(_folder.At("d/swap")));
        AssertNoLeftovers();
    }

    [TestMethod]
    public void A_folder_with_something_in_it_is_never_replaced_by_a_file()
    {
        _folder.Write("d/name/ignored.md", "mine");
        _folder.Write("m/inside", "mine");
        using (var placement = Placer().Begin(_folder.At("d"), isDirectory: true))
        {
            Assert.AreEqual("MT2014", Assert.ThrowsExactly<ModelTrackException>(() => PlaceText(placement, "name", "x")).Code);
            placement.Remove("name", null);
        }

        Assert.AreEqual("MT2014", Assert.ThrowsExactly<ModelTrackException>(() => PlaceFile("m", Store("x"))).Code);
        _folder.Write("file", "mine");
        Assert.AreEqual("MT2014", Assert.ThrowsExactly<ModelTrackException>(() => Placer().Begin(_folder.At("file"), isDirectory: true)).Code);
        Assert.IsTrue(File.Exists(_folder.At("d/name/ignored.md")) && File.Exists(_folder.At("m/inside")) && File.Exists(_folder.At("file")));
        AssertNoLeftovers();
    }

    [TestMethod]
    public void Nothing_is_written_through_a_symbolic_link()
    {
        if (OperatingSystem.IsWindows()) return;
        _folder.Write("outside/f", "mine");
        Directory.CreateSymbolicLink(_folder.At("way"), _folder.At("outside"));
        Directory.CreateDirectory(_folder.At("d"));
        Directory.CreateSymbolicLink(_folder.At("d/sub"), _folder.At("outside"));
        File.CreateSymbolicLink(_folder.At("d/f"), _folder.At("outside/f"));
        File.CreateSymbolicLink(_folder.At("link"), _folder.At("outside/f"));

        Assert.AreEqual("MT2001", Assert.ThrowsExactly<ModelTrackException>(() => PlaceFile("way/new", Store("x"))).Code);
        Assert.AreEqual("MT2001", Assert.ThrowsExactly<ModelTrackException>(() => PlaceFile("link", Store("x"))).Code);
        using (var placement = Placer().Begin(_folder.At("d"), isDirectory: true))
        {
            Assert.AreEqual("MT2001", Assert.ThrowsExactly<ModelTrackException>(() => PlaceText(placement, "sub/f", "x")).Code);
            Assert.AreEqual("MT2001", Assert.ThrowsExactly<ModelTrackException>(() => PlaceText(placement, "f", "x")).Code);
            Assert.AreEqual("MT2001", Assert.ThrowsExactly<ModelTrackException>(() => placement.Remove("sub/f", Stat(_folder.At("outside/f")))).Code);
            Assert.AreEqual("MT2001", Assert.ThrowsExactly<ModelTrackException>(() => placement.PlaceEmptyDirectory("sub/new")).Code);
        }

        CollectionAssert.AreEqual(new[] { _folder.At("outside/f") }, Directory.GetFileSystemEntries(_folder.At("outside")));
        Assert.AreEqual("mine", File.ReadAllText(_folder.At("outside/f")));
        AssertNoLeftovers();
    }

    [TestMethod]
    public void A_link_slipped_in_after_the_beginning_is_not_followed()
    {
        if (OperatingSystem.IsWindows()) return;
        _folder.Write("outside/f", "mine");
        _folder.Write("d/sub/f", "old");
        using (var placement = Placer().Begin(_folder.At("d"), isDirectory: true))
        {
            Directory.Move(_folder.At("d/sub"), _folder.At("d/aside"));
            Directory.CreateSymbolicLink(_folder.At("d/sub"), _folder.At("outside"));
            Assert.AreEqual("MT2001", Assert.ThrowsExactly<ModelTrackException>(() => PlaceText(placement, "sub/f", "x", Stat(_folder.At("outside/f")))).Code);
        }

        Assert.AreEqual("mine", File.ReadAllText(_folder.At("outside/f")));
    }

    [TestMethod]
    [DataRow(".git/hooks/pre-commit")]
    [DataRow(".GIT/config")]
    [DataRow("obj/project.assets.json")]
    [DataRow("src/App/bin/x.dll")]
    [DataRow("src/Obj/x")]
    public void Nothing_is_placed_where_git_and_the_build_keep_theirs(string relative)
    {
        Assert.AreEqual("MT2009", Assert.ThrowsExactly<ModelTrackException>(() => PlaceFile(relative, Store("x"))).Code);
        using (var placement = Placer().Begin(_folder.At("d"), isDirectory: true))
        {
            var error = Assert.ThrowsExactly<ModelTrackException>(() => PlaceText(placement, relative, "x"));
            Assert.IsTrue(error.Code is "MT2009" || error.Code.StartsWith("MT1", StringComparison.Ordinal), error.ToString());
        }

        Assert.IsFalse(File.Exists(_folder.At(relative)));
        AssertNoLeftovers();
    }

    [TestMethod]
    public void Pins_are_placed_under_obj()
    {
        var placer = new FilePlacer(new PlacementOptions { Root = _folder.Path, PinsRoot = _folder.At("obj/modeltrack/pins") });
        using (var placement = placer.Begin(_folder.At("obj/modeltrack/pins/1/m.onnx"), isDirectory: false))
            placement.Place("", Store("x"), false, null, null, default);

        Assert.IsTrue(File.Exists(_folder.At("obj/modeltrack/pins/1/m.onnx")));
        Assert.AreEqual("MT2009", Assert.ThrowsExactly<ModelTrackException>(() => placer.Begin(_folder.At("obj/x"), false)).Code);
    }

    [TestMethod]
    [DataRow("../x")]
    [DataRow("/etc/x")]
    [DataRow("a/../../x")]
    [DataRow(".modeltrack/x")]
    [DataRow("a//b")]
    public void A_path_that_leads_elsewhere_is_refused_at_the_moment_of_writing(string relative)
    {
        using var placement = Placer().Begin(_folder.At("d"), isDirectory: true);

        Assert.ThrowsExactly<ModelTrackException>(() => PlaceText(placement, relative, "x"));
        Assert.ThrowsExactly<ModelTrackException>(() => placement.Remove(relative, default(FileStat)));
        Assert.ThrowsExactly<ModelTrackException>(() => placement.PlaceEmptyDirectory(relative));
    }

    [TestMethod]
    public void The_executable_bit_alone_is_changed_without_touching_a_shared_file()
    {
        if (OperatingSystem.IsWindows()) return;
        var source = Store("#!");
        var observed = PlaceFile("d/run", source, LinkMode.HardLink);
        using (var placement = Placer().Begin(_folder.At("d"), isDirectory: true))
        {
            var changed = placement.SetExecutable("run", true, observed);
            Assert.IsTrue(changed.Stat.Executable);
            Assert.AreEqual(Stat(_folder.At("d/run")), changed.Stat);
            changed = placement.SetExecutable("run", false, changed);
            Assert.IsFalse(changed.Stat.Executable);
        }

        Assert.AreEqual("#!", File.ReadAllText(_folder.At("d/run")));
        Assert.AreEqual(source.Stat.Executable, Stat(source.Path)!.Value.Executable);
    }

    [TestMethod]
    public void A_folder_that_cannot_be_written_is_a_coded_error_and_leaves_the_old_content()
    {
        if (OperatingSystem.IsWindows() || Environment.UserName == "root") return;
        _folder.Write("d/m.bin", "old");
        File.SetUnixFileMode(_folder.At("d"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var error = Assert.ThrowsExactly<ModelTrackException>(() => PlaceFile("d/m.bin", Store("x")));

        Assert.AreEqual("MT2006", error.Code);
        StringAssert.Contains(error.Message, _folder.At("d/m.bin"));
        Assert.AreEqual("old", File.ReadAllText(_folder.At("d/m.bin")));
    }

    [TestMethod]
    public void A_file_in_the_place_of_the_working_folder_is_a_coded_error()
    {
        _folder.Write("d/.modeltrack", "mine");

        Assert.AreEqual("MT2015", Assert.ThrowsExactly<ModelTrackException>(() => PlaceFile("d/m.bin", Store("x"))).Code);
        Assert.AreEqual("mine", File.ReadAllText(_folder.At("d/.modeltrack")));
    }

    [TestMethod]
    public void Leftovers_of_dead_processes_go_and_those_of_living_ones_stay()
    {
        using var living = Placer().Begin(_folder.At("d/a"), isDirectory: false);
        var own = Path.GetFileName(Directory.GetDirectories(_folder.At("d/.modeltrack")).Single());
        var mark = ProcessMark.Parse(own)!;
        var dead = mark with { Id = 4_000_000 };
        var reused = mark with { Started = mark.Started + 1 };
        var elsewhere = mark with { Host = "elsewhere-1" };
        foreach (var other in new[] { dead, reused, elsewhere }) _folder.Write($"d/.modeltrack/{other.NewName(1)}/1", "half");
        foreach (var name in new[] { elsewhere.NewName(2), "notes" })
        {
            var old = _folder.At("d/.modeltrack/" + name);
            Directory.CreateDirectory(old);
            Directory.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-8));
        }

        PlaceFile("d/b", Store("x"));

        CollectionAssert.AreEquivalent(
            new[] { own, elsewhere.NewName(1), "notes" }, Directory.GetDirectories(_folder.At("d/.modeltrack")).Select(Path.GetFileName).ToArray());
    }

    [TestMethod]
    public void Git_sees_nothing_of_the_working_folder()
    {
        using var placement = Placer().Begin(_folder.At("d/a"), isDirectory: true);
        PlaceText(placement, "x", "1");

        var folder = Directory.GetDirectories(_folder.At("d/.modeltrack")).Single();
        Assert.AreEqual("*\n", File.ReadAllText(Path.Combine(folder, ".gitignore")));
    }

    [TestMethod]
    public void Many_small_files_are_placed_from_many_threads()
    {
        using (var placement = Placer().Begin(_folder.At("d"), isDirectory: true))
        {
            Parallel.For(0, 1200, i => PlaceText(placement, $"s{i % 90}/t{i % 7}/f{i}", $"{i}"));
            placement.Complete();
        }

        using (var placement = Placer().Begin(_folder.At("d"), isDirectory: true))
        {
            Parallel.For(0, 1200, i =>
            {
                if (i % 2 == 0) PlaceText(placement, $"s{i % 90}/t{i % 7}/f{i}", $"new {i}", Stat(_folder.At($"d/s{i % 90}/t{i % 7}/f{i}")));
                else placement.Remove($"s{i % 90}/t{i % 7}/f{i}", Stat(_folder.At($"d/s{i % 90}/t{i % 7}/f{i}")));
            });
        }

        var files = Directory.GetFiles(_folder.At("d"), "*", SearchOption.AllDirectories);
        Assert.AreEqual(600, files.Length);
        foreach (var file in files) Assert.AreEqual($"new {Path.GetFileName(file)[1..]}", File.ReadAllText(file));
        AssertNoLeftovers();
    }

    [TestMethod]
    public void What_the_system_says_of_a_write_becomes_the_code_that_helps()
    {
        var full = new IOException("No space left on device", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28);
        Assert.AreEqual("MT2007", IoFailure.OnWrite(full, "x").Code);
        Assert.AreEqual("MT2006", IoFailure.OnWrite(new IOException("other"), "x").Code);
        Assert.AreEqual("MT2006", IoFailure.OnWrite(new UnauthorizedAccessException("no"), "x").Code);
    }

    /// <summary>Where this machine lets the tests mount a small volume.</summary>
    [TestMethod]
    public void A_full_or_read_only_volume_is_a_coded_error_and_leaves_the_old_content()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root") return;
        var volume = Directory.CreateDirectory(_folder.At("volume")).FullName;
        if (Run("mount", "-t", "tmpfs", "-o", "size=1m", "none", volume) != 0) return;
        try
        {
            _folder.Write("volume/m.bin", "old");
            var large = Store(new string('x', 3_000_000));
            foreach (var mode in new[] { LinkMode.Auto, LinkMode.Copy })
            {
                var full = Assert.ThrowsExactly<ModelTrackException>(() => PlaceFile("volume/m.bin", large, mode));
                Assert.AreEqual("MT2007", full.Code);
                StringAssert.Contains(full.Message, _folder.At("volume/m.bin"));
            }

            using (var placement = Placer().Begin(_folder.At("volume/d"), isDirectory: true))
            {
                var content = new string('y', 60_000);
                var full = Assert.ThrowsExactly<ModelTrackException>(() =>
                {
                    for (var i = 0; i < 40; i++) PlaceText(placement, $"f{i}", content);
                });
                Assert.AreEqual("MT2007", full.Code);
            }

            AssertNoLeftovers();
            Assert.AreEqual(0, Run("mount", "-o", "remount,ro", volume));
            Assert.AreEqual("MT2006", Assert.ThrowsExactly<ModelTrackException>(() => PlaceFile("volume/m.bin", Store("x"))).Code);
            Assert.AreEqual("old", File.ReadAllText(_folder.At("volume/m.bin")));
        }
        finally
        {
            Run("umount", volume);
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        try
        {
            using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }

    [TestMethod]
    public void The_portable_way_does_the_same()
    {
        using var folder = new PortablePlaceFolder(_folder.Path);
        using (var sub = folder.Enter("sub", create: true)!)
        {
            var stat = sub.Write("t", "abc"u8, true, 1_700_000_000_123_456_700);
            Assert.AreEqual(3, stat.Size);
            Assert.AreEqual(1_700_000_000_123_456_700, stat.MTimeNs);
            Assert.AreEqual(FileStat.HasExecutableBit, stat.Executable);
            sub.Move("t", folder, "u");
            Assert.IsTrue(folder.TryStat("u", out _));
            Assert.IsNull(sub.Enter("none", create: false));
        }

        Assert.IsTrue(folder.TryRemoveFolder("sub"));
        Assert.AreEqual("MT2014", Assert.ThrowsExactly<ModelTrackException>(() => folder.Enter("u", create: true)).Code);
        folder.Remove("u");
        Assert.AreEqual(0, Directory.GetFileSystemEntries(_folder.Path).Length);
    }
}
