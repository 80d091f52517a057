using ModelTrack.Diagnostics;
using ModelTrack.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Operations;

/// <summary>ModelTrackGc on real repositories: what it refuses, what it keeps, what it says.</summary>
[TestClass]
public sealed class GcOperationTests : IDisposable
{
    private readonly Team _team = new();

    public void Dispose() => _team.Dispose();

    [TestMethod]
    public async Task What_was_pushed_and_is_named_by_nothing_goes_from_the_store_and_all_else_stays()
    {
        var machine = _team.NewMachine("a");
        await VersionAsync(machine, "kept", push: true, commit: true);
        await VersionAsync(machine, "stashed", push: true, commit: false);
        GitSandbox.Run(machine.Project, "stash", "-q");
        await machine.SucceedAsync(machine.RestoreAsync("m.onnx", options => options with { Force = true }));
        await VersionAsync(machine, "garbage", push: true, commit: false);
        await VersionAsync(machine, "never pushed", push: false, commit: false);
        await VersionAsync(machine, "present", push: true, commit: false);
        Assert.IsTrue(Has(machine, "garbage"));

        var log = await CollectAsync(machine, apply: true);
        Assert.IsTrue(Has(machine, "garbage"), "used within a day");
        Age(machine);
        await CollectAsync(machine, apply: false);
        Assert.IsTrue(Has(machine, "garbage"), "a dry run removes nothing");
        log = await CollectAsync(machine, apply: true);

        Assert.IsFalse(Has(machine, "garbage"), log.ToString());
        foreach (var text in new[] { "kept", "stashed", "never pushed", "present" }) Assert.IsTrue(Has(machine, text), text);
        StringAssert.Contains(log.ToString(), "never pushed");

        await CollectAsync(machine, apply: true, force: true);
        Assert.IsFalse(Has(machine, "never pushed"));
    }

    [TestMethod]
    public async Task A_directory_keeps_its_listing_and_its_files_and_a_pack_of_garbage_is_rewritten()
    {
        var machine = _team.NewMachine("a");
        for (var i = 0; i < 20; i++) machine.Write($"data/{i}.txt", $"file {i} " + new string('x', 500));
        await machine.BuildAsync("data");
        var before = machine.ReadPointer("data");
        for (var i = 2; i < 20; i++) File.Delete(machine.PathOf($"data/{i}.txt"));
        await machine.BuildAsync("data");
        Age(machine);
        var log = await CollectAsync(machine, apply: true);
        StringAssert.Contains(log.ToString(), "rewritten: 1 pack");

        // All of it comes back from the store alone.
        Directory.Delete(machine.PathOf("data"), recursive: true);
        await machine.SucceedAsync(machine.RestoreAsync("data", options => options with { Offline = true }));
        Assert.HasCount(2, Directory.GetFiles(machine.PathOf("data")));

        // What went comes back from the remote.
        machine.Write("data.track", before);
        await machine.SucceedAsync(machine.RestoreAsync("data", options => options with { Force = true }));
        Assert.HasCount(20, Directory.GetFiles(machine.PathOf("data")));
    }

    [TestMethod]
    public async Task A_bad_pack_goes_only_when_nothing_in_it_may_be_the_last_copy()
    {
        var machine = _team.NewMachine("a");
        machine.Write("data/1.txt", "here");
        await machine.BuildAsync("data");
        var other = _team.NewMachine("b");
        other.Write("data/1.txt", "only there");
        await other.BuildAsync("data");
        var (held, unknown) = (Directory.GetFiles(Path.Combine(machine.Store, "packs"), "*", SearchOption.AllDirectories).Single(),
            Directory.GetFiles(Path.Combine(other.Store, "packs"), "*", SearchOption.AllDirectories).Single());
        var damaged = Directory.CreateDirectory(Path.Combine(machine.Store, "damaged")).FullName;
        string Aside(string pack, string mark, byte[] bytes)
        {
            var path = Path.Combine(damaged, $"pack-{Path.GetFileName(pack)}-{mark}");
            File.WriteAllBytes(path, bytes);
            return path;
        }

        var inStore = Aside(held, "1", File.ReadAllBytes(held));
        var nowhere = Aside(unknown, "2", File.ReadAllBytes(unknown));
        var unreadable = Aside(unknown, "3", File.ReadAllBytes(unknown)[..^9]);
        Age(machine);
        await CollectAsync(machine, apply: true);
        Assert.IsFalse(File.Exists(inStore));
        Assert.IsTrue(File.Exists(nowhere));
        Assert.IsTrue(File.Exists(unreadable));

        await CollectAsync(machine, apply: true, force: true);
        Assert.IsFalse(File.Exists(nowhere));
        Assert.IsFalse(File.Exists(unreadable));
    }

