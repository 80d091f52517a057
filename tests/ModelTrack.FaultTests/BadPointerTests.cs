using System.Text;
using ModelTrack.FaultTests.Support;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests;

/// <summary>Pointers that are none: each verb says so with a code, and neither content nor pointer is touched.</summary>
[TestClass]
public sealed class BadPointerTests
{
    private const string Hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [TestMethod]
    [DataRow("conflict", "MT1003", $"<<<<<<< HEAD\n{{ \"modeltrack\": 1, \"kind\": \"file\", \"sha256\": \"{Hash}\", \"size\": 4 }}\n=======\n{{ }}\n>>>>>>> other\n")]
    [DataRow("version", "MT1004", $"{{ \"modeltrack\": 2, \"kind\": \"file\", \"sha256\": \"{Hash}\", \"size\": 4 }}")]
    [DataRow("path", "MT1005", $"{{ \"modeltrack\": 1, \"kind\": \"file\", \"sha256\": \"{Hash}\", \"size\": 4, \"path\": \"../../etc/passwd\" }}")]
    [DataRow("hash with a path", "MT1008", "{ \"modeltrack\": 1, \"kind\": \"file\", \"sha256\": \"../../../../../../../../../../../../../../../../../../../etc/passwd\", \"size\": 4 }")]
    [DataRow("size below zero", "MT1008", $"{{ \"modeltrack\": 1, \"kind\": \"file\", \"sha256\": \"{Hash}\", \"size\": -1 }}")]
    [DataRow("size of 2^63", "MT1008", $"{{ \"modeltrack\": 1, \"kind\": \"file\", \"sha256\": \"{Hash}\", \"size\": 9223372036854775808 }}")]
    [DataRow("doubled key", "MT1006", $"{{ \"modeltrack\": 1, \"kind\": \"file\", \"sha256\": \"{Hash}\", \"size\": 4, \"size\": 5 }}")]
    [DataRow("no text", "MT1002", "\u0000\u0001\u0002")]
    [DataRow("empty", "MT1002", "")]
    public async Task It_is_refused_by_every_verb(string what, string code, string text)
    {
        using var team = new Team();
        var ada = await SavedAsync(team);
        await RefusedAsync(ada, what, code, () => File.WriteAllBytes(PointerOf(ada), Encoding.UTF8.GetBytes(text)));
    }

    [TestMethod]
    public async Task One_of_a_gigabyte_is_refused_by_its_size()
    {
        using var team = new Team();
        var ada = await SavedAsync(team);
        var before = GC.GetTotalAllocatedBytes();
        await RefusedAsync(ada, "1 GB", "MT1001", () =>
        {
            using var file = new FileStream(PointerOf(ada), FileMode.Create);
            file.SetLength(1L << 30);
        });
        Assert.IsLessThan(256L << 20, GC.GetTotalAllocatedBytes() - before, "it is never in memory");
    }

    /// <summary>A size that nothing backs must not become a file of that size.</summary>
    [TestMethod]
    public async Task A_size_that_no_disk_has_is_an_error_that_names_the_artifact()
    {
        using var team = new Team();
        var ada = await SavedAsync(team);
        File.WriteAllText(PointerOf(ada), $$"""{ "modeltrack": 1, "kind": "file", "sha256": "{{Hash}}", "size": 9223372036854775807 }""");
        File.Delete(ada.PathOf(ModelVersion.Model));
        Assert.AreEqual("MT5510", await ada.FailAsync(ada.RestoreAsync(ModelVersion.Model)));
        StringAssert.Contains(ada.Log.ToString(), ModelVersion.Model, StringComparison.Ordinal);
        Assert.IsFalse(Path.Exists(ada.PathOf(ModelVersion.Model)));
    }

    /// <summary>The manifest at the remote is of another size than the pointer: whichever lies, nothing is placed.</summary>
    [TestMethod]
    [DataRow(399_999L)]
    [DataRow(400_001L)]
    [DataRow(1L << 50)]
    [DataRow(0L)]
    public async Task A_size_other_than_the_content_s_is_an_error_that_names_the_artifact(long size)
    {
        using var team = new Team();
        var (ada, ben) = (await SavedAsync(team), team.NewMachine("ben"));
        await ada.SucceedAsync(ada.PushAsync(ModelVersion.Model));
        ben.TakePointer(ModelVersion.Model, ada);
        File.WriteAllText(PointerOf(ben), ben.ReadPointer(ModelVersion.Model).Replace("400000", size.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
        await ben.FailAsync(ben.FetchAsync(ModelVersion.Model));
        await ben.FailAsync(ben.RestoreAsync(ModelVersion.Model));
        StringAssert.Contains(ben.Log.Errors.Single().Text, ModelVersion.Model, StringComparison.Ordinal);
        Assert.IsFalse(Path.Exists(ben.PathOf(ModelVersion.Model)));
        Invariants.StoreIsWhole(ben.Store, $"size {size}");
    }

    private static string PointerOf(Machine machine) => machine.PathOf(ModelVersion.Model) + ".track";

    private static async Task<Machine> SavedAsync(Team team)
    {
        var ada = team.NewMachine("ada");
        ModelVersion.Of(1).WriteTo(ada);
        await ada.SucceedAsync(ada.SaveAsync(ModelVersion.Model));
        return ada;
    }

    private static async Task RefusedAsync(Machine machine, string what, string code, Action spoil)
    {
        spoil();
        var length = new FileInfo(PointerOf(machine)).Length;
        var verbs = new Dictionary<string, Func<Task<Operations.OperationResult>>>
        {
            ["restore"] = () => machine.RestoreAsync(ModelVersion.Model),
            ["forced restore"] = () => machine.RestoreAsync(ModelVersion.Model, o => o with { Force = true, Explicit = true }),
            ["save"] = () => machine.SaveAsync(ModelVersion.Model),
            ["fetch"] = () => machine.FetchAsync(ModelVersion.Model),
            ["push"] = () => machine.PushAsync(ModelVersion.Model),
            ["verify"] = () => machine.VerifyAsync(ModelVersion.Model),
        };
        foreach (var (verb, run) in verbs)
        {
            Assert.AreEqual(code, await machine.FailAsync(run()), $"{verb}, {what}: {machine.Log}");
            CollectionAssert.AreEqual(ModelVersion.Of(1).Files[ModelVersion.Model], File.ReadAllBytes(machine.PathOf(ModelVersion.Model)), $"{verb}, {what}");
            Assert.AreEqual(length, new FileInfo(PointerOf(machine)).Length, $"{verb}, {what}");
        }
    }
}
