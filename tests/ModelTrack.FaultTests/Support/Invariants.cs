using ModelTrack.Content;
using ModelTrack.Storage.Formats;
using ModelTrack.UnitTests.Operations;
using ModelTrack.UnitTests.Support;

namespace ModelTrack.FaultTests.Support;

/// <summary>What holds at every moment, whoever died. Each check reads the disk by itself, as another client would.</summary>
internal static class Invariants
{
    /// <summary>Every workspace file is, whole, what one of the versions has under its name.</summary>
    public static void WorkspaceIsOnly(Machine machine, string context, params ModelVersion[] versions)
    {
        foreach (var path in ContentFiles(machine))
        {
            var bytes = File.ReadAllBytes(machine.PathOf(path));
            Assert.IsTrue(
                versions.Any(v => v.Files.TryGetValue(path, out var known) && bytes.AsSpan().SequenceEqual(known)),
                $"{context}: {path} ({bytes.Length} bytes) is of no version");
        }
    }

    /// <summary>The workspace is exactly the version: no file more or less, bits included.</summary>
    public static void WorkspaceIs(Machine machine, string context, ModelVersion version)
    {
        WorkspaceIsOnly(machine, context, version);
        Assert.AreEqual(string.Join('\n', version.Files.Keys), string.Join('\n', ContentFiles(machine).Order(StringComparer.Ordinal)), context);
        if (!OperatingSystem.IsWindows())
        {
            Assert.IsTrue(File.GetUnixFileMode(machine.PathOf(ModelVersion.ExecutableFile)).HasFlag(UnixFileMode.UserExecute), $"{context}: executable bit");
        }
    }

    /// <summary>No entry of the store has wrong bytes, and every pack parses and holds what it says.</summary>
    public static void StoreIsWhole(string store, string context)
    {
        foreach (var file in FilesUnder(Path.Combine(store, "files")))
        {
            Assert.AreEqual(Path.GetFileName(file), Sha256Hash.Of(File.ReadAllBytes(file)).ToString(), $"{context}: {file}");
        }

        foreach (var pack in FilesUnder(Path.Combine(store, "packs")))
        {
            PackIsWhole(pack, context);
        }

        Assert.IsEmpty(FilesUnder(Path.Combine(store, "damaged")), $"{context}: set aside");
    }

    /// <summary>Every manifest ends with its own hash, and all packs that it names are there, whole, and hold the chunks that it promises.</summary>
    /// <param name="garbage">Packs that no manifest names may be bad.</param>
    public static void RemoteIsWhole(string remote, string context, bool garbage = false)
    {
        var packs = new Dictionary<string, PackContents>();
        if (!garbage)
        {
            foreach (var path in FilesUnder(Path.Combine(remote, "packs")).Where(p => !IsTemp(p))) PackIsWhole(path, context);
        }

        foreach (var path in FilesUnder(Path.Combine(remote, "manifests")).Where(p => !IsTemp(p)))
        {
            var bytes = File.ReadAllBytes(path);
            Assert.IsTrue(ManifestReader.IsWhole(bytes), $"{context}: {path} is torn");
            var root = ManifestReader.ParseRoot(bytes, path);
            Assert.AreEqual(Path.GetFileName(path), root.Info.Artifact.ToString(), context);
            foreach (var named in root.Packs.Where(p => !p.IsTombstone))
            {
                var id = named.Id.ToString();
                var pack = Path.Combine(remote, "packs", id[..2], id);
                Assert.IsTrue(File.Exists(pack), $"{context}: {path} names {id}, which is not there");
                packs[id] = PackIsWhole(pack, context);
                Assert.AreEqual(named.Size, packs[id].Size, $"{context}: size of {id}");
            }

            var pieces = root.Pieces.Select(p => ReadChunk(remote, p)).ToList();
            foreach (var chunk in ManifestReader.ParseBody(root, pieces, path))
            {
                var pack = packs[chunk.Pack.ToString()];
                Assert.IsTrue(pack.Chunks.Any(c => c.Hash == chunk.Hash && c.Length == chunk.Length), $"{context}: {chunk.Hash} is not in {chunk.Pack}");
            }
        }
    }

    /// <summary>What dead processes left is gone.</summary>
    public static void NothingIsLeftOver(Machine machine, string context)
    {
        Assert.AreEqual("", string.Join('\n', FilesUnder(Path.Combine(machine.Store, "temp"))), $"{context}: the store's temp files");
        Assert.AreEqual("", string.Join('\n', FilesUnder(Path.Combine(machine.Store, "incoming"))), $"{context}: the store's incoming files");
        Assert.AreEqual("", string.Join('\n', FilesUnder(machine.Team.Remote).Where(IsTemp)), $"{context}: the remote's temp files");
        Assert.AreEqual("", string.Join('\n', FilesUnder(machine.PathOf(".git/modeltrack")).Where(f => f.EndsWith(".tmp", StringComparison.Ordinal))), $"{context}: the state's temp files");
        Assert.AreEqual("", string.Join('\n', FilesUnder(machine.Project).Where(f => f.Contains(".modeltrack", StringComparison.Ordinal))), $"{context}: the workspace's temp files");
    }

    /// <summary>What was on its way when the process died is nothing that a person could see and add.</summary>
    public static void GitSeesNoTempFiles(Machine machine, string context)
    {
        if (!Directory.Exists(machine.PathOf(".git"))) return;
        var status = GitSandbox.Run(machine.Project, "status", "--porcelain", "--untracked-files=all");
        Assert.IsFalse(status.Contains(".modeltrack", StringComparison.Ordinal), $"{context}: git status shows\n{status}");
    }

    public static bool HasLeftovers(string remote) => FilesUnder(remote).Any(IsTemp);

    public static IReadOnlyList<string> FilesUnder(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })] : [];

    /// <summary>The artifacts' files by their paths in the project.</summary>
    public static IEnumerable<string> ContentFiles(Machine machine)
    {
        if (File.Exists(machine.PathOf(ModelVersion.Model))) yield return ModelVersion.Model;
        foreach (var file in FilesUnder(machine.PathOf(ModelVersion.Data)))
        {
            yield return Path.GetRelativePath(machine.Project, file).Replace('\\', '/');
        }
    }

    private static bool IsTemp(string path) => Path.GetFileName(path).Contains('~', StringComparison.Ordinal);

    private static PackContents PackIsWhole(string path, string context)
    {
        var bytes = File.ReadAllBytes(path);
        var contents = PackReader.Parse(bytes, path);
        Assert.AreEqual(Path.GetFileName(path), contents.Id.ToString(), $"{context}: {path}");
        Assert.IsEmpty(PackReader.FindDamage(bytes, contents, CancellationToken.None), $"{context}: {path}");
        return contents;
    }

    private static ReadOnlyMemory<byte> ReadChunk(string remote, ChunkLocation chunk)
    {
        var id = chunk.Pack.ToString();
        var pack = File.ReadAllBytes(Path.Combine(remote, "packs", id[..2], id));
        var raw = new byte[chunk.Frame.RawLength];
        FrameDecoder.Decode(pack.AsSpan((int)chunk.Frame.Offset, chunk.Frame.StoredLength), chunk.Frame, raw, id);
        return raw.AsMemory(chunk.Offset, chunk.Length);
    }
}