    [TestMethod]
    public async Task A_workspace_that_is_gone_is_told_and_what_it_alone_named_goes_only_if_it_was_pushed()
    {
        var machine = _team.NewMachine("a");
        var other = new Machine(_team, Path.Combine(Path.GetDirectoryName(machine.Project)!, "other"), git: true, _team.Remote);
        await VersionAsync(other, "pushed", push: true, commit: true, store: machine.Store);
        await VersionAsync(other, "not pushed", push: false, commit: true, store: machine.Store);
        await VersionAsync(machine, "mine", push: true, commit: true);
        Age(machine);
        await CollectAsync(machine, apply: true);
        Assert.IsTrue(Has(machine, "pushed"));

        Delete(other.Project);
        var log = await CollectAsync(machine, apply: true);
        Assert.AreEqual("MT5702", log.Warnings.Single().Code);
        Assert.IsFalse(Has(machine, "pushed"));
        Assert.IsTrue(Has(machine, "not pushed"));
        Assert.AreEqual("MT5703", await CodeOf(() => CollectAsync(machine, apply: true, force: true)));
        await CollectAsync(machine, apply: true, force: true, gc => gc with { Dismissed = [other.Project] });
        Assert.IsFalse(Has(machine, "not pushed"));
        Assert.IsTrue(Has(machine, "mine"));
        Assert.AreEqual("MT5710", await CodeOf(() => CollectAsync(machine, apply: true, force: false, gc => gc with { Dismissed = [other.Project] })));
    }

    [TestMethod]
    public async Task A_repository_that_cannot_be_read_stops_it()
    {
        var machine = _team.NewMachine("a");
        var other = new Machine(_team, Path.Combine(Path.GetDirectoryName(machine.Project)!, "other"), git: true, _team.Remote);
        await VersionAsync(other, "theirs", push: true, commit: true, store: machine.Store);
        Age(machine);
        File.WriteAllText(Path.Combine(other.Project, ".git", "HEAD"), "nonsense");
        Assert.AreEqual("MT5701", await CodeOf(() => CollectAsync(machine, apply: true)));
        Delete(Path.Combine(other.Project, ".git"));
        File.WriteAllText(Path.Combine(other.Project, ".git"), "gitdir: /nowhere/at/all\n");
        Assert.AreEqual("MT5701", await CodeOf(() => CollectAsync(machine, apply: true)));
        Assert.IsTrue(Has(machine, "theirs"));
    }

    [TestMethod]
    public async Task A_submodule_s_pointers_and_unresolved_ones_count()
    {
        var machine = _team.NewMachine("a");
        await VersionAsync(machine, "ours", push: true, commit: true);
        var ours = machine.ReadPointer("m.onnx");
        await VersionAsync(machine, "theirs", push: true, commit: false);
        var theirs = machine.ReadPointer("m.onnx");
        await VersionAsync(machine, "nested", push: true, commit: false);
        var sub = machine.PathOf("sub");
        Directory.CreateDirectory(sub);
        GitSandbox.Init(sub);
        File.Copy(machine.PathOf("m.onnx.track"), Path.Combine(sub, "n.track"));
        GitSandbox.CommitAll(sub, "n");
        File.Delete(Path.Combine(sub, "n.track"));
        machine.Write("m.onnx.track", $"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> side\n");
        Age(machine);
        await CollectAsync(machine, apply: true);
        foreach (var text in new[] { "ours", "theirs", "nested" }) Assert.IsTrue(Has(machine, text), text);
    }

