using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;

namespace ModelTrack.Workspace;

/// <summary>
/// A folder that is written to. On Linux it is an open handle, and every name is meant relative to it, so that nobody can slip a link into the way
/// between the check and the act; elsewhere it is a path whose last part is checked when it is entered. Failures are those of System.IO,
/// but for a link or a file in the place of a folder, which are coded.
/// </summary>
internal abstract class PlaceFolder(string path) : IDisposable
{
    public string Path { get; } = path;

    /// <summary>Opens the folder from which checking begins; the way to it may lead through links.</summary>
    public static PlaceFolder OpenRoot(string path) => OperatingSystem.IsLinux() && LinuxFiles.IsAvailable ? LinuxPlaceFolder.Root(path) : new PortablePlaceFolder(path);

    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A folder in this one; null when it is missing and not to be made.</summary>
    public abstract PlaceFolder? Enter(string name, bool create);

    public abstract bool TryStat(string name, out FileStat stat);

    /// <summary>Makes a new file to write to.</summary>
    public abstract SafeFileHandle Create(string name, bool executable, long expectedSize);

    /// <summary>Makes a new file of these bytes.</summary>
    public abstract FileStat Write(string name, ReadOnlySpan<byte> content, bool executable, long mtimeNs);

    /// <summary>Renames, replacing a file that has the new name.</summary>
    public abstract void Move(string name, PlaceFolder to, string newName);

    /// <summary>Removes a file.</summary>
    public abstract void Remove(string name);

    /// <summary>Removes a folder if it is empty; false when it is not.</summary>
    public abstract bool TryRemoveFolder(string name);

    public abstract void Dispose();

    /// <summary>What stands in the way of a folder.</summary>
    protected static Exception Obstacle(string path, in FileStat stat) =>
        stat.Kind == FileKind.Link ? WorkspaceErrors.SymbolicLink(path) : WorkspaceErrors.WrongKind(path, "file", "folder");
}

/// <summary>By .NET's own calls.</summary>
internal sealed class PortablePlaceFolder(string path) : PlaceFolder(path)
{
    public override PlaceFolder? Enter(string name, bool create)
    {
        var full = PathOf(name);
        if (!FileStat.TryGet(full, out var stat))
        {
            if (!create) return null;
            Directory.CreateDirectory(full);
            return new PortablePlaceFolder(full);
        }

        return stat.Kind == FileKind.Directory ? new PortablePlaceFolder(full) : throw Obstacle(full, stat);
    }

    public override bool TryStat(string name, out FileStat stat) => FileStat.TryGet(PathOf(name), out stat);

    public override SafeFileHandle Create(string name, bool executable, long expectedSize)
    {
        var handle = File.OpenHandle(PathOf(name), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, FileOptions.None, expectedSize);
        if (executable && !OperatingSystem.IsWindows())
        {
            var mode = File.GetUnixFileMode(handle);
            File.SetUnixFileMode(handle, WithExecute(mode, true));
        }

        return handle;
    }

    public override FileStat Write(string name, ReadOnlySpan<byte> content, bool executable, long mtimeNs)
    {
        using var handle = Create(name, executable, 0);
        RandomAccess.Write(handle, content, 0);
        File.SetLastWriteTimeUtc(handle, DateTime.UnixEpoch.AddTicks(mtimeNs / 100));
        return FileStat.Of(handle);
    }

    public override void Move(string name, PlaceFolder to, string newName)
    {
        var from = PathOf(name);
        if (Directory.Exists(from)) Directory.Move(from, to.PathOf(newName));
        else File.Move(from, to.PathOf(newName), overwrite: true);
    }

    public override void Remove(string name) => File.Delete(PathOf(name));

    public override bool TryRemoveFolder(string name)
    {
        var full = PathOf(name);
        if (!Directory.Exists(full)) return true;
        if (Directory.EnumerateFileSystemEntries(full).Any()) return false;
        Directory.Delete(full);
        return true;
    }

    public override void Dispose()
    {
    }

    /// <summary>Who may read may execute, or nobody may.</summary>
    public static UnixFileMode WithExecute(UnixFileMode mode, bool executable)
    {
        const UnixFileMode All = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return executable ? mode | (UnixFileMode)(((int)mode & 0b100_100_100) >> 2) : mode & ~All;
    }
}
