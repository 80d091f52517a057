using ModelTrack.Diagnostics;
using ModelTrack.Operations;

namespace ModelTrack.UnitTests.Operations;

/// <summary>What the pre-push hook asks, on real repositories and a real remote.</summary>
[TestClass]
public sealed class PushCheckTests
{
    [TestMethod]
    public async Task Content_that_was_not_pushed_is_named_with_its_commit_and_the_command()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        await history.VersionAsync("v2", ("m.bin", "two"), ("data/a.csv", "1"));

        var error = await FailsAsync(history, "MT5811");
        StringAssert.Contains(error, $"m.bin {Machine.Sha256Of("one")[..10]} of commit {history.Git("rev-parse", "v1")[..10]} (version v1)", StringComparison.Ordinal);
        StringAssert.Contains(error, "(version v2)", StringComparison.Ordinal);
        StringAssert.Contains(error, "-t:ModelTrackPush -p:ModelTrackAllVersions=true", StringComparison.Ordinal);
        StringAssert.Contains(error, "git push --no-verify", StringComparison.Ordinal);

        await history.Machine.SucceedAsync(history.Machine.PushAsync("m.bin", o => o with { AllVersions = true, Artifacts = ["m.bin"] }));
        error = await FailsAsync(history, "MT5811");
        Assert.IsFalse(error.Contains("m.bin", StringComparison.Ordinal) || error.Contains("ModelTrackAllVersions", StringComparison.Ordinal), error);
        await history.Machine.SucceedAsync(history.Machine.PushAsync("data"));
        await CheckAsync(history);
    }

    [TestMethod]
    public async Task What_another_machine_pushed_is_found_by_asking_the_remote()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        await history.Machine.SucceedAsync(history.Machine.PushAsync("m.bin"));
        await CheckAsync(history, history.Options with { StorePath = history.Machine.Store + "-of-another" });
        // Now that store knows, and needs no network.
        await CheckAsync(history, history.Options with { StorePath = history.Machine.Store + "-of-another", Offline = true });
    }

    [TestMethod]
    public async Task A_remote_that_cannot_be_asked_is_told_and_leaves_the_decision_to_the_user()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        var error = await FailsAsync(history, "MT5812", history.Options with { Offline = true });
        StringAssert.Contains(error, "ModelTrackOffline is true", StringComparison.Ordinal);
        error = await FailsAsync(history, "MT5812", history.Options with { Remote = "http://127.0.0.1:1/models" });
        StringAssert.Contains(error, "127.0.0.1:1/models (MT", StringComparison.Ordinal);
        await FailsAsync(history, "MT5813", history.Options with { Remote = null });
    }

    [TestMethod]
    public async Task Any_of_several_remotes_is_good()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        await history.Machine.SucceedAsync(history.Machine.PushAsync("m.bin"));
        var options = history.Machine.Options with { DefaultRemote = history.Machine.PathOf("../elsewhere"), RestoreFrom = [history.Options.Remote!] };
        File.WriteAllText(options.ProjectFile, "<Project />");
        KnownProject.Remember([], options);
        await CheckAsync(history, history.Options with { Remote = null });
    }

    [TestMethod]
    public async Task Only_what_the_git_remote_lacks_counts_and_a_branch_that_is_removed_counts_nothing()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        history.Git("update-ref", "refs/remotes/origin/main", "v1");
        history.Machine.Write("code.cs", "two");
        await history.VersionAsync("code");
        await CheckAsync(history);
        history.Git("update-ref", "-d", "refs/remotes/origin/main");
        await CheckAsync(history, list: $"refs/heads/main {history.Git("rev-parse", "main")} refs/heads/main {history.Git("rev-parse", "v1")}");
        await FailsAsync(history, "MT5811", list: $"refs/heads/main {history.Git("rev-parse", "main")} refs/heads/main {new string('1', 40)}");
        await CheckAsync(history, list: $"(delete) {new string('0', 40)} refs/heads/main {history.Git("rev-parse", "v1")}");
    }

    [TestMethod]
    public async Task An_annotated_tag_and_a_merge_are_followed_to_their_commits()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        history.Git("checkout", "-q", "-b", "side");
        await history.VersionAsync("side", ("n.bin", "side"));
        history.Git("checkout", "-q", "main");
        history.Git("merge", "-q", "--no-ff", "-m", "merge", "side");
        history.Git("tag", "-a", "-m", "release", "v2.0");

        var error = await FailsAsync(history, "MT5811", list: $"refs/tags/v2.0 {history.Git("rev-parse", "v2.0")} refs/tags/v2.0 {new string('0', 40)}");
        StringAssert.Contains(error, "n.bin", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task An_earlier_version_that_is_nowhere_is_left_out_of_a_push_of_all_and_told()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"), ("data/a.csv", "1"));
        await history.VersionAsync("v2", ("m.bin", "two"), ("data/a.csv", "2"));
        foreach (var file in Directory.EnumerateFiles(history.Machine.Store, "*", SearchOption.AllDirectories)) File.SetAttributes(file, FileAttributes.Normal);
        Directory.Delete(history.Machine.Store, recursive: true);

        var result = await history.Machine.PushAsync("m.bin", o => o with { AllVersions = true });

        Assert.IsTrue(result.Succeeded, history.Machine.Log.ToString());
        Assert.AreEqual("MT5528", history.Machine.Log.Warnings.Single().Code);
        StringAssert.Contains(history.Machine.Log.Warnings.Single().Text, Machine.Sha256Of("one")[..10], StringComparison.Ordinal);
        Assert.AreEqual("in step", result.Artifacts[0].Status);
    }

    private static async Task<string> FailsAsync(History history, string code, RepositoryOptions? options = null, string? list = null)
    {
        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => CheckAsync(history, options, list));
        Assert.AreEqual(code, error.Code, error.Message);
        return error.Message;
    }

    private static async Task CheckAsync(History history, RepositoryOptions? options = null, string? list = null)
    {
        // A folder that is not there is one that cannot be asked.
        Directory.CreateDirectory(history.Options.Remote!);
        var file = Path.Combine(history.Machine.Project, ".git", "push-list");
        await File.WriteAllTextAsync(file, (list ?? $"refs/heads/main {history.Git("rev-parse", "main")} refs/heads/main {new string('0', 40)}") + "\n");
        Assert.IsTrue((await PushCheckOperation.RunAsync((options ?? history.Options) with { PushRemote = "origin", PushList = file }, history.Log, CancellationToken.None)).Succeeded);
    }
}
