using System.Text.Json;
using ModelTrack.Diagnostics;
using ModelTrack.Operations;

namespace ModelTrack.UnitTests.Operations;

[TestClass]
public sealed class HistoryOperationTests
{
    [TestMethod]
    public async Task A_diff_names_what_was_added_removed_changed_and_renamed_and_the_files_in_a_folder()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "model one"), ("old.bin", "renamed"), ("gone.bin", "gone"), ("data/a.csv", "aaa"), ("data/b.csv", "bb"));
        foreach (var name in (string[])["old.bin", "gone.bin"])
        {
            File.Delete(history.Machine.PathOf(name + ".track"));
            File.Delete(history.Machine.PathOf(name));
        }

        File.Move(history.Machine.PathOf("data/a.csv"), history.Machine.PathOf("data/c.csv"));
        history.Machine.Write("data/d.csv", "d");
        await history.VersionAsync("v2", ("m.bin", "model two!"), ("new.bin", "renamed"), ("fresh.bin", "fresh"), ("data/b.csv", "bbbb"));

        var rows = (await history.DiffAsync("v1..v2")).Rows!;

        Assert.AreEqual(
            "changed data, changed data/b.csv, renamed data/c.csv, added data/d.csv, added fresh.bin, removed gone.bin, changed m.bin, renamed new.bin",
            string.Join(", ", rows.Select(r => $"{Value(r, "Change")} {r.Name}").Order().OrderBy(t => t.Split(' ')[1], StringComparer.Ordinal)));
        Assert.AreEqual("old.bin", Value(rows.Single(r => r.Name == "new.bin"), "OldPath"));
        Assert.AreEqual("data/a.csv", Value(rows.Single(r => r.Name == "data/c.csv"), "OldPath"));
        StringAssert.Contains(history.Log.ToString(), "old.bin → new.bin", StringComparison.Ordinal);
        StringAssert.Contains(history.Log.ToString(), "9 B → 10 B (+1 B)", StringComparison.Ordinal);

        Assert.IsEmpty((await history.DiffAsync("v2..HEAD")).Rows!);
        StringAssert.Contains(history.Log.ToString(), "no artifact differs", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task The_workspace_is_compared_as_it_lies_there_saved_or_not()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"), ("n.bin", "one"), ("bulk.bin", "not restored"));
        history.Machine.Write("m.bin", "changed");
        File.Delete(history.Machine.PathOf("bulk.bin"));
        File.Delete(history.Machine.PathOf("n.bin.track"));

        var rows = (await history.DiffAsync(null, "m.bin", "n.bin", "bulk.bin")).Rows!;
        Assert.AreEqual("changed m.bin, removed n.bin", string.Join(", ", rows.Select(r => $"{Value(r, "Change")} {r.Name}")));
    }

    [TestMethod]
    [DataRow(null, "HEAD", null)]
    [DataRow("v1", "v1", null)]
    [DataRow("v1..v2", "v1", "v2")]
    [DataRow("..v2", "HEAD", "v2")]
    [DataRow("v1..", "v1", "HEAD")]
    [DataRow("v1...v2", "v1...v2", null)]
    public void Two_dots_divide_two_revisions(string? text, string from, string? to) => Assert.AreEqual((from, to), DiffOperation.Split(text));

    [TestMethod]
    public async Task A_log_has_every_version_with_its_tag_and_where_it_is()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        await history.Machine.SucceedAsync(history.Machine.PushAsync("m.bin"));
        await history.VersionAsync("other", ("n.bin", "x"));
        await history.VersionAsync("v2", ("m.bin", "two"));
        File.Delete(history.Machine.PathOf("m.bin.track"));
        await history.VersionAsync("none");

        var rows = (await history.LogAsync(null, "m.bin")).Rows!;

        Assert.AreEqual(
            "none removed false unknown, v2 saved true unknown, other, v1 saved true true",
            string.Join(", ", rows.Select(r => $"{Value(r, "Tags")} {Value(r, "Change")} {Value(r, "InStore")} {Value(r, "AtRemote")}")));
        Assert.AreEqual(history.Git("rev-parse", "v1"), Value(rows[2], "Commit"));
        Assert.AreEqual(Machine.Sha256Of("one"), Value(rows[2], "Sha256"));
        StringAssert.Contains(history.Log.ToString(), "m.bin, 3 versions:", StringComparison.Ordinal);
        Assert.HasCount(1, (await history.LogAsync("v1", "m.bin")).Rows!);
    }

    [TestMethod]
    public async Task A_tag_on_a_later_commit_stands_with_the_version_that_it_carries()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));
        history.Machine.Write("code.cs", "1");
        await history.VersionAsync("code-only");
        await history.VersionAsync("v2", ("m.bin", "two"), ("n.bin", "n"));
        history.Git("checkout", "-q", "-b", "release");
        history.Machine.Write("code.cs", "2");
        await history.VersionAsync("on-a-branch");
        history.Git("checkout", "-q", "main");
        for (var i = 0; i < 5; i++) history.Git("tag", $"nightly-{i}", "v2");

        var rows = (await history.LogAsync(null, "m.bin")).Rows!;

        Assert.AreEqual(
            "nightly-0, nightly-1, nightly-2, nightly-3, nightly-4, on-a-branch, v2 | code-only, v1", string.Join(" | ", rows.Select(r => Value(r, "Tags"))));
        StringAssert.Contains(history.Log.ToString(), "nightly-0, nightly-1, nightly-2 and 4 more", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Of_a_version_that_came_back_the_last_one_before_the_tag_has_it()
    {
        using var history = new History();
        foreach (var (tag, text, day) in new[] { ("v1", "one", 1), ("later", "", 2), ("v2", "two", 3), ("back", "one", 4), ("last", "", 5) })
        {
            if (text.Length > 0)
            {
                history.Machine.Write("m.bin", text);
                await history.Machine.SucceedAsync(history.Machine.SaveAsync("m.bin"));
            }

            history.Git("add", "-A");
            history.Git("commit", "-q", "--allow-empty", "--date", $"2026-03-0{day}T12:00:00Z", "-m", tag);
            history.Git("tag", tag);
        }

        Assert.AreEqual("back, last | v2 | later, v1", string.Join(" | ", (await history.LogAsync(null, "m.bin")).Rows!.Select(r => Value(r, "Tags"))));
    }

    [TestMethod]
    public async Task A_log_of_what_is_tracked_no_more_is_had_by_its_path()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("m.bin", "one"));

        var gone = await LogOperation.RunAsync([], history.Machine.Options with { Artifacts = ["m.bin"] }, null, history.Log, CancellationToken.None);
        Assert.HasCount(1, gone.Rows!);
        var error = await Assert.ThrowsExactlyAsync<ModelTrackException>(
            () => LogOperation.RunAsync([], history.Machine.Options with { Artifacts = ["never.bin"] }, null, history.Log, CancellationToken.None));
        Assert.AreEqual("MT5501", error.Code);
    }

    [TestMethod]
    public async Task Status_tells_how_pointers_stand_to_head()
    {
        using var history = new History();
        await history.VersionAsync("v1", ("same.bin", "1"), ("saved.bin", "1"), ("removed.bin", "1"));
        history.Machine.Write("saved.bin", "2");
        history.Machine.Write("fresh.bin", "1");
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("saved.bin"));
        await history.Machine.SucceedAsync(history.Machine.SaveAsync("fresh.bin"));
        File.Delete(history.Machine.PathOf("removed.bin.track"));
        // Line ends are Git's affair.
        File.WriteAllText(history.Machine.PathOf("same.bin.track"), history.Machine.ReadPointer("same.bin").Replace("\n", "\r\n", StringComparison.Ordinal));
        string[] names = ["same.bin", "saved.bin", "fresh.bin", "removed.bin", "new.bin"];
        history.Machine.Write("new.bin", "1");

        var result = await StatusOperation.RunAsync([.. names.Select(history.Machine.Item)], history.Machine.Options, history.Log, CancellationToken.None);

        Assert.AreEqual("committed, differs from HEAD, not committed, removed since HEAD, ", string.Join(", ", result.Artifacts.Select(a => a.Head)));
    }

    [TestMethod]
    [DataRow("""{"a":0.90,"b":{"c":1}}""", """{"a":0.93,"b":{"c":1}}""", "a 0.90 → 0.93 (+0.03)")]
    [DataRow("""{"a":3}""", """{"a":1.5,"n":"x"}""", "a 3 → 1.5 (-1.5), n x (new)")]
    [DataRow("""{"a":"x","g":true}""", """{"a":"y"}""", "a x → y, g true (gone)")]
    [DataRow(null, """{"b":{"c":1}}""", "b.c 1 (new)")]
    [DataRow("""{"a":1e-3}""", """{"a":1e-3}""", "")]
    public void Metrics_are_compared_by_name(string? before, string? after, string expected) =>
        Assert.AreEqual(expected, MetricsText.Of(MetricsText.Compare(Json(before), Json(after))));

    [TestMethod]
    public void A_table_is_aligned_and_leaves_out_what_no_row_has()
    {
        CollectionAssert.AreEqual(
            new[] { "models/a    12 B  x", "é         300 KB  yy" },
            TextTable.Lines([["models/a", "", "12 B", "x"], ["é", "", "300 KB", "yy"]], 2).ToArray());
    }

    private static JsonElement? Json(string? text) => text is null ? null : JsonDocument.Parse(text).RootElement;

    private static string Value(ReportRow row, string name) => row.Values.Single(v => v.Key == name).Value;
}
