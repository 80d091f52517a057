using System.Collections.Concurrent;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Operations;
using ModelTrack.Storage.Store;
using ModelTrack.UnitTests.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.FaultTests.Support;

/// <summary>A machine right before a verb, what has to hold if that verb is killed, and what has to be there once it was run again.</summary>
internal sealed class Scene : IDisposable
{
    private static readonly ConcurrentDictionary<(int Number, int SmallFiles), Lazy<Task<IReadOnlyDictionary<string, string>>>> s_pointers = new();

    private readonly int _smallFiles;
    private readonly ModelVersion? _workspace;

    private Scene(Team team, Machine machine, string verb, ModelVersion? workspace, ModelVersion after, int smallFiles)
    {
        Team = team;
        Machine = machine;
        Verb = verb;
        After = after;
        _workspace = workspace;
        _smallFiles = smallFiles;
    }

    public Team Team { get; }

    /// <summary>On which the verb runs.</summary>
    public Machine Machine { get; }

    public string Verb { get; }

    /// <summary>What the workspace holds when verb and build are through.</summary>
    public ModelVersion After { get; }

    /// <summary>How many ways there are to come before a verb.</summary>
    public static int VariantsOf(string verb) => verb == "restore" ? 3 : 2;

    /// <summary>
    /// Variant 0 goes from version 1 to version 2; variant 1 begins with nothing; variant 2, of restore, has all contents in the store.
    /// </summary>
    public static async Task<Scene> PrepareAsync(string verb, int variant, int smallFiles = 24)
    {
        var (one, two) = (ModelVersion.Of(1, smallFiles), ModelVersion.Of(2, smallFiles));
        var team = new Team();
        var ada = team.NewMachine("ada");
        if (verb is "save" or "push")
        {
            one.WriteTo(ada);
            if (variant == 0)
            {
                await BuildAsync(ada);
                two.WriteTo(ada);
            }

            var last = variant == 0 ? two : one;
            if (verb == "push") await RunAsync(ada, "save");
            return new Scene(team, ada, verb, last, last, smallFiles);
        }

        var ben = team.NewMachine("ben");
        one.WriteTo(ada);
        await BuildAsync(ada);
        if (variant != 1)
        {
            TakePointers(ben, ada);
            await RunAsync(ben, "restore");
        }

        two.WriteTo(ada);
        await BuildAsync(ada);
        TakePointers(ben, ada);
        if (variant == 2) await RunAsync(ben, "fetch");
        return new Scene(team, ben, verb, variant == 1 ? null : one, two, smallFiles);
    }

    /// <summary>Runs a verb for both artifacts in this process, and fails the test if it fails.</summary>
    public static async Task<OperationResult> RunAsync(Machine machine, string verb, string context = "", Func<OperationOptions, OperationOptions>? with = null)
    {
        var (result, log) = await TryAsync(machine, verb, with);
        Assert.IsTrue(result.Succeeded, $"{context}: {verb}: {log}");
        return result;
    }

    public static async Task<(OperationResult Result, CapturingLog Log)> TryAsync(Machine machine, string verb, Func<OperationOptions, OperationOptions>? with = null)
    {
        var log = new CapturingLog();
        IReadOnlyList<TrackedArtifact> items = [.. ModelVersion.Artifacts.Select(machine.Item)];
        var options = with?.Invoke(machine.Options) ?? machine.Options;
        Machine.Verb run = verb switch
        {
            "restore" => RestoreOperation.RunAsync,
            "save" => SaveOperation.RunAsync,
            "push" => PushOperation.RunAsync,
            "fetch" => FetchOperation.RunAsync,
            "verify" => VerifyOperation.RunAsync,
            _ => throw new ArgumentException(verb),
        };
        return (await run(items, options, log, CancellationToken.None), log);
    }

    /// <summary>What a build does.</summary>
    public static async Task BuildAsync(Machine machine, string context = "")
    {
        await RunAsync(machine, "restore", context);
        await RunAsync(machine, "save", context);
        await RunAsync(machine, "push", context);
    }

    public static void TakePointers(Machine to, Machine from)
    {
        foreach (var artifact in ModelVersion.Artifacts)
        {
            to.TakePointer(artifact, from);
        }
    }

    /// <summary>After a kill, whenever it came.</summary>
    public async Task CheckAfterKillAsync(string context)
    {
        if (Verb == "restore") Invariants.WorkspaceIsOnly(Machine, context, ModelVersion.Of(1, _smallFiles), After);
        else if (_workspace is not null) Invariants.WorkspaceIs(Machine, context, _workspace);
        else Assert.IsEmpty(Invariants.ContentFiles(Machine), context);
        Invariants.StoreIsWhole(Machine.Store, context);
        Invariants.RemoteIsWhole(Team.Remote, context);
        Invariants.GitSeesNoTempFiles(Machine, context);
        await CheckPointersAsync(context);
        if (Verb is "save" or "push") await CheckPointersAreStoredAsync(context);
    }

