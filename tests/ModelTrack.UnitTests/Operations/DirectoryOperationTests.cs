namespace ModelTrack.UnitTests.Operations;

/// <summary>Directory artifacts through save, push, clone and restore.</summary>
[TestClass]
public sealed class DirectoryOperationTests
{
    private const string Data = "data/raw";

    [TestMethod]
    public async Task A_tree_comes_back_as_it_was()
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        ada.Write($"{Data}/a.csv", "1,2");
        ada.Write($"{Data}/nested/deep/ü name.txt", "text");
        ada.Write($"{Data}/.hidden/.dot", "dot");
        ada.Write($"{Data}/empty.txt", "");
        ada.Write($"{Data}/copy-of-a.csv", "1,2");
        ada.Write($"{Data}/large.bin", Bytes(300_000, seed: 1));
        ada.Write($"{Data}/run.sh", "#!/bin/sh");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(ada.PathOf($"{Data}/run.sh"), (UnixFileMode)0b111_101_101);
        Directory.CreateDirectory(ada.PathOf($"{Data}/nothing in here"));
        await ada.BuildAsync(Data);
        StringAssert.Contains(ada.ReadPointer(Data), "\"kind\": \"directory\"", StringComparison.Ordinal);
        StringAssert.Contains(ada.ReadPointer(Data), "\"files\": 7", StringComparison.Ordinal);

        ben.TakePointer(Data, ada);
        await ben.BuildAsync(Data);

