using ModelTrack.Operations;
using ModelTrack.Operations.Pins;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Operations.Pins;

/// <summary>Pins of the project's own repository and of others, with real repositories.</summary>
[TestClass]
public sealed class PinTests : IDisposable
{
    private readonly Team _team = new();

    public void Dispose() => _team.Dispose();

    private static TrackedArtifact Pin(Machine machine, string name, string? revision, string? repository = null)
    {
        var key = PinPlaces.KeyOf(machine.PathOf(name), repository, revision, machine.Project);
        return new TrackedArtifact
        {
            FullPath = PinPlaces.ContentPath(machine.Options.IntermediateDirectory, key),
            NamedPath = machine.PathOf(name),
            DisplayName = key.ToString(),
            Listed = true,
            Revision = revision,
            Repository = repository,
        };
    }

    private static async Task<OperationResult> RestoreAsync(Machine machine, TrackedArtifact pin, Func<OperationOptions, OperationOptions>? with = null)
    {
        machine.Log.Errors.Clear();
        return await RestoreOperation.RunAsync([pin], with?.Invoke(machine.Options) ?? machine.Options, machine.Log, CancellationToken.None);
    }

    /// <summary>main has `first`, branch ab-test and tag v2 have `second`; both in the machine's store.</summary>
    private async Task<Machine> TwoVersionsAsync(string name = "ada")
    {
        var machine = _team.NewMachine(name);
        machine.Write(".gitignore", "obj/\n");
        machine.Write("m.bin", "first");
        await machine.BuildAsync("m.bin");
        GitSandbox.CommitAll(machine.Project, "first");
        GitSandbox.Run(machine.Project, "switch", "-q", "-c", "ab-test");
        machine.Write("m.bin", "second");
        await machine.BuildAsync("m.bin");
        GitSandbox.CommitAll(machine.Project, "second");
        GitSandbox.Run(machine.Project, "tag", "-a", "v2", "-m", "v2");
        GitSandbox.Run(machine.Project, "switch", "-q", "main");
        await machine.SucceedAsync(machine.RestoreAsync("m.bin"));
        return machine;
    }

    [TestMethod]
    [DataRow("ab-test")]
    [DataRow("v2")]
    [DataRow("ab-test~1")]
    public async Task Another_revision_stands_under_obj_and_the_work_tree_stays_as_it_is(string revision)
    {
        var machine = await TwoVersionsAsync();
        var pin = Pin(machine, "m.bin", revision);

        await machine.SucceedAsync(RestoreAsync(machine, pin));

        Assert.AreEqual(revision == "ab-test~1" ? "first" : "second", File.ReadAllText(pin.FullPath));
        Assert.AreEqual("first", machine.Read("m.bin"));
        Assert.AreEqual("?? modeltrack.lock.json", GitSandbox.Run(machine.Project, "status", "--porcelain"));
        var entry = PinLock.Read(machine.Project).Entries.Single();
        Assert.AreEqual(GitSandbox.Run(machine.Project, "rev-parse", revision + "^{commit}"), entry.Commit);
    }

    [TestMethod]
    public async Task Only_the_lock_file_says_what_a_branch_means_and_later_builds_ask_no_git()
    {
        var machine = await TwoVersionsAsync();
        var pin = Pin(machine, "m.bin", "ab-test");
        await machine.SucceedAsync(RestoreAsync(machine, pin));
        var text = machine.Read(PinLock.FileName);

        GitSandbox.Run(machine.Project, "branch", "-q", "-D", "ab-test");
        GitSandbox.Run(machine.Project, "tag", "-d", "v2");
        Directory.Delete(machine.PathOf("obj"), recursive: true);
        Directory.Move(machine.PathOf(".git"), machine.PathOf("git-is-away"));

        await machine.SucceedAsync(RestoreAsync(machine, pin, o => o with { Locked = true, Offline = true }));
        Assert.AreEqual("second", File.ReadAllText(pin.FullPath));
        Assert.AreEqual(text, machine.Read(PinLock.FileName));
    }

