using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;

namespace ModelTrack.UnitTests.Artifacts;

[TestClass]
public sealed class ListingTests
{
    private const string Test = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private const string Nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private const string Golden = $"""
        modeltrack-listing 1
        {Test} 4 - .hidden
        {Test} 4 x bin/run me.sh
        {Nothing} 0 - data.csv
        dir logs/
        {Test} 4 - é/1.txt
        {Test} 4 - 😀

        """;

    [TestMethod]
    public void The_golden_listing_is_written_byte_for_byte()
    {
        var content = new ContentId(Sha256Hash.Of("test"u8), 4);
        var listing = Listing.Create(
        [
            ListingEntry.File("😀", content),
            ListingEntry.EmptyDirectory("logs"),
            ListingEntry.File("bin/run me.sh", content, executable: true),
            ListingEntry.File("é/1.txt", content),
            ListingEntry.File(".hidden", content),
            ListingEntry.File("data.csv", ContentId.Empty),
        ]);
        Assert.AreEqual(Golden, Encoding.UTF8.GetString(listing.ToBytes()));
        Assert.AreEqual("13e1d5a187eda63daf97b490fe03055eb2993351389ac0c10e355d0a6f50503e", listing.Id.ToString());
        Assert.AreEqual((16L, 5, listing.ToBytes().Length), (listing.TotalSize, listing.FileCount, listing.Length));
    }

    [TestMethod]
    public void An_empty_directory_s_listing_is_its_header()
    {
        Assert.AreEqual("modeltrack-listing 1\n", Encoding.UTF8.GetString(Listing.Empty.ToBytes()));
        Assert.AreEqual("022aa7da4aec233b170899e49f8d60ac1b46b51d02d8f17b0f10fd32dde844b7", Listing.Empty.Id.ToString());
        Assert.AreEqual((0L, 0), (Listing.Empty.TotalSize, Listing.Empty.FileCount));
    }

    [TestMethod]
    public void What_was_written_is_read_and_written_again_as_it_stood()
    {
        var listing = Parse(Golden);
        Assert.AreEqual(Golden, Encoding.UTF8.GetString(listing.ToBytes()));
        Assert.AreEqual(Sha256Hash.Of(Encoding.UTF8.GetBytes(Golden)), listing.Id);
        Assert.AreEqual(listing.Id, Listing.Create(listing.Entries.Reverse()).Id);
        Assert.AreEqual(new ListingEntry("bin/run me.sh", false, Sha256Hash.Parse(Test), 4, true), listing.Entries[1]);
        Assert.IsTrue(listing.Entries[3].IsEmptyDirectory);
    }

    [TestMethod]
    public void Storage_sees_the_listing_and_then_the_files_in_its_order()
    {
        var listing = Parse(Golden);
        var content = listing.ToArtifactContent();
        Assert.AreEqual((listing.Id, true, 6), (content.Id, content.IsDirectory, content.Blobs.Count));
        Assert.AreEqual(new ContentId(listing.Id, Encoding.UTF8.GetByteCount(Golden)), content.Blobs[0]);
        Assert.AreEqual(ContentId.Empty, content.Blobs[3]);
    }

    [TestMethod]
    public void An_entry_is_found_by_its_path_in_whatever_form()
    {
        var listing = Parse(Golden);
        Assert.IsTrue(listing.TryGet("data.csv", out var data) && data.Size == 0);
        Assert.IsTrue(listing.TryGet("e\u0301/1.txt", out var accented) && accented.Path == "é/1.txt");
        Assert.IsFalse(listing.TryGet("data.CSV", out _));
        Assert.IsFalse(listing.TryGet("è", out _));
    }

    [TestMethod]
    public void A_path_keeps_the_form_in_which_the_base_has_it_and_so_do_the_folders_of_new_files()
    {
        var written = Listing.Create([File("é/ü.txt"), File("plain")]);
        var seen = Listing.Create([File("e\u0301/u\u0308.txt"), File("e\u0301/new ä"), File("plain"), File("o\u0308")], written);
        CollectionAssert.AreEqual(new[] { "o\u0308", "plain", "é/new ä", "é/ü.txt" }, seen.Entries.Select(e => e.Path).ToArray());
    }