    /// <summary>A build of somebody who does not know of the kill must not record a mixture, whether or not it fails.</summary>
    public async Task CheckNoMixtureIsSavedAsync(string context)
    {
        await TryAsync(Machine, "save");
        await CheckPointersAsync(context + ", saved before restored");
        if (Verb == "restore") Invariants.WorkspaceIsOnly(Machine, context, ModelVersion.Of(1, _smallFiles), After);
    }

    /// <summary>After the verb was run again to its end.</summary>
    /// <param name="clone">Also restores a fresh clone from the remote.</param>
    public async Task CheckCompletedAsync(string context, bool clone)
    {
        if (Verb == "fetch")
        {
            // All of it is here: nothing is asked of a remote.
            await RunAsync(Machine, "restore", context, o => o with { Offline = true });
        }

        await BuildAsync(Machine, context);
        Invariants.WorkspaceIs(Machine, context, After);
        var expected = await PointersOfAsync(After.Number);
        foreach (var artifact in ModelVersion.Artifacts)
        {
            Assert.AreEqual(expected[artifact], Machine.ReadPointer(artifact), $"{context}: pointer of {artifact}");
        }

        await CheckPointersAreStoredAsync(context);
        Invariants.StoreIsWhole(Machine.Store, context);
        Invariants.RemoteIsWhole(Team.Remote, context);
        if (Invariants.HasLeftovers(Team.Remote))
        {
            // All was there before the second run, which therefore sent nothing: what is left goes with the next push that sends.
            Machine.Write(ModelVersion.Model, [1, 2, 3]);
            await BuildAsync(Machine, context);
            Invariants.NothingIsLeftOver(Machine, context);
            return;
        }

        Invariants.NothingIsLeftOver(Machine, context);
        if (!clone) return;

        var eve = Team.NewMachine("eve");
        TakePointers(eve, Machine);
        await RunAsync(eve, "restore", context);
        Invariants.WorkspaceIs(eve, context + ", in a fresh clone", After);
    }

    public void Dispose() => Team.Dispose();

    private async Task CheckPointersAsync(string context)
    {
        var (one, two) = (await PointersOfAsync(1), await PointersOfAsync(2));
        foreach (var artifact in ModelVersion.Artifacts)
        {
            var path = Machine.PathOf(artifact) + PointerFile.Extension;
            if (!File.Exists(path))
            {
                Assert.AreEqual("save", Verb, $"{context}: the pointer of {artifact} is gone");
                continue;
            }

            var text = File.ReadAllText(path);
            Assert.IsTrue(text == one[artifact] || text == two[artifact], $"{context}: pointer of {artifact} names no known version: {text}");
        }
    }

    /// <summary>No pointer names content that is not in the store, all of it and good.</summary>
    private async Task CheckPointersAreStoredAsync(string context)
    {
        using var store = LocalStore.Open(Machine.Store, new CapturingLog());
        if (PointerFile.Read(Machine.PathOf(ModelVersion.Model) + PointerFile.Extension) is { } model)
        {
            Assert.IsNotNull(await store.FindFileAsync(new ContentId(model.Sha256, model.Size), CancellationToken.None), $"{context}: the model is not stored");
        }

        if (PointerFile.Read(Machine.PathOf(ModelVersion.Data) + PointerFile.Extension) is not { } data) return;
        var listing = await store.ReadListingAsync(data.Sha256, Listing.MaxBytes, CancellationToken.None);
        Assert.IsNotNull(listing, $"{context}: the listing is not stored");
        var contents = Listing.Parse(listing, "listing").Entries.Where(e => !e.IsEmptyDirectory).Select(e => e.Content).Distinct().ToList();
        var undelivered = await store.ReadSmallAsync([.. contents.Where(c => c.Size < LocalStore.SmallLimit)], (_, _, _) => ValueTask.CompletedTask, CancellationToken.None);
        foreach (var content in contents.Where(c => c.Size >= LocalStore.SmallLimit).Concat(undelivered))
        {
            Assert.IsNotNull(await store.FindFileAsync(content, CancellationToken.None), $"{context}: {content} is not stored");
        }
    }

    private Task<IReadOnlyDictionary<string, string>> PointersOfAsync(int number) =>
        s_pointers.GetOrAdd((number, _smallFiles), static key => new(() => MakePointersAsync(key.Number, key.SmallFiles))).Value;

    private static async Task<IReadOnlyDictionary<string, string>> MakePointersAsync(int number, int smallFiles)
    {
        using var team = new Team();
        var machine = team.NewMachine("reference");
        ModelVersion.Of(number, smallFiles).WriteTo(machine);
        await RunAsync(machine, "save");
        return ModelVersion.Artifacts.ToDictionary(a => a, machine.ReadPointer);
    }
}
