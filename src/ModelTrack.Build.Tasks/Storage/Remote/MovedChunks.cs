using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Remote;

/// <summary>Chunks that are packed anew, and manifests that then name them at their new places.</summary>
internal sealed class MovedChunks(RemoteSession session, RemoteManifests manifests) : IDisposable
{
    private readonly Dictionary<Sha256Hash, ChunkLocation> _places = [];
    private readonly List<PackEntry> _packs = [];
    private OpenPack? _open;

    public async Task AddAsync(Sha256Hash chunk, byte[] bytes, CancellationToken cancellationToken)
    {
        while (_open is null || !_open.Writer.TryAdd(chunk, bytes))
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
            _open = new OpenPack(session.Buffers, PackFormat.MaxSize);
        }
    }

    /// <summary>Writes the pack that is open. Never asks whether it is there: what is there may be a bad one.</summary>
    /// <returns>Its name; null when none was open.</returns>
    public async Task<Sha256Hash?> FlushAsync(CancellationToken cancellationToken)
    {
        if (_open is null) return null;

        var pack = _open.Writer.Finish();
        FailPoint.Hit("remote.move.pack");
        await session.Transport.PutAsync(RemoteKeys.Pack(pack.Id), pack.Bytes, onlyIfAbsent: false, cancellationToken).ConfigureAwait(false);
        FailPoint.Hit("remote.move.packed");
        _packs.Add(pack.Entry);
        foreach (var location in pack.Chunks) _places[location.Hash] = location;
        _open.Dispose();
        _open = null;
        return pack.Id;
    }

    /// <summary>Writes a manifest that names none of <paramref name="gone"/> any more.</summary>
    /// <param name="resend">Packs that are written even though the remote shows one of that name and size.</param>
    /// <returns>The manifest as it is now; null when a chunk of it is in no good place: nothing was written.</returns>
    public async Task<RemoteManifest?> RewriteAsync(
        RemoteManifest manifest, ManifestBody body, IReadOnlySet<Sha256Hash> gone, IReadOnlySet<Sha256Hash> resend, CancellationToken cancellationToken)
    {
        var root = manifest.Root;
        var writer = new ManifestWriter(root.Info, [.. root.Packs.Select(pack => gone.Contains(pack.Id) ? default : pack)]);
        for (var i = 0; i < body.Count; i++)
        {
            var location = body[i];
            if (gone.Contains(location.Pack) && !_places.TryGetValue(location.Hash, out location)) return null;
            writer.Add(location);
        }

        var known = new Dictionary<Sha256Hash, ChunkLocation>();
        foreach (var piece in root.Pieces)
        {
            if (!gone.Contains(piece.Pack)) known.TryAdd(piece.Hash, piece);
        }

        var packs = root.Packs.Where(pack => !pack.IsTombstone && !gone.Contains(pack.Id)).Concat(_packs);
        var sent = await new ManifestSender(session, new PackSender(session, resend)).SendAsync(root.Info.Artifact, writer, known, packs, null, cancellationToken).ConfigureAwait(false);
        FailPoint.Hit("remote.move.rewrote");
        manifests.Keep(sent.Manifest, sent.Body);
        return sent.Manifest;
    }

    public void Dispose() => _open?.Dispose();
}
