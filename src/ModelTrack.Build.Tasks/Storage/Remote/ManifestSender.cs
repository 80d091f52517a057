using ModelTrack.Content;
using ModelTrack.Diagnostics;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Storage.Remote;

/// <param name="Body">The body's pieces one after the other; empty when the root has it.</param>
internal readonly record struct SentManifest(RemoteManifest Manifest, ReadOnlyMemory<byte> Body);

/// <summary>Ends a push: the pieces of the manifest's body, the packs that they are in, and last the manifest.</summary>
internal sealed class ManifestSender(RemoteSession session, PackSender sender)
{
    /// <param name="known">Pieces that bases have.</param>
    /// <param name="packs">Packs with their sizes; those that this push sent are added.</param>
    /// <param name="open">The pack of zero, if any chunk is in it.</param>
    public async Task<SentManifest> SendAsync(
        Sha256Hash artifact,
        ManifestWriter writer,
        IReadOnlyDictionary<Sha256Hash, ChunkLocation> known,
        IEnumerable<PackEntry> packs,
        OpenPack? open,
        CancellationToken cancellationToken)
    {
        var pieces = writer.CutBody();
        var placed = await PlaceAsync(pieces, known, open, cancellationToken).ConfigureAwait(false);
        var root = writer.Finish(
            [.. pieces.Select(piece => placed.Located.TryGetValue(piece.Hash, out var location) ? location : known[piece.Hash])],
            packs.Concat(sender.Packs),
            placed.Open);

        var key = RemoteKeys.Manifest(artifact);
        FailPoint.Hit("remote.push.manifest");
        await session.Transport.PutAsync(key, root, onlyIfAbsent: false, cancellationToken).ConfigureAwait(false);
        FailPoint.Hit("remote.push.done");
        var manifest = new RemoteManifest(artifact, ManifestReader.ParseRoot(root, key), root, null, null);
        return new SentManifest(manifest, RemoteManifests.Join([.. pieces.Select(piece => piece.Bytes)]));
    }

    private async Task<(Dictionary<Sha256Hash, ChunkLocation> Located, Sha256Hash Open)> PlaceAsync(
        IReadOnlyList<ManifestPiece> pieces, IReadOnlyDictionary<Sha256Hash, ChunkLocation> known, OpenPack? open, CancellationToken cancellationToken)
    {
        var located = new Dictionary<Sha256Hash, ChunkLocation>();
        var openId = default(Sha256Hash);
        var writer = open;
        OpenPack? own = null;
        try
        {
            foreach (var piece in pieces.Where(piece => !known.ContainsKey(piece.Hash)).DistinctBy(piece => piece.Hash))
            {
                while (writer is null || !writer.Writer.TryAdd(piece.Hash, piece.Bytes.Span))
                {
                    if (writer is not null) await FinishAsync().ConfigureAwait(false);
                    own?.Dispose();
                    writer = own = new OpenPack(session.Buffers, PackFormat.MaxSize);
                }
            }

            if (writer is not null) await FinishAsync().ConfigureAwait(false);
            return (located, openId);
        }
        finally
        {
            own?.Dispose();
        }

        async Task FinishAsync()
        {
            var pack = writer.Writer.Finish();
            await sender.SendAsync(pack, cancellationToken).ConfigureAwait(false);
            if (writer == open) openId = pack.Id;
            foreach (var location in pack.Chunks) located.TryAdd(location.Hash, location);
        }
    }
}
