using ModelTrack.Diagnostics;

namespace ModelTrack.UnitTests.Operations;

[TestClass]
public sealed class CheckoutOperationTests
{
    [TestMethod]
    public async Task A_checkout_brings_code_and_models_of_a_tag_a_way_back_and_a_branch()
    {
        using var history = new History();
        history.Machine.Write("code.cs", "one");
        await history.VersionAsync("v1", ("m.bin", "model one"), ("data/a.csv", "1"));
        history.Machine.Write("code.cs", "two");
        await history.VersionAsync("v2", ("m.bin", "model two"), ("data/b.csv", "2"));

        Assert.IsTrue((await history.CheckoutAsync("v1")).Succeeded, history.Log.ToString());
        Assert.AreEqual("one model one", history.Machine.Read("code.cs") + " " + history.Machine.Read("m.bin"));
        Assert.IsFalse(File.Exists(history.Machine.PathOf("data/b.csv")));
        StringAssert.Contains(history.Log.ToString(), "HEAD is detached", StringComparison.Ordinal);
        StringAssert.Contains(history.Log.ToString(), "next: dotnet build", StringComparison.Ordinal);

        Assert.IsTrue((await history.CheckoutAsync("main")).Succeeded, history.Log.ToString());
        Assert.AreEqual("two model two", history.Machine.Read("code.cs") + " " + history.Machine.Read("m.bin"));
        Assert.AreEqual("main", history.Git("branch", "--show-current"));
        Assert.AreEqual("2", history.Machine.Read("data/b.csv"));

        Assert.IsTrue((await history.CheckoutAsync("HEAD~1")).Succeeded, history.Log.ToString());
        Assert.AreEqual("model one", history.Machine.Read("m.bin"));
        Assert.AreEqual("", history.Git("status", "--porcelain"));
    }

