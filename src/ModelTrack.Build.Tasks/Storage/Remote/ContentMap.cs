using ModelTrack.Content;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Remote;

/// <summary>A content of an artifact and which of the body's records make it.</summary>
internal readonly record struct MappedContent(ContentId Id, int First, int End);

/// <summary>Which chunks make which content: the body's records dealt out to the contents by size, which must come out even.</summary>
internal sealed class ContentMap
{
    private readonly List<MappedContent> _contents;
    private readonly bool _isDirectory;

    private ContentMap(List<MappedContent> contents, bool isDirectory)
    {
        _contents = contents;
        _isDirectory = isDirectory;
    }

    /// <exception cref="Diagnostics.ModelTrackException">The manifest is of another kind, or other sizes.</exception>
    public static ContentMap Of(string remote, RemoteManifest manifest, ManifestBody body, ArtifactContent content)
    {
        Exception Wrong(string reason) => StorageErrors.ManifestDisagrees(remote, manifest.Artifact, manifest.Key, reason);

        if (content.Id != manifest.Artifact || content.IsDirectory != manifest.Root.Info.IsDirectory) throw Wrong("it is of another kind");

        var contents = new List<MappedContent>(content.Blobs.Count);
        var record = 0;
        foreach (var id in content.Blobs)
        {
            var first = record;
            var size = id.Size;
            while (size > 0 && record < body.Count) size -= body[record++].Length;
            if (size != 0) throw Wrong($"its chunks do not end where {id} does");

            contents.Add(new MappedContent(id, first, record));
        }

        return record == body.Count ? new ContentMap(contents, content.IsDirectory) : throw Wrong("it has more chunks than the artifact");
    }

    /// <summary>Sees that every content of one chunk has that chunk's hash.</summary>
    public void CheckHashes(string remote, RemoteManifest manifest, ManifestBody body)
    {
        foreach (var content in _contents)
        {
            if (content.End == content.First + 1 && body[content.First].Hash != content.Id.Sha256)
            {
                throw StorageErrors.ManifestDisagrees(remote, manifest.Artifact, manifest.Key, $"{content.Id} has another hash there");
            }
        }
    }

    /// <summary>Whether the store keeps the content in a pack. Its one chunk then has the content's own hash.</summary>
    public bool IsSmall(in MappedContent content) => _isDirectory && content.Id.Size < LocalStore.SmallLimit && content.End == content.First + 1;

    /// <summary>The wanted contents, each once, in the artifact's order.</summary>
    public IEnumerable<MappedContent> Find(HashSet<ContentId> wanted)
    {
        var told = new HashSet<ContentId>();
        return _contents.Where(content => wanted.Contains(content.Id) && told.Add(content.Id));
    }
}
