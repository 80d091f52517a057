using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Store;

/// <param name="Used">When it was stored or last used.</param>
/// <param name="IsFetched">It came from a remote.</param>
internal sealed record StoredEntry(Sha256Hash Id, string Path, long Size, DateTime Used, bool IsFetched);

internal sealed record StoredPack(Sha256Hash Id, string Path, long Size, DateTime Used, IReadOnlyList<ChunkLocation> Chunks);

internal sealed record StoredArtifact(Sha256Hash Id, string Path, long Size, DateTime Used, bool IsConfirmed);

/// <summary>All that is in a store, with its age. Looking changes nothing.</summary>
internal sealed class StoreInventory(StoreContext context)
{
    public IReadOnlyList<StoredEntry> Files()
    {
        var records = new FileRecords(context);
        var found = new List<StoredEntry>();
        foreach (var (id, file) in Named(context.Layout.Files))
        {
            // Without a record (it may have been lost a moment ago) the content's own times count.
            var record = new FileInfo(context.Layout.Record(id));
            var used = record.Exists ? record.LastWriteTimeUtc : Later(file.LastWriteTimeUtc, file.CreationTimeUtc);
            found.Add(new StoredEntry(id, file.FullName, file.Length, used, records.Find(id) is { SavedHere: false }));
        }

        return found;
    }

    /// <summary>A pack that is not what its name says has no contents here, and stays: salvaging is not for garbage collection.</summary>
    /// <exception cref="ModelTrackException">One cannot be read now: what it holds, and what listings in it name, is not known.</exception>
    public IReadOnlyList<StoredPack> Packs()
    {
        var packs = new PackFiles(context);
        var found = new List<StoredPack>();
        foreach (var (id, file) in Named(context.Layout.Packs))
        {
            found.Add(new StoredPack(id, file.FullName, file.Length, file.LastWriteTimeUtc, packs.ReadTrailer(id)?.Chunks ?? []));
        }

        return found;
    }

    public IReadOnlyList<StoredArtifact> Artifacts()
    {
        var records = new ArtifactRecords(context);
        var found = new List<StoredArtifact>();
        foreach (var (id, file) in Named(context.Layout.Artifacts))
        {
            found.Add(new StoredArtifact(id, file.FullName, file.Length, file.LastWriteTimeUtc, records.Find(id) is { ConfirmedBy.Count: > 0 }));
        }

        return found;
    }

    /// <summary>What only speaks of contents and is of no more use, with its size.</summary>
    /// <param name="staying">Contents that stay in the store.</param>
    /// <param name="mayLose">Whether nothing is lost when a bad copy of a content goes.</param>
    public IEnumerable<(string Path, long Size)> Notes(
        IReadOnlyList<StoredArtifact> artifacts, Func<DateTime, bool> isOld, Func<Sha256Hash, bool> isReachable, HashSet<Sha256Hash> staying, Func<Sha256Hash, bool> mayLose)
    {
        foreach (var artifact in artifacts)
        {
            if (!isReachable(artifact.Id) && !staying.Contains(artifact.Id) && isOld(artifact.Used)) yield return (artifact.Path, artifact.Size);
        }

        foreach (var (id, file) in Named(context.Layout.Records))
        {
            if (!File.Exists(context.Layout.File(id)) && isOld(file.LastWriteTimeUtc)) yield return (file.FullName, file.Length);
        }

        foreach (var remote in Folders(context.Layout.Manifests))
        {
            foreach (var (id, file) in Named(remote.FullName))
            {
                // Who shares a remote is noted in a folder beside, under names of the same form.
                var isManifest = file.Directory!.Name == file.Name[..2];
                if (isManifest && !isReachable(id) && isOld(file.LastWriteTimeUtc)) yield return (file.FullName, file.Length);
            }
        }

        foreach (var file in Files(context.Layout.Damaged))
        {
            if (isOld(file.LastWriteTimeUtc) && MayGo(file, id => staying.Contains(id) || mayLose(id))) yield return (file.FullName, file.Length);
        }

        foreach (var file in Files(context.Layout.Temp))
        {
            if (TempNames.IsLeftover(file.FullName, file.Name)) yield return (file.FullName, file.Length);
        }
    }

    /// <summary>A bad copy may be the last of a content that was never pushed.</summary>
    private static bool MayGo(FileInfo damaged, Func<Sha256Hash, bool> mayLose)
    {
        var parts = damaged.Name.Split('-');
        if (parts.Length < 3 || !Sha256Hash.TryParse(parts[1], out var id)) return true;
        return parts[0] switch
        {
            "file" => mayLose(id),
            // Of one whose trailer is gone nobody knows what it held; only being told to lose anything lets it go.
            "pack" => TryReadTrailer(damaged.FullName) is { } contents ? contents.Chunks.All(chunk => mayLose(chunk.Hash)) : mayLose(id),
            _ => true,
        };
    }

    private static PackContents? TryReadTrailer(string path)
    {
        try
        {
            return PackFiles.ReadTrailer(path);
        }
        catch (ModelTrackException)
        {
            return null;
        }
    }

    private static IEnumerable<(Sha256Hash Id, FileInfo File)> Named(string folder)
    {
        foreach (var fan in Folders(folder))
        {
            foreach (var file in Files(fan.FullName))
            {
                if (Sha256Hash.TryParse(file.Name, out var id)) yield return (id, file);
            }
        }
    }

    private static DirectoryInfo[] Folders(string folder) => List(folder, info => info.GetDirectories());

    private static FileInfo[] Files(string folder) => List(folder, info => info.GetFiles());

    private static T[] List<T>(string folder, Func<DirectoryInfo, T[]> list)
    {
        try
        {
            return list(new DirectoryInfo(folder));
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, folder);
        }
    }

    private static DateTime Later(DateTime one, DateTime other) => one > other ? one : other;
}
