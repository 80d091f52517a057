using System.Buffers.Binary;
using System.Text;
using ModelTrack.Content;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Remote;

/// <summary>A manifest as it was last seen at the remote.</summary>
/// <param name="ETag">By which the remote can say that it is still so; null when it gave none.</param>
/// <param name="Written">When the remote says that it was written; null where it does not.</param>
/// <param name="PacksSeen">When the youngest look at its packs was that found them all; null for never.</param>
/// <param name="Body">The pieces of the body one after the other; empty when the root has it, or when it was never needed.</param>
internal sealed record CachedManifest(string? ETag, DateTimeOffset? Written, DateTimeOffset? PacksSeen, ReadOnlyMemory<byte> Root, ReadOnlyMemory<byte> Body);

/// <summary>
/// Manifests kept in the store: so that an unchanged one is not fetched again, and so that this machine knows which remotes it has seen.
/// It only saves requests. A file that is unreadable is no file, and one that cannot be written is not written.
/// </summary>
internal sealed class ManifestCache(LocalStore store, string identity)
{
    private const int HeaderSize = 4 + 8 + 4 + 4 + 4 + 8;
    private const int MaxETag = 1024;
    private const long MaxFile = 2_000_000_000;

    private static ReadOnlySpan<byte> Magic => "MTC2"u8;

    /// <summary>Whether this machine has ever pushed to or pulled from the remote.</summary>
    public bool KnowsRemote
    {
        get
        {
            try
            {
                var folder = Path.GetDirectoryName(Path.GetDirectoryName(store.ManifestCachePath(identity, default)));
                return folder is not null && Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Any();
            }
            catch (Exception e) when (StoreIo.IsFailure(e))
            {
                return false;
            }
        }
    }

    public CachedManifest? Load(Sha256Hash artifact)
    {
        try
        {
            var path = store.ManifestCachePath(identity, artifact);
            var info = new FileInfo(path);
            if (!info.Exists || info.Length is < HeaderSize + Sha256Hash.Size or > MaxFile) return null;
            return Read(File.ReadAllBytes(path));
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            return null;
        }
    }

    public void Save(Sha256Hash artifact, CachedManifest manifest)
    {
        string? temp = null;
        try
        {
            var path = store.ManifestCachePath(identity, artifact);
            temp = $"{path}.{TempNames.New()}";
            using (var file = new FileStream(temp, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                file.Write(Header(manifest));
                file.Write(manifest.Root.Span);
                file.Write(manifest.Body.Span);
            }

            File.Move(temp, path, overwrite: true);
        }
        catch (Exception e) when (StoreIo.IsFailure(e))
        {
            if (temp is not null) StoreIo.TryDelete(temp);
        }
    }

    public void Drop(Sha256Hash artifact)
    {
        var path = store.ManifestCachePath(identity, artifact);
        if (File.Exists(path)) StoreIo.TryDelete(path);
    }

    // The root ends with its own hash and the body is checked piece by piece; only the header needs a sum of its own.
    private static byte[] Header(CachedManifest manifest)
    {
        var tag = Encoding.UTF8.GetBytes(manifest.ETag ?? "");
        if (tag.Length > MaxETag) tag = [];
        var header = new byte[HeaderSize + tag.Length + Sha256Hash.Size];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(4), manifest.PacksSeen?.ToUnixTimeSeconds() ?? 0);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), tag.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), manifest.Root.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(20), manifest.Body.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), manifest.Written?.ToUnixTimeSeconds() ?? 0);
        tag.CopyTo(header.AsSpan(HeaderSize));
        Sha256Hash.Of(header.AsSpan(0, HeaderSize + tag.Length)).CopyTo(header.AsSpan(HeaderSize + tag.Length));
        return header;
    }

    private static CachedManifest? Read(byte[] bytes)
    {
        var span = bytes.AsSpan();
        if (span.Length < HeaderSize || !span.StartsWith(Magic)) return null;

        var seen = BinaryPrimitives.ReadInt64LittleEndian(span[4..]);
        var tagLength = BinaryPrimitives.ReadInt32LittleEndian(span[12..]);
        var rootLength = BinaryPrimitives.ReadInt32LittleEndian(span[16..]);
        var bodyLength = BinaryPrimitives.ReadInt32LittleEndian(span[20..]);
        var written = BinaryPrimitives.ReadInt64LittleEndian(span[24..]);
        if (tagLength is < 0 or > MaxETag || rootLength < 0 || bodyLength < 0) return null;

        var start = HeaderSize + tagLength + Sha256Hash.Size;
        if (start + (long)rootLength + bodyLength != bytes.Length) return null;
        if (Sha256Hash.Of(span[..(HeaderSize + tagLength)]) != new Sha256Hash(span.Slice(HeaderSize + tagLength, Sha256Hash.Size))) return null;

        return new CachedManifest(
            tagLength == 0 ? null : Encoding.UTF8.GetString(span.Slice(HeaderSize, tagLength)),
            Time(written),
            Time(seen),
            bytes.AsMemory(start, rootLength),
            bytes.AsMemory(start + rootLength, bodyLength));
    }

    private static DateTimeOffset? Time(long seconds) => seconds is <= 0 or > 253_402_300_799 ? null : DateTimeOffset.FromUnixTimeSeconds(seconds);
}
