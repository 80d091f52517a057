using ModelTrack.Content;
using ModelTrack.Storage.Formats;

namespace ModelTrack.Benchmarks.Chunking;

/// <summary>What a push of a new version sends when the remote has the old one: packs of new chunks, and what is new of the manifest.</summary>
/// <param name="Raw">The new chunks' bytes.</param>
/// <param name="Stored">The same in frames, compressed where that pays, with the packs' trailers.</param>
/// <param name="Manifest">The root, and the body's pieces that the remote lacks.</param>
internal readonly record struct SendCost(long Raw, long Stored, long Manifest)
{
    public long WithCompression => Stored + Manifest;

    public long WithoutCompression => Raw + Manifest;

    public static SendCost Of(IReadOnlyList<byte[]> oldContents, IReadOnlyList<byte[]> newContents, ChunkCutter cutter)
    {
        var remote = new Remote();
        var (basePacks, _) = remote.Push(oldContents, cutter, []);
        return remote.Push(newContents, cutter, basePacks).Cost;
    }

    public static ChunkCutter Cutter(int average) => new(average / 4, average, average * 4, average * 2);

    /// <summary>A remote as far as sizes go: chunks by hash, and packs that only have a length.</summary>
    private sealed class Remote
    {
        private readonly Dictionary<Sha256Hash, ChunkLocation> _chunks = [];
        private readonly HashSet<Sha256Hash> _pieces = [];
        private readonly List<PackEntry> _packs = [];
        private readonly byte[] _raw = new byte[2 << 20];
        private readonly byte[] _stored = new byte[2 << 20];
        private readonly List<Chunk> _open = [];
        private int _openLength;
        private long _packLength;
        private long _sentRaw;
        private long _sentStored;

        public (IReadOnlyList<PackEntry> Packs, SendCost Cost) Push(IReadOnlyList<byte[]> contents, ChunkCutter cutter, IReadOnlyList<PackEntry> basePacks)
        {
            _sentRaw = _sentStored = 0;
            StartPack();
            var order = new List<Sha256Hash>();
            foreach (var content in contents)
            {
                var at = 0;
                foreach (var length in cutter.Cut(content))
                {
                    var bytes = content.AsSpan(at, length);
                    var hash = Sha256Hash.Of(bytes);
                    if (_chunks.TryAdd(hash, default)) Add(hash, bytes);
                    order.Add(hash);
                    at += length;
                }
            }

            CloseFrame();
            var (packs, manifest) = WriteManifest(order, contents.Sum(c => (long)c.Length), basePacks);
            return (packs, new SendCost(_sentRaw, _sentStored, manifest));
        }

        private void Add(Sha256Hash hash, ReadOnlySpan<byte> bytes)
        {
            if (_openLength > 0 && _openLength + bytes.Length > PackFormat.FrameTarget) CloseFrame();
            bytes.CopyTo(_raw.AsSpan(_openLength));
            _openLength += bytes.Length;
            _open.Add(new Chunk(hash, bytes.Length));
            _sentRaw += bytes.Length;
        }

        private void CloseFrame()
        {
            if (_openLength == 0) return;

            var (codec, stored) = FrameEncoder.Encode(_raw.AsSpan(0, _openLength), _stored);
            var cost = stored + PackFormat.FrameEntrySize + (_open.Count * PackFormat.ChunkEntrySize);
            if (_packLength + cost > PackFormat.MaxSize) StartPack();
            var frame = new FrameRef((uint)_packLength, stored, _openLength, codec);
            var offset = 0;
            foreach (var chunk in _open)
            {
                _chunks[chunk.Hash] = new ChunkLocation(chunk.Hash, chunk.Length, _packs[^1].Id, frame, offset);
                offset += chunk.Length;
            }

            _packLength += cost;
            _sentStored += cost;
            _open.Clear();
            _openLength = 0;
        }

        private void StartPack()
        {
            _packs.Add(new PackEntry(Sha256Hash.Of(BitConverter.GetBytes(_packs.Count)), PackFormat.MaxSize));
            _packLength = PackFormat.SizeOf(0, 0, 0);
            _sentStored += _packLength;
        }

        private (IReadOnlyList<PackEntry> Packs, long Bytes) WriteManifest(List<Sha256Hash> order, long total, IReadOnlyList<PackEntry> basePacks)
        {
            var writer = new ManifestWriter(new ManifestInfo(order[0], false, total, 0), basePacks);
            foreach (var hash in order) writer.Add(_chunks[hash]);
            var pieces = writer.CutBody();
            var locations = pieces.Select(p => new ChunkLocation(p.Hash, p.Bytes.Length, _packs[^1].Id, new FrameRef(16, p.Bytes.Length, p.Bytes.Length, FrameCodec.None), 0)).ToArray();
            var root = writer.Finish(locations, _packs, default);
            var bytes = root.Length + pieces.Where(p => _pieces.Add(p.Hash)).Sum(p => (long)p.Bytes.Length);
            return (ManifestReader.ParseRoot(root, "manifest").Packs, bytes);
        }
    }
}