    [TestMethod]
    [Rule("Garbage collection 1")]
    public async Task A_remote_s_garbage_is_collected_only_when_every_repository_is_named_or_dismissed_fetched_and_whole()
    {
        // Two repositories share the remote; each has an origin.
        var one = Cloned("one");
        var two = Cloned("two");
        await VersionAsync(one, "of one", push: true, commit: true);
        GitSandbox.Run(one.Project, "push", "-q", "origin", "main");
        await VersionAsync(two, "of two", push: true, commit: true);
        GitSandbox.Run(two.Project, "push", "-q", "origin", "main");
        await VersionAsync(one, "garbage", push: true, commit: false);
        await VersionAsync(one, "of one again", push: true, commit: true);

        Assert.AreEqual("MT5704", await CodeOf(() => MarkAsync(one)));
        Assert.AreEqual("MT5707", await CodeOf(() => MarkAsync(one, force: false)));
        Assert.AreEqual("MT5708", await CodeOf(() => MarkAsync(one, gc => gc with { Repositories = [one.PathOf("nowhere")] })));
        Assert.AreEqual("MT5710", await CodeOf(() => MarkAsync(one, gc => gc with { Dismissed = ["https://host/unknown"] })));

        var shallow = Path.Combine(Path.GetDirectoryName(one.Project)!, "shallow");
        GitSandbox.Run(one.Project, "clone", "-q", "--depth=1", "file://" + Origin("two"), shallow);
        Assert.AreEqual("MT5706", await CodeOf(() => MarkAsync(one, gc => gc with { Repositories = [shallow] })));

        // A clone that follows one branch, from before the other was pushed, is fetched whole.
        var narrow = Path.Combine(Path.GetDirectoryName(one.Project)!, "narrow");
        GitSandbox.Run(one.Project, "clone", "-q", "--single-branch", Origin("two"), narrow);
        GitSandbox.Run(two.Project, "checkout", "-qb", "later");
        await VersionAsync(two, "of two later", push: true, commit: true);
        GitSandbox.Run(two.Project, "push", "-q", "origin", "later");
        var log = await MarkAsync(one, gc => gc with { Repositories = [narrow] });
        StringAssert.Contains(log.ToString(), "condemned: 1 artifact");
        Assert.HasCount(2, log.Details.Where(line => line.StartsWith("Fetching", StringComparison.Ordinal)), "each origin once");
        await SweepAsync(one, gc => gc with { Repositories = [narrow] });
        Assert.AreEqual("", GitSandbox.Run(narrow, "for-each-ref", "refs/modeltrack"));
        foreach (var (text, there) in new[] { ("of one", true), ("of two", true), ("of two later", true), ("of one again", true), ("garbage", false) }) Assert.AreEqual(there, IsAtRemote(text), text);

        Delete(Origin("two"));
        Assert.AreEqual("MT5705", await CodeOf(() => MarkAsync(one, gc => gc with { Repositories = [narrow] })));
        Assert.IsTrue(IsAtRemote("of two"));
        await MarkAsync(one, gc => gc with { Dismissed = [Origin("two")] });
        await SweepAsync(one, gc => gc with { Dismissed = [Origin("two")] });
        Assert.IsFalse(IsAtRemote("of two"));
        Assert.IsTrue(IsAtRemote("of one"));
    }

    [TestMethod]
    [Rule("Garbage collection 1")]
    public async Task A_submodule_whose_data_the_project_around_it_pushed_is_asked_for_too()
    {
        var data = Cloned("data");
        data.Write("readme", "data");
        GitSandbox.CommitAll(data.Project, "first");
        GitSandbox.Run(data.Project, "push", "-q", "origin", "main");
        var one = Cloned("one");
        GitSandbox.Run(one.Project, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", Origin("data"), "data");
        one.Write("data/d.csv", "of the submodule");
        await one.BuildAsync("data/d.csv");
        GitSandbox.CommitAll(one.PathOf("data"), "d");
        GitSandbox.Run(one.PathOf("data"), "push", "-q", "origin", "HEAD:main");
        GitSandbox.CommitAll(one.Project, "one");
        GitSandbox.Run(one.Project, "push", "-q", "origin", "main");

        // Collected from a clone in which the submodule is not checked out.
        var plain = new Machine(_team, Path.Combine(Path.GetDirectoryName(one.Store)!, "plain"), git: false, _team.Remote);
        GitSandbox.Run(plain.Project, "clone", "-q", Origin("one"), ".");
        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => MarkAsync(plain));
        Assert.AreEqual("MT5704", error.Code);
        StringAssert.Contains(error.Message, Origin("data"), StringComparison.Ordinal);

        await MarkAsync(plain, gc => gc with { Repositories = [one.PathOf("data")] });
        await SweepAsync(plain, gc => gc with { Repositories = [data.Project] });
        Assert.IsTrue(IsAtRemote("of the submodule"));
    }

    private string Origin(string name) => Path.Combine(Path.GetDirectoryName(_team.Remote)!, name + "-origin");

    private Machine Cloned(string name)
    {
        var machine = _team.NewMachine(name);
        Directory.CreateDirectory(Origin(name));
        GitSandbox.Run(Origin(name), "init", "-q", "--bare", "-b", "main");
        GitSandbox.Run(machine.Project, "remote", "add", "origin", Origin(name));
        return machine;
    }

    private static async Task VersionAsync(Machine machine, string text, bool push, bool commit, string? store = null)
    {
        machine.Write("m.onnx", text);
        OperationOptions With(OperationOptions options) => store is null ? options : options with { StorePath = store };
        await machine.SucceedAsync(machine.SaveAsync("m.onnx", With));
        if (push) await machine.SucceedAsync(machine.PushAsync("m.onnx", With));
        if (!commit) return;
        File.WriteAllText(machine.PathOf(".gitignore"), "m.onnx\nobj/\ndata/\n");
        GitSandbox.CommitAll(machine.Project, text);
    }

