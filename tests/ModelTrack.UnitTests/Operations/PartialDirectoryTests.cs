using ModelTrack.Operations;
using ModelTrack.Storage.Store;

namespace ModelTrack.UnitTests.Operations;

/// <summary>A directory of which a clone has a part, or only the pointer: restored in part, added to, saved and pushed, and never taken for the whole.</summary>
[TestClass]
public sealed class PartialDirectoryTests : IDisposable
{
    private const string Data = "data/raw";

    private readonly Team _team = new();

    public void Dispose() => _team.Dispose();

    [TestMethod]
    [DataRow("data/raw/a/", "a/1=a1 a/2=a2")]
    [DataRow("data/raw/b/x.csv", "b/x.csv=bx")]
    [DataRow("data/raw/**/*.csv", "b/x.csv=bx")]
    [DataRow("data/raw/a/1|data/raw/top", "a/1=a1 top=t")]
    public async Task A_part_is_restored_alone_and_is_no_change(string part, string expected)
    {
        var (ada, ben) = await PushedAsync();

        await ben.SucceedAsync(BulkAsync(ben, RestoreOperation.RunAsync, part));

        Assert.AreEqual(expected, Texts(ben));
        await BuildAsync(ben);
        Assert.AreEqual(expected, Texts(ben));
        Assert.AreEqual(ada.ReadPointer(Data), ben.ReadPointer(Data));
        StringAssert.StartsWith(await StatusAsync(ben), "in part: ", StringComparison.Ordinal);

        await ben.SucceedAsync(BulkAsync(ben, RestoreOperation.RunAsync));
        Assert.AreEqual(Texts(ada), Texts(ben));
        Assert.AreEqual("in step", await StatusAsync(ben));
    }

    [TestMethod]
    public async Task A_part_that_is_not_there_is_an_error()
    {
        var (_, ben) = await PushedAsync();
        Assert.AreEqual("MT5529", await ben.FailAsync(BulkAsync(ben, RestoreOperation.RunAsync, "data/raw/nothing")));
        Assert.IsFalse(Directory.Exists(ben.PathOf(Data)));
        await ben.SucceedAsync(BulkAsync(ben, RestoreOperation.RunAsync));
        Assert.AreEqual("MT5529", await ben.FailAsync(BulkAsync(ben, RestoreOperation.RunAsync, "data/raw/nothing")));
        Assert.AreEqual("MT5529", await ben.FailAsync(BulkAsync(ben, SaveOperation.RunAsync, "data/raw/nothing")));
    }

    [TestMethod]
    [DataRow("data/raw/new.csv")]
    [DataRow("data/raw")]
    [DataRow(null)]
    public async Task Files_are_added_where_only_the_pointer_is(string? named)
    {
        var (ada, ben) = await PushedAsync();
        ben.Write($"{Data}/new.csv", "new");

        if (named is null) await BuildAsync(ben);
        else await ben.SucceedAsync(BulkAsync(ben, SaveOperation.RunAsync, named));
        StringAssert.Contains(ben.ReadPointer(Data), "\"files\": 5", StringComparison.Ordinal);
        Assert.AreEqual("new.csv=new", Texts(ben));
        await ben.SucceedAsync(BulkAsync(ben, PushOperation.RunAsync));
        StringAssert.Contains(ben.Log.ToString(), "pushed data/raw", StringComparison.Ordinal);
        await BuildAsync(ben);
        Assert.AreEqual("new.csv=new", Texts(ben));

        ada.TakePointer(Data, ben);
        await ada.BuildAsync(Data);
        Assert.AreEqual("a/1=a1 a/2=a2 b/x.csv=bx new.csv=new top=t", Texts(ada));
        var eve = _team.NewMachine("eve");
        eve.TakePointer(Data, ben);
        await eve.BuildAsync(Data);
        Assert.AreEqual(Texts(ada), Texts(eve));
    }

    [TestMethod]
    public async Task In_a_restored_part_a_removal_is_one_and_the_rest_is_untouched()
    {
        var (ada, ben) = await PushedAsync();
        await ben.SucceedAsync(BulkAsync(ben, RestoreOperation.RunAsync, "data/raw/a"));
        File.Delete(ben.PathOf($"{Data}/a/1"));
        ben.Write($"{Data}/a/2", "changed");

        await BuildAsync(ben);
        await ben.SucceedAsync(BulkAsync(ben, PushOperation.RunAsync));

        ada.TakePointer(Data, ben);
        await ada.BuildAsync(Data);
        Assert.AreEqual("a/2=changed b/x.csv=bx top=t", Texts(ada));
    }

    [TestMethod]
    public async Task An_added_file_that_is_removed_again_is_a_removal()
    {
        var (ada, ben) = await PushedAsync();
        ben.Write($"{Data}/new.csv", "new");
        await BuildAsync(ben);
        File.Delete(ben.PathOf($"{Data}/new.csv"));
        await BuildAsync(ben);
        Assert.AreEqual(ada.ReadPointer(Data), ben.ReadPointer(Data));
    }

