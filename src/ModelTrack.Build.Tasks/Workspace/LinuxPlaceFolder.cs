using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>By open handles, each entered from its parent without following a link.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxPlaceFolder : PlaceFolder
{
    private const uint FileMode = 0b110_110_110;
    private const uint ExecutableMode = 0b111_111_111;
    private readonly SafeFileHandle _handle;

    private LinuxPlaceFolder(string path, int handle)
        : base(path) => _handle = new SafeFileHandle(handle, ownsHandle: true);

    private int Handle => (int)_handle.DangerousGetHandle();

    public static LinuxPlaceFolder Root(string path)
    {
        // A trailing dot opens what a link names, and refuses what is no folder.
        fixed (byte* name = LinuxFiles.Name(System.IO.Path.Combine(path, ".")))
            return new LinuxPlaceFolder(path, Check(LinuxFiles.OpenFolder(LinuxFiles.AtFdCwd, name), path));
    }

    public override PlaceFolder? Enter(string name, bool create)
    {
        Span<byte> buffer = stackalloc byte[NameBuffer];
        fixed (byte* bytes = Bytes(name, buffer))
        {
            for (var attempt = 0; ; attempt++)
            {
                var opened = LinuxFiles.OpenFolder(Handle, bytes);
                if (opened >= 0) return new LinuxPlaceFolder(PathOf(name), opened);
                if (opened is -LinuxFiles.ELOOP or -LinuxFiles.ENOTDIR && TryStat(name, out var stat)) throw Obstacle(PathOf(name), stat);
                if (opened != -LinuxFiles.ENOENT || attempt > 2) throw LinuxFiles.Failure(opened, PathOf(name));
                if (!create) return null;
                var made = LinuxFiles.MakeFolder(Handle, bytes);
                if (made is < 0 and not -LinuxFiles.EEXIST) throw LinuxFiles.Failure(made, PathOf(name));
            }
        }
    }

    public override bool TryStat(string name, out FileStat stat)
    {
        Span<byte> buffer = stackalloc byte[NameBuffer];
        fixed (byte* bytes = Bytes(name, buffer))
        {
            FileStat.StatX value;
            var result = LinuxFiles.Stat(Handle, bytes, &value);
            if (result is < 0 and not -LinuxFiles.ENOENT) throw LinuxFiles.Failure(result, PathOf(name));
            stat = result == 0 ? value.ToStat() : default;
            return result == 0;
        }
    }

    public override SafeFileHandle Create(string name, bool executable, long expectedSize)
    {
        Span<byte> buffer = stackalloc byte[NameBuffer];
        fixed (byte* bytes = Bytes(name, buffer))
        {
            var handle = new SafeFileHandle(Check(LinuxFiles.CreateFile(Handle, bytes, executable ? ExecutableMode : FileMode), PathOf(name)), ownsHandle: true);
            var reserved = expectedSize == 0 ? 0 : LinuxFiles.Reserve((int)handle.DangerousGetHandle(), expectedSize);
            if (reserved is not (-LinuxFiles.ENOSPC or -LinuxFiles.EDQUOT)) return handle;
            handle.Dispose();
            LinuxFiles.Unlink(Handle, bytes, 0);
            throw LinuxFiles.Failure(reserved, PathOf(name));
        }
    }

    public override FileStat Write(string name, ReadOnlySpan<byte> content, bool executable, long mtimeNs)
    {
        Span<byte> buffer = stackalloc byte[NameBuffer];
        fixed (byte* bytes = Bytes(name, buffer), data = content)
        {
            var handle = Check(LinuxFiles.CreateFile(Handle, bytes, executable ? ExecutableMode : FileMode), PathOf(name));
            FileStat.StatX value = default;
            var result = LinuxFiles.Write(handle, data, content.Length);
            if (result >= 0) result = LinuxFiles.SetTime(handle, mtimeNs);
            if (result >= 0) result = LinuxFiles.Stat(handle, &value);

            // Some file systems tell only at the end that there is no room.
            var closed = LinuxFiles.Close(handle);
            Check(result, PathOf(name));
            Check(closed, PathOf(name));
            return value.ToStat();
        }
    }

    public override void Move(string name, PlaceFolder to, string newName)
    {
        Span<byte> buffer = stackalloc byte[NameBuffer];
        Span<byte> newBuffer = stackalloc byte[NameBuffer];
        fixed (byte* from = Bytes(name, buffer), target = Bytes(newName, newBuffer))
            Check(LinuxFiles.Rename(Handle, from, ((LinuxPlaceFolder)to).Handle, target), to.PathOf(newName));
    }

    public override void Remove(string name)
    {
        Span<byte> buffer = stackalloc byte[NameBuffer];
        fixed (byte* bytes = Bytes(name, buffer))
        {
            var result = LinuxFiles.Unlink(Handle, bytes, 0);
            if (result != -LinuxFiles.ENOENT) Check(result, PathOf(name));
        }
    }

    public override bool TryRemoveFolder(string name)
    {
        Span<byte> buffer = stackalloc byte[NameBuffer];
        fixed (byte* bytes = Bytes(name, buffer))
        {
            var result = LinuxFiles.Unlink(Handle, bytes, LinuxFiles.AtRemoveDir);
            if (result is -LinuxFiles.ENOTEMPTY or -LinuxFiles.EEXIST) return false;
            if (result != -LinuxFiles.ENOENT) Check(result, PathOf(name));
            return true;
        }
    }

    public override void Dispose() => _handle.Dispose();

    private const int NameBuffer = 260;

    /// <summary>The name with the zero that ends it; no file system of Linux has names beyond 255 bytes.</summary>
    private static Span<byte> Bytes(string name, Span<byte> buffer)
    {
        if (Encoding.UTF8.GetMaxByteCount(name.Length) >= buffer.Length && Encoding.UTF8.GetByteCount(name) >= buffer.Length) return LinuxFiles.Name(name);
        buffer[Encoding.UTF8.GetBytes(name, buffer)] = 0;
        return buffer;
    }

    private static int Check(int result, string path) => result >= 0 ? result : throw LinuxFiles.Failure(result, path);
}
