using System.Text;
using ModelTrack.Content;

namespace ModelTrack.Storage.Store;

/// <summary>Where things stand in a store. Paths only; nothing here touches the disk.</summary>
internal sealed class StoreLayout(string root)
{
    public string Root { get; } = root;

    public string MarkerFile => Path.Combine(Root, "store.json");

    public string Files => Path.Combine(Root, "files");

    public string Packs => Path.Combine(Root, "packs");

    public string Records => Path.Combine(Root, "records");

    public string Artifacts => Path.Combine(Root, "artifacts");

    public string Manifests => Path.Combine(Root, "manifests");

    public string Index => Path.Combine(Root, "index");

    public string Incoming => Path.Combine(Root, "incoming");

    public string Temp => Path.Combine(Root, "temp");

    public string Damaged => Path.Combine(Root, "damaged");

    public string Workspaces => Path.Combine(Root, "workspaces");

    public string Locks => Path.Combine(Root, "locks");

    public string StoreLock => Path.Combine(Locks, "store");

    public string IndexLock => Path.Combine(Locks, "index");

    public string File(Sha256Hash id) => Fanned("files", id.ToString());

    public string Record(Sha256Hash id) => Fanned("records", id.ToString());

    public string Pack(Sha256Hash id) => Fanned("packs", id.ToString());

    public string Artifact(Sha256Hash id) => Fanned("artifacts", id.ToString());

    public string ManifestFolder(string remoteIdentity) => Path.Combine(Root, "manifests", Name(remoteIdentity));

    public string Manifest(string remoteIdentity, Sha256Hash artifact)
    {
        var name = artifact.ToString();
        return Path.Combine(ManifestFolder(remoteIdentity), name[..2], name);
    }

    /// <summary>Notes under which URLs workspaces were made known at a remote.</summary>
    public string Registrations(string remoteIdentity) => Path.Combine(ManifestFolder(remoteIdentity), "repos");

    public string Registration(string remoteIdentity, string workspace) => Path.Combine(Registrations(remoteIdentity), Name(workspace));

    public string Workspace(string root) => Path.Combine(Workspaces, Name(root));

    public string ArtifactLock(string realPath) => Path.Combine(Locks, "artifacts", Name(realPath));

    private string Fanned(string kind, string name) => Path.Combine(Root, kind, name[..2], name);

    private static string Name(string text) => Sha256Hash.Of(Encoding.UTF8.GetBytes(text)).ToString();
}
