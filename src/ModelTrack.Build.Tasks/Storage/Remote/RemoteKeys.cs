using System.Text;
using ModelTrack.Content;

namespace ModelTrack.Storage.Remote;

/// <summary>Where things are at a remote.</summary>
internal static class RemoteKeys
{
    /// <summary>Says which layout this is; the same bytes at every remote of one layout version.</summary>
    public const string Layout = "modeltrack.json";

    public const string Manifests = "manifests/";

    public const string Packs = "packs/";

    /// <summary>Who shares this remote.</summary>
    public const string Repositories = "repos/";

    /// <summary>What the next sweep of garbage collection deletes unless somebody writes it again.</summary>
    public const string Condemned = "gc/condemned";

    /// <summary>There while a sweep runs.</summary>
    public const string Sweep = "gc/sweep";

    /// <summary>Written only to learn the remote's own time.</summary>
    public const string Clock = "gc/clock";

    public static ReadOnlySpan<byte> LayoutBytes => "{\"modeltrack-remote\":1,\"chunker\":\"mt1\"}\n"u8;

    public static string Manifest(Sha256Hash artifact) => Fanned("manifests", artifact);

    public static string Pack(Sha256Hash pack) => Fanned("packs", pack);

    /// <param name="path">Of the pointer, relative to its repository.</param>
    public static string Recent(string path) => $"recent/{Sha256Hash.Of(Encoding.UTF8.GetBytes(path))}";

    /// <param name="url">Of the repository's origin, without credentials.</param>
    public static string Repository(string url) => Repositories + Sha256Hash.Of(Encoding.UTF8.GetBytes(url));

    /// <summary>The artifact of a manifest's key.</summary>
    public static bool TryParseManifest(string key, out Sha256Hash artifact)
    {
        artifact = default;
        return key.StartsWith(Manifests, StringComparison.Ordinal)
            && Sha256Hash.TryParse(key.AsSpan(key.LastIndexOf('/') + 1), out artifact)
            && key == Manifest(artifact);
    }

    /// <summary>The name of a pack's key.</summary>
    public static bool TryParsePack(string key, out Sha256Hash pack)
    {
        pack = default;
        return key.StartsWith(Packs, StringComparison.Ordinal)
            && Sha256Hash.TryParse(key.AsSpan(key.LastIndexOf('/') + 1), out pack)
            && key == Pack(pack);
    }

    private static string Fanned(string kind, Sha256Hash id)
    {
        var name = id.ToString();
        return $"{kind}/{name[..2]}/{name}";
    }
}
