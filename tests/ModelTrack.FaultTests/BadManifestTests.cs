using System.Buffers.Binary;
using ModelTrack.Content;
using ModelTrack.FaultTests.Support;
using ModelTrack.Storage.Formats;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests;

/// <summary>Manifests that are signed as they should be and lie: nothing is allocated, fetched or placed for them.</summary>
[TestClass]
public sealed class BadManifestTests
{
    private const int KindAt = 32;
    private const int TotalAt = 40;
    private const int ListingAt = 48;
    private const int ChunksAt = 56;

    private static readonly ModelVersion s_one = ModelVersion.Of(1);

    private delegate void Change(Span<byte> manifest, Span<byte> info);

    [TestMethod]
    [Rule("Manifests 3")]
    public async Task One_of_2_to_the_63_chunks_is_refused_by_the_claim() =>
        await RefusedAsync("MT3004", (_, info) => BinaryPrimitives.WriteUInt64LittleEndian(info[ChunksAt..], 1UL << 63));

    [TestMethod]
    public async Task One_of_2_to_the_64_bytes_is_refused_by_the_claim() =>
        await RefusedAsync("MT3004", (_, info) => BinaryPrimitives.WriteUInt64LittleEndian(info[TotalAt..], ulong.MaxValue));

    [TestMethod]
    public async Task One_that_claims_more_chunks_than_it_has_is_damaged() =>
        await RefusedAsync("MT3002", (_, info) => BinaryPrimitives.WriteUInt64LittleEndian(info[ChunksAt..], 1_000_000));

    [TestMethod]
    public async Task One_whose_listing_is_longer_than_all_is_damaged() =>
        await RefusedAsync("MT3002", (_, info) => BinaryPrimitives.WriteUInt64LittleEndian(info[ListingAt..], long.MaxValue));

    [TestMethod]
    [Rule("Sections and versions 1")]
    [Rule("Sections and versions 4")]
    public async Task One_of_a_later_format_names_the_package_that_reads_it() =>
        await RefusedAsync("MT3003", (manifest, _) => manifest[4] = 9);

    [TestMethod]
    [Rule("Sections and versions 3")]
    [Rule("Sections and versions 4")]
    public async Task One_of_an_unknown_kind_names_the_package_that_reads_it() =>
        await RefusedAsync("MT3003", (_, info) => info[KindAt] = 9);

    [TestMethod]
    public async Task One_of_another_artifact_is_not_taken_for_this_one() =>
        await RefusedAsync("MT", (_, info) => info[0] ^= 1);

    /// <summary>The record's last four bytes are the codec and the frame's raw length.</summary>
    [TestMethod]
    [Rule("Sections and versions 3")]
    [Rule("Manifests 4")]
    [DataRow("codec", 52, 9, "MT3003")]
    [DataRow("reserved codec", 52, 3, "MT3003")]
    [DataRow("wrong codec", 52, 1, "MT")]
    [DataRow("length", 35, 0x7f, "MT3002")]
    [DataRow("number of the pack", 39, 0x7f, "MT3002")]
    [DataRow("place in the pack", 43, 0xff, "MT3002")]
    [DataRow("stored length", 47, 0x7f, "MT3002")]
    [DataRow("place in the frame", 51, 0x7f, "MT3002")]
    public async Task One_with_an_impossible_record_is_refused(string what, int at, int value, string code)
    {
        Assert.IsNotEmpty(what);
        await RefusedAsync(code, (manifest, _) =>
        {
            // The first record of the body: the model's first chunk.
            var root = ManifestReader.ParseRoot(manifest.ToArray(), "test");
            var first = ManifestReader.ParseBody(root, [], "test")[0];
            Span<byte> hash = stackalloc byte[Sha256Hash.Size];
            first.Hash.CopyTo(hash);
            manifest[manifest.IndexOf(hash) + at] = (byte)value;
        });
    }

    private static async Task RefusedAsync(string code, Change change)
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        s_one.WriteTo(ada);
        await ada.BuildAsync(ModelVersion.Model);
        ben.TakePointer(ModelVersion.Model, ada);
        var path = Invariants.FilesUnder(Path.Combine(team.Remote, "manifests")).Single();
        var bytes = File.ReadAllBytes(path);
        var artifact = Convert.FromHexString(Path.GetFileName(path));
        change(bytes, bytes.AsSpan(bytes.AsSpan().IndexOf(artifact)));
        var signed = Sha256Hash.Of(bytes.AsSpan(0, bytes.Length - Sha256Hash.Size));
        signed.CopyTo(bytes.AsSpan(bytes.Length - Sha256Hash.Size));
        File.WriteAllBytes(path, bytes);

        var before = GC.GetTotalAllocatedBytes();
        foreach (var verb in new[] { "fetch", "restore" })
        {
            var outcome = verb == "fetch" ? ben.FetchAsync(ModelVersion.Model) : ben.RestoreAsync(ModelVersion.Model);
            Assert.AreEqual("MT5510", await ben.FailAsync(outcome), ben.Log.ToString());
            StringAssert.Contains(ben.Log.Errors.Single().Text, code, StringComparison.Ordinal);
            StringAssert.Contains(ben.Log.Errors.Single().Text, ModelVersion.Model, StringComparison.Ordinal);
            Assert.IsFalse(Path.Exists(ben.PathOf(ModelVersion.Model)));
            Invariants.StoreIsWhole(ben.Store, code);
        }

        Assert.IsLessThan(512L << 20, GC.GetTotalAllocatedBytes() - before, "nothing is allocated for a claim");

        // Who has the content puts it right; what a later version wrote an older one may leave as it is.
        var verified = await ada.VerifyAsync(ModelVersion.Model);
        if (!verified.Succeeded && code == "MT3003") return;
        Assert.IsTrue(verified.Succeeded, ada.Log.ToString());
        await ben.SucceedAsync(ben.RestoreAsync(ModelVersion.Model));
        CollectionAssert.AreEqual(s_one.Files[ModelVersion.Model], File.ReadAllBytes(ben.PathOf(ModelVersion.Model)));
    }
}
