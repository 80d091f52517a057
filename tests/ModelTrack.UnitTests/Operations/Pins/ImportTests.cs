using System.Net;
using ModelTrack.Artifacts;
using ModelTrack.Operations;
using ModelTrack.Operations.Pins;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.UnitTests.Operations.Pins;

/// <summary>Artifacts of elsewhere that become this project's, and how they and pins move on.</summary>
[TestClass]
public sealed class ImportTests : IDisposable
{
    private readonly Team _team = new();

    public void Dispose() => _team.Dispose();

    private static Task<OperationResult> ImportAsync(Machine machine, string from, string? path = null, Func<OperationOptions, OperationOptions>? with = null)
    {
        var options = machine.Options with { ImportFrom = from, Artifacts = path is null ? [] : [path], Explicit = true };
        machine.Log.Errors.Clear();
        return ImportOperation.RunAsync(with?.Invoke(options) ?? options, machine.Log, CancellationToken.None);
    }

    private static Task<OperationResult> UpdateAsync(Machine machine, TrackedArtifact artifact, Func<OperationOptions, OperationOptions>? with = null)
    {
        machine.Log.Errors.Clear();
        var options = machine.Options with { Explicit = true };
        return UpdateOperation.RunAsync([artifact], with?.Invoke(options) ?? options, machine.Log, CancellationToken.None);
    }

    /// <summary>A repository that shares `m.bin` at `v1` (first) and main (second), and says where its content is.</summary>
    private async Task<Machine> SharingAsync()
    {
        var ada = _team.NewMachine("ada");
        ada.Write("ModelTrack.props", $"<Project><PropertyGroup><ModelTrackRemote>{_team.Remote}</ModelTrackRemote></PropertyGroup></Project>");
        foreach (var text in (string[])["first", "second"])
        {
            ada.Write("m.bin", text);
            await ada.BuildAsync("m.bin");
            GitSandbox.CommitAll(ada.Project, text);
            if (text == "first") GitSandbox.Run(ada.Project, "tag", "v1");
        }

        return ada;
    }

