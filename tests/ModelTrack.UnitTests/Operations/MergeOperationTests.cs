using System.Diagnostics;
using System.Text;
using System.Text.Json;
using ModelTrack.Artifacts;
using ModelTrack.Operations;
using ModelTrack.Operations.Merging;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Operations;

/// <summary>Pointers that two branches changed, with real repositories, stores and a remote. The driver's script itself: see MergeTests of the build tests.</summary>
[TestClass]
public sealed class MergeOperationTests : IDisposable
{
    private readonly Team _team = new();
    private readonly Machine _ada;
    private readonly Machine _bob;

    public MergeOperationTests()
    {
        _ada = NewMachine("ada");
        _bob = NewMachine("bob");
    }

    public void Dispose() => _team.Dispose();

    private Machine NewMachine(string name)
    {
        var machine = _team.NewMachine(name);
        GitSandbox.Run(machine.Project, "config", "user.name", name);
        GitSandbox.Run(machine.Project, "config", "user.email", $"{name}@example.org");
        machine.Write(".gitignore", "/obj/\n");
        return machine;
    }

    private static string Git(Machine machine, params string[] arguments) => GitSandbox.Run(machine.Project, arguments);

    /// <summary>As git, for what is to fail.</summary>
    private static string GitFails(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd() + error.Result;
        process.WaitForExit();
        Assert.AreEqual(1, process.ExitCode, output);
        return output;
    }

    private static void Pull(Machine to, Machine from)
    {
        Git(to, "fetch", "-q", from.Project, "main");
        Git(to, "reset", "-q", "--hard", "FETCH_HEAD");
    }

    private static async Task CommitAsync(Machine machine, string artifact, params (string Name, string Text)[] contents)
    {
        foreach (var (name, text) in contents) machine.Write(name, text);
        await machine.BuildAsync(artifact);
        Git(machine, "add", "-A");
        Git(machine, "commit", "-q", "-m", $"{artifact} of {Path.GetFileName(Path.GetDirectoryName(machine.Project))}");
    }

    /// <summary>Both have the first version; then each commits and pushes one of its own.</summary>
    private async Task DivergeAsync(string artifact, (string Name, string Text)[] first, (string Name, string Text)[] adas, (string Name, string Text)[] bobs)
    {
        await CommitAsync(_ada, artifact, first);
        Pull(_bob, _ada);
        await _bob.BuildAsync(artifact);
        await CommitAsync(_bob, artifact, bobs);
        await CommitAsync(_ada, artifact, adas);
        Git(_ada, "fetch", "-q", _bob.Project, "main:bob");
    }

    private static void Know(Machine machine, string artifact)
    {
        machine.Write("p.csproj", "<Project />");
        KnownProject.Remember([machine.Item(artifact)], machine.Options);
        File.AppendAllText(machine.PathOf(".git/info/exclude"), "p.csproj\n");
    }

    /// <summary>Git's merge of the text conflicts; then the three versions go to the operation as the driver would hand them over.</summary>
    private static async Task<MergeOutcome> MergeAsync(Machine machine, string artifact)
    {
        GitFails(machine.Project, "merge", "bob");
        var pointer = $"{artifact}.track";
        var work = Path.Combine(machine.Project, ".git");
        var files = new string[3];
        for (var i = 0; i < 3; i++)
        {
            files[i] = Path.Combine(work, $"stage{i + 1}");
            File.WriteAllText(files[i], Git(machine, "show", $":{i + 1}:{pointer}") + "\n");
        }

        var outcome = await MergeOperation.RunAsync(new MergeRequest(machine.Project, pointer, files[0], files[1], files[2]), new CapturingLog(), CancellationToken.None);
        File.Copy(files[1], machine.PathOf(pointer), overwrite: true);
        if (outcome.IsMerged) GitSandbox.CommitAll(machine.Project, "merged");
        return outcome;
    }

    private static string Files(Machine machine, string folder) =>
        string.Join(' ', Directory.EnumerateFiles(machine.PathOf(folder)).Select(f => $"{Path.GetFileName(f)}={File.ReadAllText(f)}").Order(StringComparer.Ordinal));