        Assert.AreEqual(Snapshot(ada), Snapshot(ben));
        Assert.AreEqual(ada.ReadPointer(Data), ben.ReadPointer(Data));
        Assert.AreEqual("in step", await ben.StatusAsync(Data));
        if (!OperatingSystem.IsWindows()) Assert.IsTrue(File.GetUnixFileMode(ben.PathOf($"{Data}/run.sh")).HasFlag(UnixFileMode.UserExecute));
    }

    [TestMethod]
    public async Task Each_side_s_changes_to_different_files_come_together()
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        ada.Write($"{Data}/a", "a1");
        ada.Write($"{Data}/b", "b1");
        ada.Write($"{Data}/gone", "g");
        await ada.BuildAsync(Data);
        ben.TakePointer(Data, ada);
        await ben.BuildAsync(Data);

        ada.Write($"{Data}/a", "a2");
        File.Delete(ada.PathOf($"{Data}/gone"));
        await ada.BuildAsync(Data);
        ben.Write($"{Data}/new", "n");
        ben.TakePointer(Data, ada);
        await ben.BuildAsync(Data);

        Assert.AreEqual("a=a2 b=b1 new=n", Texts(ben));
        ada.TakePointer(Data, ben);
        await ada.BuildAsync(Data);
        Assert.AreEqual("a=a2 b=b1 new=n", Texts(ada));
    }

    [TestMethod]
    public async Task The_same_file_changed_on_both_sides_is_named_and_nothing_is_touched()
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        ada.Write($"{Data}/a", "a1");
        ada.Write($"{Data}/b", "b1");
        await ada.BuildAsync(Data);
        ben.TakePointer(Data, ada);
        await ben.BuildAsync(Data);
        ada.Write($"{Data}/a", "ada's");
        ada.Write($"{Data}/b", "b2");
        await ada.BuildAsync(Data);
        ben.Write($"{Data}/a", "ben's");
        ben.TakePointer(Data, ada);

        Assert.AreEqual("MT5508", await ben.FailAsync(ben.RestoreAsync(Data)));
        StringAssert.Contains(ben.Log.Errors.Single().Text, "a (content ", StringComparison.Ordinal);
        Assert.AreEqual("a=ben's b=b1", Texts(ben));

        await ben.SucceedAsync(ben.RestoreAsync(Data, o => o with { Force = true, Explicit = true }));
        Assert.AreEqual("a=ada's b=b2", Texts(ben));
    }

    [TestMethod]
    public async Task Locked_a_change_inside_is_an_error_that_names_the_file()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write($"{Data}/a", "a1");
        await ada.BuildAsync(Data);
        ada.Write($"{Data}/added", "x");
        Assert.AreEqual("MT5505", await ada.FailAsync(ada.RestoreAsync(Data, o => o with { Locked = true })));
        StringAssert.Contains(ada.Log.Errors.Single().Text, "added", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Going_back_and_forth_between_versions_leaves_no_trace_of_the_other()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write($"{Data}/a", "a1");
        ada.Write($"{Data}/sub/x", "x");
        await ada.BuildAsync(Data);
        var v1 = ada.ReadPointer(Data);
        File.Delete(ada.PathOf($"{Data}/sub/x"));
        Directory.Delete(ada.PathOf($"{Data}/sub"));
        ada.Write($"{Data}/sub", "now a file");
        await ada.BuildAsync(Data);
        var v2 = ada.ReadPointer(Data);

        ada.Write($"{Data}.track", v1);
        await ada.BuildAsync(Data);
        Assert.AreEqual("a=a1 sub/x=x", Texts(ada));
        ada.Write($"{Data}.track", v2);
        await ada.BuildAsync(Data);
        Assert.AreEqual("a=a1 sub=now a file", Texts(ada));
    }

    [TestMethod]
    public async Task What_a_trackignore_names_is_neither_saved_nor_removed()
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        ada.Write($"{Data}/a", "a1");
        ada.Write($"{Data}/README.md", "about");
        ada.Write("data/.trackignore", "*.md\n");
        await ada.BuildAsync(Data);
        StringAssert.Contains(ada.ReadPointer(Data), "\"files\": 1", StringComparison.Ordinal);

        ben.Write("data/.trackignore", "*.md\n");
        ben.Write($"{Data}/README.md", "ben's own");
        ben.TakePointer(Data, ada);
        await ben.BuildAsync(Data);
        Assert.AreEqual("README.md=ben's own a=a1", Texts(ben));
    }

    [TestMethod]
    public async Task Names_keep_the_Unicode_form_that_the_listing_before_had()
    {
        // One name in both forms, as some file systems give back another than they were given.
        const string Composed = "d/caf\u00e9/r\u00e9sum\u00e9.txt", Decomposed = "d/cafe\u0301/re\u0301sume\u0301.txt";
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        ada.Write(Composed, "1");
        ada.Write("d/plain.txt", "1");
        await ada.BuildAsync("d");
        var first = ada.ReadPointer("d");

        // The same content under respelled names is no change at all.
        Directory.Move(ada.PathOf("d/caf\u00e9"), ada.PathOf("d/cafe\u0301"));
        File.Move(ada.PathOf("d/cafe\u0301/r\u00e9sum\u00e9.txt"), ada.PathOf(Decomposed));
        await ada.BuildAsync("d");
        Assert.AreEqual(first, ada.ReadPointer("d"));
        Assert.AreEqual("in step", await ada.StatusAsync("d"));

        // What is new keeps the old names' form, so that a clone sees one change only.
        ada.Write("d/plain.txt", "2");
        ada.Write("d/cafe\u0301/n\u0303.txt", "new");
        await ada.BuildAsync("d");
        ben.TakePointer("d", ada);
        await ben.SucceedAsync(ben.RestoreAsync("d"));
        Assert.AreEqual("1", ben.Read(Composed));
        Assert.AreEqual("new", ben.Read("d/caf\u00e9/n\u0303.txt"));
        Assert.IsFalse(File.Exists(ben.PathOf(Decomposed)));

        // A change from elsewhere replaces the respelled file, and does not stand beside it.
        ben.Write(Composed, "3");
        await ben.BuildAsync("d");
        ada.TakePointer("d", ben);
        await ada.SucceedAsync(ada.RestoreAsync("d"));
        Assert.AreEqual("in step", await ada.StatusAsync("d"));
        Assert.AreEqual("3", File.ReadAllText(Directory.EnumerateFiles(ada.PathOf("d"), "r*", SearchOption.AllDirectories).Single()));
    }

    [TestMethod]
    public async Task An_empty_directory_is_an_artifact_too()
    {
        using var team = new Team();
        var (ada, ben) = (team.NewMachine("ada"), team.NewMachine("ben"));
        Directory.CreateDirectory(ada.PathOf(Data));
        await ada.BuildAsync(Data);
        ben.TakePointer(Data, ada);
        await ben.BuildAsync(Data);
        Assert.IsTrue(Directory.Exists(ben.PathOf(Data)));
    }

    [TestMethod]
    [Rule("The store 9")]
    public async Task A_small_content_that_only_a_file_artifact_brought_serves_a_directory()
    {
        using var team = new Team();
        var ada = team.NewMachine("ada");
        ada.Write("single.bin", "shared");
        await ada.BuildAsync("single.bin");
        ada.Write($"{Data}/a", "shared");
        await ada.BuildAsync(Data);
        Directory.Delete(ada.PathOf(Data), recursive: true);
        await ada.SucceedAsync(ada.RestoreAsync(Data, o => o with { Offline = true }));
        Assert.AreEqual("a=shared", Texts(ada));
    }

    private static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static string Texts(Machine machine) => string.Join(' ', Files(machine).Select(f => $"{f.Name}={File.ReadAllText(f.Path)}"));

    private static string Snapshot(Machine machine) => string.Join('\n', [
        .. Files(machine).Select(f => $"{f.Name} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f.Path)))}"),
        .. Directory.EnumerateDirectories(machine.PathOf(Data), "*", SearchOption.AllDirectories).Select(d => Path.GetRelativePath(machine.PathOf(Data), d)).Order(StringComparer.Ordinal),
    ]);

    private static IEnumerable<(string Name, string Path)> Files(Machine machine) =>
        Directory.EnumerateFiles(machine.PathOf(Data), "*", SearchOption.AllDirectories)
            .Select(f => (Path.GetRelativePath(machine.PathOf(Data), f).Replace('\\', '/'), f))
            .OrderBy(f => f.Item1, StringComparer.Ordinal);
}