    [TestMethod]
    public async Task What_is_not_in_the_store_is_fetched_before_the_switch_and_a_failed_fetch_switches_nothing()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "model one"));
        await history.Machine.SucceedAsync(history.Machine.PushAsync("m.bin"));
        await history.VersionAsync("v2", ("m.bin", "model two"));
        LoseStore(history);

        Assert.IsTrue((await history.CheckoutAsync("v1")).Succeeded, history.Log.ToString());
        Assert.AreEqual("model one", history.Machine.Read("m.bin"));

        // v2 was never pushed, and the store that had it is gone.
        LoseStore(history);
        Assert.IsFalse((await history.CheckoutAsync("main")).Succeeded);
        Assert.AreEqual("MT5510", history.Log.Errors.Single().Code);
        Assert.AreEqual("model one", history.Machine.Read("m.bin"));
        Assert.AreEqual(history.Git("rev-parse", "v1"), history.Git("rev-parse", "HEAD"));
        StringAssert.Contains(history.Log.ToString(), "nothing was switched", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Models_that_were_changed_and_not_saved_are_named_and_force_keeps_them_in_the_store()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "model one"), ("other.bin", "same"));
        await history.VersionAsync("v2", ("m.bin", "model two"));
        history.Machine.Write("m.bin", "precious");
        history.Machine.Write("other.bin", "changed, and the same in both versions");

        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => history.CheckoutAsync("v1"));
        Assert.AreEqual("MT5804", error.Code);
        StringAssert.Contains(error.Message, "m.bin", StringComparison.Ordinal);
        Assert.IsFalse(error.Message.Contains("other.bin", StringComparison.Ordinal), error.Message);
        Assert.AreEqual("main", history.Git("branch", "--show-current"));
        Assert.AreEqual("precious", history.Machine.Read("m.bin"));

        Assert.IsTrue((await history.CheckoutAsync("v1", force: true)).Succeeded, history.Log.ToString());
        Assert.AreEqual("model one", history.Machine.Read("m.bin"));
        StringAssert.Contains(history.Log.ToString(), Machine.Sha256Of("precious"), StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Code_that_git_would_overwrite_stops_it_with_gits_own_words()
    {
        using var history = new History();
        history.Machine.Write("code.cs", "one");
        await history.VersionAsync("v1", ("m.bin", "model one"));
        history.Machine.Write("code.cs", "two");
        await history.VersionAsync("v2", ("m.bin", "model two"));
        history.Machine.Write("code.cs", "mine");

        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => history.CheckoutAsync("v1"));
        Assert.AreEqual("MT4102", error.Code);
        StringAssert.Contains(error.Message, "code.cs", StringComparison.Ordinal);
        Assert.AreEqual("mine model two", history.Machine.Read("code.cs") + " " + history.Machine.Read("m.bin"));
    }

    [TestMethod]
    [DataRow(null, "MT5801")]
    [DataRow("nope", "MT5802")]
    [DataRow("--force", "MT5802")]
    [DataRow("before", "MT5803")]
    public async Task What_is_no_version_has_a_code(string? revision, string code)
    {
        using var history = new History();
        history.Machine.Write("code.cs", "one");
        await history.VersionAsync("before");
        await history.VersionAsync("v1", ("m.bin", "model one"));

        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => history.CheckoutAsync(revision));
        Assert.AreEqual(code, error.Code);
        Assert.AreEqual("main", history.Git("branch", "--show-current"));
    }

    [TestMethod]
    public async Task Artifacts_of_a_revision_come_without_its_code_and_the_index_stays()
    {
        using var history = new History();
        history.Machine.Write("code.cs", "one");
        await history.VersionAsync("v1", ("m.bin", "model one"), ("data/a.csv", "1"), ("gone.bin", "old"));
        history.Machine.Write("code.cs", "two");
        history.Git("rm", "-q", "--cached", "gone.bin.track");
        File.Delete(history.Machine.PathOf("gone.bin.track"));
        File.Delete(history.Machine.PathOf("gone.bin"));
        await history.VersionAsync("v2", ("m.bin", "model two"), ("data/b.csv", "2"));

        Assert.IsTrue((await history.CheckoutArtifactsAsync("v1", "data", "gone.bin")).Succeeded, history.Log.ToString());

        Assert.AreEqual("two model two old", $"{history.Machine.Read("code.cs")} {history.Machine.Read("m.bin")} {history.Machine.Read("gone.bin")}");
        Assert.IsFalse(File.Exists(history.Machine.PathOf("data/b.csv")));
        Assert.AreEqual("", history.Git("diff", "--cached", "--name-only"));
        Assert.AreEqual("main", history.Git("branch", "--show-current"));
        Assert.AreEqual("", history.Git("diff", "v1", "--", "data.track"));

        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => history.CheckoutArtifactsAsync("v2", "gone.bin"));
        Assert.AreEqual("MT5810", error.Code);
    }

    [TestMethod]
    public async Task A_branch_that_only_the_remote_has_is_made_as_git_does()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "model one"));
        history.Git("checkout", "-q", "-b", "prod");
        await history.VersionAsync("v2", ("m.bin", "model two"));
        history.Git("checkout", "-q", "main");
        history.Git("remote", "add", "origin", history.Machine.Project);
        history.Git("fetch", "-q", "origin");
        history.Git("branch", "-q", "-D", "prod");
        history.Git("tag", "-d", "v2");

        Assert.IsTrue((await history.CheckoutAsync("prod")).Succeeded, history.Log.ToString());
        Assert.AreEqual("prod", history.Git("branch", "--show-current"));
        Assert.AreEqual("model two", history.Machine.Read("m.bin"));
    }

    [TestMethod]
    public async Task What_the_revision_does_not_track_goes_when_the_store_has_it_and_comes_back()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "model one"));
        await history.VersionAsync("v2", ("n.bin", "another"), ("data/a.csv", "1"), ("data/sub/b.csv", "2"), ("mine.bin", "three"), ("raw/a.csv", "1"));
        history.Machine.Write("mine.bin", "changed, and not saved");
        history.Machine.Write("raw/new.csv", "not saved");

        Assert.IsTrue((await history.CheckoutAsync("v1")).Succeeded, history.Log.ToString());

        StringAssert.Contains(history.Log.ToString(), "removed data, n.bin: v1 does not track them, and the store keeps the content", StringComparison.Ordinal);
        StringAssert.Contains(history.Log.ToString(), "the store does not have what is there: mine.bin, raw", StringComparison.Ordinal);
        Assert.IsFalse(Path.Exists(history.Machine.PathOf("data")) || File.Exists(history.Machine.PathOf("n.bin")));
        Assert.AreEqual("changed, and not saved", history.Machine.Read("mine.bin"));
        Assert.AreEqual("not saved 1", $"{history.Machine.Read("raw/new.csv")} {history.Machine.Read("raw/a.csv")}");

        File.Delete(history.Machine.PathOf("mine.bin"));
        File.Delete(history.Machine.PathOf("raw/new.csv"));
        Assert.IsTrue((await history.CheckoutAsync("main")).Succeeded, history.Log.ToString());
        Assert.AreEqual("another 2 three", $"{history.Machine.Read("n.bin")} {history.Machine.Read("data/sub/b.csv")} {history.Machine.Read("mine.bin")}");
    }

    [TestMethod]
    public async Task A_model_that_was_a_file_of_gits_own_before_is_not_lost_to_a_checkout()
    {
        using var history = new History();
        history.Machine.Write("m.bin", "in Git");
        await history.VersionAsync("v0", ("other.bin", "tracked"));
        history.Git("rm", "-q", "--cached", "m.bin");
        await history.VersionAsync("v1", ("m.bin", "tracked"));
        history.Machine.Write("m.bin", "precious");

        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => history.CheckoutAsync("v0"));
        Assert.AreEqual("MT5804", error.Code);
        Assert.AreEqual("precious", history.Machine.Read("m.bin"));

        Assert.IsTrue((await history.CheckoutAsync("v0", force: true)).Succeeded, history.Log.ToString());
        Assert.AreEqual("in Git", history.Machine.Read("m.bin"));
        StringAssert.Contains(history.Log.ToString(), Machine.Sha256Of("precious"), StringComparison.Ordinal);
        Assert.IsTrue((await history.CheckoutAsync("main")).Succeeded, history.Log.ToString());
        Assert.AreEqual("tracked", history.Machine.Read("m.bin"));
        Assert.IsTrue((await history.CheckoutAsync("v0")).Succeeded, history.Log.ToString());
        Assert.AreEqual("in Git", history.Machine.Read("m.bin"));
    }

    [TestMethod]
    public async Task An_untracked_file_in_the_way_stops_it()
    {
        using var history = new History();
        history.Machine.Write("code.cs", "one");
        await history.VersionAsync("v1", ("m.bin", "model one"));
        history.Git("rm", "-q", "code.cs");
        await history.VersionAsync("v2", ("m.bin", "model two"), ("n.bin", "two"));
        history.Machine.Write("code.cs", "mine");

        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(() => history.CheckoutAsync("v1"));

        Assert.AreEqual("MT4102", error.Code);
        StringAssert.Contains(error.Message, "code.cs", StringComparison.Ordinal);
        Assert.AreEqual("mine model two two", $"{history.Machine.Read("code.cs")} {history.Machine.Read("m.bin")} {history.Machine.Read("n.bin")}");
    }

    [TestMethod]
    public async Task A_model_that_another_build_writes_at_this_moment_is_waited_for_and_never_overwritten()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "model one"));
        await history.VersionAsync("v2", ("m.bin", "model two"));
        using var store = await Storage.Store.LocalStore.OpenAsync(history.Machine.Store, history.Log, CancellationToken.None);
        Task<ModelTrack.Operations.OperationResult> checkout;
        using (await store.Locks.ArtifactAsync(history.Machine.PathOf("m.bin"), CancellationToken.None))
        {
            checkout = Task.Run(() => history.CheckoutAsync("v1"));
            var v1 = history.Git("rev-parse", "v1");
            while (history.Git("rev-parse", "HEAD") != v1 && !checkout.IsCompleted) await Task.Delay(20);
            history.Machine.Write("m.bin", "retrained meanwhile");
            Assert.IsFalse(checkout.IsCompleted, history.Log.ToString());
        }

        Assert.IsFalse((await checkout).Succeeded, history.Log.ToString());
        Assert.AreEqual("MT5507", history.Log.Errors.Single().Code);
        Assert.AreEqual("retrained meanwhile", history.Machine.Read("m.bin"));
    }

    private static void LoseStore(History history)
    {
        foreach (var file in Directory.EnumerateFiles(history.Machine.Store, "*", SearchOption.AllDirectories)) File.SetAttributes(file, FileAttributes.Normal);
        Directory.Delete(history.Machine.Store, recursive: true);
    }
}
