using System.Text;
using ModelTrack.Content;

namespace ModelTrack.Storage.Remote;

/// <summary>Where things are at a remote.</summary>
internal static class RemoteKeys
{
    /// <summary>Says which layout this is; the same bytes at every remote of one layout version.</summary>
    public const string Layout = "modeltrack.json";

    public const string Manifests = "manifests/";

    public static ReadOnlySpan<byte> LayoutBytes => "{\"modeltrack-remote\":1,\"chunker\":\"mt1\"}\n"u8;

    public static string Manifest(Sha256Hash artifact) => Fanned("manifests", artifact);

    public static string Pack(Sha256Hash pack) => Fanned("packs", pack);

    /// <param name="path">Of the pointer, relative to its repository.</param>
    public static string Recent(string path) => $"recent/{Sha256Hash.Of(Encoding.UTF8.GetBytes(path))}";

    /// <summary>The artifact of a manifest's key.</summary>
    public static bool TryParseManifest(string key, out Sha256Hash artifact)
    {
        artifact = default;
        return key.StartsWith(Manifests, StringComparison.Ordinal)
            && Sha256Hash.TryParse(key.AsSpan(key.LastIndexOf('/') + 1), out artifact)
            && key == Manifest(artifact);
    }

    private static string Fanned(string kind, Sha256Hash id)
    {
        var name = id.ToString();
        return $"{kind}/{name[..2]}/{name}";
    }
}
