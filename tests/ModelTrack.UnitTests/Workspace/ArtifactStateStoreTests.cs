using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Workspace;

namespace ModelTrack.UnitTests.Workspace;

[TestClass]
public sealed class ArtifactStateStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ArtifactStateStore _states;

    public ArtifactStateStoreTests() => _states = new ArtifactStateStore(_folder.At("git/modeltrack/state"));

    public void Dispose() => _folder.Dispose();

    private static ObservedFile Observed(string content, int number = 1) => new(
        new FileStat(content.Length, 1_700_000_000_123_456_789 + number, 1_700_000_000_223_456_789, 42, number % 2 == 0, FileKind.File),
        Sha256Hash.Of(System.Text.Encoding.UTF8.GetBytes(content)),
        (UInt128)number << 100,
        1_700_000_009_000_000_000);

    private static ArtifactState Full(string path) => new()
    {
        FullPath = path,
        Base = new ArtifactIdentity(ArtifactKind.File, Sha256Hash.Of("base"u8), 7, true),
        Restoring = new ArtifactIdentity(ArtifactKind.Directory, Sha256Hash.Of("target"u8), long.MaxValue),
        Pointer = new PointerStamp(Observed("p").Stat, new ArtifactIdentity(ArtifactKind.Directory, Sha256Hash.Of("p"u8), 9), 3, 77),
        File = Observed("file"),
        Told = ToldOnce.Untracked | ToldOnce.NoRemote,
    };

    [TestMethod]
    public void What_was_saved_is_loaded()
    {
        var state = Full("/w/models/ä.onnx");
        _states.Save(state);

        Assert.AreEqual(state, _states.Load(state.FullPath));
    }

    [TestMethod]
    public void Nothing_remembered_is_loaded_as_nothing_remembered()
    {
        var state = new ArtifactState { FullPath = "/w/x" };
        _states.Save(state);

        Assert.AreEqual(state, _states.Load("/w/x"));
        Assert.IsNull(_states.Load("/w/y"));
    }

    [TestMethod]
    public void A_later_save_replaces_and_a_deletion_forgets()
    {
        _states.Save(Full("/w/x"));
        _states.Save(Full("/w/x") with { Restoring = null });

        Assert.IsNull(_states.Load("/w/x")!.Restoring);
        _states.Delete("/w/x");
        _states.Delete("/w/x");
        Assert.IsNull(_states.Load("/w/x"));
        Assert.AreEqual(0, Directory.GetFiles(_states.Root).Length);
    }

    [TestMethod]
    public void A_directorys_files_come_back_in_the_listings_order()
    {
        var files = Enumerable.Range(0, 500).Select(i => KeyValuePair.Create($"d{i % 7}/ünï {i}.json", Observed($"{i}", i))).ToList();
        var directory = ObservedDirectory.Hint(null, files);
        _states.Save(new ArtifactState { FullPath = "/w/d", Directory = directory });

        var loaded = _states.Load("/w/d")!.Directory!;

        Assert.AreEqual(500, loaded.FileCount);
        CollectionAssert.AreEqual(directory.Files.ToList(), loaded.Files.ToList());
        CollectionAssert.AreEqual(files.OrderBy(f => f.Key, Comparer<string>.Create(RelativePaths.Compare)).ToList(), loaded.Files.ToList());
        foreach (var (path, file) in files)
        {
            Assert.IsTrue(loaded.TryGetFile(path, out var found));
            Assert.AreEqual(file, found);
        }

        Assert.IsFalse(loaded.TryGetFile("d0", out _));
    }

    [TestMethod]
    public void A_state_of_another_artifact_under_the_same_name_is_no_state()
    {
        _states.Save(Full("/w/x"));
        File.Copy(_states.PathOf("/w/x"), _states.PathOf("/w/y"));

        Assert.IsNull(_states.Load("/w/y"));
    }

    [TestMethod]
    public void Any_damage_is_no_state_and_never_a_failure()
    {
        var state = Full("/w/x") with { Directory = ObservedDirectory.Hint(null, [KeyValuePair.Create("a", Observed("a")), KeyValuePair.Create("b/c", Observed("b"))]) };
        _states.Save(state);
        var path = _states.PathOf("/w/x");
        var whole = File.ReadAllBytes(path);
        Assert.IsNotNull(_states.Load("/w/x"));

        for (var length = 0; length < whole.Length; length += 3)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.IsNull(_states.Load("/w/x"), $"cut at {length}");
        }

        for (var at = 0; at < whole.Length; at += 5)
        {
            var changed = (byte[])whole.Clone();
            changed[at] ^= 0x10;
            File.WriteAllBytes(path, changed);
            Assert.IsNull(_states.Load("/w/x"), $"changed at {at}");
        }

        File.WriteAllBytes(path, [.. whole, 0]);
        Assert.IsNull(_states.Load("/w/x"));
    }

    [TestMethod]
    public void Bytes_that_carry_a_right_checksum_give_a_state_or_none()
    {
        var random = new Random(20_261_121);
        var state = Full("/w/x") with { Directory = ObservedDirectory.Hint(null, [KeyValuePair.Create("a", Observed("a"))]) };
        _states.Save(state);
        var path = _states.PathOf("/w/x");
        var whole = File.ReadAllBytes(path);
        for (var i = 0; i < 400; i++)
        {
            var body = whole.AsSpan(0, whole.Length - Sha256Hash.Size).ToArray();
            for (var k = random.Next(1, 6); k > 0; k--) body[random.Next(body.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) body = body[..random.Next(body.Length)];
            File.WriteAllBytes(path, [.. body, .. System.Security.Cryptography.SHA256.HashData(body)]);
            if (_states.Load("/w/x")?.Directory is { } directory) _ = directory.Files.Count();
        }
    }

    [TestMethod]
    public void A_state_root_that_cannot_be_written_is_a_coded_error()
    {
        File.WriteAllText(_folder.At("git"), "a file in the way");

        var error = Assert.ThrowsExactly<ModelTrackException>(() => _states.Save(Full("/w/x")));

        Assert.AreEqual("MT2004", error.Code);
        StringAssert.Contains(error.Message, _states.Root);
        Assert.IsNull(_states.Load("/w/x"));
    }

    [TestMethod]
    public void Leftovers_of_dead_writers_go_with_the_next_save()
    {
        _states.Save(Full("/w/x"));
        var leftover = _states.PathOf("/w/x") + ".1-1.tmp";
        File.WriteAllText(leftover, "half");
        File.SetLastWriteTimeUtc(leftover, DateTime.UtcNow.AddDays(-2));

        _states.Save(Full("/w/x"));

        Assert.IsFalse(File.Exists(leftover));
    }

    [TestMethod]
    public void Many_writers_at_once_leave_one_whole_state()
    {
        Parallel.For(0, 64, i => _states.Save(Full("/w/x") with { Told = (ToldOnce)(i % 4) }));

        Assert.IsNotNull(_states.Load("/w/x"));
        Assert.AreEqual(1, Directory.GetFiles(_states.Root).Length);
    }
}