    [TestMethod]
    public async Task Only_the_named_file_is_recorded()
    {
        var (ada, _) = await PushedAsync();
        ada.Write($"{Data}/new.csv", "new");
        ada.Write($"{Data}/a/1", "not yet");
        await ada.SucceedAsync(BulkAsync(ada, SaveOperation.RunAsync, "data/raw/new.csv"));
        await ada.SucceedAsync(ada.PushAsync(Data));
        Assert.AreEqual("modified", await StatusAsync(ada));
        var eve = _team.NewMachine("eve");
        eve.TakePointer(Data, ada);
        await eve.BuildAsync(Data);
        Assert.AreEqual("a/1=a1 a/2=a2 b/x.csv=bx new.csv=new top=t", Texts(eve));
    }

    [TestMethod]
    public async Task The_parts_follow_the_pointer_and_changes_on_both_sides_come_together()
    {
        var (ada, ben) = await PushedAsync();
        await ben.SucceedAsync(BulkAsync(ben, RestoreOperation.RunAsync, "data/raw/a"));
        ada.Write($"{Data}/a/2", "ada's");
        ada.Write($"{Data}/b/y.csv", "by");
        await ada.BuildAsync(Data);
        ben.Write($"{Data}/a/3", "ben's");
        ben.TakePointer(Data, ada);

        Assert.AreEqual("MT5530", await ben.FailAsync(BulkAsync(ben, SaveOperation.RunAsync, "data/raw")));
        Assert.AreEqual("MT5530", await ben.FailAsync(BulkAsync(ben, SaveOperation.RunAsync, "data/raw/a/3")));
        Assert.AreEqual(ada.ReadPointer(Data), ben.ReadPointer(Data));
        await ben.SucceedAsync(BulkAsync(ben, RestoreOperation.RunAsync, "data/raw/a"));
        Assert.AreEqual("a/1=a1 a/2=ada's a/3=ben's", Texts(ben));
        await BuildAsync(ben);
        await ben.SucceedAsync(BulkAsync(ben, PushOperation.RunAsync));

        ada.TakePointer(Data, ben);
        await ada.BuildAsync(Data);
        Assert.AreEqual("a/1=a1 a/2=ada's a/3=ben's b/x.csv=bx b/y.csv=by top=t", Texts(ada));
    }

