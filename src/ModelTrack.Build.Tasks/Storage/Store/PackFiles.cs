using Microsoft.Win32.SafeHandles;
using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Store;

/// <summary>The packs as files: how they appear, are listed, read and set aside. What is in them is the index's to say.</summary>
internal sealed class PackFiles(StoreContext context)
{
    /// <param name="isSaved">Contents in it have their only copy here: it is made durable by the next flush.</param>
    /// <param name="over">A pack of that name and size that is there is not taken for this one.</param>
    public void Write(Sha256Hash id, ReadOnlySpan<byte> pack, bool isSaved, bool over = false)
    {
        var path = context.Layout.Pack(id);
        if (!over && FileStat.TryGet(path, out var stat) && stat.Size == pack.Length) context.Renew(path);
        else context.WriteWhole(path, pack, "store.pack");
        if (isSaved) context.Batch.Add(path);
    }

    /// <summary>A save that relies on a pack makes it durable, whoever wrote it; and spares it from garbage collection.</summary>
    public void Keep(Sha256Hash id, bool isSaved)
    {
        var path = context.Layout.Pack(id);
        context.Renew(path);
        if (isSaved) context.Batch.Add(path);
    }

    /// <summary>The pack's size; null when it is not there.</summary>
    public long? SizeOf(Sha256Hash id) =>
        FileStat.TryGet(context.Layout.Pack(id), out var stat) && stat.Kind == FileKind.File ? stat.Size : null;

    public List<Sha256Hash> List()
    {
        var found = new List<Sha256Hash>();
        try
        {
            if (!Directory.Exists(context.Layout.Packs)) return found;

            foreach (var folder in Directory.EnumerateDirectories(context.Layout.Packs))
            {
                foreach (var path in Directory.EnumerateFiles(folder))
                {
                    if (Sha256Hash.TryParse(Path.GetFileName(path.AsSpan()), out var id)) found.Add(id);
                }
            }

            return found;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, context.Layout.Packs);
        }
    }

    /// <summary>Null when the pack is not there, or cannot be read at all.</summary>
    public SafeFileHandle? TryOpen(Sha256Hash id)
    {
        try
        {
            return File.OpenHandle(context.Layout.Pack(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (StoreIo.IsAbsent(e))
        {
            return null;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, context.Layout.Pack(id));
        }
    }

    /// <summary>What the pack's own trailer says; null when the pack is not there, or not what its name says.</summary>
    /// <exception cref="ModelTrackException">It cannot be read now, or not by this version, whatever it is.</exception>
    public PackContents? ReadTrailer(Sha256Hash id) => ReadTrailer(context.Layout.Pack(id)) is { } contents && contents.Id == id ? contents : null;

    /// <summary>What the trailer of a pack says that stands anywhere; null when it is none.</summary>
    /// <inheritdoc cref="ReadTrailer(Sha256Hash)"/>
    public static PackContents? ReadTrailer(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            var size = RandomAccess.GetLength(handle);
            if (size is < PackFormat.FooterSize or > PackFormat.MaxSize) return null;

            var footer = new byte[PackFormat.FooterSize];
            if (!TryRead(handle, footer, size - footer.Length)) return null;

            var (offset, length) = PackReader.FindTrailer(footer, size, path);
            var trailer = new byte[length];
            return TryRead(handle, trailer, offset) ? PackReader.ParseTrailer(trailer, (int)size, path) : null;
        }
        catch (Exception e) when (StoreIo.IsAbsent(e) || (e is ModelTrackException coded && !StorageErrors.IsNewerFormat(coded)))
        {
            return null;
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, path);
        }
    }

    /// <summary>False when the file ends before.</summary>
    public static bool TryRead(SafeFileHandle handle, Span<byte> destination, long offset)
    {
        while (destination.Length > 0)
        {
            var count = RandomAccess.Read(handle, destination, offset);
            if (count == 0) return false;
            destination = destination[count..];
            offset += count;
        }

        return true;
    }

    /// <summary>Keeps a copy of a bad pack that is about to be replaced.</summary>
    public string CopyAside(Sha256Hash id) => context.CopyAside(context.Layout.Pack(id), "pack");

    public string SetAside(Sha256Hash id) => context.SetAside(context.Layout.Pack(id), "pack");
}
