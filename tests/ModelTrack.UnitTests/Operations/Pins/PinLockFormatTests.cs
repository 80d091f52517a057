using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Operations.Pins;

namespace ModelTrack.UnitTests.Operations.Pins;

[TestClass]
public sealed class PinLockFormatTests
{
    private const string Hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private const string Golden = $$"""
        {
          "modeltrackLock": 1,
          "pins": [
            {
              "path": "data/raw",
              "repository": "https://example.org/ü/data",
              "commit": "{{Commit}}",
              "kind": "directory",
              "sha256": "{{Hash}}",
              "size": 12,
              "files": 3
            },
            {
              "path": "models/intents.bin",
              "revision": "ab-test",
              "commit": "{{Commit}}",
              "kind": "file",
              "sha256": "{{Hash}}",
              "size": 4,
              "executable": true
            }
          ]
        }

        """;

    private static PinEntry[] Entries =>
    [
        new(new PinKey("models/intents.bin", null, "ab-test"), Commit, ArtifactKind.File, Sha(), 4, null, true),
        new(new PinKey("data/raw", "https://example.org/ü/data", null), Commit, ArtifactKind.Directory, Sha(), 12, 3, false),
    ];

    private static Sha256Hash Sha() => Sha256Hash.TryParse(Hash, out var hash) ? hash : throw new InvalidOperationException();

    [TestMethod]
    public void The_text_is_the_documented_one_whatever_the_order_of_the_entries()
    {
        var expected = Golden.ReplaceLineEndings("\n");
        Assert.AreEqual(expected, Encoding.UTF8.GetString(PinLockFormat.Write(Entries)));
        Assert.AreEqual(expected, Encoding.UTF8.GetString(PinLockFormat.Write(Entries.Reverse())));
    }

    [TestMethod]
    public void What_is_written_is_read_again_for_a_thousand_random_locks()
    {
        var random = new Random(5);
        for (var round = 0; round < 1000; round++)
        {
            var entries = Enumerable.Range(0, random.Next(6)).Select(i => RandomEntry(random, i)).ToArray();
            var bytes = PinLockFormat.Write(entries);
            var read = PinLockFormat.Parse(bytes, "lock");
            CollectionAssert.AreEqual(entries.OrderBy(e => e.Key).ToArray(), read.ToArray());
            CollectionAssert.AreEqual(bytes, PinLockFormat.Write(read));
        }
    }

    private static PinEntry RandomEntry(Random random, int number)
    {
        var isDirectory = random.Next(2) == 0;
        var hash = new byte[32];
        random.NextBytes(hash);
        var names = (string[])["ä \"b\"", "m\\x", "<x>", "日本", "a/b"];
        var repository = random.Next(2) == 0 ? null : $"git@host:{names[random.Next(names.Length)]}";
        var revision = repository is not null && random.Next(2) == 0 ? null : $"v{random.Next(9)}";
        return new PinEntry(
            new PinKey($"{names[random.Next(names.Length)]}/{number}", repository, revision),
            Convert.ToHexStringLower(hash)[..(random.Next(2) == 0 ? 40 : 64)],
            isDirectory ? ArtifactKind.Directory : ArtifactKind.File,
            new Sha256Hash(hash),
            random.NextInt64(),
            isDirectory ? random.Next() : null,
            !isDirectory && random.Next(2) == 0);
    }

    [TestMethod]
    public void A_byte_order_mark_and_carriage_returns_are_read()
    {
        var text = "\uFEFF" + Golden.ReplaceLineEndings("\r\n");
        Assert.HasCount(2, PinLockFormat.Parse(Encoding.UTF8.GetBytes(text), "lock"));
    }

    [TestMethod]
    [DataRow("", DisplayName = "empty")]
    [DataRow("[]", DisplayName = "no object")]
    [DataRow("{\"pins\":[]}", DisplayName = "no version")]
    [DataRow("{\"modeltrackLock\":2,\"pins\":[]}", DisplayName = "a later version")]
    [DataRow("{\"modeltrackLock\":1}", DisplayName = "no pins")]
    [DataRow("{\"modeltrackLock\":1,\"pins\":[],\"x\":1}", DisplayName = "unknown key")]
    [DataRow("{\"modeltrackLock\":1,\"modeltrackLock\":1,\"pins\":[]}", DisplayName = "doubled key")]
    [DataRow("{\"modeltrackLock\":1,\"pins\":[1]}", DisplayName = "an entry that is none")]
    public void What_is_no_lock_file_is_refused(string text) => Assert.AreEqual("MT5901", CodeOf(text));

    [TestMethod]
    [DataRow("\"revision\": \"ab-test\",", "", DisplayName = "neither revision nor repository")]
    [DataRow("\"path\": \"data/raw\",", "", DisplayName = "no path")]
    [DataRow("0123456789abcdef0123456789abcdef01234567", "0123", DisplayName = "a short commit")]
    [DataRow("\"file\"", "\"link\"", DisplayName = "another kind")]
    [DataRow("\"size\": 4", "\"size\": 4.0", DisplayName = "a size with a point")]
    [DataRow("\"size\": 4", "\"size\": -4", DisplayName = "a size with a sign")]
    [DataRow("\"files\": 3", "\"files\": \"3\"", DisplayName = "a number as text")]
    [DataRow("\"executable\": true", "\"executable\": false", DisplayName = "executable false")]
    [DataRow("\"executable\": true", "\"files\": 1", DisplayName = "a file that counts files")]
    [DataRow("\"executable\": true", "\"note\": 1", DisplayName = "an unknown key of an entry")]
    [DataRow(Hash, "9F86", DisplayName = "no hash")]
    public void What_is_no_entry_is_refused(string old, string replaced)
    {
        StringAssert.Contains(Golden, old, StringComparison.Ordinal);
        Assert.AreEqual("MT5901", CodeOf(Golden.Replace(old, replaced, StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Two_entries_for_one_pin_are_refused()
    {
        var entry = Entries[0];
        Assert.AreEqual("MT5901", CodeOf(Encoding.UTF8.GetString(PinLockFormat.Write([entry, entry with { Size = 5 }]))));
    }

    [TestMethod]
    public void Conflict_markers_have_a_code_of_their_own_and_their_line()
    {
        var error = Assert.Throws<ModelTrackException>(() => PinLockFormat.Parse("{\n<<<<<<< HEAD\n=======\n>>>>>>> x\n}"u8.ToArray(), "lock"));
        Assert.AreEqual("MT5902", error.Code);
        Assert.AreEqual(2, error.Diagnostic.Line);
    }

    private static string CodeOf(string text) =>
        Assert.Throws<ModelTrackException>(() => PinLockFormat.Parse(Encoding.UTF8.GetBytes(text), "lock")).Code;
}
