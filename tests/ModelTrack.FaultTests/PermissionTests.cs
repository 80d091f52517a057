using ModelTrack.FaultTests.Support;
using ModelTrack.UnitTests.Operations;

namespace ModelTrack.FaultTests;

/// <summary>What the user may not read or write. As root, for whom there are no such bits, the verbs run as nobody.</summary>
[TestClass]
public sealed class PermissionTests
{
    private const string Nobody = "65534";

    private static readonly ModelVersion s_one = ModelVersion.Of(1);
    private static readonly ModelVersion s_two = ModelVersion.Of(2);

    [TestMethod]
    [DataRow("store", "a-w", "MT3303")]
    [DataRow("store", "u=", "MT33")]
    [DataRow("project/models/m.bin", "u=", "MT")]
    [DataRow("project/data/raw/large/a.bin", "u=", "MT")]
    [DataRow("project/data/raw/only-in-2.csv", "u=", "MT")]
    [DataRow("project/data/raw/small", "u=", "MT")]
    [DataRow("project/models", "u=rx", "MT")]
    [DataRow("project/models/m.bin.track", "u=", "MT1010")]
    public async Task A_save_that_may_not_is_a_coded_error_and_records_nothing(string path, string mode, string code)
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        s_one.WriteTo(ada);
        await Scene.BuildAsync(ada);
        s_two.WriteTo(ada);
        var pointers = ModelVersion.Artifacts.ToDictionary(a => a, ada.ReadPointer);

        var outcome = await RunLimitedAsync(ada, "save", path, mode);

