using ModelTrack.Content;
using ModelTrack.Storage.Formats;
using ModelTrack.Storage.Store;

namespace ModelTrack.Storage.Remote;

/// <summary>A chunk that an artifact is made of, once, and where its bytes are in the store.</summary>
/// <param name="Blob">The first content that has it.</param>
/// <param name="Offset">In that content.</param>
internal readonly record struct PlannedChunk(Sha256Hash Hash, int Length, int Blob, long Offset);

/// <summary>What an artifact is made of, what of that the remote has, and what is to be sent.</summary>
internal sealed class PushPlan
{
    /// <summary>A pack of which this version uses less than a quarter is not worth a reader's way: what is used is sent again.</summary>
    private const int LeastUse = 4;

    private const int UsualChunk = 30_000;

    private readonly Dictionary<Sha256Hash, int> _byHash = [];
    private readonly List<PlannedChunk> _chunks = [];
    private readonly List<int> _sequence = [];
    private readonly Dictionary<Sha256Hash, PackEntry> _packs = [];
    private readonly Dictionary<Sha256Hash, ChunkLocation> _pieces = [];
    private readonly Dictionary<Sha256Hash, DateTimeOffset?> _seen = [];
    private readonly HashSet<int> _onlyThere = [];
    private ChunkLocation[] _located = [];
    private int _missing;
    private int _mostLocated;

    private PushPlan(ArtifactContent artifact) => Artifact = artifact;

    public ArtifactContent Artifact { get; }

    /// <summary>The distinct chunks, in the order in which they first appear.</summary>
    public IReadOnlyList<PlannedChunk> Chunks => _chunks;

    /// <summary>All chunks of the artifact in order, as places in <see cref="Chunks"/>.</summary>
    public IReadOnlyList<int> Sequence => _sequence;

    /// <summary>Of what is located: the packs with their sizes.</summary>
    public IEnumerable<PackEntry> Packs => _packs.Values;

    /// <summary>Where bases keep pieces of their bodies.</summary>
    public IReadOnlyDictionary<Sha256Hash, ChunkLocation> Pieces => _pieces;

    /// <summary>The pack table of the base that has most of this artifact.</summary>
    public IReadOnlyList<PackEntry> BasePacks { get; private set; } = [];

    public bool IsAllLocated => _missing == 0;

    public long TotalSize => Artifact.Blobs.Sum(blob => blob.Size);

    /// <summary>A content that the store lacks and of which not all was located at the remote; null when all can be had.</summary>
    public ContentId? FindNowhere()
    {
        foreach (var chunk in _onlyThere)
        {
            if (_located[chunk].Length == 0) return Artifact.Blobs[_chunks[chunk].Blob];
        }

        return null;
    }

    /// <param name="elsewhere">The chunks of contents that the store lacks, as a manifest at the remote has them; null when the store has all. A content of one chunk needs none.</param>
    public static async Task<PushPlan> MakeAsync(
        ArtifactContent artifact, LocalStore store, IReadOnlyDictionary<ContentId, Chunk[]>? elsewhere, CancellationToken cancellationToken)
    {
        var plan = new PushPlan(artifact);
        plan.Reserve((int)Math.Min(artifact.Blobs.Sum(blob => 1 + (blob.Size / UsualChunk)), ManifestFormat.MaxChunks));
        for (var blob = 0; blob < artifact.Blobs.Count; blob++)
        {
            var id = artifact.Blobs[blob];
            if (id.Size == 0) continue;

            var isHere = elsewhere is null || store.Contains(id);
            if (id.Size < ChunkCutter.Contents.WholeBelow)
            {
                // A content this short is one chunk, whose hash is its own.
                plan.Add(id.Sha256, (int)id.Size, blob, 0, isHere);
                continue;
            }

            var offset = 0L;
            var chunks = isHere ? await store.ChunksOfAsync(id, cancellationToken).ConfigureAwait(false)
                : elsewhere!.TryGetValue(id, out var known) ? known : throw StorageErrors.ContentAbsent(store.Path, id);
            foreach (var chunk in chunks)
            {
                plan.Add(chunk.Hash, chunk.Length, blob, offset, isHere);
                offset += chunk.Length;
            }

            if (offset != id.Size) throw StorageErrors.StoreCopyDamaged(id);
        }

        // Before anything is sent, and not when the manifest is written at the end.
        if (plan._sequence.Count > ManifestFormat.MaxChunks)
        {
            throw StorageErrors.ManifestTooLarge(artifact.Id.ToString(), "chunks", (ulong)plan._sequence.Count, ManifestFormat.MaxChunks);
        }

        plan._located = new ChunkLocation[plan._chunks.Count];
        plan._missing = plan._chunks.Count;
        return plan;
    }