    [TestMethod]
    public async Task An_artifact_of_another_repository_is_imported_restored_elsewhere_and_moved_on()
    {
        var ada = await SharingAsync();
        var ben = _team.NewMachine("ben", remote: false);

        await ben.SucceedAsync(ImportAsync(ben, ada.Project, "m.bin", o => o with { Revision = "v1", ImportTo = "models/theirs.bin" }));

        Assert.AreEqual("first", ben.Read("models/theirs.bin"));
        Assert.AreEqual("/theirs.bin", ben.Read("models/.gitignore").Split('\n')[^2]);
        var pointer = PointerFile.Read(ben.PathOf("models/theirs.bin.track"))!;
        Assert.AreEqual(new PointerSource(ada.Project, "v1", GitSandbox.Run(ada.Project, "rev-parse", "v1"), "m.bin"), PointerSource.Of(pointer, "p"));

        // Somebody else has the pointer alone, and no remote of the project's own.
        var cem = _team.NewMachine("cem", remote: false);
        cem.TakePointer("models/theirs.bin", ben);
        await cem.SucceedAsync(cem.RestoreAsync("models/theirs.bin", o => o with { Locked = true }));
        Assert.AreEqual("first", cem.Read("models/theirs.bin"));

        await cem.SucceedAsync(UpdateAsync(cem, cem.Item("models/theirs.bin")));
        StringAssert.Contains(cem.Log.ToString(), "already", StringComparison.Ordinal);
        await cem.SucceedAsync(UpdateAsync(cem, cem.Item("models/theirs.bin"), o => o with { Revision = "main" }));
        Assert.AreEqual("second", cem.Read("models/theirs.bin"));
        StringAssert.Contains(cem.Log.ToString(), $"moved models/theirs.bin from commit {GitSandbox.Run(ada.Project, "rev-parse", "v1")[..10]}", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task What_was_changed_here_is_not_moved_over_and_what_is_there_not_imported_over()
    {
        var ada = await SharingAsync();
        var ben = _team.NewMachine("ben", remote: false);
        // By its own name and by its pointer's it is one.
        await ben.SucceedAsync(ImportAsync(ben, ada.Project, "m.bin", o => o with { Revision = "v1", Artifacts = ["m.bin", "m.bin.track"] }));
        ben.Write("m.bin", "mine");

        Assert.AreEqual("MT5919", await ben.FailAsync(UpdateAsync(ben, ben.Item("m.bin"), o => o with { Revision = "main" })));
        Assert.AreEqual("MT5913", await ben.FailAsync(ImportAsync(ben, ada.Project, "m.bin")));
        Assert.AreEqual("mine", ben.Read("m.bin"));

        await ben.SucceedAsync(ImportAsync(ben, ada.Project, "m.bin", o => o with { Force = true }));
        Assert.AreEqual("second", ben.Read("m.bin"));
        StringAssert.Contains(ben.Log.ToString(), Machine.Sha256Of("mine"), StringComparison.Ordinal);

        // Saved after a change it is the project's own.
        ben.Write("m.bin", "better");
        await ben.SucceedAsync(ben.SaveAsync("m.bin"));
        Assert.IsNull(PointerFile.Read(ben.PathOf("m.bin.track"))!.Source);
        var thrown = await Assert.ThrowsAsync<Diagnostics.ModelTrackException>(() => UpdateAsync(ben, ben.Item("m.bin"), o => o with { Artifacts = ["m.bin"] }));
        Assert.AreEqual("MT5917", thrown.Code);
    }

    [TestMethod]
    public async Task A_file_at_a_url_is_pinned_by_its_hash()
    {
        using var server = new FileServer("version 1");
        var ben = _team.NewMachine("ben", remote: false);
        await ben.SucceedAsync(ImportAsync(ben, server.Url + "models/big%20model.bin"));
        Assert.AreEqual("version 1", ben.Read("big model.bin"));
        var cem = _team.NewMachine("cem", remote: false);
        cem.TakePointer("big model.bin", ben);
        await cem.SucceedAsync(cem.RestoreAsync("big model.bin"));
        Assert.AreEqual("version 1", cem.Read("big model.bin"));

        server.Text = "version 2";
        var dan = _team.NewMachine("dan", remote: false);
        dan.TakePointer("big model.bin", ben);
        Assert.AreEqual("MT5915", await dan.FailAsync(dan.RestoreAsync("big model.bin")));
        Assert.IsFalse(File.Exists(dan.PathOf("big model.bin")));

        await ben.SucceedAsync(UpdateAsync(ben, ben.Item("big model.bin")));
        Assert.AreEqual("version 2", ben.Read("big model.bin"));
    }

    [TestMethod]
    public async Task A_folder_is_imported_whole()
    {
        var ben = _team.NewMachine("ben", remote: false);
        ben.Write("../elsewhere/raw/a.txt", "a");
        ben.Write("../elsewhere/raw/deep/b.txt", "b");

        await ben.SucceedAsync(ImportAsync(ben, "../elsewhere/raw", with: o => o with { ImportTo = "data/raw" }));

        Assert.AreEqual("b", ben.Read("data/raw/deep/b.txt"));
        Assert.AreEqual(ArtifactKind.Directory, PointerFile.Read(ben.PathOf("data/raw.track"))!.Kind);
    }

    [TestMethod]
    [DataRow("https://user:hunter22@host/x", "MT5914")]
    [DataRow("https://host/x?token=hunter22", "MT5914")]
    [DataRow("http://example.org/x", "MT5914")]
    [DataRow("ftp://host/x", "MT5914")]
    public async Task What_is_no_plain_url_or_holds_a_secret_is_refused_without_showing_it(string from, string code)
    {
        var ben = _team.NewMachine("ben", remote: false);
        var error = await Assert.ThrowsAsync<Diagnostics.ModelTrackException>(() => ImportAsync(ben, from));
        Assert.AreEqual(code, error.Code);
        Assert.IsFalse(error.Message.Contains("hunter22", StringComparison.Ordinal), error.Message);
    }

    [TestMethod]
    public async Task A_source_that_no_import_writes_is_refused()
    {
        var ben = _team.NewMachine("ben", remote: false);
        ben.Write("m.bin.track", $$"""{"modeltrack":1,"kind":"file","sha256":"{{Machine.Sha256Of("x")}}","size":1,"source":{"url":"/x","token":"y"} }""");
        Assert.AreEqual("MT5916", await ben.FailAsync(ben.RestoreAsync("m.bin")));
    }

    [TestMethod]
    public async Task An_update_moves_pins_and_nothing_else_does()
    {
        var ada = await SharingAsync();
        ada.Write(".gitignore", "obj/\n/m.bin\n");
        GitSandbox.Run(ada.Project, "branch", "ab-test", "v1");
        var key = PinPlaces.KeyOf(ada.PathOf("m.bin"), null, "ab-test", ada.Project);
        var pin = new TrackedArtifact { FullPath = PinPlaces.ContentPath(ada.Options.IntermediateDirectory, key), NamedPath = ada.PathOf("m.bin"), DisplayName = key.ToString(), Revision = "ab-test" };
        await ada.SucceedAsync(RestoreOperation.RunAsync([pin], ada.Options, ada.Log, CancellationToken.None));
        GitSandbox.Run(ada.Project, "branch", "-f", "ab-test", "main");
        await ada.SucceedAsync(RestoreOperation.RunAsync([pin], ada.Options, ada.Log, CancellationToken.None));
        Assert.AreEqual("first", File.ReadAllText(pin.FullPath));

        await ada.SucceedAsync(UpdateAsync(ada, pin));

        Assert.AreEqual("second", File.ReadAllText(pin.FullPath));
        StringAssert.Contains(ada.Log.ToString(), "moved m.bin@ab-test from commit", StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<Diagnostics.ModelTrackException>(() => UpdateAsync(ada, pin, o => o with { Revision = "v1", Artifacts = ["m.bin"] }));
        Assert.AreEqual("MT5918", error.Code);
    }

    /// <summary>Serves one text at every path.</summary>
    private sealed class FileServer : IDisposable
    {
        private readonly HttpListener _listener = new();

        public FileServer(string text)
        {
            Text = text;
            for (var attempt = 0; ; attempt++)
            {
                Url = $"http://127.0.0.1:{Random.Shared.Next(20000, 60000)}/";
                _listener.Prefixes.Clear();
                _listener.Prefixes.Add(Url);
                try
                {
                    _listener.Start();
                    break;
                }
                catch (HttpListenerException) when (attempt < 50)
                {
                    // Somebody else has that port.
                }
            }

            _ = ServeAsync();
        }

        public string Url { get; }

        public string Text { get; set; }

        public void Dispose() => _listener.Close();

        private async Task ServeAsync()
        {
            while (_listener.IsListening)
            {
                try
                {
                    var context = await _listener.GetContextAsync();
                    await context.Response.OutputStream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(Text));
                    context.Response.Close();
                }
                catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }
            }
        }
    }
}