        Fails(outcome, code);
        Invariants.WorkspaceIs(ada, path, s_two);
        Invariants.StoreIsWhole(ada.Store, path);
        // The other artifact may well be saved; of the one that may not be read or written nothing changes.
        var blamed = path.Contains("data", StringComparison.Ordinal) ? ModelVersion.Data : ModelVersion.Model;
        Assert.AreEqual(pointers[blamed], ada.ReadPointer(blamed), path);
        await Scene.BuildAsync(ada);
        Invariants.WorkspaceIs(ada, path, s_two);
        Assert.AreNotEqual(pointers[blamed], ada.ReadPointer(blamed), path);
    }

    [TestMethod]
    [DataRow("store", "a-w", "MT33")]
    [DataRow("store", "u=", "MT33")]
    [DataRow("project/models", "u=rx", "MT2006")]
    [DataRow("project/data", "u=rx", "MT2006")]
    [DataRow("project/data/raw", "u=rx", "MT2006")]
    [DataRow("project/data/raw/small/0", "u=rx", "MT2006")]
    [DataRow("project/data/raw/small", "u=", "MT20")]
    [DataRow("project/models/m.bin", "u=", "MT")]
    [DataRow("project/models/m.bin.track", "u=", "MT1010")]
    [DataRow("project/.git/modeltrack", "a-w", "MT2004")]
    [DataRow("remote", "u=", "MT5510")]
    [DataRow("remote/packs", "u=", "MT5510")]
    [DataRow("remote/manifests", "u=", "MT5510")]
    public async Task A_restore_that_may_not_is_a_coded_error_and_no_file_is_torn(string path, string mode, string code)
    {
        using var team = new Team();
        var ben = await BehindAsync(team);

        var outcome = await RunLimitedAsync(ben, "restore", path, mode);

        Fails(outcome, code);
        Invariants.WorkspaceIsOnly(ben, path, s_one, s_two);
        Invariants.StoreIsWhole(ben.Store, path);
        await Scene.BuildAsync(ben);
        Invariants.WorkspaceIs(ben, path, s_two);
        Invariants.NothingIsLeftOver(ben, path);
    }

    [TestMethod]
    public async Task A_store_that_may_only_be_read_serves_what_it_has()
    {
        using var team = new Team();
        var ben = await BehindAsync(team);
        await Scene.RunAsync(ben, "fetch");
        var outcome = await RunLimitedAsync(ben, "restore", "store", "a-w");
        Assert.AreEqual(0, outcome.ExitCode, outcome.ToString());
        Invariants.WorkspaceIs(ben, "read-only store", s_two);
    }

    [TestMethod]
    [DataRow("remote", "a-w")]
    [DataRow("remote", "u=")]
    [DataRow("remote/packs", "a-w")]
    [DataRow("remote/manifests", "a-w")]
    public async Task A_push_that_may_not_is_a_coded_error_and_leaves_the_remote_whole(string path, string mode)
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        s_one.WriteTo(ada);
        await Scene.BuildAsync(ada);
        s_two.WriteTo(ada);
        await Scene.RunAsync(ada, "save");

        var outcome = await RunLimitedAsync(ada, "push", path, mode);

        Fails(outcome, "MT5523");
        Invariants.RemoteIsWhole(team.Remote, path);
        await Scene.RunAsync(ada, "push");
        Invariants.RemoteIsWhole(team.Remote, path);
    }

    [TestMethod]
    [DataRow("project/models")]
    [DataRow("project/notes/mine")]
    public async Task A_collection_of_garbage_that_may_not_look_everywhere_names_the_folder_and_removes_nothing(string path)
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        s_one.WriteTo(ada);
        await Scene.BuildAsync(ada);
        ada.Write("notes/mine/readme", "");

        var outcome = await RunLimitedAsync(ada, "gc", path, "u=");

        Fails(outcome, "MT5701");
        StringAssert.Contains(outcome.Output, Path.Combine(Path.GetDirectoryName(ada.Project)!, path), StringComparison.Ordinal);
        Invariants.StoreIsWhole(ada.Store, path);
    }

    [TestMethod]
    [DataRow("libgit2")]
    [DataRow("executable")]
    public async Task A_repository_of_another_user_is_read_when_the_user_trusts_it_and_not_before(string reader)
    {
        if (OperatingSystem.IsWindows() || !Shell.IsRoot) Assert.Inconclusive("It takes root to be somebody else.");
        using var team = new Team();
        var ada = team.NewMachine("ada");
        s_one.WriteTo(ada);
        await Scene.BuildAsync(ada);
        UnitTests.Support.GitSandbox.CommitAll(ada.Project, "one");
        var top = Path.GetDirectoryName(team.Remote)!;
        Shell.Run("chown", "-R", $"{Nobody}:{Nobody}", top);
        Shell.Run("chown", "-R", "0:0", ada.Project);
        Shell.Run("chmod", "-R", "a+rX", ada.Project);
        try
        {
            var environment = new Dictionary<string, string> { ["HOME"] = top, ["XDG_CONFIG_HOME"] = top, ["GIT_CONFIG_GLOBAL"] = Path.Combine(top, ".gitconfig"), ["DOTNET_EnableDiagnostics"] = "0", ["MODELTRACK_GIT"] = reader };
            string[] through = ["setpriv", "--reuid", Nobody, "--regid", Nobody, "--clear-groups", "--"];
            Fails(await HostProcess.RunAsync(ada, "log", environment: environment, through: through), "MT4101");

            File.WriteAllText(Path.Combine(top, ".gitconfig"), $"[safe]\n\tdirectory = {ada.Project}\n");
            var outcome = await HostProcess.RunAsync(ada, "log", environment: environment, through: through);
            Assert.AreEqual(0, outcome.ExitCode, outcome.ToString());
            StringAssert.Contains(outcome.Output, "1 version:", StringComparison.Ordinal);
        }
        finally
        {
            Shell.Run("chown", "-R", "0:0", top);
        }
    }

    private static async Task<Machine> BehindAsync(Team team)
    {
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        s_one.WriteTo(ada);
        await Scene.BuildAsync(ada);
        Scene.TakePointers(ben, ada);
        await Scene.RunAsync(ben, "restore");
        s_two.WriteTo(ada);
        await Scene.BuildAsync(ada);
        Scene.TakePointers(ben, ada);
        return ben;
    }

    private static void Fails(HostOutcome outcome, string code)
    {
        Assert.AreEqual(1, outcome.ExitCode, outcome.ToString());
        Assert.IsTrue(outcome.ErrorCodes.Count > 0 && outcome.Output.Contains(code, StringComparison.Ordinal), outcome.ToString());
    }

    /// <summary>Runs a verb with fewer rights at one place, and gives them back.</summary>
    private static async Task<HostOutcome> RunLimitedAsync(Machine machine, string verb, string path, string mode)
    {
        // Taking a right away is meant for all below; setting the mode is meant for one place.
        var recursive = mode == "a-w";
        if (OperatingSystem.IsWindows()) throw new AssertInconclusiveException("Windows has no mode bits.");
        var top = Path.GetDirectoryName(machine.Team.Remote)!;
        var full = path.StartsWith("remote", StringComparison.Ordinal) ? Path.Combine(top, path) : Path.Combine(Path.GetDirectoryName(machine.Project)!, path);
        string[]? through = null;
        if (Shell.IsRoot)
        {
            through = ["setpriv", "--reuid", Nobody, "--regid", Nobody, "--clear-groups", "--"];
            var (succeeded, error) = Shell.Try(through[0], [.. through[1..], "test", "-r", HostProcess.Program]);
            if (!succeeded) Assert.Inconclusive($"Nobody cannot be, or cannot read the host: {error}");
            Shell.Run("chown", "-R", $"{Nobody}:{Nobody}", top);
        }

        var saved = Modes(full, recursive);
        try
        {
            Shell.Run("chmod", [.. recursive ? new[] { "-R" } : [], mode, full]);
            var environment = new Dictionary<string, string> { ["HOME"] = top, ["DOTNET_EnableDiagnostics"] = "0" };
            return await HostProcess.RunAsync(machine, verb, environment: environment, through: through);
        }
        finally
        {
            // As root again, or as the owner, from the top.
            foreach (var (place, was) in saved) File.SetUnixFileMode(place, was);
            if (Shell.IsRoot) Shell.Run("chown", "-R", "0:0", top);
        }
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static List<(string Path, UnixFileMode Mode)> Modes(string path, bool recursive)
    {
        var all = new List<string> { path };
        if (recursive) all.AddRange(Directory.EnumerateFileSystemEntries(path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }));
        return [.. all.Select(p => (p, File.GetUnixFileMode(p)))];
    }
}