    /// <summary>Takes from a base what it has of this artifact.</summary>
    /// <param name="without">Packs that are not to be relied on.</param>
    public void Locate(RemoteManifest manifest, IReadOnlyList<ChunkLocation> body, IReadOnlySet<Sha256Hash> without)
    {
        var found = 0;
        for (var i = 0; i < body.Count; i++)
        {
            var location = body[i];
            if (!_byHash.TryGetValue(location.Hash, out var chunk) || location.Length != _chunks[chunk].Length || without.Contains(location.Pack)) continue;

            found++;
            if (_located[chunk].Length > 0) continue;
            _located[chunk] = location;
            _missing--;
        }

        foreach (var piece in manifest.Root.Pieces)
        {
            if (!without.Contains(piece.Pack)) _pieces.TryAdd(piece.Hash, piece);
        }

        foreach (var pack in manifest.Root.Packs)
        {
            if (pack.IsTombstone || without.Contains(pack.Id)) continue;
            _packs.TryAdd(pack.Id, pack);
            if (!_seen.TryGetValue(pack.Id, out var seen) || seen is null || manifest.PacksSeen > seen) _seen[pack.Id] = manifest.PacksSeen;
        }

        if (found <= _mostLocated) return;
        _mostLocated = found;
        BasePacks = [.. manifest.Root.Packs.Select(pack => without.Contains(pack.Id) ? default : pack)];
    }

    /// <summary>When the store last saw the pack at the remote.</summary>
    public DateTimeOffset? SeenAt(Sha256Hash pack) => _seen.GetValueOrDefault(pack);

    public void NoteSeen(Sha256Hash pack, DateTimeOffset when) => _seen[pack] = when;

    /// <summary>Forgets what is located in packs that turned out to be absent.</summary>
    public void Unlocate(IReadOnlySet<Sha256Hash> packs)
    {
        for (var i = 0; i < _located.Length; i++)
        {
            if (_located[i].Length > 0 && packs.Contains(_located[i].Pack)) Unlocate(i);
        }

        foreach (var (hash, piece) in _pieces.ToArray())
        {
            if (packs.Contains(piece.Pack)) _pieces.Remove(hash);
        }

        foreach (var pack in packs) _packs.Remove(pack);
        BasePacks = [.. BasePacks.Select(pack => packs.Contains(pack.Id) ? default : pack)];
    }

    /// <summary>Forgets what is located in packs that are hardly used, so that it is sent again.</summary>
    public void UnlocateHardlyUsed()
    {
        var used = new Dictionary<Sha256Hash, long>();
        foreach (var location in _located)
        {
            if (location.Length == 0) continue;
            var share = (long)location.Frame.StoredLength * location.Length / location.Frame.RawLength;
            used[location.Pack] = used.GetValueOrDefault(location.Pack) + share;
        }

        var hardly = used.Where(pack => !_packs.TryGetValue(pack.Key, out var entry) || pack.Value * LeastUse < entry.Size).Select(pack => pack.Key).ToHashSet();
        if (hardly.Count == 0) return;

        for (var i = 0; i < _located.Length; i++)
        {
            if (_located[i].Length > 0 && hardly.Contains(_located[i].Pack) && !_onlyThere.Contains(i)) Unlocate(i);
        }
    }

    /// <summary>The packs that the located chunks are in, and the pieces of bases' bodies, which this body may share.</summary>
    public HashSet<Sha256Hash> PacksInUse()
    {
        var packs = new HashSet<Sha256Hash>(_pieces.Values.Select(piece => piece.Pack));
        foreach (var location in _located)
        {
            if (location.Length > 0) packs.Add(location.Pack);
        }

        return packs;
    }

    public PackEntry Pack(Sha256Hash id) => _packs[id];

    /// <summary>The chunks to send, in order.</summary>
    public List<int> ToSend()
    {
        var chunks = new List<int>(_missing);
        for (var i = 0; i < _located.Length; i++)
        {
            if (_located[i].Length == 0) chunks.Add(i);
        }

        return chunks;
    }

    public ChunkLocation LocationOf(int chunk) => _located[chunk];

    public void SetLocation(int chunk, in ChunkLocation location) => _located[chunk] = location;

    public bool TryFind(Sha256Hash hash, out int chunk) => _byHash.TryGetValue(hash, out chunk);

    private void Unlocate(int chunk)
    {
        _located[chunk] = default;
        _missing++;
    }

    /// <summary>Lists that grow by doubling would leave twice their size behind.</summary>
    private void Reserve(int chunks)
    {
        _byHash.EnsureCapacity(chunks);
        _chunks.EnsureCapacity(chunks);
        _sequence.EnsureCapacity(chunks);
    }

    /// <param name="isHere">Whether the store has the content, so that the chunk can be sent.</param>
    private void Add(Sha256Hash hash, int length, int blob, long offset, bool isHere)
    {
        if (!_byHash.TryGetValue(hash, out var chunk))
        {
            _byHash.Add(hash, chunk = _chunks.Count);
            _chunks.Add(new PlannedChunk(hash, length, blob, offset));
            if (!isHere) _onlyThere.Add(chunk);
        }
        else if (isHere && _onlyThere.Remove(chunk))
        {
            _chunks[chunk] = new PlannedChunk(hash, length, blob, offset);
        }

        _sequence.Add(chunk);
    }
}
