using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Store;

namespace ModelTrack.Workspace;

/// <summary>Brings a store's file to a new name: as a link, as a clone, or byte by byte with its hash checked on the way.</summary>
internal sealed class ContentCopier(LinkMode linkMode, long mtimeNs)
{
    private const int BufferSize = 256 * 1024;
    private const long ReserveFrom = 1024 * 1024;

    // Set when this volume turned out to know no clones, so that they are not tried for every file.
    private volatile bool _noClones;

    /// <returns>The stat of the new file.</returns>
    public FileStat Bring(StoredFile source, PlaceFolder folder, string name, bool executable, TransferProgress? progress, CancellationToken cancellationToken)
    {
        // A link shares the mode, so a file that is to be executable can only be one to an executable entry.
        if (linkMode == LinkMode.HardLink && !source.Foreign && source.Stat.Executable == executable && TryLink(source, folder, name, out var linked))
        {
            progress?.Advance(source.Id.Size);
            return linked;
        }

        using var from = OpenSource(source.Path);
        if (!IsSameContent(source.Stat, FileStat.Of(from))) throw WorkspaceErrors.StoreFileChanged(source.Path);
        using var to = folder.Create(name, executable, 0);
        if (linkMode != LinkMode.Copy && !source.Foreign && TryClone(from, to))
        {
            progress?.Advance(source.Id.Size);
            if (!IsSameContent(source.Stat, FileStat.Of(from)) || RandomAccess.GetLength(to) != source.Id.Size)
                throw WorkspaceErrors.StoreFileChanged(source.Path);
        }
        else
        {
            Reserve(to, source.Id.Size);
            using var sha = source.Foreign ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
            var right = CopyBytes(from, to, sha, progress, cancellationToken, out var length) == source.Xxh128
                && length == source.Id.Size
                && (sha is null || new Sha256Hash(sha.GetHashAndReset()) == source.Id.Sha256);
            if (!right) throw WorkspaceErrors.StoreFileChanged(source.Path);
        }

        SetTime(to);
        return FileStat.Of(to);
    }

    /// <summary>Copies a file of the workspace to another name.</summary>
    public FileStat Copy(string path, in FileStat stat, FastHash xxh128, PlaceFolder folder, string name, bool executable)
    {
        using var from = OpenSource(path);
        if (!IsSameContent(stat, FileStat.Of(from))) throw WorkspaceErrors.ChangedMeanwhile(path);
        using var to = folder.Create(name, executable, 0);
        if (!TryClone(from, to) && CopyBytes(from, to, null, null, CancellationToken.None, out _) != xxh128) throw WorkspaceErrors.ChangedMeanwhile(path);
        SetTime(to);
        return FileStat.Of(to);
    }

    private static SafeFileHandle OpenSource(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        }
        catch (Exception e) when (IoFailure.IsExpected(e))
        {
            throw WorkspaceErrors.NotReadable(e, path);
        }
    }

    /// <summary>A link to a file changes only its time of change.</summary>
    private static bool IsSameContent(in FileStat before, in FileStat now) =>
        now.Kind == FileKind.File && before.Size == now.Size && before.MTimeNs == now.MTimeNs && before.Inode == now.Inode;

    private bool TryClone(SafeFileHandle from, SafeFileHandle to)
    {
        if (_noClones || !OperatingSystem.IsLinux() || !LinuxFiles.IsAvailable) return false;
        if (FileClone.TryMake(from, to)) return true;
        _noClones = true;
        return false;
    }

    private static bool TryLink(StoredFile source, PlaceFolder folder, string name, out FileStat stat)
    {
        stat = default;
        if (!HardLinks.TryCreate(source.Path, folder.PathOf(name))) return false;
        if (!folder.TryStat(name, out stat) || !IsSameContent(source.Stat, stat))
        {
            folder.Remove(name);
            throw WorkspaceErrors.StoreFileChanged(source.Path);
        }

        return true;
    }

    private static void Reserve(SafeFileHandle to, long size)
    {
        if (size < ReserveFrom || !OperatingSystem.IsLinux() || !LinuxFiles.IsAvailable) return;
        var result = LinuxFiles.Reserve((int)to.DangerousGetHandle(), size);
        if (result is -LinuxFiles.ENOSPC or -LinuxFiles.EDQUOT) throw LinuxFiles.Failure(result, "reserve");
    }

    private static FastHash CopyBytes(
        SafeFileHandle from, SafeFileHandle to, IncrementalHash? sha, TransferProgress? progress, CancellationToken cancellationToken, out long length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var hash = new LongXxh128();
            length = 0;
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var count = UncachedFile.Read(from, buffer.AsSpan(0, BufferSize), length);
                if (count == 0) return hash.Finish();
                var bytes = buffer.AsSpan(0, count);
                hash.Append(bytes);
                sha?.AppendData(bytes);
                RandomAccess.Write(to, bytes, length);
                length += count;
                progress?.Advance(count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void SetTime(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux() && LinuxFiles.IsAvailable) LinuxFiles.SetTime((int)file.DangerousGetHandle(), mtimeNs);
        else File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddTicks(mtimeNs / 100));
    }
}