    private static bool Has(Machine machine, string text) =>
        File.Exists(Path.Combine(machine.Store, "files", Machine.Sha256Of(text)[..2], Machine.Sha256Of(text)));

    private bool IsAtRemote(string text) => File.Exists(Path.Combine(_team.Remote, "manifests", Machine.Sha256Of(text)[..2], Machine.Sha256Of(text)));

    /// <summary>Nothing in the store was used for two days.</summary>
    private static void Age(Machine machine)
    {
        foreach (var path in Directory.EnumerateFiles(machine.Store, "*", SearchOption.AllDirectories))
        {
            var mode = OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);
            if (path.Contains($"{Path.DirectorySeparatorChar}files{Path.DirectorySeparatorChar}", StringComparison.Ordinal)) continue;
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(-2));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
        }
    }

    [TestMethod]
    public async Task What_goes_and_what_stays_are_rows_too()
    {
        var machine = Cloned("a");
        await VersionAsync(machine, "kept", push: true, commit: true);
        GitSandbox.Run(machine.Project, "push", "-q", "origin", "main");
        await VersionAsync(machine, "garbage", push: true, commit: false);
        await VersionAsync(machine, "never pushed", push: false, commit: false);
        machine.Write("m.onnx.track", GitSandbox.Run(machine.Project, "show", "HEAD:m.onnx.track") + "\n");
        Age(machine);

        var options = new RepositoryOptions(machine.Project, machine.Project) { StorePath = machine.Store, Remote = _team.Remote, Force = true };
        var mark = await RemoteGcOperation.RunAsync(options, new GcOptions { Apply = true, Remote = RemoteGcPhase.Mark, GraceDays = 0 }, new CapturingLog(), default);
        CollectionAssert.IsSubsetOf(new[] { "artifacts stays kept 1", "artifacts goes condemned 1", "packs goes condemned 1" }, Told(mark));
        var sweep = await RemoteGcOperation.RunAsync(options, new GcOptions { Apply = true, Remote = RemoteGcPhase.Sweep, GraceDays = 0 }, new CapturingLog(), default);
        CollectionAssert.IsSubsetOf(new[] { "artifacts stays kept 1", "objects stays spared 0", "artifacts goes deleted 1", "packs goes deleted 1" }, Told(sweep));
        Assert.IsFalse(IsAtRemote("garbage"));

        var store = await StoreGcOperation.RunAsync(options with { Force = false }, new GcOptions(), new CapturingLog(), default);
        CollectionAssert.IsSubsetOf(new[] { "contents stays named 1", "contents stays notPushed 1", "contents goes garbage 1" }, Told(store), string.Join('|', Told(store)));
        Assert.AreEqual("7", store.Rows!.Single(row => row.Values.Any(value => value.Value == "garbage") && row.Name == "contents").Values.Single(value => value.Key == "Size").Value);

        static string[] Told(OperationResult result) => [.. result.Rows!.Select(row => $"{row.Name} {string.Join(' ', row.Values.Take(3).Select(value => value.Value))}")];
    }

    private static async Task<CapturingLog> CollectAsync(Machine machine, bool apply, bool force = false, Func<GcOptions, GcOptions>? with = null)
    {
        var log = new CapturingLog();
        var gc = new GcOptions { Apply = apply };
        await StoreGcOperation.RunAsync(new RepositoryOptions(machine.Project, machine.Project) { StorePath = machine.Store, Force = force }, with?.Invoke(gc) ?? gc, log, default);
        return log;
    }

    private Task<CapturingLog> MarkAsync(Machine machine, Func<GcOptions, GcOptions>? with = null, bool force = true) => RemoteAsync(machine, RemoteGcPhase.Mark, with, force);

    private Task<CapturingLog> SweepAsync(Machine machine, Func<GcOptions, GcOptions>? with = null) => RemoteAsync(machine, RemoteGcPhase.Sweep, with, force: true);

    private async Task<CapturingLog> RemoteAsync(Machine machine, RemoteGcPhase phase, Func<GcOptions, GcOptions>? with, bool force)
    {
        var log = new CapturingLog();
        var gc = new GcOptions { Apply = true, Remote = phase, GraceDays = 0 };
        var options = new RepositoryOptions(machine.Project, machine.Project) { StorePath = machine.Store, Remote = _team.Remote, Force = force };
        await RemoteGcOperation.RunAsync(options, with?.Invoke(gc) ?? gc, log, default);
        return log;
    }

    private static async Task<string> CodeOf(Func<Task> action) => (await Assert.ThrowsAsync<ModelTrackException>(action)).Code;

    private static void Delete(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)) File.SetAttributes(path, FileAttributes.Normal);
        Directory.Delete(folder, recursive: true);
    }
}