    [TestMethod]
    public async Task Different_files_of_one_directory_go_together_and_everybody_gets_both()
    {
        await DivergeAsync("data", [("data/a", "one"), ("data/z", "old")], [("data/b", "ada's")], [("data/c", "bob's"), ("data/z", "new")]);
        Know(_ada, "data");
        var outcome = await MergeAsync(_ada, "data");

        Assert.IsTrue(outcome.IsMerged, outcome.Message);
        StringAssert.Contains(outcome.Message, "merged data file by file (4 files", StringComparison.Ordinal);
        // No remote has a manifest of the merged directory yet: bob's files come by his.
        await _ada.BuildAsync("data");
        Assert.AreEqual("a=one b=ada's c=bob's z=new", Files(_ada, "data"));
        Assert.AreEqual("", Git(_ada, "status", "--porcelain"), "the build changed nothing");

        var carol = NewMachine("carol");
        Pull(carol, _ada);
        await carol.BuildAsync("data");
        Assert.AreEqual("a=one b=ada's c=bob's z=new", Files(carol, "data"));
    }

    [TestMethod]
    public async Task A_push_after_the_merge_sends_the_listing_and_no_content()
    {
        var (mine, theirs) = (new string('m', 300_000), string.Concat(Enumerable.Range(0, 60_000).Select(i => $"{i * 7919} ")));
        await DivergeAsync("data", [("data/a", "one")], [("data/b", mine)], [("data/c", theirs)]);
        Know(_ada, "data");
        Assert.IsTrue((await MergeAsync(_ada, "data")).IsMerged);
        await _ada.SucceedAsync(_ada.RestoreAsync("data"));
        var push = await _ada.SucceedAsync(_ada.PushAsync("data"));
        Assert.IsLessThan(4000, push.Artifacts.Single().BytesMoved);
    }

    [TestMethod]
    public async Task Data_that_is_not_here_merges_by_its_listings_and_is_pushed_by_what_the_remote_has()
    {
        await DivergeAsync("data", [("data/a", "one")], [("data/b", "ada's")], [("data/c", "bob's")]);
        Know(_ada, "data");
        Directory.Delete(_ada.PathOf("data"), recursive: true);
        Directory.Delete(_ada.PathOf(".git/modeltrack/state"), recursive: true);
        foreach (var path in Directory.EnumerateFiles(_ada.Store, "*", SearchOption.AllDirectories)) File.SetAttributes(path, FileAttributes.Normal);
        Directory.Delete(_ada.Store, recursive: true);

        var outcome = await MergeAsync(_ada, "data");
        Assert.IsTrue(outcome.IsMerged, outcome.Message);
        await _ada.SucceedAsync(_ada.PushAsync("data"));
        Assert.IsFalse(Directory.Exists(_ada.PathOf("data")));

        var carol = NewMachine("carol");
        Pull(carol, _ada);
        await carol.BuildAsync("data");
        Assert.AreEqual("a=one b=ada's c=bob's", Files(carol, "data"));
    }

    [TestMethod]
    public async Task What_is_not_saved_yet_stays_through_a_merge()
    {
        await DivergeAsync("data", [("data/a", "one")], [("data/b", "ada's")], [("data/c", "bob's")]);
        Know(_ada, "data");
        _ada.Write("data/d", "unsaved");
        Assert.IsTrue((await MergeAsync(_ada, "data")).IsMerged);
        await _ada.BuildAsync("data");
        Assert.AreEqual("a=one b=ada's c=bob's d=unsaved", Files(_ada, "data"));
    }

    [TestMethod]
    public async Task An_unsaved_file_that_the_other_side_brings_too_is_never_overwritten()
    {
        await DivergeAsync("data", [("data/a", "one")], [("data/b", "ada's")], [("data/c", "bob's")]);
        Know(_ada, "data");
        _ada.Write("data/c", "unsaved");
        Assert.IsTrue((await MergeAsync(_ada, "data")).IsMerged);
        Assert.AreEqual("MT5508", await _ada.FailAsync(_ada.RestoreAsync("data")));
        Assert.AreEqual("unsaved", _ada.Read("data/c"));
    }