    [TestMethod]
    public async Task A_build_that_finds_pin_and_lock_file_as_they_were_is_vouched_for_by_stats()
    {
        var machine = await TwoVersionsAsync();
        var pin = Pin(machine, "m.bin", "ab-test");
        Assert.IsNull(UnchangedArtifacts.Find([pin], machine.Options, forRestore: true));
        await machine.SucceedAsync(RestoreAsync(machine, pin));
        // The stamps have to be old enough to be trusted.
        await Task.Delay(100);
        await machine.SucceedAsync(RestoreAsync(machine, pin));

        Assert.IsNotNull(UnchangedArtifacts.Find([pin], machine.Options, forRestore: true));
        Assert.IsNull(UnchangedArtifacts.Find([pin], machine.Options with { Locked = true }, forRestore: true), "A locked build looks once for itself.");
        Assert.IsNull(UnchangedArtifacts.Find([], machine.Options, forRestore: true), "The entry is to be removed.");
        File.AppendAllText(machine.PathOf(PinLock.FileName), " ");
        Assert.IsNull(UnchangedArtifacts.Find([pin], machine.Options, forRestore: true), "The lock file is another.");
    }

    [TestMethod]
    public async Task What_somebody_writes_into_a_pin_is_kept_in_the_store_and_replaced()
    {
        var machine = await TwoVersionsAsync();
        var pin = Pin(machine, "m.bin", "ab-test");
        await machine.SucceedAsync(RestoreAsync(machine, pin));
        File.WriteAllText(pin.FullPath, "scribbled over");

        await machine.SucceedAsync(RestoreAsync(machine, pin, o => o with { Locked = true }));

        Assert.AreEqual("second", File.ReadAllText(pin.FullPath));
        StringAssert.Contains(machine.Log.ToString(), Machine.Sha256Of("scribbled over"), StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Status_fetch_and_verify_know_pins()
    {
        var machine = await TwoVersionsAsync();
        var pin = Pin(machine, "m.bin", "ab-test");
        async Task<OperationResult> RunAsync(Machine.Verb verb) => await machine.SucceedAsync(verb([pin], machine.Options with { Explicit = true }, machine.Log, CancellationToken.None));

        Assert.AreEqual("not resolved yet", (await RunAsync(StatusOperation.RunAsync)).Artifacts.Single().Status);
        Assert.IsFalse(File.Exists(machine.PathOf(PinLock.FileName)), "Status writes nothing.");
        Directory.Delete(machine.Store, recursive: true);
        Assert.AreEqual("fetched", (await RunAsync(FetchOperation.RunAsync)).Artifacts.Single().Action);
        Assert.AreEqual("missing", (await RunAsync(StatusOperation.RunAsync)).Artifacts.Single().Status);
        await RunAsync(RestoreOperation.RunAsync);
        Assert.AreEqual("in step", (await RunAsync(StatusOperation.RunAsync)).Artifacts.Single().Status);
        Assert.AreEqual("verified", (await RunAsync(VerifyOperation.RunAsync)).Artifacts.Single().Action);
        Assert.IsEmpty((await RunAsync(SaveOperation.RunAsync)).Artifacts);
        Assert.IsEmpty((await RunAsync(PushOperation.RunAsync)).Artifacts);
    }

    [TestMethod]
    public async Task A_locked_build_without_an_entry_fails_and_writes_nothing()
    {
        var machine = await TwoVersionsAsync();
        Assert.AreEqual("MT5904", await machine.FailAsync(RestoreAsync(machine, Pin(machine, "m.bin", "ab-test"), o => o with { Locked = true })));
        Assert.IsFalse(File.Exists(machine.PathOf(PinLock.FileName)));
    }

    [TestMethod]
    [DataRow("no-such-branch", "m.bin", "MT5905")]
    [DataRow("--help", "m.bin", "MT5905")]
    [DataRow("ab-test", "other.bin", "MT5906")]
    public async Task What_is_not_there_is_a_coded_error(string revision, string name, string code)
    {
        var machine = await TwoVersionsAsync();
        Assert.AreEqual(code, await machine.FailAsync(RestoreAsync(machine, Pin(machine, name, revision))));
        Assert.IsFalse(File.Exists(machine.PathOf(PinLock.FileName)));
    }

    [TestMethod]
    public async Task Entries_of_pins_that_are_gone_stay_for_other_configurations_until_an_update()
    {
        var machine = await TwoVersionsAsync();
        var pin = Pin(machine, "m.bin", "ab-test");
        await machine.SucceedAsync(RestoreAsync(machine, pin));
        var commit = PinLock.Read(machine.Project).Entries.Single().Commit;
        await machine.SucceedAsync(RestoreAsync(machine, Pin(machine, "m.bin", "v2")));
        Assert.IsFalse(File.Exists(pin.FullPath));

        // The branch goes on, and the configuration with the pin is built again.
        GitSandbox.Run(machine.Project, "branch", "-f", "ab-test", "main");
        await machine.SucceedAsync(RestoreAsync(machine, pin));
        Assert.AreEqual(commit, PinLock.Read(machine.Project).Entries.Single(e => e.Key.Revision == "ab-test").Commit);

        await machine.SucceedAsync(UpdateOperation.RunAsync([Pin(machine, "m.bin", "v2")], machine.Options, machine.Log, CancellationToken.None));
        Assert.AreEqual("v2", PinLock.Read(machine.Project).Entries.Single().Key.Revision);
        await machine.SucceedAsync(UpdateOperation.RunAsync([], machine.Options, machine.Log, CancellationToken.None));
        Assert.IsFalse(File.Exists(machine.PathOf(PinLock.FileName)));
    }

    [TestMethod]
    public async Task A_shallow_clone_of_one_branch_brings_just_the_commit_of_another()
    {
        var ada = await TwoVersionsAsync();
        GitSandbox.Run(ada.Project, "config", "uploadpack.allowAnySHA1InWant", "true");
        var ben = _team.NewMachine("ben", git: false);
        Directory.Delete(ben.Project);
        GitSandbox.Run(Path.GetDirectoryName(ben.Project)!, "clone", "-q", "--depth=1", "--single-branch", "--branch", "main", new Uri(ada.Project).AbsoluteUri, ben.Project);
        Assert.AreEqual("MT5908", await ben.FailAsync(RestoreAsync(ben, Pin(ben, "m.bin", "ab-test"), o => o with { Offline = true })));

        await ben.SucceedAsync(RestoreAsync(ben, Pin(ben, "m.bin", "ab-test")));

        Assert.AreEqual("second", File.ReadAllText(Pin(ben, "m.bin", "ab-test").FullPath));
        Assert.AreEqual("1", GitSandbox.Run(ben.Project, "rev-list", "--count", "HEAD"));
        Assert.AreEqual("main origin/main", string.Join(' ', GitSandbox.Run(ben.Project, "for-each-ref", "--format=%(refname:lstrip=2)").Split('\n').Where(r => r != "origin/HEAD" && r != "origin")));
    }

    [TestMethod]
    public async Task A_whole_clone_stays_whole_when_a_commit_is_brought()
    {
        var ada = await TwoVersionsAsync();
        var ben = _team.NewMachine("ben", git: false);
        Directory.Delete(ben.Project);
        GitSandbox.Run(Path.GetDirectoryName(ben.Project)!, "clone", "-q", "--single-branch", "--branch", "main", new Uri(ada.Project).AbsoluteUri, ben.Project);

        await ben.SucceedAsync(RestoreAsync(ben, Pin(ben, "m.bin", "v2")));

        Assert.AreEqual("false", GitSandbox.Run(ben.Project, "rev-parse", "--is-shallow-repository"));
        Assert.AreEqual("second", File.ReadAllText(Pin(ben, "m.bin", "v2").FullPath));
    }

    [TestMethod]
    [DataRow(false, DisplayName = "a folder")]
    [DataRow(true, DisplayName = "a URL")]
    public async Task Another_repository_s_artifact_comes_from_that_repository_s_remote(bool byUrl)
    {
        var ada = await TwoVersionsAsync();
        ada.Write("ModelTrack.props", $"<Project><PropertyGroup><ModelTrackRemote>{_team.Remote}</ModelTrackRemote></PropertyGroup></Project>");
        GitSandbox.CommitAll(ada.Project, "where the content is");
        GitSandbox.Run(ada.Project, "config", "uploadpack.allowAnySHA1InWant", "true");
        GitSandbox.Run(ada.Project, "config", "uploadpack.allowFilter", "true");
        var ben = _team.NewMachine("ben", remote: false);
        var pin = Pin(ben, "m.bin", "main", byUrl ? new Uri(ada.Project).AbsoluteUri : Path.GetRelativePath(ben.Project, ada.Project));

        await ben.SucceedAsync(RestoreAsync(ben, pin));

        Assert.AreEqual("first", File.ReadAllText(pin.FullPath));
        Assert.AreEqual(GitSandbox.Run(ada.Project, "rev-parse", "main"), PinLock.Read(ben.Project).Entries.Single().Commit);
        var caches = Directory.Exists(Path.Combine(ben.Store, "repositories")) ? Directory.GetDirectories(Path.Combine(ben.Store, "repositories")) : [];
        Assert.HasCount(byUrl ? 1 : 0, caches);
        if (byUrl) Assert.AreEqual("1", GitSandbox.Run(caches[0], "rev-list", "--count", GitSandbox.Run(ada.Project, "rev-parse", "main")));

        Directory.Delete(ben.PathOf("obj"), recursive: true);
        await ben.SucceedAsync(RestoreAsync(ben, pin, o => o with { Locked = true, Offline = true }));
        Assert.AreEqual("first", File.ReadAllText(pin.FullPath));
    }

    [TestMethod]
    public async Task Verify_asks_the_pin_s_repository_s_remote_and_update_moves_no_pin_whose_content_nobody_has()
    {
        var ada = await TwoVersionsAsync();
        ada.Write("ModelTrack.props", $"<Project><PropertyGroup><ModelTrackRemote>{_team.Remote}</ModelTrackRemote></PropertyGroup></Project>");
        GitSandbox.CommitAll(ada.Project, "where the content is");
        var ben = _team.NewMachine("ben", remote: false);
        var pin = Pin(ben, "m.bin", "main", ada.Project);
        await ben.SucceedAsync(RestoreAsync(ben, pin));
        var locked = ben.Read(PinLock.FileName);
        await ben.SucceedAsync(VerifyOperation.RunAsync([pin], ben.Options, ben.Log, CancellationToken.None));
        Assert.Contains($"{_team.Remote} good", ben.Log.ToString());

        // Never pushed.
        ada.Write("m.bin", "third");
        await ada.SucceedAsync(ada.SaveAsync("m.bin"));
        GitSandbox.CommitAll(ada.Project, "third");
        Assert.AreEqual("MT5510", await ben.FailAsync(UpdateOperation.RunAsync([pin], ben.Options, ben.Log, CancellationToken.None)));
        Assert.Contains($"ModelTrackPush in {ada.Project}", ben.Log.Errors[^1].Text);
        Assert.AreEqual(locked, ben.Read(PinLock.FileName));
        Assert.AreEqual("first", File.ReadAllText(pin.FullPath));
        ben.Log.Errors.Clear();
        await ben.SucceedAsync(RestoreAsync(ben, pin));
    }

    [TestMethod]
    public async Task A_repository_that_does_not_say_where_its_content_is_is_a_coded_error()
    {
        var ada = await TwoVersionsAsync();
        var ben = _team.NewMachine("ben");
        Assert.AreEqual("MT5911", await ben.FailAsync(RestoreAsync(ben, Pin(ben, "m.bin", null, ada.Project))));
    }

    [TestMethod]
    [DataRow("../not-there", "MT5909")]
    [DataRow("file:///not/there/at/all", "MT5907")]
    public async Task A_repository_that_is_not_there_is_a_coded_error(string address, string code)
    {
        var ben = _team.NewMachine("ben");
        Assert.AreEqual(code, await ben.FailAsync(RestoreAsync(ben, Pin(ben, "m.bin", "main", address))));
    }

    [TestMethod]
    public async Task A_folder_is_pinned_like_a_file()
    {
        var machine = _team.NewMachine("ada");
        machine.Write("d/a.txt", "one");
        await machine.BuildAsync("d");
        GitSandbox.CommitAll(machine.Project, "first");
        GitSandbox.Run(machine.Project, "tag", "v1");
        machine.Write("d/b.txt", "two");
        await machine.BuildAsync("d");

        var pin = Pin(machine, "d", "v1");
        await machine.SucceedAsync(RestoreAsync(machine, pin));

        CollectionAssert.AreEqual((string[])["a.txt"], Directory.GetFiles(pin.FullPath).Select(Path.GetFileName).ToArray());
        Assert.IsTrue(File.Exists(machine.PathOf("d/b.txt")));
    }
}
