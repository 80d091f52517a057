using System.Buffers;
using System.Runtime.Versioning;
using System.Text;
using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>The walk by the kernel's own calls: a folder's names in few reads, then one look at each name, relative to the open folder.</summary>
internal sealed partial class DirectoryWalk
{
    /// <summary>Some 800 names: a millisecond of work, so that one big folder keeps all cores busy.</summary>
    private const int NamesSize = 32 * 1024;

    /// <summary>Linux's own file systems have 255 bytes; those of Windows 255 units of UTF-16, which are up to three bytes each.</summary>
    private const int LongestName = 3 * 255;

    private const int RecordLengthAt = 16;
    private const int TypeAt = 18;
    private const int NameAt = 19;

    [SupportedOSPlatform("linux")]
    private unsafe void ListLinux(byte[] path, Batch batch)
    {
        var folder = Open(path);
        var any = false;
        byte[]? names = null;
        try
        {
            var length = Read(folder, ref names);
            while (length > 0)
            {
                any |= HasNames(names.AsSpan(0, length));
                byte[]? next = null;
                var nextLength = Read(folder, ref next);
                if (nextLength == 0)
                {
                    StatLinux(folder.Share(), names.AsSpan(0, length), batch);
                    ArrayPool<byte>.Shared.Return(next!);
                    break;
                }

                _queue.Add(new Piece(names!, folder.Share(), length));
                (names, length) = (next, nextLength);
            }

            if (!any && path.Length > 0) batch.AddEmptyFolder(path);
        }
        finally
        {
            folder.Release();
            if (names is not null) ArrayPool<byte>.Shared.Return(names);
        }
    }

    [SupportedOSPlatform("linux")]
    private unsafe OpenFolder Open(byte[] path)
    {
        var full = FullPath(path);
        int handle;
        fixed (byte* name = LinuxFiles.Name(full)) handle = LinuxFiles.OpenFolder(LinuxFiles.AtFdCwd, name);
        if (handle >= 0) return new OpenFolder(handle, path);
        throw handle is -LinuxFiles.ELOOP or -LinuxFiles.ENOTDIR && FileStat.TryGet(full, out var stat) && stat.Kind == FileKind.Link
            ? WorkspaceErrors.SymbolicLink(full)
            : WorkspaceErrors.NotReadable(LinuxFiles.Failure(handle, full), full);
    }

    [SupportedOSPlatform("linux")]
    private unsafe int Read(OpenFolder folder, ref byte[]? names)
    {
        names ??= ArrayPool<byte>.Shared.Rent(NamesSize);
        fixed (byte* buffer = names)
        {
            var length = LinuxFiles.ReadNames(folder.Handle, buffer, NamesSize);
            if (length >= 0) return length;
            var full = FullPath(folder.Path);
            throw WorkspaceErrors.NotReadable(LinuxFiles.Failure(length, full), full);
        }
    }

    /// <summary>Looks at each name of a run; releases the folder.</summary>
    [SupportedOSPlatform("linux")]
    private unsafe void StatLinux(OpenFolder folder, ReadOnlySpan<byte> names, Batch batch)
    {
        var prefix = folder.Path.Length == 0 ? 0 : folder.Path.Length + 1;
        var path = ArrayPool<byte>.Shared.Rent(prefix + LongestName);
        try
        {
            folder.Path.CopyTo(path, 0);
            if (prefix > 0) path[prefix - 1] = (byte)'/';
            var applies = _ignore?.AppliesIn(Encoding.UTF8.GetString(folder.Path)) ?? false;
            FileStat.StatX value;
            fixed (byte* run = names)
            {
                for (var at = 0; at < names.Length; at += LengthOf(names, at))
                {
                    var name = NameOf(names, at);
                    if (IsNoEntry(name)) continue;
                    name.CopyTo(path.AsSpan(prefix));
                    var relative = path.AsSpan(0, prefix + name.Length);
                    var type = names[at + TypeAt];
                    if (type == LinuxFiles.TypeDirectory)
                    {
                        if (!applies || !_ignore!.IsIgnored(Encoding.UTF8.GetString(relative), true)) AddFolder(relative);
                        continue;
                    }

                    if (applies && type != LinuxFiles.TypeUnknown && _ignore!.IsIgnored(Encoding.UTF8.GetString(relative), false)) continue;
                    var result = LinuxFiles.Stat(folder.Handle, run + at + NameAt, &value);
                    if (result == -LinuxFiles.ENOENT) continue;
                    if (result < 0) throw WorkspaceErrors.NotReadable(LinuxFiles.Failure(result, FullPath(relative)), FullPath(relative));
                    var stat = value.ToStat();
                    if (applies && type == LinuxFiles.TypeUnknown && _ignore!.IsIgnored(Encoding.UTF8.GetString(relative), stat.Kind == FileKind.Directory)) continue;
                    if (stat.Kind == FileKind.Directory) AddFolder(relative);
                    else batch.Add(relative, stat);
                }
            }
        }
        finally
        {
            folder.Release();
            ArrayPool<byte>.Shared.Return(path);
        }
    }

    private static bool HasNames(ReadOnlySpan<byte> names)
    {
        for (var at = 0; at < names.Length; at += LengthOf(names, at))
            if (!IsNoEntry(NameOf(names, at))) return true;
        return false;
    }

    private static int LengthOf(ReadOnlySpan<byte> names, int at) => BitConverter.ToUInt16(names[(at + RecordLengthAt)..]);

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> names, int at)
    {
        var rest = names[(at + NameAt)..];
        return rest[..rest.IndexOf((byte)0)];
    }

    private static bool IsNoEntry(ReadOnlySpan<byte> name) =>
        name[0] == (byte)'.' && (name.Length == 1 || name is [_, (byte)'.'] || name.SequenceEqual(Placement.WorkFolderUtf8));

    /// <summary>An open folder that several pieces of work share; the last one closes it.</summary>
    private sealed class OpenFolder(int handle, byte[] path)
    {
        private int _users = 1;

        public int Handle { get; } = handle;

        public byte[] Path { get; } = path;

        public OpenFolder Share()
        {
            Interlocked.Increment(ref _users);
            return this;
        }

        public void Release()
        {
            if (Interlocked.Decrement(ref _users) == 0 && OperatingSystem.IsLinux()) LinuxFiles.Close(Handle);
        }
    }
}
