using System.IO.Hashing;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.StorageTests.Formats;

[TestClass]
public class LocationTableTests
{
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(40)]
    [DataRow(30_000)]
    public void Every_chunk_is_found_and_no_other(int count)
    {
        var chunks = ManifestTests.Chunks(count, packs: 7);
        var table = LocationTable.Parse(LocationTable.Write(ManifestTests.Packs(7), chunks), "index");

        Assert.AreEqual(count, table.Count);
        Assert.HasCount(7, table.Packs);
        foreach (var chunk in chunks)
        {
            Assert.IsTrue(table.TryFind(chunk.Hash, out var found));
            Assert.AreEqual(chunk, found);
        }

        for (var i = 0; i < 1000; i++) Assert.IsFalse(table.TryFind(Samples.Hash(-1 - i), out _));
        CollectionAssert.AreEqual(chunks.OrderBy(c => c.Hash).ToArray(), table.All().ToArray());
    }

    [TestMethod]
    public void Of_two_places_of_a_chunk_the_first_stays()
    {
        var packs = ManifestTests.Packs(2);
        var first = ManifestTests.Chunks(1, packs: 1)[0];
        var table = LocationTable.Parse(LocationTable.Write(packs, [first, first with { Pack = packs[1].Id }]), "index");
        Assert.AreEqual(1, table.Count);
        Assert.IsTrue(table.TryFind(first.Hash, out var found));
        Assert.AreEqual(first, found);
    }

    [TestMethod]
    public void The_empty_table_finds_nothing()
    {
        Assert.AreEqual(0, LocationTable.Empty.Count);
        Assert.IsFalse(LocationTable.Empty.TryFind(Samples.Hash(1), out _));
    }

    [TestMethod]
    public void A_cut_or_altered_table_is_a_coded_error()
    {
        var good = LocationTable.Write(ManifestTests.Packs(3), ManifestTests.Chunks(60, packs: 3));
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var bytes = (byte[])good.Clone();
            if (round % 2 == 0) bytes = bytes[..random.Next(bytes.Length)];
            else bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            Assert.ThrowsExactly<ModelTrackException>(() => LocationTable.Parse(bytes, "index"));
        }
    }

    [TestMethod]
    public void A_table_that_is_wrong_under_a_right_checksum_gives_values_or_a_coded_error()
    {
        var chunks = ManifestTests.Chunks(60, packs: 3);
        var good = LocationTable.Write(ManifestTests.Packs(3), chunks);
        var random = new Random(2);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = (byte[])good.Clone();
            bytes[round % 3 == 0 ? random.Next(40) : random.Next(bytes.Length)] = (byte)random.Next(256);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(bytes.AsSpan(bytes.Length - 16), XxHash128.HashToUInt128(bytes.AsSpan(0, bytes.Length - 16)));
            try
            {
                var table = LocationTable.Parse(bytes, "index");
                foreach (var chunk in chunks) table.TryFind(chunk.Hash, out _);
                _ = table.All().Count();
            }
            catch (ModelTrackException)
            {
            }
        }
    }
}