    [TestMethod]
    [DataRow("--ours", "ada's")]
    [DataRow("--theirs", "bob's")]
    public async Task One_file_changed_on_both_sides_is_told_with_both_versions_and_each_command_settles_it(string side, string expected)
    {
        await DivergeAsync("m.bin", [("m.bin", "one")], [("m.bin", "ada's")], [("m.bin", "bob's")]);
        var outcome = await MergeAsync(_ada, "m.bin");

        Assert.IsFalse(outcome.IsMerged);
        var (mine, theirs) = (Git(_ada, "rev-parse", "--short=10", "main"), Git(_ada, "rev-parse", "--short=10", "bob"));
        foreach (var part in (string[])["MT5401: m.bin", mine, theirs, "2026-01-02", "5 B", "git checkout --ours -- :/m.bin", "git checkout --theirs -- :/m.bin"])
        {
            StringAssert.Contains(outcome.Message, part, StringComparison.Ordinal);
        }

        Assert.AreEqual("MT1003", await _ada.FailAsync(_ada.RestoreAsync("m.bin")));
        var error = _ada.Log.Errors.Single().Text;
        foreach (var part in (string[])[mine, theirs, "2026-01-02", "git checkout --theirs -- :/m.bin"]) StringAssert.Contains(error, part, StringComparison.Ordinal);
        Assert.AreEqual("ada's", _ada.Read("m.bin"), "nothing is touched while it stands");

        Git(_ada, "checkout", side, "--", ":/m.bin.track");
        Git(_ada, "add", ":/m.bin.track");
        await _ada.BuildAsync("m.bin");
        Assert.AreEqual(expected, _ada.Read("m.bin"));
        Git(_ada, "commit", "-q", "-m", "settled");
    }