    [TestMethod]
    public async Task A_folder_that_is_taken_away_as_a_whole_is_not_here_and_not_emptied()
    {
        var (ada, _) = await PushedAsync();
        Directory.Delete(ada.PathOf(Data), recursive: true);
        await BuildAsync(ada);
        ada.Write($"{Data}/new.csv", "new");
        await BuildAsync(ada);
        StringAssert.Contains(ada.ReadPointer(Data), "\"files\": 5", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Losing_the_state_loses_nothing()
    {
        var (ada, ben) = await PushedAsync();
        await ben.SucceedAsync(BulkAsync(ben, RestoreOperation.RunAsync, "data/raw/a"));
        Directory.Delete(Path.Combine(ben.Project, ".git", "modeltrack"), recursive: true);

        await BuildAsync(ben);
        await ben.SucceedAsync(BulkAsync(ben, SaveOperation.RunAsync, "data/raw"));

        Assert.AreEqual(ada.ReadPointer(Data), ben.ReadPointer(Data));
        Assert.AreEqual("a/1=a1 a/2=a2", Texts(ben));
    }

    [TestMethod]
    public async Task Losing_the_store_as_well_takes_the_listing_from_the_remote()
    {
        var (ada, ben) = await PushedAsync();
        await ben.SucceedAsync(BulkAsync(ben, RestoreOperation.RunAsync, "data/raw/a"));
        Directory.Delete(ben.Store, recursive: true);
        ben.Write($"{Data}/a/3", "more");
        await BuildAsync(ben);
        await ben.SucceedAsync(BulkAsync(ben, PushOperation.RunAsync));
        ada.TakePointer(Data, ben);
        await ada.BuildAsync(Data);
        Assert.AreEqual("a/1=a1 a/2=a2 a/3=more b/x.csv=bx top=t", Texts(ada));
    }

    [TestMethod]
    public async Task A_build_that_has_to_have_it_completes_it()
    {
        var (ada, ben) = await PushedAsync();
        await ben.SucceedAsync(ben.RestoreAsync(Data, o => o with { Explicit = true, Artifacts = ["data/raw/a"] }));
        Assert.AreEqual("a/1=a1 a/2=a2", Texts(ben));
        await ben.BuildAsync(Data);
        Assert.AreEqual(Texts(ada), Texts(ben));
    }

    [TestMethod]
    public async Task Locked_a_part_is_in_step_and_a_change_in_it_is_an_error()
    {
        var (_, ben) = await PushedAsync();
        await ben.SucceedAsync(BulkAsync(ben, RestoreOperation.RunAsync, "data/raw/a"));
        await BuildAsync(ben, locked: true);
        ben.Write($"{Data}/a/1", "changed");
        Assert.AreEqual("MT5505", await ben.FailAsync(ben.RunAsync(Bulk(SaveOperation.RunAsync), Data, o => o with { Locked = true })));
    }

    [TestMethod]
    public async Task A_part_is_fetched_to_the_store_alone_and_verify_does_not_bring_the_rest()
    {
        var (_, ben) = await PushedAsync();
        await ben.SucceedAsync(BulkAsync(ben, FetchOperation.RunAsync, "data/raw/a"));
        Assert.IsFalse(Directory.Exists(ben.PathOf(Data)));
        await ben.SucceedAsync(BulkAsync(ben, RestoreOperation.RunAsync, "data/raw/a"));
        await ben.SucceedAsync(BulkAsync(ben, VerifyOperation.RunAsync));
        StringAssert.Contains(ben.Log.ToString(), "store good", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Where_nobody_has_the_rest_the_push_says_so()
    {
        var (_, ben) = await PushedAsync();
        ben.Write($"{Data}/new.csv", "new");
        await BuildAsync(ben);
        Directory.Delete(_team.Remote, recursive: true);
        Directory.CreateDirectory(_team.Remote);
        Assert.AreEqual("MT5515", await ben.FailAsync(BulkAsync(ben, PushOperation.RunAsync)));
        Assert.IsFalse(Directory.Exists(Path.Combine(_team.Remote, "manifests")));
    }

    [TestMethod]
    public async Task Large_contents_that_are_only_at_the_remote_are_named_by_the_new_manifest()
    {
        var (ada, ben) = (_team.NewMachine("ada"), _team.NewMachine("ben"));
        ada.Write($"{Data}/large.bin", Noise(2_000_000, 1));
        ada.Write($"{Data}/middle.bin", Noise(40_000, 2));
        ada.Write($"{Data}/small.bin", Noise(1000, 3));
        await ada.BuildAsync(Data);
        ben.TakePointer(Data, ada);
        ben.Write($"{Data}/added.bin", Noise(1_000_000, 4));
        await BuildAsync(ben);
        var pushed = await ben.SucceedAsync(BulkAsync(ben, PushOperation.RunAsync));
        Assert.IsLessThan(1_020_000, pushed.Artifacts.Single().BytesMoved);
        using (var store = LocalStore.Open(ben.Store, ben.Log)) Assert.IsFalse(store.Contains(new(PointerId(Noise(2_000_000, 1)), 2_000_000)));

        var eve = _team.NewMachine("eve");
        eve.TakePointer(Data, ben);
        await eve.BuildAsync(Data);
        CollectionAssert.AreEqual(Noise(2_000_000, 1), File.ReadAllBytes(eve.PathOf($"{Data}/large.bin")));
        CollectionAssert.AreEqual(Noise(1_000_000, 4), File.ReadAllBytes(eve.PathOf($"{Data}/added.bin")));
    }

    private static Content.Sha256Hash PointerId(byte[] bytes) => Content.Sha256Hash.Of(bytes);

    private async Task<(Machine Ada, Machine Ben)> PushedAsync()
    {
        var (ada, ben) = (_team.NewMachine("ada"), _team.NewMachine("ben"));
        ada.Write($"{Data}/a/1", "a1");
        ada.Write($"{Data}/a/2", "a2");
        ada.Write($"{Data}/b/x.csv", "bx");
        ada.Write($"{Data}/top", "t");
        await ada.BuildAsync(Data);
        ben.TakePointer(Data, ada);
        return (ada, ben);
    }

    /// <summary>A verb by name, of an artifact that builds do not restore.</summary>
    private static Task<OperationResult> BulkAsync(Machine machine, Machine.Verb verb, string? artifacts = null) =>
        machine.RunAsync(Bulk(verb), Data, o => o with { Explicit = true, Artifacts = artifacts?.Split('|') ?? [] });

    private static Machine.Verb Bulk(Machine.Verb verb) => (artifacts, options, log, token) =>
        verb([.. artifacts.Select(a => a with { RestoreOnBuild = false })], options, log, token);

    /// <summary>What a plain build does.</summary>
    private static async Task BuildAsync(Machine machine, bool locked = false)
    {
        await machine.SucceedAsync(machine.RunAsync(Bulk(RestoreOperation.RunAsync), Data, o => o with { Locked = locked }));
        await machine.SucceedAsync(machine.RunAsync(Bulk(SaveOperation.RunAsync), Data, o => o with { Locked = locked }));
    }

    private static async Task<string> StatusAsync(Machine machine) =>
        (await machine.RunAsync(Bulk(StatusOperation.RunAsync), Data, null)).Artifacts.Single().Status;

    private static string Texts(Machine machine) => string.Join(' ', Directory.EnumerateFiles(machine.PathOf(Data), "*", SearchOption.AllDirectories)
        .Select(f => $"{Path.GetRelativePath(machine.PathOf(Data), f).Replace('\\', '/')}={File.ReadAllText(f)}").Order(StringComparer.Ordinal));

    private static byte[] Noise(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