    [TestMethod]
    [Rule("Directory listing 2")]
    [Rule("Directory listing 4")]
    [DataRow("", "MT1102", "line 1")]
    [DataRow("modeltrack-listing 1", "MT1102", "line 1")]
    [DataRow("modeltrack-listing 2\n", "MT1103", "version 2")]
    [DataRow("modeltrack-listing 01\n", "MT1102", "line 1")]
    [DataRow("\uFEFFmodeltrack-listing 1\n", "MT1102", "line 1")]
    [DataRow("modeltrack-listing 1\r\n", "MT1102", "line 1")]
    [DataRow("modeltrack-listing 1\n\n", "MT1102", "line 2")]
    [DataRow($"modeltrack-listing 1\n{Test} 4 - a", "MT1102", "line 2")]
    [DataRow($"modeltrack-listing 1\n{Test} 4 - b\n{Test} 4 - a\n", "MT1102", "line 3")]
    [DataRow($"modeltrack-listing 1\n{Test} 4 - a\n{Test} 4 - a\n", "MT1102", "line 3")]
    [DataRow($"modeltrack-listing 1\n{Test} 04 - a\n", "MT1102", "line 2")]
    [DataRow($"modeltrack-listing 1\n{Test} -4 - a\n", "MT1102", "line 2")]
    [DataRow($"modeltrack-listing 1\n{Test}  4 - a\n", "MT1102", "line 2")]
    [DataRow($"modeltrack-listing 1\n{Test} 9223372036854775808 - a\n", "MT1102", "line 2")]
    [DataRow($"modeltrack-listing 1\n{Test} 9223372036854775807 - a\n{Test} 1 - b\n", "MT1102", "line 3")]
    [DataRow($"modeltrack-listing 1\n{Test} 4 X a\n", "MT1102", "line 2")]
    [DataRow($"modeltrack-listing 1\n{Test} 4 - \n", "MT1102", "line 2")]
    [DataRow($"modeltrack-listing 1\n{Test} 4 - a\r\n", "MT1202", "U+000D")]
    [DataRow("modeltrack-listing 1\n9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 4 - a\n", "MT1102", "line 2")]
    [DataRow("modeltrack-listing 1\ndir a\n", "MT1102", "line 2")]
    [DataRow("modeltrack-listing 1\ndir /\n", "MT1102", "line 2")]
    [DataRow("modeltrack-listing 1\ndir a//\n", "MT1201", "empty part")]
    [DataRow($"modeltrack-listing 1\n{Test} 4 - ../a\n", "MT1201", "'..'")]
    [DataRow($"modeltrack-listing 1\n{Test} 4 - A\n{Test} 4 - a\n", "MT1204", "'A' and 'a'")]
    [DataRow($"modeltrack-listing 1\ndir a/\n{Test} 4 - a/b\n", "MT1204", "'a'")]
    public void Any_other_text_is_refused(string text, string code, string telling)
    {
        var error = Assert.ThrowsExactly<ModelTrackException>(() => Parse(text));
        Assert.AreEqual(code, error.Code, error.Message);
        StringAssert.Contains(error.Message, telling);
    }

    [TestMethod]
    [Rule("Directory listing 2")]
    public void A_listing_over_a_limit_is_refused()
    {
        Parse($"modeltrack-listing 1\n{Test} 4 - {new string('a', 4096)}\n");
        Assert.AreEqual("MT1102", CodeOf(Encoding.UTF8.GetBytes($"modeltrack-listing 1\n{Test} 4 - {new string('a', 4097)}\n")));
        Assert.AreEqual("MT1101", CodeOf([.. "modeltrack-listing 1\n"u8, .. Enumerable.Repeat((byte)'\n', 4_000_001)]));
        Assert.AreEqual("MT1101", CodeOf(new byte[536_870_913]));

        static string CodeOf(byte[] bytes) => Assert.ThrowsExactly<ModelTrackException>(() => Listing.Parse(bytes, "listing")).Code;
    }

    [TestMethod]
    [Rule("Directory listing 1")]
    public void A_listing_is_held_against_the_pointer_that_names_it()
    {
        var bytes = Encoding.UTF8.GetBytes(Golden);
        var pointer = new Pointer(ArtifactKind.Directory, Sha256Hash.Of(bytes), 16, 5);
        Assert.AreEqual(pointer.Sha256, Listing.Parse(bytes, pointer, "listing").Id);
        foreach (var other in (Pointer[])[pointer with { Size = 17 }, pointer with { Files = 6 }, pointer with { Sha256 = default }])
            Assert.AreEqual("MT1104", Assert.ThrowsExactly<ModelTrackException>(() => Listing.Parse(bytes, other, "listing")).Code);
    }

    [TestMethod]
    public void A_hundred_thousand_entries_are_read_with_little_more_memory_than_they_take()
    {
        var hash = Sha256Hash.Parse(Test);
        var bytes = Listing.Create(Enumerable.Range(0, 100_000).Select(i => ListingEntry.File($"images/{i / 1000:d3}/sample-{i:d6}.json", new ContentId(hash, i)))).ToBytes();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var listing = Listing.Parse(bytes, "listing");
        var perEntry = (GC.GetAllocatedBytesForCurrentThread() - before) / listing.Entries.Count;
        Assert.AreEqual(100_000, listing.FileCount);
        Assert.IsTrue(perEntry < 260, $"{perEntry} bytes for each entry");
    }

    [TestMethod]
    [Rule("Directory listing 2")]
    public void Any_bytes_give_a_listing_of_exactly_these_bytes_or_a_coded_error()
    {
        var random = new Random(20261121);
        var golden = Encoding.UTF8.GetBytes(Golden);
        var listings = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = golden.ToList();
            for (var edits = random.Next(3); edits >= 0; edits--)
            {
                var at = random.Next(bytes.Count + 1);
                switch (random.Next(5))
                {
                    case 0 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
                    case 1 when at < bytes.Count: bytes[at] = (byte)"0a/ -x\n."[random.Next(8)]; break;
                    case 2: bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(100))); break;
                    case 3: bytes.InsertRange(at, golden.Skip(random.Next(golden.Length)).Take(random.Next(100))); break;
                    default: bytes.Insert(at, (byte)random.Next(256)); break;
                }
            }

            byte[] text = [.. bytes];
            try
            {
                CollectionAssert.AreEqual(text, Listing.Parse(text, "listing").ToBytes());
                listings++;
            }
            catch (ModelTrackException)
            {
            }
        }

        Assert.IsTrue(listings > 500, $"{listings} of the texts were listings.");
    }

    private static ListingEntry File(string path) => ListingEntry.File(path, ContentId.Empty);

    private static Listing Parse(string text) => Listing.Parse(Encoding.UTF8.GetBytes(text), "listing");
}
