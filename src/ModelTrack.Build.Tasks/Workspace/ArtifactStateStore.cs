using System.Text;
using ModelTrack.Artifacts;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;

namespace ModelTrack.Workspace;

/// <summary>The states of a worktree's artifacts, a file each, under <see cref="WorkspaceLayout.StateRoot"/>.</summary>
public sealed class ArtifactStateStore(string root)
{
    private const int Magic = 0x5357544D; // "MTWS"
    private const int Version = 2;
    // Of SHA-256, which is native code: a vectorised XXH128 would be compiled by the JIT in every build.
    private const int ChecksumSize = Sha256Hash.Size;
    private const string TempSuffix = ".tmp";

    public string Root { get; } = root;

    /// <summary>Null when there is none, or none that can be trusted: damaged, of another version, of another artifact.</summary>
    public ArtifactState? Load(string fullPath)
    {
        try
        {
            return Parse(File.ReadAllBytes(PathOf(fullPath)), fullPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Replaces the artifact's state, whole or not at all. A state root that cannot be written is a coded error.</summary>
    public void Save(ArtifactState state)
    {
        var path = PathOf(state.FullPath);
        var temp = $"{path}.{TempNames.New()}{TempSuffix}";
        try
        {
            Directory.CreateDirectory(Root);
            TempNames.RemoveLeftovers(Root, $"{Path.GetFileName(path)}.*{TempSuffix}", Path.GetFileName(path).Length + 1, TempSuffix.Length);
            using (var handle = File.OpenHandle(temp, FileMode.Create, FileAccess.Write))
                Write(handle, state);
            FailPoint.Hit("state.save.written");
            File.Move(temp, path, overwrite: true);
            FailPoint.Hit("state.save.renamed");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(temp);
            throw WorkspaceErrors.StateNotWritable(e, Root);
        }
    }

    public void Delete(string fullPath)
    {
        try
        {
            File.Delete(PathOf(fullPath));
        }
        catch (DirectoryNotFoundException)
        {
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WorkspaceErrors.StateNotWritable(e, Root);
        }
    }

    internal string PathOf(string fullPath) =>
        Path.Combine(Root, Sha256Hash.Of(Encoding.UTF8.GetBytes(fullPath)).ToString()[..32] + ".state");

    private static void Write(Microsoft.Win32.SafeHandles.SafeFileHandle handle, ArtifactState state)
    {
        var writer = new StateWriter(1024 + ((state.Directory?.Count ?? 0) * (ObservedDirectory.RecordSize + 40)));
        writer.Int32(Magic);
        writer.Int32(Version);
        writer.Text(state.FullPath);
        writer.Int32((int)state.Told);
        writer.Optional(state.Base, static (w, v) => w.Identity(v));
        writer.Optional(state.Restoring, static (w, v) => w.Identity(v));
        writer.Optional(state.Pointer, static (w, v) =>
        {
            w.Stat(v.Stat);
            w.Identity(v.Identity);
            w.Int32(v.Files ?? -1);
            w.Int64(v.ObservedAtNs);
        });
        writer.Optional(state.File, static (w, v) =>
        {
            w.Stat(v.Stat);
            w.Hash(v.Sha256);
            w.FastHash(v.Xxh128);
            w.Int64(v.ObservedAtNs);
        });
        writer.Byte(state.Directory is null ? (byte)0 : (byte)1);
        state.Directory?.Write(writer);
        if (state.Partial is { } partial) Write(writer, partial);
        writer.Hash(Sha256Hash.Of(writer.Written.Span));
        RandomAccess.Write(handle, writer.Written.Span, 0);
    }

    private static ArtifactState? Parse(byte[] bytes, string fullPath)
    {
        if (bytes.Length < ChecksumSize) return null;
        var body = bytes.AsMemory(0, bytes.Length - ChecksumSize);
        if (new Sha256Hash(bytes.AsSpan(body.Length)) != Sha256Hash.Of(body.Span)) return null;

        var reader = new StateReader(body);
        if (reader.Int32() != Magic || reader.Int32() != Version || reader.Text() != fullPath) return null;
        var state = new ArtifactState
        {
            FullPath = fullPath,
            Told = (ToldOnce)reader.Int32(),
            Base = reader.HasValue() ? reader.Identity() : null,
            Restoring = reader.HasValue() ? reader.Identity() : null,
            Pointer = reader.HasValue() ? ReadPointer(reader) : null,
            File = reader.HasValue() ? new ObservedFile(reader.Stat(), reader.Hash(), reader.FastHash(), reader.Int64()) : null,
            Directory = reader.HasValue() ? ObservedDirectory.Read(reader) : null,
        };
        if (!reader.AtEnd) state = state with { Partial = ReadPartial(reader) };
        return reader.AtEnd ? state : null;
    }

    private static void Write(StateWriter writer, PartialContent partial)
    {
        var paths = partial.Parts.Paths.ToList();
        writer.Int32(paths.Count);
        foreach (var path in paths) writer.Text(path);
        writer.Optional(partial.Origin, static (w, v) => w.Hash(v));
        writer.Optional(partial.Seen, static (w, v) => w.Identity(v));
        writer.Optional(partial.Whole, static (w, v) => w.Identity(v));
    }

    private static PartialContent ReadPartial(StateReader reader)
    {
        var count = reader.Int32();
        var paths = new List<string>();
        for (var i = 0; i < count; i++) paths.Add(reader.Text());
        return new PartialContent(PathParts.None.With(paths), reader.HasValue() ? reader.Hash() : null)
        {
            Seen = reader.HasValue() ? reader.Identity() : null,
            Whole = reader.HasValue() ? reader.Identity() : null,
        };
    }

    private static PointerStamp ReadPointer(StateReader reader)
    {
        var (stat, identity, files) = (reader.Stat(), reader.Identity(), reader.Int32());
        return new PointerStamp(stat, identity, files >= 0 ? files : null, reader.Int64());
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is looked at again by the next save.
        }
    }
}