    [TestMethod]
    public async Task Git_s_own_conflict_of_the_text_is_told_the_same_way_with_metrics()
    {
        await DivergeAsync("m.bin", [("m.bin", "one")], [("m.bin", "ada's")], [("m.bin", "bob's")]);
        Git(_ada, "switch", "-q", "bob");
        using var metrics = JsonDocument.Parse("""{"accuracy":0.93}""");
        PointerFile.Write(_ada.PathOf("m.bin.track"), PointerFile.Read(_ada.PathOf("m.bin.track"))! with { Metrics = metrics.RootElement });
        GitSandbox.CommitAll(_ada.Project, "measured");
        Git(_ada, "switch", "-q", "main");
        GitFails(_ada.Project, "merge", "bob");

        Assert.AreEqual("MT1003", await _ada.FailAsync(_ada.RestoreAsync("m.bin")));
        var error = _ada.Log.Errors.Single().Text;
        StringAssert.Contains(error, "accuracy 0.93", StringComparison.Ordinal);
        StringAssert.Contains(error, Git(_ada, "rev-parse", "--short=10", "bob"), StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task The_same_file_of_a_directory_is_named()
    {
        await DivergeAsync("data", [("data/a", "one"), ("data/b", "two")], [("data/a", "ada's")], [("data/a", "bob's"), ("data/b", "bob's")]);
        Know(_ada, "data");
        var outcome = await MergeAsync(_ada, "data");
        Assert.IsFalse(outcome.IsMerged);
        StringAssert.Contains(outcome.Message, "both sides changed a.", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task A_listing_that_is_not_to_be_had_leaves_a_conflict_that_says_so_and_can_be_tried_again()
    {
        await DivergeAsync("data", [("data/a", "one")], [("data/b", "ada's")], [("data/c", "bob's")]);
        Know(_ada, "data");
        var away = _team.Remote + "-away";
        Directory.Move(_team.Remote, away);
        var outcome = await MergeAsync(_ada, "data");
        Assert.IsFalse(outcome.IsMerged);
        StringAssert.Contains(outcome.Message, "MT5402", StringComparison.Ordinal);
        StringAssert.Contains(outcome.Message, "git checkout --merge -- :/data.track", StringComparison.Ordinal);
        Assert.AreEqual("a=one b=ada's", Files(_ada, "data"));

        Directory.Move(away, _team.Remote);
        Git(_ada, "merge", "--abort");
        Assert.IsTrue((await MergeAsync(_ada, "data")).IsMerged);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Without_the_package_the_driver_leaves_git_s_own_conflict_in_linked_worktrees_too(bool linked)
    {
        await DivergeAsync("m.bin", [("m.bin", "one")], [("m.bin", "ada's")], [("m.bin", "bob's")]);
        await MergeDriver.InstallAsync(_ada.Project, new CapturingLog(), CancellationToken.None);
        File.WriteAllText(_ada.PathOf(".git/modeltrack/package"), "/gone/modeltrack.sdk/0.1.0/targets\n/gone/dotnet\n");
        File.WriteAllText(_ada.PathOf(".git/info/attributes"), "*.track merge=modeltrack\n");
        var tree = _ada.Project;
        if (linked)
        {
            tree = _ada.PathOf("../a linked tree");
            Git(_ada, "worktree", "add", "-q", "-b", "linked", tree);
        }

        var said = GitFails(tree, "merge", "bob");
        StringAssert.Contains(said, "package is not here", StringComparison.Ordinal);
        StringAssert.Contains(File.ReadAllText(Path.Combine(tree, "m.bin.track")), "<<<<<<< ours", StringComparison.Ordinal);
        GitFails(tree, "diff", "--quiet", "--exit-code", "HEAD");
    }

    [TestMethod]
    public async Task A_linked_worktree_that_was_never_built_knows_the_clone_s_remotes()
    {
        await CommitAsync(_ada, "m.bin", ("m.bin", "one"));
        var tree = _ada.PathOf("../a linked tree");
        Git(_ada, "worktree", "add", "-q", "-b", "linked", tree);
        var options = new RepositoryOptions(tree, tree);
        Assert.IsNull(KnownProject.FindAllOfClone(options).Single().Options.DefaultRemote);
        Know(_ada, "m.bin");
        Assert.AreEqual(_team.Remote, KnownProject.FindAllOfClone(options).Single().Options.DefaultRemote);
    }

    [TestMethod]
    public async Task Destroy_takes_the_driver_out_of_the_clone()
    {
        _ada.Write(".gitattributes", "*.png binary\n*.track text eol=lf\n");
        var options = new RepositoryOptions(_ada.Project, _ada.Project) { StorePath = _ada.Store };
        await InitOperation.RunAsync(options, new CapturingLog(), CancellationToken.None);
        Assert.AreEqual("*.png binary\n*.track text eol=lf merge=modeltrack\n", _ada.Read(".gitattributes"), "the old line is brought up to date in place");
        Assert.AreNotEqual("", Git(_ada, "config", "merge.modeltrack.driver"));
        Assert.IsTrue(MergeDriver.IsInstalled(_ada.Project));

        await DestroyOperation.RunAsync(options, new CapturingLog(), CancellationToken.None);
        Assert.AreEqual("*.png binary\n", _ada.Read(".gitattributes"));
        Assert.AreEqual("", Git(_ada, "config", "--default", "", "--get", "merge.modeltrack.driver"));
        Assert.IsFalse(MergeDriver.IsInstalled(_ada.Project));
    }

    [TestMethod]
    [DataRow("x\n<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> b\ny\n", "x\nours\ny\n", "x\ntheirs\ny\n", DisplayName = "Git's conflict")]
    [DataRow("x\r\n<<<<<<< HEAD\r\nours\r\n||||||| base\r\nold\r\n=======\r\ntheirs\r\n>>>>>>> b\r\n", "x\nours\n", "x\ntheirs\n", DisplayName = "with the base, and CRLF")]
    [DataRow("x\n<<<<<<< HEAD\nours\n", null, null, DisplayName = "cut off")]
    public void A_conflict_is_split_into_its_sides(string text, string? ours, string? theirs)
    {
        var sides = PointerConflict.Split(Encoding.UTF8.GetBytes(text));
        Assert.AreEqual(ours, sides is { } s ? Encoding.UTF8.GetString(s.Ours) : null);
        Assert.AreEqual(theirs, sides is { } t ? Encoding.UTF8.GetString(t.Theirs) : null);
    }
}
