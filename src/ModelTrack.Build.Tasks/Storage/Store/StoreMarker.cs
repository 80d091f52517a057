using System.Text.Json;

namespace ModelTrack.Storage.Store;

/// <summary>The file that says that a folder is a store, and of which layout.</summary>
internal static class StoreMarker
{
    private const int MostBytes = 4096;

    // What a store whose marker was never written, or was lost, consists of.
    private static readonly string[] s_known =
        ["files", "records", "packs", "index", "incoming", "artifacts", "manifests", "workspaces", "locks", "temp", "damaged", "repositories", "store.json"];

    public static ReadOnlySpan<byte> Bytes => "{\"modeltrack-store\":1}\n"u8;

    /// <summary>Whether it has to be written: absent, or left empty by a crash of the system.</summary>
    public static bool IsMissing(StoreLayout layout) => new FileInfo(layout.MarkerFile) is not { Exists: true, Length: > 0 };

    /// <exception cref="ModelTrack.Diagnostics.ModelTrackException">What stands at the path is not a store, or not one of this version.</exception>
    public static void Check(StoreLayout layout)
    {
        try
        {
            if (File.Exists(layout.Root)) throw StorageErrors.ForeignStore(layout.Root, "it is a file");
            if (!Directory.Exists(layout.Root)) return;

            if (IsMissing(layout))
            {
                var foreign = Directory.EnumerateFileSystemEntries(layout.Root).Select(Path.GetFileName).FirstOrDefault(name => !s_known.Contains(name));
                if (foreign is not null) throw StorageErrors.ForeignStore(layout.Root, $"it holds '{foreign}', which no store does");
                return;
            }

            if (new FileInfo(layout.MarkerFile).Length > MostBytes || !TryVersion(File.ReadAllBytes(layout.MarkerFile), out var version))
            {
                throw StorageErrors.ForeignStore(layout.Root, "its store.json is not a store's");
            }

            if (version != 1) throw StorageErrors.ForeignStore(layout.Root, $"its layout is version {version}, and this ModelTrack reads version 1");
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            throw StoreIo.Coded(e, layout.Root);
        }
    }

    private static bool TryVersion(byte[] bytes, out int version)
    {
        version = 0;
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("modeltrack-store", out var value)
                && value.TryGetInt32(out version);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
